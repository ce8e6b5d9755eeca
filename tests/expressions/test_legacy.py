"""The old-style parameters: every text that refuses them, and what those that pass come to."""

from dataclasses import dataclass
from typing import Any

import pytest

from stator.base.errors import ApiError
from stator.expressions import legacy
from stator.expressions.key_condition import KeyTerm

INV = "One or more parameter values were invalid: "
S, T, N, NULL = {"S": "a"}, {"S": "b"}, {"N": "1"}, {"NULL": True}
SS = {"SS": ["a"]}


@dataclass
class Expected:
    Value: Any = None
    Exists: bool | None = None
    ComparisonOperator: str | None = None
    AttributeValueList: list[Any] | None = None


@dataclass
class Condition:
    ComparisonOperator: str
    AttributeValueList: list[Any] | None = None


@dataclass
class Update:
    Action: str | None = None
    Value: Any = None


def message(call):
    with pytest.raises(ApiError) as caught:
        call()
    assert caught.value.name == "ValidationException"
    return caught.value.message


def count(operator):
    return f"{INV}Invalid number of argument(s) for the {operator} ComparisonOperator"


def kind(operator, letters):
    return f"{INV}ComparisonOperator {operator} is not valid for {letters} AttributeValue type"


SAME = f"{INV}AttributeValues inside AttributeValueList must be of same type"
REVERSED = "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"

EXPECTED_REFUSED = [
    (
        Expected(Value=S, AttributeValueList=[S]),
        f"{INV}Value and AttributeValueList cannot be used together for Attribute: x",
    ),
    (
        Expected(Value=S, AttributeValueList=[S], ComparisonOperator="EQ", Exists=True),
        f"{INV}Value and AttributeValueList cannot be used together for Attribute: x",
    ),
    (
        Expected(Value=S, ComparisonOperator="EQ", Exists=True),
        f"{INV}Exists and ComparisonOperator cannot be used together for Attribute: x",
    ),
    (
        Expected(ComparisonOperator="EQ"),
        f"{INV}Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: x",
    ),
    (Expected(ComparisonOperator="EQ", AttributeValueList=[]), count("EQ")),
    (Expected(ComparisonOperator="EQ", AttributeValueList=[S, S]), count("EQ")),
    (Expected(ComparisonOperator="NULL", Value=S), count("NULL")),
    (Expected(ComparisonOperator="BETWEEN", Value=S), count("BETWEEN")),
    (Expected(ComparisonOperator="IN", AttributeValueList=[S, N]), SAME),
    (Expected(ComparisonOperator="LT", Value=SS), kind("LT", "SS")),
    (Expected(ComparisonOperator="BETWEEN", AttributeValueList=[T, S]), REVERSED),
    (
        Expected(AttributeValueList=[S]),
        f"{INV}AttributeValueList can only be used with a ComparisonOperator for Attribute: x",
    ),
    (Expected(), f"{INV}Value must be provided when Exists is null for Attribute: x"),
    (Expected(Exists=True), f"{INV}Value must be provided when Exists is true for Attribute: x"),
    (
        Expected(Exists=False, Value=S),
        f"{INV}Value cannot be used when Exists is false for Attribute: x",
    ),
    (
        Expected(Value={}),
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ),
    (
        Expected(Value={"N": "x"}, ComparisonOperator="EQ"),
        "The parameter cannot be converted to a numeric value: x",
    ),
]


@pytest.mark.parametrize(("attribute", "text"), EXPECTED_REFUSED)
def test_expected_refused(attribute, text):
    assert message(lambda: legacy.expected({"x": attribute}, None)) == text


FILTER_REFUSED = [
    (Condition("EQ"), count("EQ")),
    (Condition("NE", [S, S]), count("NE")),
    (Condition("LE", []), count("LE")),
    (Condition("NULL", [S]), count("NULL")),
    (Condition("NOT_NULL", [S]), count("NOT_NULL")),
    (Condition("CONTAINS"), count("CONTAINS")),
    (Condition("NOT_CONTAINS", [S, S]), count("NOT_CONTAINS")),
    (Condition("BEGINS_WITH"), count("BEGINS_WITH")),
    (Condition("BETWEEN", [S]), count("BETWEEN")),
    (Condition("IN", []), count("IN")),
    (Condition("BETWEEN", [S, N]), SAME),
    (Condition("IN", [S, N]), SAME),
    *[
        (Condition(operator, [SS]), kind(operator, "SS"))
        for operator in ("LT", "LE", "GT", "GE", "IN", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH")
    ],
    (Condition("GT", [NULL]), kind("GT", "NULL")),
    (Condition("BETWEEN", [SS, SS]), kind("BETWEEN", "SS")),
    (Condition("BEGINS_WITH", [N]), kind("BEGINS_WITH", "N")),
    (Condition("BETWEEN", [{"N": "10"}, {"N": "9"}]), REVERSED),
    (Condition("LT", [{"N": ""}, S]), "The parameter cannot be converted to a numeric value"),
    (
        Condition("EQ", [{"SS": []}]),
        f"{INV}An string set  may not be empty",
    ),
]


@pytest.mark.parametrize(("condition", "text"), FILTER_REFUSED)
def test_filters_and_key_conditions_refused(condition, text):
    assert message(lambda: legacy.condition_filter({"x": condition}, None)) == text
    assert message(lambda: legacy.key_conditions({"x": condition})) == text


@pytest.mark.parametrize("operator", ["AND", "OR"])
@pytest.mark.parametrize(
    ("translate", "one"),
    [(legacy.expected, Expected(Value=S)), (legacy.condition_filter, Condition("EQ", [S]))],
)
def test_conditional_operator_refused(translate, one, operator):
    alone = f"{INV}ConditionalOperator cannot be used without Filter or Expected"
    single = f"{INV}ConditionalOperator can only be used when Filter or Expected has two or more elements"
    assert message(lambda: translate(None, operator)) == alone
    assert message(lambda: translate({}, operator)) == alone
    assert message(lambda: translate({"x": one}, operator)) == single


def test_no_conditions_are_no_condition():
    assert legacy.expected(None, None) is None
    assert legacy.expected({}, None) is None
    assert legacy.condition_filter({}, None) is None


ITEM = {
    "s": {"S": "abc"},
    "n": {"N": "5"},
    "nil": {"NULL": True},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1"]},
    "l": {"L": [{"S": "a"}, {"N": "1"}]},
    "m": {"M": {"k": {"S": "v"}}},
    "a.b": {"S": "dotted"},
}

# attribute, operator, arguments, whether the item passes
OPERATORS = [
    ("s", "EQ", [{"S": "abc"}], True),
    ("s", "EQ", [S], False),
    ("gone", "EQ", [S], False),
    ("ss", "EQ", [{"SS": ["b", "a"]}], True),
    ("m", "EQ", [{"M": {"k": {"S": "v"}}}], True),
    ("nil", "EQ", [NULL], True),
    ("a.b", "EQ", [{"S": "dotted"}], True),
    ("n", "EQ", [{"N": "5.0"}], True),
    ("s", "NE", [S], True),
    ("s", "NE", [{"S": "abc"}], False),
    ("s", "NE", [N], True),
    ("gone", "NE", [S], True),
    ("n", "LT", [{"N": "6"}], True),
    ("n", "LE", [{"N": "5"}], True),
    ("n", "GT", [{"N": "5"}], False),
    ("n", "GE", [{"N": "5"}], True),
    ("n", "GE", [S], False),
    ("s", "NOT_NULL", None, True),
    ("nil", "NOT_NULL", [], True),
    ("gone", "NOT_NULL", None, False),
    ("gone", "NULL", None, True),
    ("nil", "NULL", None, False),
    ("s", "CONTAINS", [{"S": "bc"}], True),
    ("ss", "CONTAINS", [S], True),
    ("ns", "CONTAINS", [{"N": "1.0"}], True),
    ("l", "CONTAINS", [N], True),
    ("l", "CONTAINS", [T], False),
    ("gone", "CONTAINS", [S], False),
    ("s", "NOT_CONTAINS", [{"S": "z"}], True),
    ("ss", "NOT_CONTAINS", [S], False),
    ("gone", "NOT_CONTAINS", [S], True),
    ("s", "BEGINS_WITH", [S], True),
    ("s", "BEGINS_WITH", [T], False),
    ("s", "BETWEEN", [S, T], True),
    ("n", "BETWEEN", [{"N": "6"}, {"N": "7"}], False),
    ("s", "IN", [S, {"S": "abc"}], True),
    ("s", "IN", [S], False),
]


@pytest.mark.parametrize(("name", "operator", "arguments", "passes"), OPERATORS)
def test_operators(name, operator, arguments, passes):
    by_filter = legacy.condition_filter({name: Condition(operator, arguments)}, None)
    by_list = legacy.expected(
        {name: Expected(ComparisonOperator=operator, AttributeValueList=arguments)}, None
    )
    assert by_filter.test(ITEM) is passes
    assert by_list.test(ITEM) is passes
    assert by_filter.paths == {(name,)}
    assert by_filter.nested == frozenset()


@pytest.mark.parametrize(
    ("attribute", "passes"),
    [
        (Expected(Value={"S": "abc"}), True),
        (Expected(Value={"S": "abc"}, Exists=True), True),
        (Expected(Value=S), False),
        (Expected(Exists=False), False),
        (Expected(Value={"S": "abd"}, ComparisonOperator="LT"), True),
    ],
)
def test_expected_of_old(attribute, passes):
    assert legacy.expected({"s": attribute}, None).test(ITEM) is passes


def test_expected_absence():
    assert legacy.expected({"gone": Expected(Exists=False)}, None).test(ITEM)


@pytest.mark.parametrize(("operator", "passes"), [(None, False), ("AND", False), ("OR", True)])
def test_conditional_operator(operator, passes):
    conditions = {"s": Condition("EQ", [{"S": "abc"}]), "n": Condition("EQ", [S])}
    assert legacy.condition_filter(conditions, operator).test(ITEM) is passes


def test_key_conditions():
    conditions = {"pk": Condition("EQ", [{"N": "1.0"}]), "sk": Condition("BETWEEN", [S, T])}
    assert legacy.key_conditions(conditions) == (
        KeyTerm("pk", "EQ", ({"N": "1"},)),
        KeyTerm("sk", "BETWEEN", (S, T)),
    )
    assert legacy.key_conditions({"pk": Condition("NULL")}) == (KeyTerm("pk", "NULL", ()),)


UPDATES_REFUSED = [
    (Update(), f"{INV}Only DELETE action is allowed when no attribute value is specified"),
    (Update("PUT"), f"{INV}Only DELETE action is allowed when no attribute value is specified"),
    (Update("ADD"), f"{INV}Only DELETE action is allowed when no attribute value is specified"),
    (Update("DELETE", S), f"{INV}DELETE action with value is not supported for the type S"),
    (Update("DELETE", N), f"{INV}DELETE action with value is not supported for the type N"),
    (Update("ADD", S), f"{INV}ADD action is not supported for the type S"),
    (Update("ADD", {"M": {}}), f"{INV}ADD action is not supported for the type M"),
    (Update("PUT", {"N": "x"}), "The parameter cannot be converted to a numeric value: x"),
    (Update("DELETE", {"SS": []}), f"{INV}An string set  may not be empty"),
]


@pytest.mark.parametrize(("update", "text"), UPDATES_REFUSED)
def test_attribute_updates_refused(update, text):
    assert message(lambda: legacy.attribute_updates({"x": update})) == text


UPDATES = [
    ("s", Update(None, T), T),
    ("s", Update("PUT", {"N": "1.0"}), {"N": "1"}),
    ("gone", Update("PUT", T), T),
    ("s", Update("DELETE"), None),
    ("gone", Update("DELETE"), None),
    ("ss", Update("DELETE", SS), {"SS": ["b"]}),
    ("ss", Update("DELETE", {"SS": ["a", "b"]}), None),
    ("gone", Update("DELETE", SS), None),
    ("n", Update("ADD", N), {"N": "6"}),
    ("gone", Update("ADD", N), {"N": "1"}),
    ("ss", Update("ADD", {"SS": ["b", "c"]}), {"SS": ["a", "b", "c"]}),
    ("gone", Update("ADD", SS), SS),
    ("l", Update("ADD", {"L": [S]}), {"L": [{"S": "a"}, {"N": "1"}, S]}),
    ("gone", Update("ADD", {"L": [S]}), {"L": [S]}),
]


@pytest.mark.parametrize(("name", "update", "value"), UPDATES)
def test_attribute_updates(name, update, value):
    translated = legacy.attribute_updates({name: update})
    after = translated.apply(ITEM)
    assert after.get(name) == value
    assert {**after, name: None} == {**ITEM, name: None}
    assert translated.paths == ((name,),)
    assert translated.touched(after) == ({} if value is None else {name: value})


@pytest.mark.parametrize(
    ("name", "update"),
    [
        ("s", Update("ADD", N)),
        ("n", Update("ADD", SS)),
        ("ns", Update("ADD", SS)),
        ("ss", Update("ADD", {"L": [S]})),
        ("s", Update("DELETE", SS)),
        ("ns", Update("DELETE", SS)),
    ],
)
def test_attribute_updates_of_another_type(name, update):
    translated = legacy.attribute_updates({name: update})
    assert message(lambda: translated.apply(ITEM)) == "Type mismatch for attribute to update"


def test_which_attribute_updates_create_an_item():
    def creates(*updates):
        return legacy.attribute_updates({str(i): update for i, update in enumerate(updates)}).creates

    assert creates()
    assert creates(Update("PUT", S))
    assert creates(Update("ADD", N), Update("DELETE"))
    assert not creates(Update("DELETE"), Update("DELETE", SS))


def test_attribute_updates_literals():
    updates = {"a": Update(None, S), "b": Update("ADD", N), "c": Update("DELETE")}
    assert legacy.attribute_updates(updates).literals == {"a": S}


def test_attributes_to_get():
    assert legacy.attributes_to_get(["s", "a.b", "gone"]).apply(ITEM) == {
        "s": ITEM["s"],
        "a.b": ITEM["a.b"],
    }
    assert message(lambda: legacy.attributes_to_get(["s", "n", "s"])) == (
        f"{INV}Duplicate value in attribute name: s"
    )
