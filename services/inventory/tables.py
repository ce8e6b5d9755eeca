"""The tables: for each service one of events, with a stream, and one of views.

An administrator creates them; the services themselves never do. A table of events that was made by the
document's text alone gets its stream.
"""

from collections.abc import Iterator
from typing import Any, Final

from services.common.errors import Unavailable
from services.common.tables import WAIT, Key, Table, create_table

SERVICES: Final = ("movimiento-inventario", "orden-compra", "proveedor", "ingreso-inventario")
EVENTS_KEY: Final = Key(("id", "S"), ("timestamp", "S"))
READ_KEY: Final = Key(("id", "S"))
_VIEW_TYPE: Final = "NEW_IMAGE"


def events_table(service: str) -> str:
    """The name of a service's table of events."""
    return f"{service}-events"


def read_table(service: str) -> str:
    """The name of a service's table of views."""
    return f"{service}-read"


def tables(service: str) -> tuple[Table, Table]:
    """The tables of a service."""
    return (
        Table(events_table(service), EVENTS_KEY, stream=_VIEW_TYPE),
        Table(read_table(service), READ_KEY),
    )


def create_all(client: Any) -> Iterator[str]:
    """Create the tables of all services; a sentence for each step, all of which may be repeated."""
    for service in SERVICES:
        for table in tables(service):
            yield from create_table(client, table)
            if table.stream is not None:
                yield from _enable_stream(client, table.name, table.stream)


def check(client: Any, service: str) -> Iterator[str]:
    """Check a service's tables; a sentence for each that is as it should be. Raises Unavailable."""
    for table in tables(service):
        found = client.describe_table(TableName=table.name)["Table"]
        if found["TableStatus"] != "ACTIVE":
            raise Unavailable(f"The table {table.name} is {found['TableStatus']}.")
        if found["KeySchema"] != table.key.schema:
            raise Unavailable(f"The table {table.name} has other keys: {found['KeySchema']}.")
        stream = found.get("StreamSpecification", {}).get("StreamViewType")
        if table.stream not in (None, stream):
            raise Unavailable(f"The table {table.name} has no stream of {table.stream}.")
        yield f"{table.name} is active" + (" and has its stream" if table.stream else "")


def _enable_stream(client: Any, name: str, view_type: str) -> Iterator[str]:
    found = client.describe_table(TableName=name)["Table"]
    if found.get("StreamSpecification", {}).get("StreamEnabled"):
        return
    client.update_table(
        TableName=name, StreamSpecification={"StreamEnabled": True, "StreamViewType": view_type}
    )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig=WAIT)
    yield f"Table {name} has a stream now."
