"""What the service says about its storage, to whoever finds out why something is not where it should be."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from services.common.dynamodb import Database
from services.enterprises.dynamodb_store import EnterprisesDynamoDBService
from services.enterprises.settings import DYNAMODB, Settings


@dataclass(frozen=True)
class Diagnosis:
    """The storage of a process. `dynamodb` is None if it is not in use."""

    settings: Settings
    database: Database
    dynamodb: EnterprisesDynamoDBService | None

    def report(self) -> dict[str, Any]:
        """The mode, the endpoint, the table and its count; no credentials.

        Unless DynamoDB is in use, it is not asked, and the count is None.
        """
        return {
            "mode": self.settings.mode,
            "active": self.settings.mode == DYNAMODB,
            "endpoint": _without_user(self.database.endpoint),
            "region": self.database.region,
            "table": self.settings.table,
            "consistent_reads": self.settings.consistent_reads,
            "item_count": None if self.dynamodb is None else self.dynamodb.count(),
        }


def _without_user(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
