"""Systems that stand on a DynamoDB endpoint: each a service of its own, on the foundation in `common`.

Nothing here imports the database; whatever answers at the endpoint is spoken to through boto3 alone.
"""
