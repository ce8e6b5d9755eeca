"""Sessions in their table: they expire, and their carts are changed with an optimistic lock.

A change reads the session, decides, and writes on condition that the version is still the one it read. Where
somebody else was faster it reads again. The item keeps the ids of its last writes: so a change whose reply
was lost, and which was sent again, is known to be done and is not done twice.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from services.common.errors import Conflict, NotFound, code_of
from services.common.items import Item, deserialize, serialize
from services.common.time_ids import Clock, Ids, iso
from services.common.writes import delete, put_new
from services.storefront.backoff import CONTENTION
from services.storefront.domain import SESSION, Outdated, Session, cart_of
from services.storefront.tables import EXPIRY, session_key

REFUSED: Final = "ConditionalCheckFailedException"
# A change that is under way is among as many last ones as there are tries.
_NO_VERSION: Final = "attribute_exists(session_id) AND attribute_not_exists(#version)"
WRITES_KEPT: Final = CONTENTION.tries_max

Decide = Callable[[Session], Session]


class Sessions:
    """The sessions of one table."""

    def __init__(self, client: Any, table: str, *, seconds: int, clock: Clock, ids: Ids) -> None:
        self._client, self._table = client, table
        self._seconds, self._clock, self._ids = seconds, clock, ids

    def create(self, user: str, preferences: Mapping[str, Any]) -> Session:
        """Put a new session, with an empty cart."""
        now = self._clock.now()
        session = Session(
            session_id=f"sess_{self._ids.new()}",
            user_id=user,
            created_at=iso(now),
            expires_at=self._expiry(now),
            rest={"preferences": preferences},
        )
        if not put_new(self._client, self._table, item_of(session), "session_id"):
            raise Conflict(f"There is a session {session.session_id} already.")
        return session

    def get(self, identifier: str) -> Session:
        """A session as it is now. Raises NotFound, also for one that has expired and is still there."""
        item = self._client.get_item(
            TableName=self._table, Key=session_key(identifier), ConsistentRead=True
        ).get("Item")
        # Receipts and counters have no expiry.
        if item is None or EXPIRY not in item or int(item[EXPIRY]["N"]) <= self._clock.now().timestamp():
            raise NotFound(SESSION, identifier)
        return session_of(item)

    def remove(self, identifier: str) -> None:
        """End a session. Raises NotFound."""
        self.get(identifier)
        if not delete(self._client, self._table, session_key(identifier)):
            raise NotFound(SESSION, identifier)

    def change(self, identifier: str, decide: Decide, version: int | None = None) -> Session:
        """Change a session by what `decide` makes of it, which may be asked several times.

        Raises NotFound, and Outdated if a version is given and is not the present one.
        """
        write_id = self._ids.new()
        for _ in CONTENTION.tries():
            before = self.get(identifier)
            if write_id in before.writes:
                return before
            expect(before, version)
            after = self.next(before, decide(before), write_id)
            try:
                self._client.update_item(**self.update(before, after))
            except ClientError as error:
                if code_of(error) != REFUSED:
                    raise
            else:
                return after
        raise Conflict(f"The session {identifier} is being changed by many; try again.")

    def next(self, before: Session, after: Session, write_id: str) -> Session:
        """The state that follows: the next version, which lives on from now."""
        return replace(
            after,
            version=before.version + 1,
            expires_at=self._expiry(self._clock.now()),
            writes=(*before.writes, write_id)[-WRITES_KEPT:],
        )

    def update(self, before: Session, after: Session) -> dict[str, Any]:
        """The parameters of an update from one state to the next, and from no other."""
        values = {
            ":data": _text(after.data),
            ":version": after.version,
            ":expires_at": after.expires_at,
            ":writes": list(after.writes),
            # Something else may have written the item, without a version.
            ":seen": before.version or None,
        }
        return {
            "TableName": self._table,
            "Key": session_key(before.session_id),
            "UpdateExpression": (
                "SET #data = :data, #version = :version, expires_at = :expires_at, writes = :writes"
            ),
            "ConditionExpression": "#version = :seen" if before.version else _NO_VERSION,
            "ExpressionAttributeNames": {"#data": "data", "#version": "version"},
            "ExpressionAttributeValues": serialize(values),
        }

    def _expiry(self, now: datetime) -> int:
        return int(now.timestamp()) + self._seconds


def expect(session: Session, version: int | None) -> None:
    """Raise Outdated if a version is given and is not the session's."""
    if version is not None and session.version != version:
        raise Outdated(f"The session {session.session_id} was changed; its version is {session.version}.")


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)


def item_of(session: Session) -> Item:
    """The item of a session."""
    return serialize(
        {
            "session_id": session.session_id,
            "user_id": session.user_id,
            "data": _text(session.data),
            "created_at": session.created_at,
            "expires_at": session.expires_at,
            "version": session.version,
            "writes": list(session.writes),
        }
    )


def session_of(item: Item) -> Session:
    """The session that an item is; one that something else has written may lack a version."""
    values = deserialize(item)
    data = json.loads(values.get("data", "{}"))
    return Session(
        session_id=values["session_id"],
        user_id=values["user_id"],
        created_at=values["created_at"],
        expires_at=values["expires_at"],
        version=values.get("version", 0),
        cart=cart_of(data.pop("cart", [])),
        rest=data,
        writes=tuple(values.get("writes", ())),
    )
