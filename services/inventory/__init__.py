"""The inventory: four services that keep events and views of them in tables of DynamoDB. See README.md."""
