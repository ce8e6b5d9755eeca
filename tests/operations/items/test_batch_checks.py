"""What BatchGetItem and BatchWriteItem refuse, and in which order.

Source: AWS's replies as listed in docs/validation.md, "BatchGetItem" and "BatchWriteItem".
"""

import pytest

from harness.steps import ENVELOPE, INVALID, MIXED, NOT_FOUND, NOT_VALID, SCALAR

VALIDATION = "ValidationException"
MISMATCH = "The provided key element does not match the schema"
DUPLICATES = "Provided list of item keys contains duplicates"
EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
NO_TABLE = (NOT_FOUND, "Requested resource not found")


def key(number, **more):
    return {"pk": {"S": "a"}, "sk": {"N": str(number)}} | more


def keys(count, start=0):
    return [key(number) for number in range(start, start + count)]


# In the requests, "T" stands for a table that exists, "U" for another one, "X" for none.
def named(request, things, other):
    names = {"T": things, "U": other, "X": "no-such-table"}
    return {"RequestItems": {names.get(name, name): asked for name, asked in request.items()}}


@pytest.fixture(scope="module")
def other(api):
    return api.table("pk:S sk:N")


# In order: each request also breaks the rules of those below it that fit.
READS = (
    ({}, "The requestItems parameter is required for BatchGetItem"),
    (
        {"T": {"Keys": []}},
        ENVELOPE + "Value '[]' at 'requestItems.{T}.member.keys' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ),
    (
        {"T": {"Keys": keys(101)}},
        ENVELOPE + "Value at 'RequestItems.{T}.member.Keys' failed to satisfy "
        "constraint: Member must have length less than or equal to 100",
    ),
    (
        {"T": {"Keys": [key(1, pk={})], "AttributesToGet": ["a"], "ProjectionExpression": "b"}},
        MIXED
        + "Non-expression parameters: {{AttributesToGet}} Expression parameters: {{ProjectionExpression}}",
    ),
    (
        {
            "T": {"Keys": keys(1), "AttributesToGet": ["a"]},
            "U": {"Keys": keys(1), "ProjectionExpression": "b"},
        },
        MIXED
        + "Non-expression parameters: {{AttributesToGet}} Expression parameters: {{ProjectionExpression}}",
    ),
    (
        {"T": {"Keys": [key(1, pk={})], "ExpressionAttributeNames": {"#a": "a"}}},
        "ExpressionAttributeNames can only be specified when using expressions",
    ),
    (
        {"T": {"Keys": [key(1, pk={})], "AttributesToGet": ["a", "a"]}},
        INVALID + "Duplicate value in attribute name: a",
    ),
    (
        {"T": {"Keys": [key(1, pk={})], "ProjectionExpression": "a, a"}},
        "Invalid ProjectionExpression: Two document paths overlap with each other; "
        "must remove or rewrite one of these paths; path one: [a], path two: [a]",
    ),
    ({"T": {"Keys": [key(1), key(1), key(1, pk={})]}}, EMPTY),
    ({"X": {"Keys": [key(1), key("1.0")]}}, DUPLICATES),
    ({"X": {"Keys": [key(1), dict(reversed(key(1).items()))]}}, DUPLICATES),
    ({"T": {"Keys": keys(60)}, "X": {"Keys": keys(41) + keys(1)}}, DUPLICATES),
    (
        {"T": {"Keys": keys(60)}, "X": {"Keys": keys(41)}},
        "Too many items requested for the BatchGetItem call",
    ),
    ({"T": {"Keys": [{"pk": {"S": "a"}}]}, "X": {"Keys": keys(1)}}, NO_TABLE),
    ({"T": {"Keys": [{"pk": {"S": "a"}}]}}, MISMATCH),
    ({"T": {"Keys": [key("1", more={"S": "a"})]}}, MISMATCH),
    ({"T": {"Keys": [key(1), {"pk": {"S": "a"}, "sk": {"S": "1"}}]}}, MISMATCH),
    (
        {"T": {"Keys": [key(1, pk={"S": ""})]}},
        NOT_VALID + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    ({"T": {"Keys": keys(1), "ProjectionExpression": "sk[0]"}}, SCALAR + "Key: sk"),
)


@pytest.mark.parametrize(("request_", "answer"), READS)
def test_batch_get(api, things, other, request_, answer):
    expected = answer if answer is NO_TABLE else (VALIDATION, answer.format(T=things))
    assert api.refusal("BatchGetItem", named(request_, things, other)) == expected


def put(number, **more):
    return {"PutRequest": {"Item": key(number, **more)}}


def delete(number, **more):
    return {"DeleteRequest": {"Key": key(number, **more)}}


def puts(count, start=0):
    return [put(number) for number in range(start, start + count)]


TWO_TYPES = (
    "Supplied AttributeValue has more than one datatypes set, "
    "must contain exactly one of the supported datatypes"
)
WRONG_LENGTH = (
    "failed to satisfy constraint: Map value must satisfy constraint: "
    "[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"
)
BIG = {"S": "x" * 409_600}

WRITES = (
    ({}, "The requestItems parameter is required for BatchWriteItem"),
    ({"T": []}, ENVELOPE + "Value '{{{T}=[]}}' at 'requestItems' " + WRONG_LENGTH),
    (
        {"T": [{"PutRequest": {}}]},
        ENVELOPE + "Value null at 'requestItems.{T}.member.1.member.putRequest.item' "
        "failed to satisfy constraint: Member must not be null",
    ),
    ({"T": [*puts(12), {}], "U": puts(13)}, "Too many items requested for the BatchWriteItem call"),
    ({"T": [{}, put(1, a={})]}, TWO_TYPES),
    ({"T": [put(1) | delete(2), put(1, a={})]}, TWO_TYPES),
    ({"T": [put(1, a={}), put(1, a=BIG)]}, EMPTY),
    ({"T": [put(1, a={"SS": []})]}, INVALID + "An string set  may not be empty"),
    (
        {"T": [delete(1, pk={"NULL": False})]},
        INVALID + "Null attribute value types must have the value of true",
    ),
    ({"T": [put(1, a=BIG)], "X": puts(1)}, "Item size has exceeded the maximum allowed size"),
    ({"T": [put(1, pk={"N": "1"})], "X": puts(1)}, NO_TABLE),
    ({"T": [put(1, pk={"N": "1"})]}, MISMATCH),
    ({"T": [{"PutRequest": {"Item": {"pk": {"S": "a"}}}}]}, MISMATCH),
    ({"T": [delete(1, more={"S": "a"})]}, MISMATCH),
    ({"T": [put(1), put(1), delete(1, pk={"N": "1"})]}, MISMATCH),
    (
        {"T": [put(1, pk={"S": "x" * 2049})]},
        INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
    (
        {"T": [put(1, pk={"S": ""})]},
        NOT_VALID + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    (
        {"T": [put(1), put(1), put(2, g={"N": "1"})]},
        INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: keys",
    ),
    ({"T": [put(1), put("1.0")]}, DUPLICATES),
    ({"T": [put(1), delete(1)]}, DUPLICATES),
)


@pytest.mark.parametrize(("request_", "answer"), WRITES)
def test_batch_write(api, things, other, request_, answer):
    expected = answer if answer is NO_TABLE else (VALIDATION, answer.format(T=things))
    assert api.refusal("BatchWriteItem", named(request_, things, other)) == expected


def test_longest_list(api, other):
    request = {"RequestItems": {other: puts(26)}}
    error, text = api.refusal("BatchWriteItem", request)
    assert error == VALIDATION
    assert text.startswith(ENVELOPE + "Value '{")
    assert text.endswith(f"at 'requestItems' {WRONG_LENGTH}")


def test_refused_batch_writes_nothing(api, other):
    request = {"RequestItems": {other: [put(100), put(101), delete(102, more={"S": "a"})]}}
    api.refusal("BatchWriteItem", request)
    assert api("GetItem", {"TableName": other, "Key": key(100)}) == {}


def test_same_key_in_two_tables(api, things, other):
    request = {"RequestItems": {things: [put(7)], other: [put(7)]}}
    assert api("BatchWriteItem", request) == {"UnprocessedItems": {}}
    reads = {"RequestItems": {things: {"Keys": [key(7)]}, other: {"Keys": [key(7)]}}}
    assert api("BatchGetItem", reads)["Responses"] == {things: [key(7)], other: [key(7)]}
    api("DeleteItem", {"TableName": things, "Key": key(7)})
