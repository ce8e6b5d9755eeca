"""A transaction's token is as durable as its items: a client that retries after a crash does no harm."""

from typing import Any

from harness.actions import pk, update
from harness.api import Api

TABLE_KEYS = "pk:S"
ONE = {"ExpressionAttributeValues": {":one": {"N": "1"}}}


def test_a_token_survives_kill(start_server: Any) -> None:
    server = start_server(clock=1_700_000_000.0)
    with server.connect() as wire:
        api = Api(wire)
        table = api.table(TABLE_KEYS)
        request = {
            "TransactItems": [update(table, pk("a"), "ADD n :one", **ONE)],
            "ClientRequestToken": "once",
        }
        assert api("TransactWriteItems", request) == {}
    for kill in (server.kill, server.stop):
        kill()
        server.start()
        with server.connect() as wire:
            api = Api(wire)
            assert api("TransactWriteItems", request) == {}
            other = request | {"ReturnConsumedCapacity": "TOTAL"}
            assert api.refusal("TransactWriteItems", other)[0] == "IdempotentParameterMismatchException"
            assert api.items("Scan", {"TableName": table}) == [pk("a") | {"n": {"N": "1"}}]
    server.clock.advance(600)
    with server.connect() as wire:
        api = Api(wire)
        assert api("TransactWriteItems", request) == {}
        assert api.items("Scan", {"TableName": table}) == [pk("a") | {"n": {"N": "2"}}]
    server.check()
