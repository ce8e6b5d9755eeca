"""What belongs to a stack: deletions, replacements, names of others; runs that are broken off; questions."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.process import COMMAND, ServerProcess, environment, eventually, run
from stator.apply.endpoint import Address, Endpoint
from stator.apply.errors import ApplyError
from stator.apply.execution import apply as execute
from stator.apply.plan import Stack
from stator.apply.resources import table_changes
from stator.apply.template import sections
from stator.apply.template.conditions import Place

from .conftest import Apply, attribute, key, table, template


def tables(client: Any, start: str) -> list[str]:
    return [name for name in client.list_tables()["TableNames"] if name.startswith(start)]


def test_what_is_no_longer_in_the_template_is_deleted_if_that_is_allowed(apply: Apply, client: Any) -> None:
    retained = {**table("gone-c"), "DeletionPolicy": "Retain"}
    both = template(A=table("gone-a"), B=table("gone-b"), C=retained)
    apply(both)
    only = template(A=table("gone-a"))
    said = apply(only, "--dry-run")
    assert "- delete    B (AWS::DynamoDB::Table) gone-b" in said
    assert "? forget    C (AWS::DynamoDB::Table) gone-c" in said
    assert "1 to delete, 1 to forget, 1 unchanged." in said
    assert "this would delete gone-b; --allow-delete allows that" in apply(only, status=1)
    assert tables(client, "gone-") == ["gone-a", "gone-b", "gone-c"]
    apply(only, "--allow-delete")
    assert tables(client, "gone-") == ["gone-a", "gone-c"]
    assert "Nothing to change, 1 unchanged." in apply(only)


def test_a_condition_that_no_longer_holds_deletes(apply: Apply, client: Any) -> None:
    document = template(A=table("cond-a"), B={**table("cond-b"), "Condition": "Wanted"}) | {
        "Parameters": {"With": {"Type": "String", "Default": "yes"}},
        "Conditions": {"Wanted": {"Fn::Equals": [{"Ref": "With"}, "yes"]}},
    }
    apply(document)
    apply(document, "With=no", "--allow-delete")
    assert tables(client, "cond-") == ["cond-a"]


def test_what_aws_cannot_change_is_replaced(apply: Apply, client: Any) -> None:
    apply(template(A=table("replaced")))
    client.put_item(TableName="replaced", Item={"id": {"S": "1"}})
    other = {"AttributeDefinitions": [attribute("other", "N")], "KeySchema": [key("other")]}
    document = template(A=table("replaced", **other))
    said = apply(document, "--dry-run")
    assert "-/+ replace   A (AWS::DynamoDB::Table) replaced" in said
    assert 'KeySchema: ["id HASH S"] -> ["other HASH N"], which cannot be changed' in said
    assert "deleted with all that is in it, and made anew" in said
    assert "this would delete replaced" in apply(document, status=1)
    retained = {**document["Resources"]["A"], "UpdateReplacePolicy": "Retain"}
    assert "give the new one another name" in apply(template(A=retained), "--allow-delete", status=1)
    apply(document, "--allow-delete")
    assert client.scan(TableName="replaced")["Count"] == 0
    assert "Nothing to change" in apply(document)


def test_another_name_is_another_table(apply: Apply, client: Any) -> None:
    """The new one is made before the old one goes, as CloudFormation does it."""
    apply(template(A=table("named-1")))
    said = apply(template(A=table("named-2")), "--allow-delete")
    assert said.index("A: create named-2") < said.index("A: delete named-1")
    assert tables(client, "named-") == ["named-2"]
    kept = {**table("named-3"), "UpdateReplacePolicy": "Retain"}
    assert "forget" in apply(template(A=kept))
    assert tables(client, "named-") == ["named-2", "named-3"]


def test_a_protected_table_is_not_deleted(apply: Apply, client: Any) -> None:
    apply(template(A=table("safe", DeletionProtectionEnabled=True)))
    document = template(B=table("beside"))
    assert "safe is protected against deletion" in apply(document, "--allow-delete", status=1)
    assert "beside" not in tables(client, "beside")
    apply(template(A=table("safe", DeletionProtectionEnabled=False)))
    apply(document, "--allow-delete")
    assert tables(client, "safe") == []


def test_what_others_made_is_left_alone(apply: Apply, client: Any) -> None:
    apply(template(A=table("owned")), stack="first")
    said = apply(template(A=table("owned")), stack="second", status=1)
    assert "A: owned belongs to the stack first, not to second" in said
    client.create_table(
        TableName="strange",
        AttributeDefinitions=[attribute("id")],
        KeySchema=[key("id")],
        BillingMode="PAY_PER_REQUEST",
    )
    document = template(A=table("strange", Tags=[{"Key": "a", "Value": "b"}]))
    assert "strange is there already, and this stack has not made it" in apply(document, status=1)
    said = apply(document, "--import-existing-resources")
    assert "taken over" in said
    assert "Tags.a: none -> b" in said
    assert "Nothing to change" in apply(document)


def test_two_resources_cannot_have_one_name(apply: Apply) -> None:
    assert "two resources of the template have the name twin" in apply(
        template(A=table("twin"), B=table("twin")), status=1
    )


def test_other_types_are_skipped_or_refused(apply: Apply) -> None:
    topic = {"Type": "AWS::SNS::Topic"}
    tags = [
        {"Key": "topic", "Value": {"Ref": "Topic"}},
        {"Key": "role", "Value": {"Fn::GetAtt": ["Role", "Arn"]}},
        {"Key": "other", "Value": {"Fn::GetAtt": ["Other", "SomeArn"]}},
    ]
    document = template(
        Topic=topic,
        Role={"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Fn::Sub": "${AWS::Region}-reader"}}},
        Other={"Type": "Custom::Thing"},
        A=table("skipping", Tags=tags),
    )
    said = apply(document, stack="skips")
    assert "3 skipped" in said
    arn = "arn:aws:sns:us-east-1:000000000000:skips-Topic-"
    assert f". skip      Topic (AWS::SNS::Topic)\n        not made here; what refers to it gets {arn}" in said
    assert "gets arn:aws:iam::000000000000:role/us-east-1-reader" in said
    assert "gets arn:aws:thing:us-east-1:000000000000:thing/skips-Other-" in said
    assert "Nothing to change" in apply(document, stack="skips")
    strict = apply(document, "--strict", stack="skips", status=1)
    assert "these resources cannot be made: Topic (AWS::SNS::Topic)" in strict


def test_a_run_that_is_broken_off_is_finished_by_the_next(
    apply: Apply, server: ServerProcess, client: Any, nobody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever step does not happen: the next run does what is left, and the one after it nothing."""
    keys = {"AttributeDefinitions": [attribute("id"), attribute("a")]}
    index = {"IndexName": "byA", "KeySchema": [key("a")], "Projection": {"ProjectionType": "ALL"}}
    expiry = {"TimeToLiveSpecification": {"AttributeName": "x", "Enabled": True}}
    recovery = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
    full = table("half-a", GlobalSecondaryIndexes=[index], **keys, **expiry, **recovery)
    wanted = template(A=full, B={**table("half-b"), "DependsOn": "A"})
    sent: list[str] = []
    allowed = 0

    class Broken(Endpoint):
        def call(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
            if not operation.startswith(("describe", "list", "get")):
                if len(sent) == allowed:
                    raise ApplyError("broken off")
                sent.append(operation)
            return super().call(service, operation, **request)

    endpoint = Broken(Address(server.url))
    try:
        for allowed in range(3):
            template_ = sections.read(wanted, {}, Place(f"half-{allowed}", endpoint.account, endpoint.region))
            stack = Stack(template_, endpoint)
            with pytest.raises(ApplyError, match="broken off"):
                execute(stack, stack.plan(), lambda change: None)
            assert len(sent) == allowed
            said = apply(wanted, stack=f"half-{allowed}")
            assert "Nothing to change" not in said
            assert client.describe_time_to_live(TableName="half-a")["TimeToLiveDescription"] == {
                "TimeToLiveStatus": "ENABLED",
                "AttributeName": "x",
            }
            assert "Nothing to change, 2 unchanged." in apply(wanted, stack=f"half-{allowed}")
            for name in tables(client, "half-"):
                client.delete_table(TableName=name)
            sent.clear()
    finally:
        endpoint.close()


def test_what_changed_since_the_plan_ends_the_apply(server: ServerProcess, client: Any, nobody: None) -> None:
    endpoint = Endpoint(Address(server.url))
    try:
        document = template(A=table("raced"))
        stack = Stack(sections.read(document, {}, Place("raced", endpoint.account, "us-east-1")), endpoint)
        plan = stack.plan()
        table_changes.create(endpoint, stack.wanted(stack.template.resources["A"]))
        with pytest.raises(ApplyError, match="the plan said create, and now it would be no change"):
            execute(stack, plan, lambda change: None)
    finally:
        endpoint.close()


def test_without_a_terminal_it_does_not_go_on(apply: Apply, client: Any) -> None:
    said = apply(template(A=table("asked")), yes=False, status=1)
    assert "there is no terminal to ask at; --yes applies the plan" in said
    assert tables(client, "asked") == []


@pytest.mark.parametrize(("answer", "made"), [("n", []), ("y", ["terminal"])])
def test_at_a_terminal_it_asks(
    answer: str, made: list[str], server: ServerProcess, client: Any, tmp_path: Path
) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps(template(A=table("terminal"))))
    primary, secondary = pty.openpty()
    try:
        process = subprocess.Popen(
            [*COMMAND, "apply", str(path), "--endpoint", server.url],
            stdin=secondary,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(AWS_EC2_METADATA_DISABLED="true"),
        )
        os.write(primary, f"{answer}\n".encode())
        said, _ = process.communicate(timeout=60)
    finally:
        os.close(primary)
        os.close(secondary)
    assert "Apply this plan?" in said
    assert process.returncode == (0 if made else 1)
    assert tables(client, "terminal") == made


def test_ctrl_c_ends_it_between_two_requests(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    """A table takes for ever here, so the apply waits until it is told to stop; the next one goes on."""
    server = start_server(memory=True, lifecycle_delay=5, clock=1_700_000_000.0)
    path = tmp_path / "t.json"
    path.write_text(json.dumps(template(A=table("slow"), B=table("later"))))
    command = [*COMMAND, "apply", str(path), "--endpoint", server.url, "--yes"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        for _ in eventually():
            if tables(server.client(), "slow"):
                break
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "stopped; the same command goes on from here" in said
    assert len(server.client().list_tables()["TableNames"]) == 1


def test_an_endpoint_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps(template(A=table("nowhere"))))
    done = run("apply", str(path), "--endpoint", "http://127.0.0.1:9", directory=tmp_path)
    assert done.returncode == 1
    assert "http://127.0.0.1:9 does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_goes_to_aws_unless_it_is_said(tmp_path: Path, nobody: None) -> None:
    assert Address().named_url() == "http://127.0.0.1:8000"
    assert Address("aws").named_url() is None
    assert Address(profile="production").named_url() is None
    with pytest.raises(ApplyError, match="there are no AWS credentials for AWS"):
        Endpoint(Address("aws"))
    with pytest.raises(ApplyError, match=r"there are no AWS credentials for http://db\.example\.com:8000"):
        Endpoint(Address("http://db.example.com:8000"))


def test_each_step_is_waited_for(apply: Apply, start_server: Callable[..., ServerProcess]) -> None:
    """At a server whose tables and indexes take their time, as AWS's do."""
    server = start_server(memory=True, lifecycle_delay=0.1)
    keys = [attribute("id"), attribute("a"), attribute("b")]
    indexes = [
        {"IndexName": f"by-{name}", "KeySchema": [key(name)], "Projection": {"ProjectionType": "ALL"}}
        for name in ("a", "b")
    ]
    streamed = {"StreamSpecification": {"StreamViewType": "KEYS_ONLY"}, "TableClass": "STANDARD"}
    more = {"GlobalSecondaryIndexes": indexes, "AttributeDefinitions": keys, **streamed}
    for document in (
        template(A=table("slow")),
        template(A=table("slow", **more)),
        template(A=table("slow"), B=table("slower", **more)),
        template(A=table("slow", AttributeDefinitions=[attribute("b")], KeySchema=[key("b")])),
    ):
        apply(document, "--allow-delete", server=server)
        assert "Nothing to change" in apply(document, server=server)
    assert server.client().list_tables()["TableNames"] == ["slow"]
