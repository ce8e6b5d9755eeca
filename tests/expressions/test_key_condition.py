"""Key conditions: the terms of a text, and the texts that are conditions but not of a key."""

import pytest

from stator.base.errors import ApiError
from stator.expressions.bind import Bindings
from stator.expressions.key_condition import KeyTerm, key_condition

VALUES = {":v": {"S": "v"}, ":w": {"S": "w"}}
V, W = VALUES[":v"], VALUES[":w"]
EQ = KeyTerm("pk", "EQ", (V,))

TERMS = {
    "pk = :v": [EQ],
    "(pk = :v)": [EQ],
    ":v = pk": [EQ],
    "(pk) = (:v)": [EQ],
    "#pk = :v AND sk < :w": [EQ, KeyTerm("sk", "LT", (W,))],
    "sk <= :w AND pk = :v": [KeyTerm("sk", "LE", (W,)), EQ],
    "pk = :v AND sk > :w": [EQ, KeyTerm("sk", "GT", (W,))],
    "pk = :v AND sk >= :w": [EQ, KeyTerm("sk", "GE", (W,))],
    "pk = :v AND :w < sk": [EQ, KeyTerm("sk", "GT", (W,))],
    "pk = :v AND :w <= sk": [EQ, KeyTerm("sk", "GE", (W,))],
    "pk = :v AND :w > sk": [EQ, KeyTerm("sk", "LT", (W,))],
    "pk = :v AND :w >= sk": [EQ, KeyTerm("sk", "LE", (W,))],
    "(pk = :v) AND (sk BETWEEN :v AND :w)": [EQ, KeyTerm("sk", "BETWEEN", (V, W))],
    "(pk = :v AND begins_with(sk, :w))": [EQ, KeyTerm("sk", "BEGINS_WITH", (W,))],
    "(a = :v AND b = :v) AND (c = :v AND d > :w)": [
        *[KeyTerm(name, "EQ", (V,)) for name in "abc"],
        KeyTerm("d", "GT", (W,)),
    ],
}

OPERATOR = "Invalid operator used in KeyConditionExpression: "
CONDITION = "Invalid condition in KeyConditionExpression: "

REFUSED = {
    "pk = :v OR sk = :w": OPERATOR + "OR",
    "NOT pk = :v": OPERATOR + "NOT",
    "pk = :v AND NOT sk = :w": OPERATOR + "NOT",
    "pk IN (:v)": OPERATOR + "IN",
    "pk <> :v": OPERATOR + "<>",
    "attribute_exists(pk)": OPERATOR + "attribute_exists",
    "attribute_not_exists(pk)": OPERATOR + "attribute_not_exists",
    "attribute_type(pk, :S)": OPERATOR + "attribute_type",
    "contains(pk, :v)": OPERATOR + "contains",
    "size(pk) = :v": "KeyConditionExpressions cannot contain nested operations",
    "pk = :v AND sk > size(pk)": "KeyConditionExpressions cannot contain nested operations",
    ":v BETWEEN pk AND :w": CONDITION + "BETWEEN operator must have the key attribute as its first operand",
    "begins_with(:v, pk)": CONDITION
    + "begins_with operator must have the key attribute as its first operand",
    "pk = sk": CONDITION + "Multiple attribute names used in one condition",
    "pk BETWEEN :v AND sk": CONDITION + "Multiple attribute names used in one condition",
    "begins_with(pk, sk)": CONDITION + "Multiple attribute names used in one condition",
    "pk.a = :v": "Invalid KeyConditionExpression: "
    "KeyConditionExpressions cannot have conditions on nested attributes",
    "pk[0] = :v": "Invalid KeyConditionExpression: "
    "KeyConditionExpressions cannot have conditions on nested attributes",
    ":v = :w": CONDITION + "No key attribute specified",
    "pk = :v AND pk = :w": "KeyConditionExpressions must only contain one condition per key",
    "pk = :v AND sk = :v AND #pk > :v": "KeyConditionExpressions must only contain one condition per key",
}


@pytest.mark.parametrize("text", TERMS)
def test_terms(text):
    for _ in range(2):  # The second time from the cache.
        assert list(key_condition(text, Bindings({"#pk": "pk"}, VALUES))) == TERMS[text]


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text):
    with pytest.raises(ApiError) as caught:
        key_condition(text, Bindings({"#pk": "pk"}, {**VALUES, ":S": {"S": "S"}}))
    assert caught.value.message == REFUSED[text]
