"""Every operation of the other services is served or declared as not served; and who answers whom."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.process import ServerProcess
from harness.services import raw_model
from stator.model.services.catalogue import service_model
from stator.model.services.directory import SERVICES, Service
from stator.model.services.shapes import shape_of
from stator.model.shapes import Shape, compiled
from stator.operations.services import handler_of

ACCOUNT = "000000000000"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_operation_is_accounted_for(service: Service) -> None:
    model = service_model(service.name)
    served = {operation.name for operation in model.operations}
    assert not served & model.not_served
    assert served | model.not_served == set(raw_model(service.name)["operations"])
    assert [name for name in served if handler_of(service.name, name) is None] == []
    assert [name for name in served if not handler_of(service.name, name).__doc__] == []
    assert [name for name in model.not_served if handler_of(service.name, name) is not None] == []


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_services_are_known_by(service: Service) -> None:
    facts = raw_model(service.name)["metadata"]
    assert service.version == facts["apiVersion"]
    assert service.signing == facts.get("signingName", facts["endpointPrefix"])
    assert service.target == facts.get("targetPrefix")
    assert service.json == facts.get("jsonVersion")
    assert service.namespace == facts.get("xmlNamespace")
    assert service.cbor == ("smithy-rpc-v2-cbor" in facts["protocols"])
    assert service.query_codes == ("awsQueryCompatible" in facts)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_pattern_of_a_request_is_read(service: Service) -> None:
    def look(shape: Shape, seen: set[str]) -> None:
        if shape.name in seen:
            return
        seen.add(shape.name)
        if shape.limits.pattern is not None:
            compiled(shape.limits.pattern)
        for each in (*(field.shape for field in shape.fields), shape.element, shape.key):
            if each is not None:
                look(each, seen)

    seen: set[str] = set()
    for operation in service_model(service.name).operations:
        look(shape_of(service.name, operation.input), seen)
    assert seen


def test_every_caller_is_the_root_of_the_account(server: ServerProcess) -> None:
    caller = server.client("sts", region="eu-west-1").get_caller_identity()
    assert (caller["Account"], caller["Arn"], caller["UserId"]) == (ACCOUNT, ROOT, ACCOUNT)
    iam = server.client("iam")
    user = iam.get_user()["User"]
    assert (user["UserName"], user["Arn"], user["UserId"], user["Path"]) == ("root", ROOT, ACCOUNT, "/")
    assert user == iam.get_user(UserName="root")["User"]
    with pytest.raises(ClientError, match="The user with name alice cannot be found") as raised:
        iam.get_user(UserName="alice")
    assert raised.value.response["Error"]["Code"] == "NoSuchEntity"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert iam.list_roles()["Roles"] == iam.list_account_aliases()["AccountAliases"] == []


@pytest.fixture
def table(client: Any) -> Any:
    """Makes a table that is encrypted with a key; the ARN of it that the table's description has."""
    made: list[str] = []

    def make(name: str, **key: str) -> str:
        made.append(name)
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification={"Enabled": True, "SSEType": "KMS", **key},
        )
        arn: str = client.describe_table(TableName=name)["Table"]["SSEDescription"]["KMSMasterKeyArn"]
        return arn

    yield make
    for name in made:
        client.delete_table(TableName=name)


def test_keys_are_those_that_tables_name(server: ServerProcess, table: Any) -> None:
    kms = server.client("kms")
    own = kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
    assert own["Arn"] == table("kms-own")
    assert (own["KeyManager"], own["KeyState"], own["Enabled"]) == ("AWS", "Enabled", True)
    mine = table("kms-mine", KMSMasterKeyId="alias/kms-mine")
    by_id = "0dd8a1c0-9a5c-4a6c-8f7e-7a8a1c4d9e0f"
    theirs = table("kms-theirs", KMSMasterKeyId=by_id)
    names = [
        ("alias/kms-mine", mine),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/kms-mine", mine),
        (mine, mine),
        (mine.rpartition("/")[2], mine),
        (by_id, theirs),
        (theirs, theirs),
    ]
    for name, arn in names:
        key = kms.describe_key(KeyId=name)["KeyMetadata"]
        assert (key["Arn"], key["KeyId"]) == (arn, arn.rpartition("/")[2])
        assert (key["KeyManager"], key["AWSAccountId"]) == ("CUSTOMER", ACCOUNT)
    absent = [
        ("alias/no", f"Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/no is not found."),
        ("no", f"Key 'arn:aws:kms:us-east-1:{ACCOUNT}:key/no' does not exist"),
    ]
    for name, text in absent:
        with pytest.raises(kms.exceptions.NotFoundException) as raised:
            kms.describe_key(KeyId=name)
        assert raised.value.response["Error"]["Message"] == text


def test_aliases_are_listed_in_pages(server: ServerProcess, table: Any) -> None:
    kms = server.client("kms")
    mine = table("kms-listed", KMSMasterKeyId="alias/kms-listed")
    found = [
        entry
        for page in kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 1})
        for entry in page["Aliases"]
    ]
    names = [entry["AliasName"] for entry in found]
    assert names == sorted(names)
    assert {"alias/aws/dynamodb", "alias/kms-listed"} <= set(names)
    entry = {
        "AliasName": "alias/kms-listed",
        "AliasArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/kms-listed",
        "TargetKeyId": mine.rpartition("/")[2],
    }
    assert entry in found
    assert kms.list_aliases(KeyId=mine)["Aliases"] == [entry]


def test_keys_that_tables_name_oddly(server: ServerProcess, table: Any) -> None:
    """DynamoDB takes any text for a key; keys of another region have no alias here."""
    far = f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/kms-far"
    names = ["arn:odd", "alias/kms-far", far]
    arns = [table(f"kms-odd-{number}", KMSMasterKeyId=name) for number, name in enumerate(names)]
    kms = server.client("kms")
    assert [kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"] for name in names] == arns
    for region, arn in (("us-east-1", arns[1]), ("eu-west-1", arns[2])):
        found = server.client("kms", region=region).list_aliases()["Aliases"]
        (entry,) = [entry for entry in found if entry["AliasName"] == "alias/kms-far"]
        assert entry["AliasArn"] == f"arn:aws:kms:{region}:{ACCOUNT}:alias/kms-far"
        assert entry["TargetKeyId"] == arn.rpartition("/")[2]
