"""The root of inventory, enterprises and orders: their tables as they declare them, alarms, policies."""

import json
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

from services.enterprises.tables import table as enterprises_table
from services.inventory.tables import SERVICES
from services.inventory.tables import tables as inventory_tables
from services.orders.tables import table as orders_table

from harness.process import ServerProcess
from harness.terraform import SHIPPED, Summary, Terraform

from .tables import alarm_names, declared, shape, table_names

TABLES = [
    *(table for service in SERVICES for table in inventory_tables(service)),
    enterprises_table("EnterpriseConfig"),
    orders_table("orders"),
]
ALARMS_OF_A_TABLE = 3


def statements(policy: str) -> dict[str, tuple[set[str], set[str]]]:
    """The actions and resources of each statement of a policy."""
    found = {}
    for statement in json.loads(policy)["Statement"]:
        arns = statement["Resource"]
        found[statement["Sid"]] = (set(statement["Action"]), {arns} if isinstance(arns, str) else set(arns))
    return found


def is_what_the_service_needs(service: str, policy: str) -> bool:
    """Whether a policy allows what the service's own file does, on some of the tables that it speaks of."""
    text = (SHIPPED.parents[1] / "services" / service / "policy.json").read_text()
    wanted = statements(text.replace("YOUR_ACCOUNT_ID", "*"))
    return all(
        actions == wanted[sid][0]
        and all(any(fnmatch(arn, pattern) for pattern in wanted[sid][1]) for arn in resources)
        for sid, (actions, resources) in statements(policy).items()
    )


def test_the_services(stator: ServerProcess, shipped: Path, terraform: Callable[..., Terraform]) -> None:
    client, cloudwatch = stator.client(), stator.client("cloudwatch")
    tool = terraform(shipped / "services")
    added = len(TABLES) * (1 + ALARMS_OF_A_TABLE)
    assert tool.apply() == Summary(added=added)
    for table in TABLES:
        assert shape(client, table.name) == declared(client, table)
        assert len(alarm_names(cloudwatch, f"{table.name}-")) == ALARMS_OF_A_TABLE
    assert tool.outputs["table_arns"].keys() == {table.name for table in TABLES}
    policies = tool.outputs["policies"]
    assert {name: len(statements(policy)) for name, policy in policies.items()} == {
        "inventory": 2,
        "enterprises": 1,
        "orders": 1,
    }
    assert [name for name, policy in policies.items() if not is_what_the_service_needs(name, policy)] == []
    assert tool.destroy() == Summary(destroyed=added)
    assert table_names(client) & {table.name for table in TABLES} == set()
