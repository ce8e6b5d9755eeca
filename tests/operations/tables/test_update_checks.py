"""What UpdateTable refuses, and in which order.

Source: AWS's replies as listed in docs/reference/validation-rules.md, "UpdateTable". Each rule of the code
has a row here or, if it is about changes under way, in test_life_cycle.py or test_pacing.py.
"""

import pytest

from harness.steps import ABSENT, ENVELOPE, INVALID, NOT_FOUND, Step, changed, pairs
from operations.tables import test_life_cycle, test_pacing
from operations.tables.requests import (
    LIMIT,
    PROVISIONED,
    units,
    untested,
)
from operations.tables.update_rows import ROWS, STREAM, TOO_MUCH, changes, creates, deletes, updates
from stator.operations.dynamodb.rules.update_existing import UPDATE_TABLE_AS_IT_IS
from stator.operations.dynamodb.rules.update_table import UPDATE_TABLE

# The request alone. A good one changes the capacity of an index.

GOOD = {"TableName": PROVISIONED, **updates(changes(ProvisionedThroughput=units(7)))}
ALONE = "modification must be the only operation in the request"
STEPS = (
    Step(
        "no name",
        {"TableName": ABSENT},
        "The parameter 'TableName' is required but was not present in the request",
    ),
    Step(
        "a short name",
        {"TableName": "ab"},
        f"{ENVELOPE}Value 'ab' at 'tableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3",
    ),
    Step("encryption", {"SSESpecification": {"Enabled": True}}, f"{INVALID}Server-Side Encryption {ALONE}"),
    Step("table class", {"TableClass": "STANDARD"}, f"{INVALID}TableClass {ALONE}"),
    Step("protection", {"DeletionProtectionEnabled": True}, f"{INVALID}DeletionProtection {ALONE}"),
    Step(
        "warm throughput",
        {"WarmThroughput": {"ReadUnitsPerSecond": 6}, "BillingMode": "PAY_PER_REQUEST"},
        f"{INVALID}WarmThroughput must be the only operation in the request",
    ),
    Step(
        "maximum",
        {"OnDemandThroughput": {"MaxReadRequestUnits": 5}},
        f"{INVALID}OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
    ),
    Step(
        "throughput and stream",
        {"ProvisionedThroughput": units(6), "StreamSpecification": STREAM},
        f"{INVALID}You cannot modify stream status while updating table IOPS",
    ),
    Step(
        "throughput and new index",
        {"ProvisionedThroughput": units(6), **updates(*creates("new"))},
        f"{INVALID}You cannot create or delete index while updating table IOPS",
    ),
    Step(
        "stream and deleted index",
        {"StreamSpecification": STREAM, "ProvisionedThroughput": ABSENT, **updates(*deletes("one"))},
        f"{INVALID}You cannot create or delete index while changing stream status",
    ),
    Step(
        "provisioned without throughput",
        {"BillingMode": "PROVISIONED", "ProvisionedThroughput": ABSENT},
        f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
    ),
    Step(
        "on demand with throughput",
        {"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": units(6)},
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
        "when BillingMode is PAY_PER_REQUEST",
    ),
    Step(
        "out of bounds",
        {"ProvisionedThroughput": units(TOO_MUCH)},
        "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
    ),
    Step(
        "index out of bounds",
        updates(changes(ProvisionedThroughput=units(1, TOO_MUCH))),
        "Given value 1000000000001 for WriteCapacityUnits is out of bounds",
    ),
    Step(
        "no action",
        updates({}),
        f"{INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
        "GlobalSecondaryIndexUpdate.Delete must not be null",
    ),
    Step(
        "two actions",
        {"ProvisionedThroughput": ABSENT, **updates({**creates("one")[0], **deletes("two")[0]})},
        f"{INVALID}Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
    ),
    Step(
        "one index twice",
        updates(changes(), changes()),
        f"{INVALID}Only one global secondary index update per index is allowed simultaneously. Index: one",
    ),
    Step(
        "table",
        {"TableName": "no-such-table"},
        "Requested resource not found: Table: no-such-table not found",
        NOT_FOUND,
    ),
    Step(
        "unchanged throughput",
        {"ProvisionedThroughput": units(5)},
        "The provisioned throughput for the table will not change. "
        "The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. "
        "Current WriteCapacityUnits provisioned for the table: 5. Requested WriteCapacityUnits: 5. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
    ),
    Step(
        "unchanged throughput of an index",
        updates(changes(ProvisionedThroughput=units(5))),
        "The provisioned throughput for the index one will not change. "
        "The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the index: 5. Requested ReadCapacityUnits: 5. "
        "Current WriteCapacityUnits provisioned for the index: 5. Requested WriteCapacityUnits: 5. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
    ),
    Step(
        "above the table's maximum",
        {"ProvisionedThroughput": units(40_001)},
        "The requested ReadCapacityUnits, 40001, is above the per table maximum "
        "for the account in eu-west-3. Per table maximum: 40000. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
        LIMIT,
    ),
    Step(
        "nothing for an index",
        updates(changes()),
        f"{INVALID}Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: one",
    ),
)


@pytest.mark.usefixtures("existing")
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.rule)
def test_text(api, step):
    assert api.refusal("UpdateTable", changed(GOOD, step.change)) == step.answer


@pytest.mark.usefixtures("existing")
@pytest.mark.parametrize(("earlier", "later"), pairs(STEPS), ids=lambda step: step.rule)
def test_order(api, earlier, later):
    request = changed(GOOD, later.change, earlier.change)
    assert api.refusal("UpdateTable", request) == earlier.answer


@pytest.mark.usefixtures("existing")
@pytest.mark.parametrize(("table", "change", "error", "text"), ROWS, ids=lambda value: str(value)[:50])
def test_text_by_table(api, table, change, error, text):
    assert api.refusal("UpdateTable", {"TableName": table, **change}) == (error, text)


def test_every_rule_is_tested():
    texts = [step.text for step in STEPS] + [row[3] for row in ROWS]
    assert (
        untested(
            (*UPDATE_TABLE, *UPDATE_TABLE_AS_IT_IS), [*texts, *test_life_cycle.TEXTS, *test_pacing.TEXTS]
        )
        == []
    )
