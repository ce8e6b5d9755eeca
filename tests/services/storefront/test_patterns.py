"""Waiting and batches, with a clock, chance and a client of the test's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from services.common.errors import Unavailable
from services.common.items import Item
from services.storefront.backoff import Backoff
from services.storefront.batches import Batches

Requests = Mapping[str, Any]


def patience(tries: int = 5, chance: float = 1.0) -> tuple[Backoff, list[float]]:
    """A backoff, and the waits that it makes."""
    waits: list[float] = []
    backoff = Backoff(
        first_seconds=0.1, seconds_max=0.5, tries_max=tries, chance=lambda: chance, sleep=waits.append
    )
    return backoff, waits


@pytest.mark.parametrize(
    ("chance", "expected"), [(1.0, [0.1, 0.2, 0.4, 0.5]), (0.5, [0.05, 0.1, 0.2, 0.25]), (0.0, [0.0] * 4)]
)
def test_waits_double_as_far_as_a_limit(chance: float, expected: list[float]) -> None:
    backoff, waits = patience(chance=chance)
    assert list(backoff.tries()) == [0, 1, 2, 3, 4]
    assert waits == pytest.approx(expected)


def test_who_succeeds_does_not_wait() -> None:
    backoff, waits = patience()
    assert next(backoff.tries()) == 0
    assert waits == []


def key(number: int) -> Item:
    return {"id": {"N": str(number)}}


@dataclass
class Busy:
    """A client that does a few of what it is asked for, and leaves the rest over."""

    done_at_once: int
    calls: list[int] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def batch_get_item(self, RequestItems: Requests) -> dict[str, Any]:  # noqa: N803
        ((table, asked),) = RequestItems.items()
        keys = asked["Keys"]
        assert asked["ProjectionExpression"] == "#0, #1"
        assert asked["ExpressionAttributeNames"] == {"#0": "id", "#1": "title"}
        self.calls.append(len(keys))
        rest = keys[self.done_at_once :]
        return {
            "Responses": {table: keys[: self.done_at_once]},
            "UnprocessedKeys": {table: {**asked, "Keys": rest}} if rest else {},
        }

    def batch_write_item(self, RequestItems: Requests) -> dict[str, Any]:  # noqa: N803
        ((table, requests),) = RequestItems.items()
        self.calls.append(len(requests))
        self.items += [request["PutRequest"]["Item"] for request in requests[: self.done_at_once]]
        rest = requests[self.done_at_once :]
        return {"UnprocessedItems": {table: rest} if rest else {}}


def test_what_was_left_unread_is_asked_for_again() -> None:
    (backoff, waits), client = patience(), Busy(40)
    keys = [key(number) for number in range(130)]
    assert Batches(client, backoff).get("products", keys, ["id", "title"]) == keys
    assert client.calls == [100, 60, 20, 30]
    assert waits == pytest.approx([0.1, 0.2])


def test_what_was_left_unwritten_is_written_again() -> None:
    (backoff, waits), client = patience(), Busy(20)
    wanted = [key(number) for number in range(60)]
    Batches(client, backoff).put("products", wanted)
    assert client.items == wanted
    assert client.calls == [25, 5, 25, 5, 10]
    assert waits == pytest.approx([0.1, 0.1])


def test_patience_ends() -> None:
    (backoff, waits), client = patience(tries=3), Busy(0)
    batches = Batches(client, backoff)
    with pytest.raises(Unavailable, match="busy"):
        batches.put("products", [key(1)])
    with pytest.raises(Unavailable, match="busy"):
        batches.get("products", [key(1)], ["id", "title"])
    assert client.calls == [1] * 6
    assert len(waits) == 4


def test_nothing_is_nothing() -> None:
    client = Busy(1)
    batches = Batches(client)
    batches.put("products", [])
    assert batches.get("products", []) == []
    assert client.calls == []
