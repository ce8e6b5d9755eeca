"""WHERE clauses taken apart: what is read where, and which item a write means."""

import pytest

from stator.base.errors import ApiError
from stator.expressions.partiql.bind import bind
from stator.expressions.partiql.branches import Names, branches_of, exact_key, target

NAMES = Names(("pk",), ("sk",))


def read(where, names=NAMES):
    """The branches as (terms, number of other conditions), and whether they are keyed."""
    found = branches_of(bind(f"SELECT * FROM t WHERE {where}", None), names)
    return [
        (
            " ".join(
                f"{term.attribute} {term.operator} {','.join(v for d in term.values for v in d.values())}"
                for term, _ in branch.keys
            ),
            len(branch.rest),
        )
        for branch in found.branches
    ], found.keyed


@pytest.mark.parametrize(
    ("where", "branches"),
    [
        ("pk = 'a'", [("pk EQ a", 0)]),
        ("'a' = pk", [("pk EQ a", 0)]),
        ("pk = 'a' AND sk > 1", [("pk EQ a sk GT 1", 0)]),
        ("pk = 'a' AND 1 > sk", [("pk EQ a sk LT 1", 0)]),
        ("pk = 'a' AND sk >= 1 AND sk < 3", [("pk EQ a sk GE 1 sk LT 3", 0)]),
        ("pk = 'a' AND sk BETWEEN 1 AND 2 AND n = 1", [("pk EQ a sk BETWEEN 1,2", 1)]),
        ("pk = 'a' AND begins_with(sk, 'x')", [("pk EQ a sk BEGINS_WITH x", 0)]),
        ("pk = 'a' AND NOT sk = 1", [("pk EQ a", 1)]),
        ("pk = 'a' AND sk <> 1", [("pk EQ a", 1)]),
        ("pk = 'a' AND pk > 'b'", [("pk EQ a", 1)]),
        ("pk = 'a' AND pk.x = 'b'", [("pk EQ a", 1)]),
        ("pk = 'a' AND sk = n", [("pk EQ a", 1)]),
        ("pk = 'a' AND size(sk) = 1", [("pk EQ a", 1)]),
        ("pk IN ['a', 'b']", [("pk EQ a", 0), ("pk EQ b", 0)]),
        ("pk = 'a' OR pk = 'b'", [("pk EQ a", 0), ("pk EQ b", 0)]),
        ("pk = 'a' AND (n = 1 OR m = 2)", [("pk EQ a", 1)]),
        (
            "pk IN ['a', 'b'] AND sk IN [1, 2]",
            [("pk EQ a sk EQ 1", 0), ("pk EQ a sk EQ 2", 0), ("pk EQ b sk EQ 1", 0), ("pk EQ b sk EQ 2", 0)],
        ),
        (
            "(pk = 'a' AND sk = 1 AND n = 1) OR (pk = 'b' AND m = 2)",
            [("pk EQ a sk EQ 1", 1), ("pk EQ b", 1)],
        ),
        ("pk = 'a' AND (sk < 1 OR sk > 2)", [("pk EQ a sk LT 1", 0), ("pk EQ a sk GT 2", 0)]),
    ],
)
def test_keyed(where, branches):
    assert read(where) == (branches, True)


@pytest.mark.parametrize(
    "where",
    ["sk = 1", "pk > 'a'", "n = 1", "pk = 'a' OR n = 1", "NOT pk = 'a'", "begins_with(pk, 'a')", "pk <> 'a'"],
)
def test_not_keyed(where):
    assert not read(where)[1]


def test_several_hash_attributes():
    names = Names(("g", "h"), ("r", "s"))
    assert read("g = 1 AND h = 2 AND r = 3 AND s > 4", names) == ([("g EQ 1 h EQ 2 r EQ 3 s GT 4", 0)], True)
    assert not read("g = 1 AND r = 3", names)[1]


def test_no_where_is_all():
    found = branches_of(bind("SELECT * FROM t", None), NAMES)
    assert found == ((), False)


def many(attribute, count):
    return f"{attribute} IN [{', '.join(map(str, range(count)))}]"


def test_fifty_branches():
    assert len(read(many("pk", 50))[0]) == 50
    assert len(read(f"{many('pk', 5)} AND {many('sk', 10)}")[0]) == 50


@pytest.mark.parametrize(
    "where",
    [
        many("pk", 51),
        f"{many('pk', 6)} AND {many('sk', 10)}",
        " OR ".join(f"pk = {number}" for number in range(51)),
        " AND ".join(["(pk = 1 OR pk = 2)"] * 200),
    ],
)
def test_too_many_branches(where):
    with pytest.raises(ApiError) as caught:
        read(where)
    assert caught.value.message == "Too many decomposed read operations for a given query."


def test_many_alternatives_that_are_no_partitions_are_one_scan():
    assert read(f"{many('sk', 100)}") == ([("", 1)], False)
    assert read(f"({many('pk', 60)}) OR n = 1") == ([("", 1)], False)


def item(where, names=("pk", "sk")):
    return target(bind(f"DELETE FROM t WHERE {where}", None), names)


def test_target():
    found = item("pk = 'a' AND (sk = 1 AND n = 2) AND 'a' = pk")
    assert found.key == {"pk": {"S": "a"}, "sk": {"N": "1"}}
    assert len(found.rest) == 1


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("pk = 'a'", "Where clause does not contain a mandatory equality on all key attributes"),
        ("pk = 'a' AND sk > 1", "Where clause does not contain a mandatory equality on all key attributes"),
        ("pk = 'a' OR sk = 1", "Where clause does not contain a mandatory equality on all key attributes"),
        (
            "pk = 'a' AND sk = 1 AND sk = 2",
            "Multiple conditions on same key sk. Only single item Update/Insert/Delete are supported",
        ),
    ],
)
def test_no_target(where, message):
    with pytest.raises(ApiError) as caught:
        item(where)
    assert caught.value.message == message


def test_exact_key():
    def key(where):
        return exact_key(bind(f"SELECT * FROM t WHERE {where}", None), ("pk",))

    assert key("pk = 'a'") == {"pk": {"S": "a"}}
    assert key("pk IN ['a']") == {"pk": {"S": "a"}}
    assert key("pk = 'a' AND n = 1") is None
    assert key("pk IN ['a', 'b']") is None
    assert key("n = 1") is None
