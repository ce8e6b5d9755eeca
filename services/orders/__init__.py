"""Orders, in one table of DynamoDB."""
