"""What CreateTable refuses, and in which order.

Source: AWS's replies as listed in docs/reference/validation-rules.md, "CreateTable". Each rule of the code
has a row here.
"""

import pytest

from harness.steps import INVALID, changed, pairs
from operations.tables.create_steps import GOOD, NAME, STEPS, global_, many
from operations.tables.requests import (
    create,
    global_index,
    key,
    units,
    untested,
)
from stator.operations.dynamodb.rules.create_table import CREATE_TABLE, CREATE_TABLE_AS_IT_IS


@pytest.mark.usefixtures("existing")
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.rule)
def test_text(api, step):
    assert api.refusal("CreateTable", changed(GOOD, step.change)) == step.answer


# Changes that mend each other, or change each other's texts, though they change different things.
MEET = {
    ("fewer definitions than keys", "local: table without range key"),
    ("undefined key", "keys alike"),
    ("undefined key", "local: table without range key"),
    ("local: undefined key", "unused definition"),
    ("local: undefined key", "definition twice"),
    ("global: undefined key", "unused definition"),
    ("needless key", "AES256"),
}


def meet(earlier, later):
    return (earlier.rule, later.rule) in MEET or "more definitions than keys" in (earlier.rule, later.rule)


@pytest.mark.usefixtures("existing")
@pytest.mark.parametrize(
    ("earlier", "later"),
    [pair for pair in pairs(STEPS) if not meet(*pair)],
    ids=lambda step: step.rule,
)
def test_order(api, earlier, later):
    request = changed(GOOD, later.change, earlier.change)
    assert api.refusal("CreateTable", request) == earlier.answer


# Rules that a table on demand breaks.
DEMANDED = create(NAME, "pk", "g", GlobalSecondaryIndexes=[global_index("global", "g")])
TEXTS = (
    (
        {"GlobalSecondaryIndexes": [global_index("global", "g", ProvisionedThroughput=units(5))]},
        "ProvisionedThroughput should not be specified for index: global when BillingMode is PAY_PER_REQUEST",
    ),
    (
        {"OnDemandThroughput": {"MaxWriteRequestUnits": 0}},
        "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
    ),
    (
        {"OnDemandThroughput": {"MaxReadRequestUnits": -1}},
        "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range",
    ),
    (
        {
            "GlobalSecondaryIndexes": [
                global_index("global", "g", OnDemandThroughput={"MaxReadRequestUnits": 0})
            ]
        },
        "Requested MaxReadRequestUnits for OnDemandThroughput for index : global is outside of valid range",
    ),
    (
        {"WarmThroughput": {"ReadUnitsPerSecond": 11_999}},
        "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for "
        "OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
        "on-demand-capacity-mode.html#on-demand-capacity-mode-initial",
    ),
    ({"ResourcePolicy": "{}"}, "ResourcePolicy is not supported by this server"),
)


@pytest.mark.parametrize(
    ("change", "text"), TEXTS, ids=lambda value: value[:60] if isinstance(value, str) else ""
)
def test_text_on_demand(api, change, text):
    assert api.refusal("CreateTable", changed(DEMANDED, change)) == ("ValidationException", INVALID + text)


def test_a_maximum_of_an_index_with_provisioned_capacity(api):
    index = global_index(
        "global", "g", ProvisionedThroughput=units(5), OnDemandThroughput={"MaxReadRequestUnits": 5}
    )
    assert api.refusal("CreateTable", GOOD | {"GlobalSecondaryIndexes": [index]}) == (
        "ValidationException",
        f"{INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified for index : global "
        "when the table BillingMode is PROVISIONED",
    )


def test_a_global_index_may_not_have_the_name_of_a_local_one(api):
    request = GOOD | global_(IndexName="local")
    assert api.refusal("CreateTable", request) == (
        "ValidationException",
        f"{INVALID}Duplicate index name: local",
    )


def test_rules_of_one_index_come_before_those_of_the_next(api):
    broken, worse = global_(Projection={})["GlobalSecondaryIndexes"] + many(1, KeySchema=key("x"))
    assert api.refusal("CreateTable", GOOD | global_(broken, worse)) == (
        "ValidationException",
        f"{INVALID}Unknown ProjectionType: null",
    )


def test_every_rule_is_tested():
    tags = ("The Tag Key provided", "Tag Key cannot", "Duplicate Tag Keys", "Number of Tags")
    texts = [step.text for step in STEPS] + [INVALID + text for _, text in TEXTS]
    missing = untested((*CREATE_TABLE, *CREATE_TABLE_AS_IT_IS), texts)
    assert [text for text in missing if not text.startswith(tags)] == []  # see test_tags.py


@pytest.mark.parametrize("name", [NAME, f"arn:aws:dynamodb:us-east-1:000000000000:table/{NAME}"])
def test_good_request(api, name):
    request = changed(GOOD, {"TableName": name})
    assert api("CreateTable", request)["TableDescription"]["TableName"] == NAME
    api("DeleteTable", {"TableName": name})


def test_what_else_is_allowed(api):
    name = "create-allowed"
    keys = key("a", "b", "c", "d", "e", "f", kinds=("HASH",) * 4 + ("RANGE",) * 2)
    request = create(
        name,
        "pk",
        *"abcdef",
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[{**global_index("many", ""), "KeySchema": keys}],
        OnDemandThroughput={"MaxReadRequestUnits": 1, "MaxWriteRequestUnits": 1},
        StreamSpecification={"StreamEnabled": False},
        SSESpecification={"Enabled": False},
        TableClass="STANDARD",
    )
    shown = api("CreateTable", request)["TableDescription"]
    assert shown["GlobalSecondaryIndexes"][0]["KeySchema"] == keys
    assert not {"StreamSpecification", "SSEDescription", "TableClassSummary"} & shown.keys()
