"""Enterprises, in DynamoDB or in PostgreSQL, and the way from the second to the first."""

from services.enterprises.dynamodb_store import EnterprisesDynamoDBService
from services.enterprises.postgres_store import EnterprisesPostgresService

__all__ = ["EnterprisesDynamoDBService", "EnterprisesPostgresService"]
