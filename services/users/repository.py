"""Users in the table of one environment. A write that is sent twice happens once; see common.writes."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Final

from services.common.dynamodb import Database
from services.common.errors import Conflict, NotFound
from services.common.items import Item, deserialize, serialize
from services.common.paging import Page, decode_cursor, encode_cursor
from services.common.writes import delete, put_new, update
from services.users.domain import User
from services.users.tables import KEY

KIND: Final = "user"
_FIELDS: Final = tuple(field.name for field in fields(User))


class UserRepository:
    """The users of one table."""

    def __init__(self, database: Database, table: str) -> None:
        self._client = database.dynamodb
        self._table = table

    def add(self, user: User) -> None:
        """Put a new user. Raises Conflict if there is another of its id."""
        if not put_new(self._client, self._table, serialize(asdict(user)), KEY.partition[0]):
            raise Conflict(f"There is a user {user.id} already.")

    def get(self, identifier: str) -> User:
        """The user of an id, as it is now. Raises NotFound."""
        answer = self._client.get_item(TableName=self._table, Key=_key(identifier), ConsistentRead=True)
        if "Item" not in answer:
            raise NotFound(KIND, identifier)
        return user_of(answer["Item"])

    def page(self, limit: int, cursor: str | None) -> Page[User]:
        """Some users, in no order."""
        start = decode_cursor(cursor, KEY.attributes)
        answer = self._client.scan(
            TableName=self._table, Limit=limit, **({"ExclusiveStartKey": start} if start else {})
        )
        return Page([*map(user_of, answer["Items"])], encode_cursor(answer.get("LastEvaluatedKey")))

    def change(self, identifier: str, changed: Mapping[str, str]) -> User:
        """Set fields of a user, and no others; the user afterwards. Raises NotFound."""
        after = update(self._client, self._table, _key(identifier), changed)
        if after is None:
            raise NotFound(KIND, identifier)
        return user_of(after)

    def remove(self, identifier: str) -> None:
        """Delete a user. Raises NotFound."""
        if not delete(self._client, self._table, _key(identifier)):
            raise NotFound(KIND, identifier)


def user_of(item: Item) -> User:
    """The user that an item is; what else the item has, or has in another type, is somebody else's."""
    values = deserialize(item)
    return User(**{name: value for name in _FIELDS if isinstance(value := values.get(name), str)})


def _key(identifier: str) -> Item:
    return serialize({"id": identifier})
