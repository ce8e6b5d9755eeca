"""AWS's texts of broken constraints, for the tables of expected answers."""

import json

import pytest

from stator.base.errors import ApiError
from stator.model import decode

NULL = "Member must not be null"
NAME = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
RETURN_VALUES = "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
CAPACITY = "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
METRICS = "Member must satisfy enum value set: [SIZE, NONE]"
OPERATOR = "Member must satisfy enum value set: [OR, AND]"
COMPARISON = (
    "Member must satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, "
    "BEGINS_WITH, GE, CONTAINS]"
)
SELECT = (
    "Member must satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, "
    "ALL_PROJECTED_ATTRIBUTES]"
)
NAME_KEYS = (
    "Map keys must satisfy constraint: [Member must have length less than or equal to 255, "
    f"Member must have length greater than or equal to 3, {NAME}]"
)
LONG = "a" * 256


def least(limit, quantity="length"):
    return f"Member must have {quantity} greater than or equal to {limit}"


def most(limit, quantity="length"):
    return f"Member must have {quantity} less than or equal to {limit}"


def entry(value, path, constraint):
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def report(*entries):
    texts = [each if isinstance(each, str) else entry(*each) for each in entries]
    return f"{len(texts)} validation error{'s' * (len(texts) > 1)} detected: {'; '.join(texts)}"


def refusal(operation, request):
    with pytest.raises(ApiError) as caught:
        decode(operation).decode(json.dumps(request).encode())
    assert caught.value.name == "ValidationException"
    return caught.value.message
