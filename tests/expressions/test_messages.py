"""AWS's texts for every expression that it refuses before it reads an item, and which of two comes first.

The table is messages.txt; here are the rows that a line cannot hold. All share the placeholders below.
"""

from pathlib import Path

import pytest

from stator.base.errors import ApiError
from stator.expressions.bind import Bindings
from stator.expressions.condition import condition
from stator.expressions.key_condition import key_condition
from stator.expressions.projection import projection
from stator.expressions.reserved import RESERVED
from stator.expressions.update import update

NAMES = {"#a": "a", "#2": "two"}
VALUES = {
    ":s": {"S": "s"},
    ":t": {"S": "t"},
    ":n": {"N": "1"},
    ":two": {"N": "2"},
    ":b": {"B": "YQ=="},
    ":null": {"NULL": True},
    ":bool": {"BOOL": True},
    ":ss": {"SS": ["x"]},
    ":ns": {"NS": ["1"]},
    ":l": {"L": []},
    ":m": {"M": {}},
    ":N": {"S": "N"},
}
BINDINGS = Bindings(NAMES, VALUES)

CONDITION, FILTER, KEY = "ConditionExpression", "FilterExpression", "KeyConditionExpression"
UPDATE, PROJECTION = "UpdateExpression", "ProjectionExpression"

ENTRY = {
    CONDITION: condition,
    FILTER: lambda text, bindings: condition(text, bindings, FILTER),
    KEY: key_condition,
    UPDATE: update,
    PROJECTION: projection,
}

EMPTY = "The expression can not be empty;"
TOO_LONG = "Expression size has exceeded the maximum allowed size;"
REDUNDANT = "The expression has redundant parentheses;"
OPERATORS = "The expression contains too many operators; operator count: "
NOTHING_AFTER_EQUALS = 'Syntax error; token: "<EOF>", near: "="'

LONG_ROWS = [
    (CONDITION, "", EMPTY),
    (UPDATE, "", EMPTY),
    (PROJECTION, "", EMPTY),
    (CONDITION, " \t\r\n", 'Syntax error; token: "<EOF>", near: ""'),
    (CONDITION, "a = ", NOTHING_AFTER_EQUALS),
    (UPDATE, "SET a = ", NOTHING_AFTER_EQUALS),
    (CONDITION, "a" * 4097, TOO_LONG),
    (CONDITION, "!" * 4097, TOO_LONG),
    (CONDITION, "\u00e4" * 2049, TOO_LONG),
    (UPDATE, "S" * 4097, TOO_LONG),
    (PROJECTION, "a" * 4097, TOO_LONG),
    (KEY, "a" * 4097, TOO_LONG),
    (FILTER, "a" * 4097, TOO_LONG + " expression size: 4097"),
    (CONDITION, "(" * 2000 + "a = :s" + ")" * 2000, REDUNDANT),
    (CONDITION, " OR ".join(["a = :s"] * 151), OPERATORS + "301"),
    (CONDITION, " OR ".join(["a BETWEEN :s AND :t"] * 151), OPERATORS + "301"),
    (CONDITION, "(" * 160 + "a=:s" + " AND a=:s)" * 160, OPERATORS + "321"),
    (UPDATE, "SET " + ",".join([f"a{i}=b+:n" for i in range(301)]), OPERATORS + "301"),
    (
        CONDITION,
        f"a IN ({', '.join([':s'] * 101)})",
        "The IN operator is provided with too many operands; number of operands: 101",
    ),
    (
        CONDITION,
        f"a[{2**31}] = :s",
        f"List index is not within the allowable range; index: [{2**31}]",
    ),
    (
        CONDITION,
        ".".join(["a"] * 33) + " = :s",
        "The document path has too many nesting elements; nesting elements: 33",
    ),
]


def table():
    """The rows of messages.txt: kind, text and what is said of it."""
    kind = text = None
    for line in (Path(__file__).parent / "messages.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line.startswith("    "):
            yield kind, text, line.strip()
        elif line and not line.startswith("// "):
            text = line


ROWS = list(table())
SAID = {(kind, text): detail for kind, text, detail in ROWS}


def refusal(kind, text):
    with pytest.raises(ApiError) as caught:
        ENTRY[kind](text, BINDINGS)
    assert caught.value.name == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize(("kind", "text", "detail"), ROWS)
def test_refused(kind, text, detail):
    assert refusal(kind, text) == f"Invalid {kind}: {detail}"


@pytest.mark.parametrize(
    ("kind", "text", "detail"), [pytest.param(*row, id=f"{row[0]}-{row[1][:40]}") for row in LONG_ROWS]
)
def test_refused_by_length(kind, text, detail):
    assert refusal(kind, text) == f"Invalid {kind}: {detail}"


@pytest.mark.parametrize("kind", [FILTER, KEY])
@pytest.mark.parametrize("text", ["((a = :s))", "abOrT = :s", "a = :x", "a = a", "a BETWEEN :two AND :n"])
def test_other_conditions_are_refused_alike(kind, text):
    assert refusal(kind, text) == f"Invalid {kind}: {SAID[CONDITION, text]}"


@pytest.mark.parametrize(
    "text",
    [
        "((a = :s) OR (b = :s))",
        "(a) = (:s)",
        "NOT (NOT a = :s)",
        "not a=:s and b=:s Or c iN (:s)",
        "a BETWEEN :s AND :t AND b = :s",
        "a[ 0 ] . b = :s",
        "#a.#2 = :s",
        ":s = :s",
        ":s = :t",
        "a IN (a)",
        "a BETWEEN a AND :s",
        "contains(:ss, a)",
        "attribute_type(a, :N)",
        "_a = :s",
        "size(:l) > :n",
        "size (a) = :n",
        "(size(a)) = :n",
        "(attribute_exists(a))",
        "(attribute_exists(a)) AND (contains(a, :s))",
        f"a IN ({', '.join([':s'] * 100)})",
        " OR ".join(["a = :s"] * 150),
        "(" * 149 + "a = :s" + " AND b = :s)" * 149,
        "NOT (a=:s AND " * 90 + "a=:s" + ")" * 90,
        ".".join(["a"] * 32) + " = :s",
        f"a[{2**31 - 1}] = :s",
        ("a = :s" + " " * 4096)[:4096],
    ],
)
def test_accepted_conditions(text):
    assert condition(text, BINDINGS).test({}) in (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "set a = :n",
        "SET a=:n REMOVE b ADD c :n DELETE d :ss",
        "DELETE d :ss, e :ns REMOVE a[0], a[1] SET f.g = :n, f.h = :n",
        "SET a = (b + :n)",
        "SET a = (b) - (c)",
        "SET a = if_not_exists(a, :n) + :n",
        "SET a = list_append(if_not_exists(l, :l), :l)",
        "SET a = if_not_exists(b, c + :n)",
        "SET " + ",".join([f"a{i}=b+:n" for i in range(300)]),
        "SET a = " + "if_not_exists(a," * 150 + ":n" + ")" * 150,
    ],
)
def test_accepted_updates(text):
    assert update(text, BINDINGS).paths


def test_every_reserved_word_is_refused_in_any_case():
    assert len(RESERVED) == 573
    operators = {"AND", "OR", "NOT", "BETWEEN", "IN"}
    for word in RESERVED - operators:
        assert refusal(PROJECTION, word.title()).endswith(
            f"Attribute name is a reserved keyword; reserved keyword: {word.title()}"
        )
