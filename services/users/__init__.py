"""Users, in one table of DynamoDB for each environment."""
