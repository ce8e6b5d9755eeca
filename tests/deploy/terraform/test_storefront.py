"""The storefront's root and module: tables as its service declares them, alarms, every output."""

import json
from collections.abc import Callable
from pathlib import Path

from services.storefront.tables import products, sessions

from harness.process import ServerProcess
from harness.terraform import Summary, Terraform

from .tables import alarm_names, declared, shape, table_names

MODULE = "module.dynamodb"
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table"
OUTPUTS = {
    "products_table_name": "shop-products",
    "products_table_arn": f"{ARN}/shop-products",
    "products_table_id": "shop-products",
    "products_table_stream_arn": "",
    "products_gsi_names": ["CategoryIndex"],
    "sessions_table_name": "shop-sessions",
    "sessions_table_arn": f"{ARN}/shop-sessions",
    "table_name": "shop-products",
    "table_arn": f"{ARN}/shop-products",
    "table_names": {"products": "shop-products", "sessions": "shop-sessions"},
    "table_arns": {"products": f"{ARN}/shop-products", "sessions": f"{ARN}/shop-sessions"},
    "alarm_names": {
        kind: f"shop-dynamodb-products-{kind}"
        for kind in ("consumed-reads", "read-throttle", "write-throttle")
    },
}
NAMES = {
    f"{MODULE}.aws_dynamodb_table.products": "shop-products",
    f"{MODULE}.aws_dynamodb_table.sessions": "shop-sessions",
    **{
        f'{MODULE}.aws_cloudwatch_metric_alarm.products["{kind}"]': name
        for kind, name in OUTPUTS["alarm_names"].items()
    },
}
TAGS = {"Project": "storefront", "Environment": "shop", "ManagedBy": "Terraform", "Type": "DynamoDB"}


def test_the_storefront(stator: ServerProcess, shipped: Path, terraform: Callable[..., Terraform]) -> None:
    client, cloudwatch = stator.client(), stator.client("cloudwatch")
    tool = terraform(shipped / "storefront" / "Infrastructure", environment_name="shop")
    assert tool.apply() == Summary(added=5)
    assert json.loads(json.loads(tool.run("console", text=f"jsonencode({MODULE})\n"))) == OUTPUTS
    assert tool.outputs == {name: OUTPUTS[name] for name in ("table_names", "table_arns")}
    for table in (products("shop-products"), sessions("shop-sessions")):
        assert shape(client, table.name) == declared(client, table)
        tags = client.list_tags_of_resource(ResourceArn=f"{ARN}/{table.name}")["Tags"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == TAGS | {"Name": f"{table.name}-table"}
    assert alarm_names(cloudwatch, "shop-") == set(OUTPUTS["alarm_names"].values())
    tool.forget_and_import(NAMES)
    assert tool.apply(billing_mode="PROVISIONED") == Summary(imported=5, changed=1)
    (index,) = client.describe_table(TableName="shop-products")["Table"]["GlobalSecondaryIndexes"]
    assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert tool.destroy(billing_mode="PROVISIONED") == Summary(destroyed=5)
    assert table_names(client, "shop-") | alarm_names(cloudwatch, "shop-") == set()
