"""Many items at once: in requests of as many as DynamoDB takes, and again for what it left over.

What a request could not do for lack of capacity is in its reply, unprocessed, and is asked for again after a
wait. That boto3 retries throttled requests does not help here: such a reply is a success.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from services.common.errors import Unavailable
from services.common.items import Item
from services.storefront.backoff import Backoff

T = TypeVar("T")

GET_KEYS_MAX: Final = 100
WRITE_REQUESTS_MAX: Final = 25


class Batches:
    """Batch reads and writes by one client."""

    def __init__(self, client: Any, backoff: Backoff | None = None) -> None:
        self._client = client
        self._backoff = backoff or Backoff()

    def get(
        self, table: str, keys: Sequence[Item], attributes: Sequence[str] = (), *, consistent: bool = False
    ) -> list[Item]:
        """The items of some different keys, in no order; only some of their attributes, if any are named.

        Raises Unavailable if some stay unread however long one waits.
        """
        names = {f"#{number}": name for number, name in enumerate(attributes)}
        projection = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
        found: list[Item] = []
        for part in _parts(keys, GET_KEYS_MAX):
            asked: Mapping[str, Any] = {
                table: {"Keys": part, "ConsistentRead": consistent, **(projection if names else {})}
            }
            for _ in self._backoff.tries():
                answer = self._client.batch_get_item(RequestItems=asked)
                found += answer["Responses"].get(table, [])
                asked = answer["UnprocessedKeys"]
                if not asked:
                    break
            else:
                raise _busy()
        return found

    def put(self, table: str, items: Sequence[Item]) -> None:
        """Put items of different keys, whatever was there. Raises Unavailable if some stay unwritten."""
        self._write(table, [{"PutRequest": {"Item": item}} for item in items])

    def delete(self, table: str, keys: Sequence[Item]) -> None:
        """Delete the items of some different keys. Raises Unavailable if some stay."""
        self._write(table, [{"DeleteRequest": {"Key": key}} for key in keys])

    def _write(self, table: str, requests: Sequence[Mapping[str, Any]]) -> None:
        for part in _parts(requests, WRITE_REQUESTS_MAX):
            asked: Mapping[str, Any] = {table: part}
            for _ in self._backoff.tries():
                asked = self._client.batch_write_item(RequestItems=asked)["UnprocessedItems"]
                if not asked:
                    break
            else:
                raise _busy()


def _parts(all_of_them: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    return (all_of_them[start : start + most] for start in range(0, len(all_of_them), most))


def _busy() -> Unavailable:
    return Unavailable("The database is busy; try again.")
