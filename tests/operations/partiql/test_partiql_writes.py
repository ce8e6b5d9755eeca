"""INSERT, UPDATE and DELETE: what they do, answer and refuse.

Source: "PartiQL insert statements", "… update …" and "… delete …" of the developer guide.
"""

import pytest

VALIDATION = "ValidationException"
INVALID = "One or more parameter values were invalid: "
MISSING = "The provided expression refers to an attribute that does not exist in the item"
OPERAND = "An operand in the update expression has an incorrect data type"
PATH = "The document path provided in the update expression is invalid for update"
KEY_CHANGE = INVALID + "Cannot update attribute pk. This attribute is part of the key"
SCALAR = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: "
FAILED = ("ConditionalCheckFailedException", "The conditional request failed")
KEY = {"pk": {"S": "a"}}


def get(api, table, key=KEY):
    return api("GetItem", {"TableName": table, "Key": key}).get("Item")


@pytest.fixture
def filled(api, plain):
    """A table with one item of every type."""
    item = KEY | {
        "n": {"N": "5"},
        "s": {"S": "x"},
        "l": {"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}]},
        "m": {"M": {"x": {"N": "1"}, "y": {"L": [{"S": "z"}]}}},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2"]},
    }
    api.put(plain, item)
    return plain, item


def test_insert(api, run, plain):
    reply = run(
        f'INSERT INTO "{plain}" '
        "VALUE {'pk': 'a', 'n': 1.50, 's': <<'x', 'y'>>, 'm': {'l': [TRUE, NULL]}, 'b': ?}",
        {"B": "YQ=="},
    )
    assert reply == {"Items": []}
    assert get(api, plain) == KEY | {
        "n": {"N": "1.5"},
        "s": {"SS": ["x", "y"]},
        "m": {"M": {"l": {"L": [{"BOOL": True}, {"NULL": True}]}}},
        "b": {"B": "YQ=="},
    }


def test_insert_of_an_item_that_is_there(api, run, refused, plain):
    run(f"INSERT INTO \"{plain}\" VALUE {{'pk': 'a', 'n': 1}}")
    assert refused(f"INSERT INTO \"{plain}\" VALUE {{'pk': 'a', 'n': 2}}") == (
        "DuplicateItemException",
        "Duplicate primary key exists in table",
    )
    assert get(api, plain) == KEY | {"n": {"N": "1"}}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{'n': 1}", INVALID + "Missing the key pk in the item"),
        ("{'pk': 1}", INVALID + "Type mismatch for key pk expected: S actual: N"),
        (
            "{'pk': ''}",
            "One or more parameter values are not valid. "
            "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
        ),
        ("{'pk': 'a', 's': <<'x', 'x'>>}", INVALID + "Input collection [x, x] contains duplicates."),
    ],
)
def test_insert_refused(api, refused, plain, value, text):
    assert refused(f'INSERT INTO "{plain}" VALUE {value}') == (VALIDATION, text)
    assert get(api, plain) is None


def test_insert_of_a_large_item(refused, plain):
    statement = f"INSERT INTO \"{plain}\" VALUE {{'pk': 'a', 's': ?}}"
    assert refused(statement, {"S": "x" * 409_600}) == (
        VALIDATION,
        "Item size has exceeded the maximum allowed size",
    )


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ("SET n = 6", {"n": {"N": "6"}}),
        ("SET n = n + 1", {"n": {"N": "6"}}),
        ("SET n = n - 7, s = 'y'", {"n": {"N": "-2"}, "s": {"S": "y"}}),
        ("SET n = n + 1 SET s = 'y'", {"n": {"N": "6"}, "s": {"S": "y"}}),
        ("SET new = n", {"new": {"N": "5"}}),
        ("SET m.x = 2", {"m": {"M": {"x": {"N": "2"}, "y": {"L": [{"S": "z"}]}}}}),
        ("SET m.y[0] = NULL", {"m": {"M": {"x": {"N": "1"}, "y": {"L": [{"NULL": True}]}}}}),
        ("SET l[7] = 4", {"l": {"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}, {"N": "4"}]}}),
        ("SET l = list_append(l, [4])", {"l": {"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}, {"N": "4"}]}}),
        ("SET q = if_not_exists(q, 0) + 1", {"q": {"N": "1"}}),
        ("SET ss = set_add(ss, <<'b', 'c'>>)", {"ss": {"SS": ["a", "b", "c"]}}),
        ("SET ns = SET_DELETE(ns, <<2, 9>>)", {"ns": {"NS": ["1"]}}),
        ("SET q = set_add(q, <<1>>)", {"q": {"NS": ["1"]}}),
        ("REMOVE n", {"n": None}),
        ("REMOVE l[0], l[2] REMOVE m.y", {"l": {"L": [{"N": "2"}]}, "m": {"M": {"x": {"N": "1"}}}}),
        ("SET ss = set_delete(ss, <<'a', 'b'>>)", {"ss": None}),
    ],
)
def test_update(api, run, filled, changes, changed):
    table, item = filled
    assert run(f"UPDATE \"{table}\" {changes} WHERE pk = 'a'") == {"Items": []}
    after = {name: value for name, value in (item | changed).items() if value is not None}
    assert get(api, table) == after


@pytest.mark.parametrize(
    ("changes", "where", "text"),
    [
        ("SET pk = 'b'", "pk = 'a'", KEY_CHANGE),
        ("SET n = q + 1", "pk = 'a'", MISSING),
        ("SET n = s + 1", "pk = 'a'", OPERAND),
        ("SET q.x = 1", "pk = 'a'", PATH),
        ("SET n = set_add(n, <<1>>)", "pk = 'a'", OPERAND),
        ("SET n = 1", "pk = 1", "The provided key element does not match the schema"),
        ("SET n = 1", "n = 1", "Where clause does not contain a mandatory equality on all key attributes"),
        (
            "SET n = 1",
            "pk = 'a' AND pk = 'b'",
            "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported",
        ),
        (
            "SET n = 1",
            "pk = 'a' AND pk.x = 1",
            SCALAR + "pk",
        ),
    ],
)  # fmt: skip
def test_update_refused(api, refused, filled, changes, where, text):
    table, item = filled
    assert refused(f'UPDATE "{table}" {changes} WHERE {where}') == (VALIDATION, text)
    assert get(api, table) == item


def test_update_without_where(refused, filled):
    assert refused(f'UPDATE "{filled[0]}" SET n = 1') == (
        VALIDATION,
        "Where clause does not contain a mandatory equality on all key attributes",
    )


@pytest.mark.parametrize(
    ("returning", "answer"),
    [
        ("", []),
        ("RETURNING ALL OLD *", [{"pk": {"S": "a"}, "n": {"N": "1"}, "m": {"M": {"x": {"N": "1"}}}}]),
        (
            "returning all new *",
            [{"pk": {"S": "a"}, "n": {"N": "2"}, "m": {"M": {"x": {"N": "3"}}}, "o": {"N": "4"}}],
        ),
        ("RETURNING MODIFIED OLD *", [{"n": {"N": "1"}, "m": {"M": {"x": {"N": "1"}}}}]),
        ("RETURNING MODIFIED NEW *", [{"n": {"N": "2"}, "m": {"M": {"x": {"N": "3"}}}, "o": {"N": "4"}}]),
    ],
)
def test_update_returning(api, items, plain, returning, answer):
    api.put(plain, KEY | {"n": {"N": "1"}, "m": {"M": {"x": {"N": "1"}}}})
    assert items(f"UPDATE \"{plain}\" SET n = 2, m.x = 3, o = 4 WHERE pk = 'a' {returning}") == answer


def test_update_returning_nothing(api, items, plain):
    api.put(plain, KEY)
    assert items(f"UPDATE \"{plain}\" REMOVE q WHERE pk = 'a' RETURNING MODIFIED NEW *") == []


def test_update_of_no_item(api, refused, plain):
    assert refused(f"UPDATE \"{plain}\" SET n = 1 WHERE pk = 'a'") == FAILED
    assert get(api, plain) is None


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ("n = 5", True),
        ("n > 5", False),
        ("n BETWEEN 5 AND 6 AND contains(ss, 'a')", True),
        ("(n = 1 OR s = 'x')", True),
        ("q IS MISSING AND s IS NOT NULL", True),
        ("NOT attribute_type(n, 'N')", False),
        ("size(l) = 3 AND m.y[0] = 'z'", True),
        ("pk > 'b'", False),
    ],
)
@pytest.mark.parametrize("write", ['UPDATE "{}" SET n = 6', 'DELETE FROM "{}"'])
def test_condition(api, run, refused, filled, write, where, holds):
    table, item = filled
    statement = f"{write.format(table)} WHERE pk = 'a' AND {where}"
    if holds:
        assert run(statement) == {"Items": []}
    else:
        assert refused(statement) == FAILED
        assert get(api, table) == item


@pytest.mark.parametrize("write", ['UPDATE "{}" SET n = 6', 'DELETE FROM "{}"'])
def test_the_item_that_failed_the_condition(api, filled, write):
    table, item = filled
    body = api.error_body(
        "ExecuteStatement",
        {
            "Statement": f"{write.format(table)} WHERE pk = 'a' AND n = 0",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    )
    assert body["Item"] == item


def test_delete(api, items, filled):
    table, item = filled
    assert items(f"DELETE FROM \"{table}\" WHERE pk = 'a' RETURNING ALL OLD *") == [item]
    assert get(api, table) is None


@pytest.mark.parametrize("where", ["pk = 'z'", "pk = 'z' AND n = 1"])
def test_delete_of_no_item(items, filled, where):
    assert items(f'DELETE FROM "{filled[0]}" WHERE {where} RETURNING ALL OLD *') == []


def test_both_keys(api, run, both):
    run(f"INSERT INTO \"{both}\" VALUE {{'pk': 'a', 'sk': 1, 'n': 1}}")
    run(f"INSERT INTO \"{both}\" VALUE {{'pk': 'a', 'sk': 2, 'n': 1}}")
    run(f'UPDATE "{both}" SET n = 2 WHERE sk = ? AND pk = ?', {"N": "1.0"}, {"S": "a"})
    run(f"DELETE FROM \"{both}\" WHERE pk = 'a' AND sk = 2")
    assert api.items("Scan", {"TableName": both}) == [{"pk": {"S": "a"}, "sk": {"N": "1"}, "n": {"N": "2"}}]


def test_index_keys_are_checked(refused, both):
    assert refused(f"INSERT INTO \"{both}\" VALUE {{'pk': 'a', 'sk': 1, 'g': 1}}") == (
        VALIDATION,
        INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: global",
    )


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM nowhere",
        "INSERT INTO nowhere VALUE {'pk': 'a'}",
        "UPDATE nowhere SET n = 1 WHERE pk = 'a'",
        "DELETE FROM nowhere WHERE pk = 'a'",
    ],
)
def test_no_table(refused, statement):
    assert refused(statement) == ("ResourceNotFoundException", "Requested resource not found")


def test_exists_is_for_transactions(refused, plain):
    assert refused(f"EXISTS(SELECT * FROM \"{plain}\" WHERE pk = 'a' AND n = 1)") == (
        VALIDATION,
        "EXISTS can only be used in ExecuteTransaction write requests.",
    )


def test_capacity(run, both):
    def consumed(statement):
        return run(statement, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]

    assert consumed(f"INSERT INTO \"{both}\" VALUE {{'pk': 'a', 'sk': 1, 'g': 'x', 'h': 1}}") == {
        "TableName": both,
        "CapacityUnits": 3.0,
        "Table": {"CapacityUnits": 1.0},
        "GlobalSecondaryIndexes": {"global": {"CapacityUnits": 1.0}, "all": {"CapacityUnits": 1.0}},
    }
    assert consumed(f"DELETE FROM \"{both}\" WHERE pk = 'z' AND sk = 1")["CapacityUnits"] == 1.0
