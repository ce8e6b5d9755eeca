"""Whatever a client sends, it is told what is wrong with it: no mutation of a good request is a bug of ours.

Good requests of every operation are changed at random places (`harness.requests`). The answer may be a
success or a refusal (400), never a 500, and the server's log stays empty, but for the alarms of other tests.
"""

import random

import msgspec
import pytest

from harness.process import ServerProcess
from harness.requests import DONORS, REQUESTS, mutated
from harness.wire import call
from stator.operations import REGISTRY

ROUNDS = 100


def test_every_operation_has_a_request() -> None:
    assert set(REQUESTS) == {operation.name for operation in REGISTRY.values()}


@pytest.mark.parametrize("operation", REQUESTS)
def test_a_mutated_request_is_answered(server: ServerProcess, operation: str) -> None:
    random_ = random.Random(operation)
    service = next(each.service for each in REGISTRY.values() if each.name == operation)
    with server.connect() as wire:
        wire.ask(call("CreateTable", REQUESTS["CreateTable"][0]))
        for number in range(ROUNDS):
            request = random_.choice(REQUESTS[operation])
            if number:
                request = mutated(random_, request, random_.choice(DONORS))
            body = msgspec.json.encode(request)
            reply = wire.ask(call(operation, body, x_amz_target=f"{service}.{operation}"))
            assert reply.status in (200, 400), (body, reply.body)
    assert [line for line in server.log.splitlines() if " stator.alarms: " not in line] == []
