"""Raw requests to a server in memory, and tables whose refusals are asked for."""

from collections.abc import Iterator

import pytest

from harness.api import Api
from harness.process import ServerProcess
from operations.tables.requests import (
    ON_DEMAND,
    PROJECTING,
    PROVISIONED,
    STREAMING,
    create,
    definitions,
    global_index,
    local_index,
)
from operations.tables.slowly import DELAY, START


@pytest.fixture(scope="session")
def api(server: ServerProcess) -> Iterator[Api]:
    """Requests to the worker's server."""
    with server.connect() as wire:
        yield Api(wire)


@pytest.fixture(scope="session")
def existing(api: Api) -> None:
    """Tables to be refused changes of."""
    capacity = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    indexes = [global_index("one", "g"), global_index("two", "g h")]
    both = definitions("pk", "sk", "l", "g", "h")
    api(
        "CreateTable",
        create(
            PROVISIONED,
            "pk sk",
            AttributeDefinitions=both,
            ProvisionedThroughput=capacity,
            LocalSecondaryIndexes=[local_index("local", "pk l")],
            GlobalSecondaryIndexes=[index | {"ProvisionedThroughput": capacity} for index in indexes],
        ),
    )
    api("CreateTable", create(ON_DEMAND, "pk", "g", "h", GlobalSecondaryIndexes=indexes))
    api(
        "CreateTable",
        create(
            STREAMING,
            "pk",
            "g",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/mine"},
            WarmThroughput={"ReadUnitsPerSecond": 20_000, "WriteUnitsPerSecond": 20_000},
            GlobalSecondaryIndexes=[global_index(f"index-{number}", "g") for number in range(20)],
        ),
    )
    names = [f"n{number}" for number in range(20)]
    full = {"ProjectionType": "INCLUDE", "NonKeyAttributes": names}
    indexes = [global_index(f"index-{number}", "g", Projection=full) for number in range(5)]
    api("CreateTable", create(PROJECTING, "pk", "g", GlobalSecondaryIndexes=indexes))


@pytest.fixture(scope="session")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose tables take their time, on a clock that the tests move."""
    directory = tmp_path_factory.mktemp("slow")
    server = ServerProcess(directory, memory=True, clock=START, lifecycle_delay=DELAY)
    try:
        yield server.start()
        assert "Traceback" not in server.log
    finally:
        server.close()


@pytest.fixture(scope="session")
def slow_api(slow: ServerProcess) -> Iterator[Api]:
    """Requests to that server."""
    with slow.connect() as wire:
        yield Api(wire)
