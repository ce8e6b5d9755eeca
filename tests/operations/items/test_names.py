"""Tables named by ARN, in every operation on items.

Source: docs/validation.md, "TableName": an ARN is a table's name; one of something else, of another partition
or another account is refused.
"""

import pytest

from harness.steps import ENVELOPE

ACCOUNT = "000000000000"
KEY = {"pk": {"S": "arn"}}


def arn(table, *, partition="aws", region="us-east-1", account=ACCOUNT):
    return f"arn:{partition}:dynamodb:{region}:{account}:table/{table}"


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-3"])
def test_every_operation(api, plain, region):
    name = arn(plain, region=region)
    query = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": KEY["pk"]}}
    assert api("PutItem", {"TableName": name, "Item": KEY}) == {}
    assert api("GetItem", {"TableName": plain, "Key": KEY}) == {"Item": KEY}
    assert api("Query", {"TableName": name} | query)["Items"] == [KEY]
    assert KEY in api.items("Scan", {"TableName": name})
    assert api("UpdateItem", {"TableName": name, "Key": KEY}) == {}
    batch = {"RequestItems": {name: {"Keys": [KEY]}}}
    assert api("BatchGetItem", batch)["Responses"] == {name: [KEY]}
    batch = {"RequestItems": {name: [{"DeleteRequest": {"Key": KEY}}]}}
    assert api("BatchWriteItem", batch) == {"UnprocessedItems": {}}
    assert api("DeleteItem", {"TableName": name, "Key": KEY, "ReturnValues": "ALL_OLD"}) == {}


REFUSED = (
    (arn("things/index/i"), "ValidationException", "Invalid resource type in '{}'"),
    (arn("things/stream/2026-01-01T00:00:00.000"), "ValidationException", "Invalid resource type in '{}'"),
    (
        "arn:aws:dynamodb:us-east-1:000000000000:backup/b",
        "ValidationException",
        "Invalid resource type in '{}'",
    ),
    (arn("things", partition="moon"), "ValidationException", "Invalid AWS partition in '{}'"),
    (arn("things", account="111111111111"), "AccessDeniedException", "Access is denied"),
    (arn("no-such-table"), "ResourceNotFoundException", "Requested resource not found"),
)


@pytest.mark.parametrize(("name", "error", "text"), REFUSED)
def test_refused(api, name, error, text):
    text = (ENVELOPE if "{}" in text else "") + text.format(name)
    assert api.refusal("GetItem", {"TableName": name, "Key": KEY}) == (error, text)
    assert api.refusal("Scan", {"TableName": name}) == (error, text)
