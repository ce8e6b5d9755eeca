"""Every operation of the API is either served or declared as not served yet."""

import pytest

from harness.compiled import pure_python
from harness.wire import call
from stator import model
from stator.model.requests import INPUTS
from stator.operations import REGISTRY
from stator.operations.not_yet import NOT_YET


def test_every_operation_of_the_api_is_accounted_for():
    served = {operation.name for operation in REGISTRY.values()}
    assert not served & NOT_YET, "what is served is not in NOT_YET any more"
    assert served | NOT_YET == set(model.operations())
    assert len(model.operations()) == 66


@pytest.mark.parametrize("operation", REGISTRY.values(), ids=lambda operation: operation.name)
def test_what_is_registered(operation):
    assert operation.service == model.operations()[operation.name].service
    assert operation.action.startswith("dynamodb:")
    assert operation.name in INPUTS


@pure_python
@pytest.mark.parametrize("operation", REGISTRY.values(), ids=lambda operation: operation.name)
def test_what_the_reference_page_says(operation):
    assert operation.handler.__doc__, "the reference page takes the first line of it"


@pytest.mark.parametrize("name", sorted(NOT_YET))
def test_what_is_not_served_is_unknown(server, name):
    target = f"{model.operations()[name].service}.{name}"
    with server.connect() as wire:
        reply = wire.ask(call(name, {}, x_amz_target=target))
    assert (reply.status, reply.json) == (
        400,
        {"__type": "com.amazon.coral.service#UnknownOperationException"},
    )
