"""The operations of Amazon DynamoDB Streams."""
