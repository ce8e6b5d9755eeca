"""PartiQL for DynamoDB: from the text of a statement to conditions, updates and key terms.

    text --parser--> Parsed --bind--> Bound --branches--> key terms and filters
    (cached by text)     (with a request's parameters)    (with the names of a table's keys)

Nothing here evaluates anything: that is done by `condition`, `update` and `projection`.
"""
