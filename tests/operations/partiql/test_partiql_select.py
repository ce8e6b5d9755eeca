"""SELECT: what it finds, in which order, page by page, and what it refuses.

Source: "PartiQL select statements", "PartiQL functions" and "… operators" of the developer guide.
"""

from base64 import b64decode, b64encode

import pytest

VALIDATION = "ValidationException"
SCALAR = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: "
INVALID = "One or more parameter values were invalid: "


def numbers(items, name="sk"):
    return [int(item[name]["N"]) for item in items]


@pytest.fixture(scope="module")
def shop(api):
    """A table of orders: partitions a, b and c, each with sort keys 0 to 9."""
    from harness.api import global_index, local_index

    table = api.table(
        "pk:S sk:N",
        local_index("local", "pk l", "INCLUDE", "shown"),
        global_index("global", "g h", "KEYS_ONLY"),
        global_index("all", "g"),
        l="S",
        g="S",
        h="N",
    )
    for partition in "abc":
        for number in range(10):
            api.put(
                table,
                {
                    "pk": {"S": partition},
                    "sk": {"N": str(number)},
                    "l": {"S": f"l{9 - number}"},
                    "g": {"S": "even" if number % 2 == 0 else "odd"},
                    "h": {"N": str(number % 3)},
                    "shown": {"S": f"{partition}{number}"},
                    "m": {"M": {"x": {"L": [{"N": str(number)}, {"S": "y"}]}}},
                    "tags": {"SS": ["t", f"t{number}"]},
                    **({"some": {"NULL": True}} if number == 3 else {}),
                },
            )
    return table


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("pk = 'a'", "a0 a1 a2 a3 a4 a5 a6 a7 a8 a9"),
        ("pk = 'a' AND sk = 3", "a3"),
        ("pk = 'a' AND sk > 7", "a8 a9"),
        ("pk = 'a' AND 7 < sk", "a8 a9"),
        ("pk = 'a' AND sk >= 2 AND sk < 4", "a2 a3"),
        ("pk = 'a' AND sk BETWEEN 8 AND 20", "a8 a9"),
        ("pk = 'a' AND sk > 5 AND sk < 2", ""),
        ("pk = 'a' AND sk = 1 AND sk = 2", ""),
        ("pk = 'a' AND pk = 'b'", ""),
        ("pk IN ['c', 'a'] AND sk = 1", "a1 c1"),
        ("pk IN ('c', 'a') AND sk IN (1, 2)", "a1 a2 c1 c2"),
        ("pk = 'b' OR pk = 'a'", "a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9"),
        ("(pk = 'a' AND sk < 2) OR (pk = 'b' AND sk > 8)", "a0 a1 b9"),
        ("pk = 'a' AND (sk < 1 OR sk > 8)", "a0 a9"),
        ("pk = 'a' AND NOT sk > 1", "a0 a1"),
        ("pk = 'a' AND sk <> 1 AND sk < 3", "a0 a2"),
        ("pk = 'a' AND g = 'odd' AND h = 0", "a3 a9"),
        ("pk = 'a' AND m.x[0] = 4", "a4"),
        ("pk = 'a' AND contains(tags, 't5')", "a5"),
        ("pk = 'a' AND begins_with(l, 'l9')", "a0"),
        ("pk = 'a' AND some IS NOT MISSING", "a3"),
        ("pk = 'a' AND some IS MISSING AND sk < 5 AND sk > 2", "a4"),
        ("pk = 'a' AND some IS NULL", "a3"),
        ("pk = 'a' AND size(tags) = 2 AND attribute_type(m, 'M') AND sk < 1", "a0"),
        ("pk = 'nobody'", ""),
    ],
)
def test_found(items, shop, where, found):
    assert " ".join(item["shown"]["S"] for item in items(f'SELECT * FROM "{shop}" WHERE {where}')) == found


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("", 30),
        ("WHERE sk = 3", 3),
        ("WHERE sk = 3 OR pk = 'a'", 12),
        ("WHERE pk > 'a'", 20),
        ("WHERE g IN ['odd', 'none'] AND h <> 0", 9),
        ("WHERE NOT pk = 'a' AND sk < 2", 4),
    ],
)
def test_scanned(items, shop, where, count):
    assert len(items(f'SELECT * FROM "{shop}" {where}')) == count


@pytest.mark.parametrize(
    ("columns", "item"),
    [
        ("pk, sk", {"pk": {"S": "a"}, "sk": {"N": "1"}}),
        ("nothing, pk", {"pk": {"S": "a"}}),
        ("m.x", {"x": {"L": [{"N": "1"}, {"S": "y"}]}}),
        ("m.x[1], m.x[0], m.x[7]", {"x[1]": {"S": "y"}, "x[0]": {"N": "1"}}),
        ("m.x[1].z", {}),
    ],
)
def test_columns(items, shop, columns, item):
    assert items(f"SELECT {columns} FROM \"{shop}\" WHERE pk = 'a' AND sk = 1") == [item]


@pytest.mark.parametrize(
    ("where", "order", "found"),
    [
        ("pk = 'a' AND sk < 3", "sk", "a0 a1 a2"),
        ("pk = 'a' AND sk < 3", "sk DESC", "a2 a1 a0"),
        ("pk = 'a' AND sk < 3", "pk DESC", "a0 a1 a2"),
        ("pk IN ['a', 'b'] AND sk < 2", "pk DESC", "b0 b1 a0 a1"),
        ("pk IN ['a', 'b'] AND sk < 2", "pk DESC, sk DESC", "b1 b0 a1 a0"),
        ("pk IN ['a', 'b'] AND sk < 2", "pk ASC, sk DESC", "a1 a0 b1 b0"),
        ("pk = 'a' AND sk IN [5, 1, 3]", "sk DESC", "a5 a3 a1"),
        ("pk = 'a' AND (sk < 1 OR sk > 7)", "sk DESC", "a9 a8 a0"),
    ],
)
def test_order(items, shop, where, order, found):
    rows = items(f'SELECT * FROM "{shop}" WHERE {where} ORDER BY {order}')
    assert " ".join(item["shown"]["S"] for item in rows) == found


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("ORDER BY sk", "Must have WHERE clause in the statement when using ORDER BY clause."),
        ("WHERE pk = 'a' ORDER BY g", "Attribute g in ORDER BY clause must be part of the primary key"),
        (
            "WHERE sk = 1 ORDER BY sk",
            "Must have at least one non-optional hash key condition in WHERE clause "
            "when using ORDER BY clause.",
        ),
        (
            "WHERE pk IN ['a', 'b'] ORDER BY sk",
            "Must have hash key in ORDER BY clause "
            "when more than one hash key condition specified in WHERE clause.",
        ),
        ("WHERE pk = 1", "Key attribute's data type should match its data type in table's schema: Key pk"),
        ("WHERE sk > 'x'", "Key attribute's data type should match its data type in table's schema: Key sk"),
        ("WHERE pk = [1]", "Key value must be of type S, N, or B. Key name: pk, Key type: L"),
        (
            "WHERE pk IN ['a', 'a']",
            "Overlapping conditions with range keys are not supported in where clause",
        ),
        (
            "WHERE pk = 'a' AND (sk < 5 OR sk > 3)",
            "Overlapping conditions with range keys are not supported in where clause",
        ),
        (
            f"WHERE pk IN [{', '.join(map(repr, map(str, range(51))))}]",
            "Too many decomposed read operations for a given query.",
        ),
        (
            "WHERE pk = ''",
            "One or more parameter values are not valid. "
            "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
        ),
        (
            "WHERE pk.x = 1",
            SCALAR + "pk",
        ),
    ],
)
def test_refused(refused, shop, statement, text):
    assert refused(f'SELECT * FROM "{shop}" {statement}') == (VALIDATION, text)


def test_column_within_a_key(refused, shop):
    assert refused(f'SELECT pk.x FROM "{shop}"') == (
        VALIDATION,
        SCALAR + "pk",
    )


class TestIndexes:
    def test_local(self, items, shop):
        rows = items(f"SELECT * FROM \"{shop}\".\"local\" WHERE pk = 'a' AND l <= 'l2' ORDER BY l DESC")
        assert [sorted(row) for row in rows] == [["l", "pk", "shown", "sk"]] * 3
        assert numbers(rows) == [7, 8, 9]

    def test_local_fetches_what_it_does_not_hold(self, items, shop):
        rows = items(f"SELECT h FROM \"{shop}\".\"local\" WHERE pk = 'a' AND l = 'l4'")
        assert rows == [{"h": {"N": "2"}}]

    def test_global(self, items, shop):
        rows = items(f'SELECT * FROM "{shop}"."global" WHERE g = \'odd\' AND h = 0')
        assert sorted(row["sk"]["N"] for row in rows) == ["3", "3", "3", "9", "9", "9"]
        assert all(sorted(row) == ["g", "h", "pk", "sk"] for row in rows)

    def test_scan_of_an_index(self, items, shop):
        assert len(items(f'SELECT * FROM "{shop}"."global" WHERE sk = 3')) == 3

    def test_global_with_everything(self, items, shop):
        rows = items(f'SELECT shown FROM "{shop}"."all" WHERE g = \'odd\' AND m.x[0] = 9')
        assert sorted(row["shown"]["S"] for row in rows) == ["a9", "b9", "c9"]

    @pytest.mark.parametrize(
        ("source", "where", "more", "text"),
        [
            ('"none"', "", {}, "The table does not have the specified index"),
            (
                '"global"',
                "",
                {"ConsistentRead": True},
                "Strongly consistent read is not supported on Global Secondary Indexes",
            ),
            (
                '"global"',
                "WHERE g = 'odd' AND shown = 'a'",
                {},
                INVALID + "Secondary index global does not project one or more filter attributes: [shown]",
            ),
            (
                '"local"',
                "WHERE pk = 'a' AND h = 1 AND m.x = 1 AND shown = 'a'",
                {},
                INVALID + "Secondary index local does not project one or more filter attributes: [h, m]",
            ),
        ],
    )
    def test_refused(self, refused, shop, source, where, more, text):
        assert refused(f'SELECT * FROM "{shop}".{source} {where}', **more) == (VALIDATION, text)

    def test_column_that_is_not_projected(self, refused, shop):
        assert refused(f'SELECT pk, shown, m.x FROM "{shop}"."global"') == (
            VALIDATION,
            INVALID + "Global secondary index global does not project [shown, m]",
        )


class TestPages:
    def pages(self, run, statement, *parameters, **more):
        pages = []
        token = {}
        while True:
            reply = run(statement, *parameters, **more, **token)
            pages.append(numbers(reply["Items"]))
            if "NextToken" not in reply:
                assert "LastEvaluatedKey" not in reply
                return pages
            token = {"NextToken": reply["NextToken"]}

    @pytest.mark.parametrize(
        ("where", "limit", "pages"),
        [
            ("pk = 'a' AND sk < 5", 2, [[0, 1], [2, 3], [4]]),
            ("pk = 'a' AND sk < 4", 2, [[0, 1], [2, 3], []]),
            ("pk = 'a' AND sk < 5 ORDER BY sk DESC", 2, [[4, 3], [2, 1], [0]]),
            ("pk = 'a' AND g = 'odd'", 3, [[1], [3, 5], [7], [9]]),
            ("pk IN ['a', 'b'] AND sk > 6", 4, [[7, 8, 9, 7], [8, 9]]),
            ("pk IN ['a', 'b'] AND sk > 6 ORDER BY pk DESC, sk DESC", 4, [[9, 8, 7, 9], [8, 7]]),
            ("pk IN ['a', 'b'] AND sk > 6", 3, [[7, 8, 9], [7, 8, 9], []]),
        ],
    )
    def test_limit(self, run, shop, where, limit, pages):
        assert self.pages(run, f'SELECT sk FROM "{shop}" WHERE {where}', Limit=limit) == pages

    def test_ten_ranges_a_page(self, run, shop):
        statement = (
            f"SELECT sk FROM \"{shop}\" WHERE pk IN ['a', 'b', 'c'] AND sk IN [0, 1, 2, 3, 4, 5, 6, 20]"
        )
        assert self.pages(run, statement) == [
            [0, 1, 2, 3, 4, 5, 6, 0, 1],
            [2, 3, 4, 5, 6, 0, 1, 2, 3],
            [4, 5, 6],
        ]

    def test_scan(self, run, shop):
        pages = self.pages(run, f'SELECT sk FROM "{shop}" WHERE sk > 4', Limit=7)
        assert sorted(number for page in pages for number in page) == sorted([5, 6, 7, 8, 9] * 3)
        assert len(pages) == 5

    @pytest.mark.parametrize("order", ["", " ORDER BY h DESC"])
    def test_index(self, run, shop, order):
        statement = f'SELECT sk FROM "{shop}"."global" WHERE g = \'odd\'{order}'
        pages = self.pages(run, statement, Limit=4)
        assert [len(page) for page in pages] == [4, 4, 4, 3]
        assert sorted(number for page in pages for number in page) == sorted([1, 3, 5, 7, 9] * 3)

    def test_last_evaluated_key(self, run, shop):
        reply = run(f"SELECT sk FROM \"{shop}\" WHERE pk = 'a'", Limit=1)
        assert reply["LastEvaluatedKey"] == {"pk": {"S": "a"}, "sk": {"N": "0"}}

    def test_a_token_is_bound_to_statement_and_parameters(self, run, refused, shop):
        statement = f'SELECT sk FROM "{shop}" WHERE pk = ?'
        token = run(statement, {"S": "a"}, Limit=1)["NextToken"]
        mismatch = (VALIDATION, "NextToken does not match request")
        assert refused(statement, {"S": "b"}, NextToken=token) == mismatch
        assert refused(statement + " ", {"S": "a"}, NextToken=token) == mismatch
        assert numbers(
            run(statement, {"S": "a"}, NextToken=token, Limit=2, ConsistentRead=True)["Items"]
        ) == [1, 2]

    @pytest.mark.parametrize("token", ["x", "!", "YWJj", "é"])
    def test_invalid_token(self, refused, shop, token):
        assert refused(f'SELECT sk FROM "{shop}"', NextToken=token) == (VALIDATION, "Invalid NextToken")

    def test_a_forged_token_stays_in_its_ranges(self, run, refused, shop):
        statement = f"SELECT sk FROM \"{shop}\" WHERE pk = 'a' AND sk < 5"
        token = b64decode(run(statement, Limit=1)["NextToken"])
        for forged in (
            token[:16] + b"\0\1" + token[18:],
            token[:18] + b"\0",
            token[:18] + b"\xff" * 20,
        ):
            encoded = b64encode(forged).decode()
            assert refused(statement, NextToken=encoded) == (VALIDATION, "Invalid NextToken")

    def test_a_megabyte_is_a_page(self, api, run, both):
        for partition in "ab":
            for number in range(8):
                api.put(both, {"pk": {"S": partition}, "sk": {"N": str(number)}, "s": {"S": "x" * 100_000}})
        pages = self.pages(run, f"SELECT sk FROM \"{both}\" WHERE pk IN ['a', 'b']")
        assert [len(page) for page in pages] == [11, 5]


@pytest.mark.parametrize(
    ("rest", "more", "units"),
    [
        ("WHERE pk = 'a' AND sk = 1", {}, 0.5),
        ("WHERE pk = 'a' AND sk = 1", {"ConsistentRead": True}, 1.0),
        ("WHERE pk = 'nobody'", {}, 0.5),
        ("WHERE pk IN ['a', 'b', 'c'] AND sk = 1", {}, 1.5),
        ("", {}, 0.5),
    ],
)
def test_capacity(run, shop, rest, more, units):
    reply = run(f'SELECT * FROM "{shop}" {rest}', ReturnConsumedCapacity="TOTAL", **more)
    assert reply["ConsumedCapacity"] == {"TableName": shop, "CapacityUnits": units}


def test_capacity_of_an_index(run, shop):
    reply = run(
        f"SELECT h FROM \"{shop}\".\"local\" WHERE pk = 'a' AND l < 'l2'", ReturnConsumedCapacity="INDEXES"
    )
    assert reply["ConsumedCapacity"] == {
        "TableName": shop,
        "CapacityUnits": 1.5,
        "Table": {"CapacityUnits": 1.0},
        "LocalSecondaryIndexes": {"local": {"CapacityUnits": 0.5}},
    }


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({}, "Value null at 'statement' failed to satisfy constraint: Member must not be null"),
        (
            {"Statement": ""},
            "Value '' at 'statement' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            {"Statement": "x", "Parameters": []},
            "Value '[]' at 'parameters' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            {"Statement": "x", "Limit": 0},
            "Value '0' at 'limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
    ],
)
def test_constraints(api, request_, text):
    assert api.refusal("ExecuteStatement", request_) == (VALIDATION, f"1 validation error detected: {text}")
