"""Enterprises in DynamoDB, by no other actions than the document's policy names."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from services.common.dynamodb import Database, connect
from services.common.errors import Conflict, NotFound, code_of
from services.common.items import Item, deserialize, serialize
from services.common.logs import fields
from services.common.paging import Page, decode_cursor, encode_cursor
from services.common.time_ids import Ids, RandomIds, iso
from services.common.writes import delete, put_new, update
from services.enterprises.domain import (
    KIND,
    Enterprise,
    NotAnEnterprise,
    document,
    enterprise_of,
    spelled,
)
from services.enterprises.migration import Progress, Report, migrate, nowhere
from services.enterprises.settings import Settings, load
from services.enterprises.tables import ENTITY_TYPE, KEY, key_of

_LOG = logging.getLogger(__name__)

Documents = list[dict[str, Any]]


class EnterprisesDynamoDBService:
    """The enterprises of one table. Without arguments, the one that the environment names.

    Reads are eventually consistent, unless DYNAMODB_CONSISTENT_READS says otherwise.
    """

    def __init__(
        self, database: Database | None = None, settings: Settings | None = None, ids: Ids | None = None
    ) -> None:
        settings = settings or load()
        self._database = database or connect(settings.database)
        self._client = self._database.dynamodb
        self._table = settings.table
        self._consistent = settings.consistent_reads
        self._ids = ids or RandomIds()

    def create(self, name: str, now: datetime) -> Enterprise:
        """Put a new enterprise. Raises Conflict if its id is taken, which ids are made not to be."""
        moment = iso(now)
        enterprise = Enterprise(self._ids.new(), name, moment, moment)
        if not put_new(self._client, self._table, item_of(enterprise), "PK"):
            raise Conflict(f"There is an enterprise {enterprise.id} already.")
        return enterprise

    def get(self, identifier: str) -> Enterprise:
        """One enterprise. Raises NotFound."""
        found = self._read(identifier, consistent=self._consistent)
        if found is None:
            raise NotFound(KIND, identifier)
        return found

    def page(self, limit: int, cursor: str | None) -> Page[Enterprise]:
        """Some enterprises, in no order. It is a scan: the document's table has no index that lists them."""
        start = decode_cursor(cursor, KEY.attributes)
        found: list[Enterprise] = []
        while True:
            answer = self._scan(start, Limit=limit - len(found))
            found.extend(filter(None, map(_listed, answer["Items"])))
            start = answer.get("LastEvaluatedKey")
            if start is None or len(found) == limit:
                return Page(found, encode_cursor(start))

    def list(self) -> Documents:
        """All enterprises, in both spellings."""
        entries, page = [], self.page(1000, None)
        entries += page.entries
        while page.cursor is not None:
            page = self.page(1000, page.cursor)
            entries += page.entries
        return [document(enterprise) for enterprise in entries]

    def rename(self, identifier: str, name: str, now: datetime) -> Enterprise:
        """Give an enterprise another name; it afterwards. Raises NotFound."""
        changed = spelled(name=name, updated=iso(now))
        item = update(self._client, self._table, key_of(identifier), changed)
        if item is None:
            raise NotFound(KIND, identifier)
        return enterprise_of(deserialize(item))

    def remove(self, identifier: str) -> None:
        """Delete an enterprise. Raises NotFound."""
        if not delete(self._client, self._table, key_of(identifier)):
            raise NotFound(KIND, identifier)

    def count(self) -> int:
        """How many enterprises there are. The whole table is read."""
        total, start = 0, None
        while True:
            answer = self._scan(start, Select="COUNT")
            total += int(answer["Count"])
            start = answer.get("LastEvaluatedKey")
            if start is None:
                return total

    def migrate_from_postgresql(
        self,
        rows: Iterable[Mapping[str, Any]],
        *,
        dry_run: bool = False,
        progress: Progress = nowhere,
    ) -> Report:
        """Copy rows of PostgreSQL (id, name and dates, in either spelling); see `migration`."""
        return migrate(rows, self, dry_run=dry_run, progress=progress)

    # What a migration asks.

    def read(self, identifier: str) -> Enterprise | None:
        """An enterprise as it is now, or None."""
        return self._read(identifier, consistent=True)

    def write_unless_newer(self, enterprise: Enterprise) -> None:
        """Put an enterprise, unless there is one of its id that was updated later."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item_of(enterprise),
                ConditionExpression="attribute_not_exists(PK) OR updatedAt <= :updated",
                ExpressionAttributeValues=serialize({":updated": enterprise.updated}),
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def _read(self, identifier: str, *, consistent: bool) -> Enterprise | None:
        item = self._client.get_item(
            TableName=self._table, Key=key_of(identifier), ConsistentRead=consistent
        ).get("Item")
        return None if item is None else enterprise_of(deserialize(item))

    def _scan(self, start: Item | None, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.scan(
            TableName=self._table,
            FilterExpression="entity_type = :type",
            ExpressionAttributeValues=serialize({":type": ENTITY_TYPE}),
            ConsistentRead=self._consistent,
            **parameters,
            **({"ExclusiveStartKey": start} if start else {}),
        )
        return answer


def item_of(enterprise: Enterprise) -> Item:
    """The item of an enterprise."""
    return key_of(str(enterprise.id)) | serialize({**document(enterprise), "entity_type": ENTITY_TYPE})


def _listed(item: Item) -> Enterprise | None:
    """An enterprise of a listing, which one wrong item does not stop."""
    try:
        return enterprise_of(deserialize(item))
    except NotAnEnterprise as error:
        _LOG.warning("skipped in a listing", extra=fields(reason=str(error)))
        return None
