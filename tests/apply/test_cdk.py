"""Apps of the CDK: what `cdk synth` writes, folders of it, and the program itself or its absence."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.process import ServerProcess

from .conftest import Apply, attribute, key

VERSION = "/cdk-bootstrap/hnb659fds/version"
METADATA = {
    "Type": "AWS::CDK::Metadata",
    "Properties": {"Analytics": "v2:deflate64:H4sIAAAAAAAA/zPSM9Az0k3OyM9VTEpOzs9LBQBhGdjIEAAAAA=="},
    "Metadata": {"aws:cdk:path": "Shop/CDKMetadata/Default"},
    "Condition": "CDKMetadataAvailable",
}


def synthesised(resources: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
    """A template in the form that `cdk synth` gives it: metadata, conditions, a rule of the bootstrap."""
    region = {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}
    other = {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}
    outdated = {"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}
    return {
        "Resources": resources | {"CDKMetadata": METADATA},
        "Outputs": outputs,
        "Conditions": {"CDKMetadataAvailable": {"Fn::Or": [{"Fn::Or": [region, other]}, other]}},
        "Parameters": {
            "BootstrapVersion": {
                "Type": "AWS::SSM::Parameter::Value<String>",
                "Default": VERSION,
                "Description": "Version of the CDK Bootstrap resources in this environment. [cdk:skip]",
            }
        },
        "Rules": {
            "CheckBootstrapVersion": {
                "Assertions": [
                    {
                        "Assert": {"Fn::Not": [outdated]},
                        "AssertDescription": "CDK bootstrap stack version 6 required.",
                    }
                ]
            }
        },
    }


def table_of_the_cdk() -> dict[str, Any]:
    """What `new dynamodb.Table(...)` becomes."""
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "AttributeDefinitions": [attribute("id")],
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("id")],
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        },
        "UpdateReplacePolicy": "Retain",
        "DeletionPolicy": "Retain",
        "Metadata": {"aws:cdk:path": "Shop/Orders/Resource"},
    }


EXPORT = "Shop:ExportsOutputRefOrders0F3E2C1D"
SHOP = synthesised(
    {"Orders0F3E2C1D": table_of_the_cdk()},
    {
        "ExportsOutputRefOrders0F3E2C1D": {
            "Value": {"Ref": "Orders0F3E2C1D"},
            "Export": {"Name": EXPORT},
        }
    },
)
ALARMS = synthesised(
    {
        "ThrottlesA1B2C3D4": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "cdk-throttles",
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "EvaluationPeriods": 1,
                "Metrics": [
                    {
                        "Id": "expr_1",
                        "Expression": "getitem + putitem",
                        "Label": "Sum of throttled requests across all operations",
                    },
                    *(
                        {
                            "Id": operation.lower(),
                            "Label": operation,
                            "MetricStat": {
                                "Metric": {
                                    "Dimensions": [
                                        {"Name": "Operation", "Value": operation},
                                        {"Name": "TableName", "Value": {"Fn::ImportValue": EXPORT}},
                                    ],
                                    "MetricName": "ThrottledRequests",
                                    "Namespace": "AWS/DynamoDB",
                                },
                                "Period": 300,
                                "Stat": "Sum",
                            },
                            "ReturnData": False,
                        }
                        for operation in ("GetItem", "PutItem")
                    ),
                ],
                "Threshold": 1,
                "TreatMissingData": "notBreaching",
            },
        }
    },
    {},
)


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    """The folder that `cdk synth` writes for two stacks, of which one imports from the other."""

    def artifact(name: str, *dependencies: str) -> dict[str, Any]:
        return {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": f"{name}.template.json"},
            "dependencies": [*dependencies, f"{name}.assets"],
            "displayName": name,
        }

    folder = tmp_path / "cdk.out"
    folder.mkdir()
    artifacts = {
        "ShopAlarms": artifact("ShopAlarms", "Shop"),
        "ShopAlarms.assets": {"type": "cdk:asset-manifest"},
        "Shop": artifact("Shop"),
        "Shop.assets": {"type": "cdk:asset-manifest"},
        "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "45.0.0", "artifacts": artifacts}))
    (folder / "Shop.template.json").write_text(json.dumps(SHOP))
    (folder / "ShopAlarms.template.json").write_text(json.dumps(ALARMS))
    return folder


def test_stacks_are_applied_in_the_order_of_their_exports(
    assembly: Path, apply: Apply, server: ServerProcess, client: Any
) -> None:
    first = apply(assembly, stack="")
    assert first.index("Stack Shop at") < first.index("Stack ShopAlarms at")
    assert "CDKMetadata (AWS::CDK::Metadata)\n        not made here" in first
    assert "Rules.CheckBootstrapVersion is not checked" in first
    (name,) = [name for name in client.list_tables()["TableNames"] if name.startswith("Shop-Orders0F3E2C1D-")]
    (alarm,) = server.client("cloudwatch").describe_alarms(AlarmNames=["cdk-throttles"])["MetricAlarms"]
    assert {"Name": "TableName", "Value": name} in alarm["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"]
    second = apply(assembly, stack="")
    assert second.count("Nothing to change, 1 unchanged, 1 skipped.") == 2


def test_one_of_several_stacks(assembly: Path, apply: Apply) -> None:
    said = apply(assembly, "--dry-run", stack="ShopAlarms", status=2)
    assert f"no stack here exports {EXPORT}; give it with --imports" in said
    said = apply(assembly, "--plan", "--imports", f"{EXPORT}=orders", stack="ShopAlarms")
    assert "Stack Shop at" not in said
    assert "there is no stack Other in" in apply(assembly, "--plan", stack="Other", status=1)


def test_a_single_template_of_the_cdk(apply: Apply) -> None:
    document = json.loads(json.dumps(SHOP).replace("Shop:", "Other:"))
    assert "1 to create, 1 skipped." in apply(document, "--parameters", "BootstrapVersion=21")
    assert "CDK bootstrap stack version 6 required" in apply(document, "BootstrapVersion=5", status=2)


def test_an_app_is_synthesised_if_the_program_is_there(
    assembly: Path, apply: Apply, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "cdk.json").write_text('{"app": "node bin/app.js"}')
    with monkeypatch.context() as nowhere:
        nowhere.setenv("PATH", "/nowhere")
        assert "app is a CDK app, and cdk is not on the PATH" in apply(app, "--plan", stack="", status=1)
    (app / "node_modules" / ".bin").mkdir(parents=True)
    cdk = app / "node_modules" / ".bin" / "cdk"
    cdk.write_text(f'#!/bin/sh\n[ "$1 $2 $3" = "synth --quiet --output" ] && cp -r {assembly}/. "$4"\n')
    cdk.chmod(0o755)
    assert "Stack ShopAlarms at" in apply(app, "--plan", stack="")
    cdk.write_text("#!/bin/sh\nexit 3\n")
    assert "cdk synth ended with status 3" in apply(app, "--plan", stack="", status=1)


def test_a_folder_of_nothing(apply: Apply, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "empty has no *.tf, no cdk.json and no manifest.json" in apply(empty, status=1)
    (empty / "main.tf").write_text("")
    assert "main.tf is Terraform, which is applied as a whole" in apply(empty / "main.tf", status=1)
