"""ExecuteTransaction: all statements or none, the reasons of each, and tokens.

Source: "Performing transactions with PartiQL for DynamoDB" and "EXISTS" of the developer guide.
"""

import pytest

VALIDATION = "ValidationException"
NO_RETURNING = "RETURNING clause is not supported in ExecuteTransaction."
NO_INDEX = "Reads on indices are not supported within transactions."
NO_KEY = "Select statements within ExecuteTransaction must specify the primary key in the where clause."
NO_TARGET = "Where clause does not contain a mandatory equality on all key attributes"
NO_CONDITION = "EXISTS() must contain a single item read with additional condition"
MALFORMED = "Statement wasn't well formed, can't be processed: "
MISCOUNTED = "Number of parameters in request and statement don't match."
KEY = {"pk": {"S": "a"}}
A = KEY | {"n": {"N": "1"}}


def transaction(*statements, **more):
    return {
        "TransactStatements": [
            {"Statement": each} if isinstance(each, str) else {"Statement": each[0], **each[1]}
            for each in statements
        ],
        **more,
    }


@pytest.fixture
def execute(api):
    return lambda *statements, **more: api("ExecuteTransaction", transaction(*statements, **more))


@pytest.fixture
def reasons(api):
    """The reasons for which a transaction is cancelled."""

    def cancel(*statements, **more):
        body = api.error_body("ExecuteTransaction", transaction(*statements, **more))
        assert body["__type"] == "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
        codes = ", ".join(reason["Code"] for reason in body["CancellationReasons"])
        assert body["Message"] == (
            f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        )
        return body["CancellationReasons"]

    return cancel


@pytest.fixture
def filled(api, plain):
    api.put(plain, A)
    return plain


def scan(api, table):
    return sorted(api.items("Scan", {"TableName": table}), key=str)


def test_reads(execute, filled):
    reply = execute(
        f"SELECT * FROM \"{filled}\" WHERE pk = 'a'",
        (f'SELECT n FROM "{filled}" WHERE pk = ?', {"Parameters": [{"S": "b"}]}),
        ReturnConsumedCapacity="TOTAL",
    )
    assert reply["Responses"] == [{"Item": A}, {}]
    assert reply["ConsumedCapacity"][0]["CapacityUnits"] == 4.0


def test_writes(api, execute, filled):
    reply = execute(
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'b', 'n': 5}}",
        f"UPDATE \"{filled}\" SET n = n + 1 WHERE pk = 'a' AND n = 1",
        f"DELETE FROM \"{filled}\" WHERE pk = 'c'",
        ReturnConsumedCapacity="TOTAL",
    )
    assert reply["Responses"] == [{}, {}, {}]
    assert reply["ConsumedCapacity"][0]["CapacityUnits"] == 6.0
    assert scan(api, filled) == [KEY | {"n": {"N": "2"}}, {"pk": {"S": "b"}, "n": {"N": "5"}}]


def test_all_or_nothing(api, reasons, filled):
    assert reasons(
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'b'}}",
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'a'}}",
        f"UPDATE \"{filled}\" SET n = 2 WHERE pk = 'c'",
        f'DELETE FROM "{filled}" WHERE pk = 1',
    ) == [
        {"Code": "None"},
        {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"},
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
        {"Code": "ValidationError", "Message": "The provided key element does not match the schema"},
    ]
    assert scan(api, filled) == [A]


def test_the_item_that_failed_the_condition(reasons, filled):
    statement = f"UPDATE \"{filled}\" SET n = 2 WHERE pk = 'a' AND n = 7"
    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    assert reasons((statement, {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"})) == [failed | {"Item": A}]


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ("pk = 'a' AND n = 1", True),
        ("pk = 'a' AND q IS MISSING", True),
        ("pk = 'a' AND n = 2", False),
        ("pk = 'nobody' AND q IS MISSING", False),
    ],
)
def test_exists(api, execute, reasons, filled, where, holds):
    statements = (
        f'EXISTS(SELECT * FROM "{filled}" WHERE {where})',
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'b'}}",
    )
    if holds:
        execute(*statements)
        assert len(scan(api, filled)) == 2
    else:
        assert [reason["Code"] for reason in reasons(*statements)] == ["ConditionalCheckFailed", "None"]
        assert scan(api, filled) == [A]


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("DELETE FROM \"{}\" WHERE pk = 'a' RETURNING ALL OLD *", NO_RETURNING),
        ("SELECT * FROM \"{}\".\"i\" WHERE pk = 'a'", NO_INDEX),
        ("EXISTS(SELECT * FROM \"{}\".\"i\" WHERE pk = 'a')", NO_INDEX),
        ("SELECT * FROM \"{}\" WHERE n = 1", NO_KEY),
        ("EXISTS(SELECT * FROM \"{}\" WHERE pk = 'a')", NO_CONDITION),
        ("DELETE FROM \"{}\"", NO_TARGET),
        ("SELEKT", MALFORMED + "Expected data manipulation"),
        ("SELECT * FROM \"{}\" WHERE pk = ?", MISCOUNTED),
    ],
)  # fmt: skip
def test_a_refused_statement_is_named(api, plain, statement, text):
    reads = statement.startswith("SELECT")
    other = (
        f"SELECT * FROM \"{plain}\" WHERE pk = 'x'" if reads else f"DELETE FROM \"{plain}\" WHERE pk = 'x'"
    )
    request = transaction(other, statement.format(plain))
    assert api.refusal("ExecuteTransaction", request) == (
        VALIDATION,
        f"Validation failed in TransactStatements[1]: {text}",
    )


@pytest.mark.parametrize(
    ("request_", "error", "text"),
    [
        (
            transaction("SELECT * FROM t WHERE pk = 'a'", "DELETE FROM t WHERE pk = 'a'"),
            VALIDATION,
            "ExecuteTransaction API does not support both read and write operations in the same request.",
        ),
        (
            transaction("SELECT * FROM t WHERE pk = 'a'", "EXISTS(SELECT * FROM t WHERE pk = 'a' AND n = 1)"),
            VALIDATION,
            "ExecuteTransaction API does not support both read and write operations in the same request.",
        ),
        (
            transaction("DELETE FROM nowhere WHERE pk = 'a'"),
            "ResourceNotFoundException",
            "Requested resource not found",
        ),
        (
            {"TransactStatements": []},
            VALIDATION,
            "1 validation error detected: Value '[]' at 'transactStatements' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
    ],
)
def test_refused(api, request_, error, text):
    assert api.refusal("ExecuteTransaction", request_) == (error, text)


def test_an_item_twice(api, filled):
    request = transaction(
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'b'}}", f"DELETE FROM \"{filled}\" WHERE pk = 'b'"
    )
    assert api.refusal("ExecuteTransaction", request) == (
        VALIDATION,
        "Transaction request cannot include multiple operations on one item",
    )


def test_token(api, execute, filled):
    statement = (f"UPDATE \"{filled}\" SET n = n + ? WHERE pk = 'a'", {"Parameters": [{"N": "1"}]})
    for _ in range(3):
        assert execute(statement, ClientRequestToken="once")["Responses"] == [{}]
    assert scan(api, filled) == [KEY | {"n": {"N": "2"}}]
    other = (statement[0], {"Parameters": [{"N": "2"}]})
    name, _ = api.refusal("ExecuteTransaction", transaction(other, ClientRequestToken="once"))
    assert name == "IdempotentParameterMismatchException"


def test_a_token_of_a_cancelled_transaction_is_free(api, execute, filled):
    statement = f"INSERT INTO \"{filled}\" VALUE {{'pk': 'a'}}"
    name, _ = api.refusal("ExecuteTransaction", transaction(statement, ClientRequestToken="free"))
    assert name == "TransactionCanceledException"
    api("DeleteItem", {"TableName": filled, "Key": KEY})
    execute(statement, ClientRequestToken="free")
    assert scan(api, filled) == [KEY]
