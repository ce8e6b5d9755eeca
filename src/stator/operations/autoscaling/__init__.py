"""Application Auto Scaling, as far as DynamoDB's tables and indexes are scaled by it."""
