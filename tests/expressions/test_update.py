"""What updates make of an item. A row: text, the changed attributes, and None for one that is gone."""

import copy

import pytest

from stator.base.errors import ApiError
from stator.expressions.bind import Bindings
from stator.expressions.edit import DOCUMENT_PATH, MISSING, OPERAND_TYPE
from stator.expressions.update import update
from stator.values import number


def n(text):
    return {"N": str(text)}


def numbers(*values):
    return {"L": [n(value) for value in values]}


ITEM = {
    "pk": {"S": "k"},
    "s": {"S": "old"},
    "n": n(5),
    "nil": {"NULL": True},
    "ss": {"SS": ["x", "y"]},
    "ns": {"NS": ["1", "2"]},
    "bs": {"BS": ["AQ=="]},
    "l": numbers(0, 1, 2, 3),
    "e": {"L": []},
    "m": {"M": {"a": {"M": {"b": n(1), "c": n(2)}}, "l": numbers(7, 8), "ss": {"SS": ["x"]}}},
    "people": {"L": [{"M": {"age": n(1)}}, {"M": {"age": n(2)}}]},
    "most": n("9" * 38),
    "huge": n("9" * 38 + "0" * 88),
}
VALUES = {
    ":s": {"S": "new"},
    ":0": n(0),
    ":1": n(1),
    ":2": n(2),
    ":half": n("0.5"),
    ":tiny": n("0." + "0" * 129 + "1"),
    ":x": {"SS": ["x"]},
    ":xy": {"SS": ["x", "y"]},
    ":yz": {"SS": ["y", "z"]},
    ":n2": {"NS": ["2", "3"]},
    ":bs": {"BS": ["AQ==", "Ag=="]},
    ":l": numbers(9),
    ":l2": numbers(8, 9),
    ":e": {"L": []},
    ":m": {"M": {}},
    ":huge": n("9" * 38 + "0" * 88),
}

APPLIED = {
    # SET.
    "SET s = :s": {"s": {"S": "new"}},
    "SET fresh = :s, extra = :1": {"fresh": {"S": "new"}, "extra": n(1)},
    "SET s = n, n = s": {"s": n(5), "n": {"S": "old"}},
    "SET s = m.a.b": {"s": n(1)},
    "SET s = l[3]": {"s": n(3)},
    "SET n = n + :1": {"n": n(6)},
    "SET n = :1 - n": {"n": n(-4)},
    "SET n = n + n": {"n": n(10)},
    "SET n = n - :half": {"n": n("4.5")},
    "SET n = (n + :1) - (:2 - :half)": {"n": n("4.5")},
    "SET m.a.b = m.a.b + n": {
        "m": {
            "M": {
                "a": {"M": {"b": n(6), "c": n(2)}},
                "l": numbers(7, 8),
                "ss": {"SS": ["x"]},
            }
        }
    },
    "SET m.a = :s, m.z = :1": {
        "m": {"M": {"a": {"S": "new"}, "l": numbers(7, 8), "ss": {"SS": ["x"]}, "z": n(1)}}
    },
    "SET people[1].age = :0, people[0].born = :2": {
        "people": {"L": [{"M": {"age": n(1), "born": n(2)}}, {"M": {"age": n(0)}}]}
    },
    # Lists.
    "SET l[1] = :0": {"l": numbers(0, 0, 2, 3)},
    "SET l[9] = :0": {"l": numbers(0, 1, 2, 3, 0)},
    "SET l[4] = :0": {"l": numbers(0, 1, 2, 3, 0)},
    "SET l[99] = :2, l[5] = :1, l[0] = :0": {"l": numbers(0, 1, 2, 3, 1, 2)},
    "SET e[7] = :1": {"e": numbers(1)},
    "SET l[0] = l[3], l[3] = l[0]": {"l": numbers(3, 1, 2, 0)},
    "REMOVE l[0], l[1]": {"l": numbers(2, 3)},
    "REMOVE l[3], l[99], l[1]": {"l": numbers(0, 2)},
    "REMOVE l[0], l[1], l[2], l[3]": {"l": {"L": []}},
    "SET l[1] = :0, l[9] = :2 REMOVE l[0], l[2]": {"l": numbers(0, 3, 2)},
    "REMOVE people[0].age, people[1]": {"people": {"L": [{"M": {}}]}},
    "ADD l[1] :2": {"l": numbers(0, 3, 2, 3)},
    "ADD l[9] :2": {"l": numbers(0, 1, 2, 3, 2)},
    "DELETE l[9] :x": {},
    # Functions.
    "SET l = list_append(l, :l)": {"l": numbers(0, 1, 2, 3, 9)},
    "SET l = list_append(:l, l)": {"l": numbers(9, 0, 1, 2, 3)},
    "SET fresh = list_append(:l, :l2)": {"fresh": numbers(9, 8, 9)},
    "SET fresh = list_append(if_not_exists(fresh, :e), :l)": {"fresh": numbers(9)},
    "SET l = list_append(list_append(:l, l), :l)": {"l": numbers(9, 0, 1, 2, 3, 9)},
    "SET n = if_not_exists(n, :0)": {},
    "SET nil = if_not_exists(nil, :0)": {},
    "SET fresh = if_not_exists(fresh, :0)": {"fresh": n(0)},
    "SET fresh = if_not_exists(fresh, :0) + :1": {"fresh": n(1)},
    "SET fresh = if_not_exists(n, gone)": {"fresh": n(5)},
    "SET fresh = if_not_exists(s.a, if_not_exists(l[9], n))": {"fresh": n(5)},
    "SET m.z = if_not_exists(m.a.b, :0)": {
        "m": {"M": {**ITEM["m"]["M"], "z": n(1)}},
    },
    # REMOVE.
    "REMOVE s, n": {"s": None, "n": None},
    "REMOVE gone": {},
    "REMOVE m.gone, m.a.c": {"m": {"M": {"a": {"M": {"b": n(1)}}, "l": numbers(7, 8), "ss": {"SS": ["x"]}}}},
    # ADD.
    "ADD n :1": {"n": n(6)},
    "ADD fresh :1": {"fresh": n(1)},
    "ADD fresh :x": {"fresh": {"SS": ["x"]}},
    "ADD ss :yz": {"ss": {"SS": ["x", "y", "z"]}},
    "ADD ns :n2": {"ns": {"NS": ["1", "2", "3"]}},
    "ADD bs :bs": {"bs": {"BS": ["AQ==", "Ag=="]}},
    "ADD m.a.b :1": {
        "m": {"M": {**ITEM["m"]["M"], "a": {"M": {"b": n(2), "c": n(2)}}}},
    },
    "ADD m.z :1": {"m": {"M": {**ITEM["m"]["M"], "z": n(1)}}},
    # DELETE.
    "DELETE ss :x": {"ss": {"SS": ["y"]}},
    "DELETE ss :xy": {"ss": None},
    "DELETE ss :yz": {"ss": {"SS": ["x"]}},
    "DELETE ns :n2": {"ns": {"NS": ["1"]}},
    "DELETE gone :x": {},
    "DELETE m.ss :x": {"m": {"M": {"a": ITEM["m"]["M"]["a"], "l": numbers(7, 8)}}},
    # All at once.
    "DELETE ss :x ADD n :2 REMOVE s SET fresh = n, m.l[0] = s": {
        "ss": {"SS": ["y"]},
        "n": n(7),
        "s": None,
        "fresh": n(5),
        "m": {"M": {**ITEM["m"]["M"], "l": {"L": [{"S": "old"}, n(8)]}}},
    },
}

REFUSED = {
    "SET gone.a = :1": DOCUMENT_PATH,
    "SET gone[0] = :1": DOCUMENT_PATH,
    "SET s.a = :1": DOCUMENT_PATH,
    "SET l.a = :1": DOCUMENT_PATH,
    "SET m[0] = :1": DOCUMENT_PATH,
    "SET m.gone.a = :1": DOCUMENT_PATH,
    "SET l[9].a = :1": DOCUMENT_PATH,
    "REMOVE gone.a": DOCUMENT_PATH,
    "REMOVE gone[0]": DOCUMENT_PATH,
    "REMOVE m.gone.a": DOCUMENT_PATH,
    "ADD gone.a :1": DOCUMENT_PATH,
    "DELETE gone.a :x": DOCUMENT_PATH,
    "SET s = gone": MISSING,
    "SET s = m.gone": MISSING,
    "SET s = l[4]": MISSING,
    "SET n = gone + :1": MISSING,
    "SET l = list_append(gone, :l)": MISSING,
    "SET s = if_not_exists(gone, gone2)": MISSING,
    "SET n = s + :1": OPERAND_TYPE,
    "SET n = :1 - nil": OPERAND_TYPE,
    "SET l = list_append(l, s)": OPERAND_TYPE,
    "SET l = list_append(ss, l)": OPERAND_TYPE,
    "ADD s :1": OPERAND_TYPE,
    "ADD n :x": OPERAND_TYPE,
    "ADD ns :x": OPERAND_TYPE,
    "ADD l :x": OPERAND_TYPE,
    "DELETE ns :x": OPERAND_TYPE,
    "DELETE n :x": OPERAND_TYPE,
    "SET n = huge + :huge": number.OVERFLOW,
    "ADD huge :huge": number.OVERFLOW,
    "ADD most :half": number.TOO_PRECISE,
    "SET n = n + :tiny": number.TOO_PRECISE,
}

# Of the targets: what there was, what there is.
TOUCHED = {
    "SET s = :s": ({"s": {"S": "old"}}, {"s": {"S": "new"}}),
    "SET fresh = :s": ({}, {"fresh": {"S": "new"}}),
    "REMOVE s": ({"s": {"S": "old"}}, {}),
    "SET m.a.b = :0": (
        {"m": {"M": {"a": {"M": {"b": n(1)}}}}},
        {"m": {"M": {"a": {"M": {"b": n(0)}}}}},
    ),
    "SET l[2] = :0, l[1] = :2": ({"l": numbers(1, 2)}, {"l": numbers(2, 0)}),
    "ADD n :1 DELETE ss :x": (
        {"n": n(5), "ss": {"SS": ["x", "y"]}},
        {"n": n(6), "ss": {"SS": ["y"]}},
    ),
}


def parsed(text):
    return update(text.replace("most", "#max"), Bindings({"#max": "most"}, VALUES))


@pytest.mark.parametrize("text", APPLIED)
def test_apply(text):
    before = copy.deepcopy(ITEM)
    after = parsed(text).apply(ITEM)
    wanted = {name: value for name, value in {**ITEM, **APPLIED[text]}.items() if value is not None}
    assert after == wanted
    assert before == ITEM
    assert after is not ITEM


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text):
    with pytest.raises(ApiError) as caught:
        parsed(text).apply(ITEM)
    assert (caught.value.name, caught.value.message) == ("ValidationException", REFUSED[text])


@pytest.mark.parametrize("text", TOUCHED)
def test_touched(text):
    found = parsed(text)
    assert (found.touched(ITEM), found.touched(found.apply(ITEM))) == TOUCHED[text]


def test_what_an_update_names():
    found = parsed("SET a.b = c[1] + d, e = if_not_exists(f.g, h) REMOVE i ADD j :1 DELETE k.l :x")
    assert found.paths == (("a", "b"), ("e",), ("i",), ("j",), ("k", "l"))
    assert found.targets == {"a", "e", "i", "j", "k"}
    assert found.attributes == {"a", "c", "d", "e", "f", "h", "i", "j", "k"}
    assert found.nested == {"a", "c", "f", "k"}
    assert (found.setting, len(found.paths)) == (3, 5)


def test_literals():
    found = parsed("SET a = :s, b = (:1), c = n, d = if_not_exists(d, :1), e.f = :2 ADD g :1")
    assert found.literals == {"a": {"S": "new"}, "b": n(1)}


@pytest.mark.parametrize(
    ("text", "creates"),
    [
        ("SET a = :1", True),
        ("ADD a :1", True),
        ("REMOVE a", False),
        ("DELETE a :x", False),
        ("DELETE a :x REMOVE b", False),
        ("DELETE a :x REMOVE b SET c = :1", True),
    ],
)
def test_an_update_that_only_takes_away_creates_nothing(text, creates):
    assert parsed(text).creates is creates
