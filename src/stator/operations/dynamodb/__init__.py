"""The operations of Amazon DynamoDB."""
