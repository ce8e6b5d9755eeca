"""BatchExecuteStatement: each statement on its own, and what refuses the batch.

Source: "Running batch operations with PartiQL for DynamoDB" of the developer guide; BatchStatementError of
the API reference.
"""

import pytest

VALIDATION = "ValidationException"
NO_KEY = "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
NO_INDEX = "Reads on indices are not supported within BatchExecuteStatement."
KEY = {"pk": {"S": "a"}}
A = KEY | {"n": {"N": "1"}}


def batch(*statements, **more):
    return {
        "Statements": [
            {"Statement": each} if isinstance(each, str) else {"Statement": each[0], **each[1]}
            for each in statements
        ],
        **more,
    }


@pytest.fixture
def execute(api):
    return lambda *statements, **more: api("BatchExecuteStatement", batch(*statements, **more))


@pytest.fixture
def filled(api, plain):
    api.put(plain, A)
    return plain


def test_reads(execute, filled):
    reply = execute(
        f"SELECT * FROM \"{filled}\" WHERE pk = 'a'",
        f"SELECT n FROM \"{filled}\" WHERE pk = 'nobody'",
        (f'SELECT n FROM "{filled}" WHERE pk = ?', {"Parameters": [{"S": "b"}], "ConsistentRead": True}),
        ReturnConsumedCapacity="TOTAL",
    )
    assert reply == {
        "Responses": [{"TableName": filled, "Item": A}, {"TableName": filled}, {"TableName": filled}],
        "ConsumedCapacity": [{"TableName": filled, "CapacityUnits": 2.0}],
    }


def test_writes(api, execute, filled):
    reply = execute(
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'b'}}",
        f"UPDATE \"{filled}\" SET n = n + 1 WHERE pk = 'a' RETURNING ALL NEW *",
        f"DELETE FROM \"{filled}\" WHERE pk = 'c'",
        ReturnConsumedCapacity="TOTAL",
    )
    assert reply == {
        "Responses": [
            {"TableName": filled},
            {"TableName": filled, "Item": KEY | {"n": {"N": "2"}}},
            {"TableName": filled},
        ],
        "ConsumedCapacity": [{"TableName": filled, "CapacityUnits": 3.0}],
    }
    found = api.items("Scan", {"TableName": filled})
    assert sorted(found, key=str) == [KEY | {"n": {"N": "2"}}, {"pk": {"S": "b"}}]


def test_errors_of_writes_are_their_own(api, execute, filled):
    reply = execute(
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'a'}}",
        (f"DELETE FROM \"{filled}\" WHERE pk = 'b'", {}),
        (
            f"UPDATE \"{filled}\" SET n = 2 WHERE pk = 'c'",
            {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
        ),
        "UPDATE nowhere SET n = 2 WHERE pk = 'a'",
        f"UPDATE \"{filled}\" SET n = 2 WHERE n = 'a'",
        f"EXISTS(SELECT * FROM \"{filled}\" WHERE pk = 'e' AND n = 1)",
        "INSERT",
        f"INSERT INTO \"{filled}\" VALUE {{'pk': 'd'}}",
    )
    assert reply["Responses"] == [
        {
            "TableName": filled,
            "Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"},
        },
        {"TableName": filled},
        {
            "TableName": filled,
            "Error": {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
        },
        {"Error": {"Code": "ResourceNotFound", "Message": "Requested resource not found"}},
        {
            "Error": {
                "Code": "ValidationError",
                "Message": "Where clause does not contain a mandatory equality on all key attributes",
            }
        },
        {
            "Error": {
                "Code": "ValidationError",
                "Message": "EXISTS can only be used in ExecuteTransaction write requests.",
            }
        },
        {
            "Error": {
                "Code": "ValidationError",
                "Message": "Statement wasn't well formed, can't be processed: Expected INTO",
            }
        },
        {"TableName": filled},
    ]
    assert api("GetItem", {"TableName": filled, "Key": {"pk": {"S": "d"}}}) == {"Item": {"pk": {"S": "d"}}}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ('SELECT * FROM "{}"', NO_KEY),
        ("SELECT * FROM \"{}\" WHERE pk = 'a' AND n = 1", NO_KEY),
        ("SELECT * FROM \"{}\" WHERE pk IN ['a', 'b']", NO_KEY),
        ("SELECT * FROM \"{}\".\"i\" WHERE pk = 'a'", NO_INDEX),
        ('SELECT * FROM "{}" WHERE pk = 1', "The provided key element does not match the schema"),
    ],
)  # fmt: skip
def test_errors_of_reads_are_their_own(execute, filled, statement, message):
    good = f"SELECT * FROM \"{filled}\" WHERE pk = 'a'"
    assert execute(statement.format(filled), good)["Responses"] == [
        {"Error": {"Code": "ValidationError", "Message": message}},
        {"TableName": filled, "Item": A},
    ]


def test_a_batch_of_nonsense(execute):
    assert [response["Error"]["Code"] for response in execute("x", "y")["Responses"]] == [
        "ValidationError"
    ] * 2


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (
            batch("SELECT * FROM t WHERE pk = 'a'", "DELETE FROM t WHERE pk = 'a'"),
            "Read and write requests together in the same batch is not supported.",
        ),
        (
            {"Statements": []},
            "1 validation error detected: Value '[]' at 'statements' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            {},
            "1 validation error detected: Value null at 'statements' failed to satisfy constraint: "
            "Member must not be null",
        ),
    ],
)  # fmt: skip
def test_refused(api, request_, text):
    assert api.refusal("BatchExecuteStatement", request_) == (VALIDATION, text)


def test_too_many_statements(api):
    name, text = api.refusal("BatchExecuteStatement", batch(*["SELECT * FROM t WHERE pk = 'a'"] * 26))
    assert name == VALIDATION
    assert (
        "at 'statements' failed to satisfy constraint: Member must have length less than or equal to 25"
        in text
    )


@pytest.mark.parametrize(
    "statements",
    [
        ("SELECT * FROM \"{}\" WHERE pk = 'a'", "SELECT n FROM \"{}\" WHERE pk = 'a'"),
        ("INSERT INTO \"{}\" VALUE {{'pk': 'z'}}", "DELETE FROM \"{}\" WHERE pk = 'z'"),
    ],
)
def test_an_item_twice(api, filled, statements):
    request = batch(*[statement.format(filled) for statement in statements])
    assert api.refusal("BatchExecuteStatement", request) == (
        VALIDATION,
        "Provided list of item keys contains duplicates",
    )
    assert api.items("Scan", {"TableName": filled}) == [A]
