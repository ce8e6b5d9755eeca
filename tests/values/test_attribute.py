"""Values are checked once, in AWS's order and words, and sized by DynamoDB's rules."""

import pytest

from stator.base.errors import ApiError
from stator.values import attribute, compare
from stator.values.attribute import InvalidValue, normalise, normalise_item
from stator.values.size import item_size

INVALID = "One or more parameter values were invalid: "
REFUSED = [
    ({}, attribute.EMPTY_VALUE),
    ({"S": "a", "N": "1"}, attribute.MULTIPLE),
    ({"S": "a", "N": "x"}, "The parameter cannot be converted to a numeric value: x"),
    ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
    ({"SS": []}, INVALID + "An string set  may not be empty"),
    ({"NS": []}, INVALID + "An number set  may not be empty"),
    ({"BS": []}, INVALID + "Binary sets should not be empty"),
    ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
    ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
    ({"BS": ["YQ==", "YQ=="]}, INVALID + "Input collection [YQ==, YQ==]of type BS contains duplicates."),
    ({"M": {"a": {}}}, attribute.EMPTY_VALUE),
    ({"L": [{"SS": []}]}, INVALID + "An string set  may not be empty"),
    ({"B": "abc"}, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
    ({"B": "ab%="}, "Invalid Base64 character: '%'"),
    ({"B": "YR=="}, "Invalid last non-pad Base64 character dectected"),
]


@pytest.mark.parametrize(("value", "message"), REFUSED)
def test_refusals(value: dict, message: str) -> None:
    with pytest.raises(ApiError) as refusal:
        normalise(value)
    assert refusal.value.message == message


def nested(levels: int) -> dict:
    value: dict = {"S": "x"}
    for _ in range(levels - 1):
        value = {"M": {"a": value}}
    return value


def test_level_32_passes_and_33_does_not() -> None:
    assert normalise(nested(32)) > 0
    with pytest.raises(InvalidValue) as refusal:
        normalise(nested(33))
    assert refusal.value.reason == "nesting"


ITEM = {
    "s": {"S": "héllo"},
    "n": {"N": "1.50"},
    "b": {"B": "AAEC"},
    "t": {"BOOL": True},
    "z": {"NULL": True},
    "ss": {"SS": ["a", "bc"]},
    "ns": {"NS": ["1", "2.0"]},
    "bs": {"BS": ["YQ=="]},
    "l": {"L": [{"S": "x"}, {"N": "7"}]},
    "m": {"M": {"k": {"S": "v"}}},
}


def test_normalising_makes_texts_canonical_and_returns_the_size() -> None:
    import copy

    item = copy.deepcopy(ITEM)
    size = normalise_item(item)
    assert item["n"] == {"N": "1.5"}
    assert item["ns"] == {"NS": ["1", "2"]}
    # name + value, attribute by attribute, by the developer guide's rules
    assert size == (1 + 6) + (1 + 3) + (1 + 3) + (1 + 1) + (1 + 1) + (2 + 3) + (2 + 4) + (2 + 1) + (
        1 + 3 + 2 + 1 + 2
    ) + (1 + 3 + 1 + 1 + 1)
    assert item_size(item) == size


def test_equality_is_deep_and_sets_have_no_order() -> None:
    left = {"M": {"a": {"L": [{"SS": ["x", "y"]}]}}}
    right = {"M": {"a": {"L": [{"SS": ["y", "x"]}]}}}
    assert compare.equal(left, right)
    assert not compare.equal({"S": "1"}, {"N": "1"})
    assert not compare.equal({"SS": ["x"]}, {"SS": ["y"]})
    assert not compare.equal({"L": [{"S": "a"}]}, {"L": [{"S": "b"}]})


ORDER = [
    ({"S": "a"}, {"S": "b"}, True),
    ({"N": "2"}, {"N": "10"}, True),
    ({"N": "-1"}, {"N": "-2"}, False),
    ({"B": "/w=="}, {"B": "AAA="}, False),
    ({"S": "\uffff"}, {"S": "\U00010000"}, True),
    ({"S": "a"}, {"N": "1"}, None),
    ({"BOOL": True}, {"BOOL": False}, None),
]


@pytest.mark.parametrize(("left", "right", "expected"), ORDER)
def test_order(left: dict, right: dict, expected: bool | None) -> None:
    assert compare.less(left, right) is expected
