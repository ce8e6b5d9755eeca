"""Items as they lie in files: the line and row formats of DynamoDB's exports and imports, and plain JSON.

A reader is an iterator over a binary stream, a writer is a function from an item to bytes; neither opens a
file. What a reader yields is checked and normalised (`values.attribute`), or it is a `BadRow`.
"""
