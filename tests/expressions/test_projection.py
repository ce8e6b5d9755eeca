"""What projections answer: maps merge, lists close up, nothing is added."""

import pytest

from stator.expressions.bind import Bindings
from stator.expressions.projection import projection

ITEM = {
    "pk": {"S": "k"},
    "nil": {"NULL": True},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}, {"N": "3"}]},
    "people": {
        "L": [
            {"M": {"forename": {"S": "Ada"}, "surname": {"S": "L"}, "age": {"N": "36"}}},
            {"M": {"forename": {"S": "Alan"}}},
            {"S": "nobody"},
        ]
    },
    "m": {"M": {"a": {"M": {"b": {"S": "ab"}, "c": {"S": "ac"}}}, "d": {"S": "d"}, "x.y": {"S": "dot"}}},
    "bare": {"M": {}},
    "nothing": {"L": []},
}
ADA = {"M": {"forename": {"S": "Ada"}, "surname": {"S": "L"}}}

TABLE = {
    "gone": {},
    "pk, nil": {"pk": {"S": "k"}, "nil": {"NULL": True}},
    "bare, nothing": {"bare": {"M": {}}, "nothing": {"L": []}},
    "l": {"l": ITEM["l"]},
    "l[2], l[0]": {"l": {"L": [{"N": "0"}, {"N": "2"}]}},
    "l[3], l[99]": {"l": {"L": [{"N": "3"}]}},
    "l[99]": {},
    "m.a.b": {"m": {"M": {"a": {"M": {"b": {"S": "ab"}}}}}},
    "m.a.b, m.d": {"m": {"M": {"a": {"M": {"b": {"S": "ab"}}}, "d": {"S": "d"}}}},
    "m.a.b, m.a.c": {"m": {"M": {"a": {"M": {"b": {"S": "ab"}, "c": {"S": "ac"}}}}}},
    "m.#dot": {"m": {"M": {"x.y": {"S": "dot"}}}},
    "m.gone, m.a.gone, bare.a, nothing[0]": {},
    "pk.a, nil[0]": {},
    "people[0].surname, people[0].forename": {"people": {"L": [ADA]}},
    "people[2].forename, people[1].forename": {"people": {"L": [{"M": {"forename": {"S": "Alan"}}}]}},
    "people[1].age": {},
    "people[2], people[0].forename, people[0].surname": {"people": {"L": [ADA, {"S": "nobody"}]}},
}


@pytest.mark.parametrize("text", TABLE)
def test_apply(text):
    names = {"#dot": "x.y"} if "#" in text else None
    assert projection(text, Bindings(names, None)).apply(ITEM) == TABLE[text]


def test_what_a_projection_names():
    found = projection("b.#a[1], #a, c", Bindings({"#a": "a.a"}, None))
    assert found.paths == (("b", "a.a", 1), ("a.a",), ("c",))
    assert found.attributes == {"b", "a.a", "c"}
    assert found.nested == {"b"}


def test_many_paths_are_checked_in_linear_time():
    found = projection(",".join([f"a{i}" for i in range(800)]), Bindings(None, None))
    assert len(found.paths) == 800
