"""Tags: setting, changing, removing and paging them, and what is refused.

Source: AWS's replies as listed in docs/reference/validation-rules.md, "TagResource".
"""

import pytest

from harness.steps import ENVELOPE, INVALID, NOT_FOUND, VALIDATION
from operations.tables.requests import create, untested
from stator.operations.dynamodb.rules.tags import ADDED_TAGS, REMOVED_TAGS, RESOURCE

ACCOUNT = "000000000000"
PREFIX = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:"
GOOD_ARN = f"{PREFIX}table/missing-table"


def tag(key, value="v"):
    return {"Key": key, "Value": value}


def arn_of(name):
    return f"{PREFIX}table/{name}"


def tags_of(api, arn):
    """The tags of all pages, and how many each page had."""
    tags, sizes, token = {}, [], {}
    while True:
        reply = api("ListTagsOfResource", {"ResourceArn": arn, **token})
        tags |= {each["Key"]: each["Value"] for each in reply["Tags"]}
        sizes.append(len(reply["Tags"]))
        if "NextToken" not in reply:
            return tags, sizes
        token = {"NextToken": reply["NextToken"]}


REFUSED_ARNS = (
    ("abc", f"{INVALID}ARNs must start with 'arn:': abc"),
    ("arn:aws:s3:::bucket", f"{INVALID}Provided Arn is not a DynamoDB resource arn: arn:aws:s3:::bucket"),
    (
        f"{PREFIX}table/abc/index/i",
        f"{INVALID}Invalid resource arn provided, only table or stream is accepted. "
        f"Provided resource arn: {PREFIX}table/abc/index/i",
    ),
    (
        f"{PREFIX}global-table/abc",
        f"{INVALID}Invalid resource arn provided, only table or stream is accepted. "
        f"Provided resource arn: {PREFIX}global-table/abc",
    ),
    (
        f"{PREFIX}table/a;b",
        f"Invalid TableArn: Invalid ResourceArn provided as input {PREFIX}table/a;b",
    ),
    (f"{PREFIX}table/ab", f"Invalid TableArn: Invalid ResourceArn provided as input {PREFIX}table/ab"),
)
OPERATIONS = {"TagResource": {"Tags": []}, "UntagResource": {"TagKeys": []}, "ListTagsOfResource": {}}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("arn", "text"), REFUSED_ARNS)
def test_refused_arns_come_before_tags(api, operation, arn, text):
    request = {"ResourceArn": arn, **OPERATIONS[operation]}
    assert api.refusal(operation, request) == (VALIDATION, text)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_other_accounts(api, operation):
    request = {"ResourceArn": "arn:aws:dynamodb:r:999999999999:table/abc", **OPERATIONS[operation]}
    assert api.refusal(operation, request) == ("AccessDeniedException", "Access is denied")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_arn(api, operation):
    assert api.refusal(operation, OPERATIONS[operation]) == (VALIDATION, "Invalid TableArn")


REFUSED_TAGS = (
    ([], "Atleast one Tag needs to be provided as Input."),
    ([tag("?")], "The Tag Key provided is invalid, Key: ?"),
    ([{"Key": "k"}], "The Tag Value provided is invalid, Value: null"),
    ([tag("k", "?")], "The Tag Value provided is invalid, Value: ?"),
    ([tag("aws:k")], "Tag Key cannot be prefixed with aws:, Key: aws:k"),
    ([tag("AWS:k")], "Tag Key cannot be prefixed with aws:, Key: AWS:k"),
    ([tag("k"), tag("k")], "Duplicate Tag Keys provided as input: Duplicate Tag Key found k"),
    (
        [tag(f"k{number}") for number in range(51)],
        "Number of Tags exceed the current limit for the provided ResourceArn",
    ),
    # The first tag that breaks a rule answers, then what spans all of them.
    ([tag("k"), tag("k"), tag("aws:k"), tag("?")], "Tag Key cannot be prefixed with aws:, Key: aws:k"),
)


@pytest.mark.parametrize(("tags", "text"), REFUSED_TAGS, ids=lambda value: str(value)[:40])
def test_refused_tags_come_before_the_table(api, tags, text):
    assert api.refusal("TagResource", {"ResourceArn": GOOD_ARN, "Tags": tags}) == (VALIDATION, text)


@pytest.mark.parametrize(("tags", "text"), REFUSED_TAGS[1:], ids=lambda value: str(value)[:40])
def test_refused_tags_of_a_new_table(api, tags, text):
    assert api.refusal("CreateTable", create("refused-tags", "pk", Tags=tags)) == (VALIDATION, text)


def test_constraints(api):
    long = {"ResourceArn": GOOD_ARN, "Tags": [tag("k" * 129, "v" * 257)]}
    error, text = api.refusal("TagResource", long)
    assert error == VALIDATION
    assert text.startswith("2 validation errors detected: ")
    assert api.refusal("UntagResource", {"ResourceArn": GOOD_ARN}) == (
        VALIDATION,
        f"{ENVELOPE}Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
    )


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("TagResource", {"Tags": [tag("k")]}),
        ("UntagResource", {"TagKeys": ["k"]}),
        ("ListTagsOfResource", {}),
    ],
)
def test_no_table(api, operation, request_):
    assert api.refusal(operation, {"ResourceArn": GOOD_ARN, **request_}) == (
        NOT_FOUND,
        f"Requested resource not found: ResourceArn: {GOOD_ARN} not found",
    )


def test_tags_of_a_table(api):
    name = "tagged"
    arn = arn_of(name)
    api("CreateTable", create(name, "pk", Tags=[tag("a", "1"), tag("b", "")]))
    assert tags_of(api, arn) == ({"a": "1", "b": ""}, [2])
    api("TagResource", {"ResourceArn": arn, "Tags": [tag("b", "2"), tag("c", "3 + - = . _ : / @ ä")]})
    assert tags_of(api, arn) == ({"a": "1", "b": "2", "c": "3 + - = . _ : / @ ä"}, [3])
    api("UntagResource", {"ResourceArn": f"{arn}", "TagKeys": ["a", "c", "missing"]})
    assert tags_of(api, arn.replace("us-east-1", "eu-west-1")) == ({"b": "2"}, [1])
    api("UntagResource", {"ResourceArn": f"{arn}/stream/2026-01-01T00:00:00.000", "TagKeys": ["b"]})
    assert tags_of(api, arn) == ({}, [0])


def test_pages_of_ten_and_the_limit_of_fifty(api):
    name = "much-tagged"
    arn = arn_of(name)
    tags = {f"key-{number:02}": str(number) for number in range(50)}
    api("CreateTable", create(name, "pk", Tags=[tag(*pair) for pair in list(tags.items())[:40]]))
    api("TagResource", {"ResourceArn": arn, "Tags": [tag(*pair) for pair in list(tags.items())[30:]]})
    assert tags_of(api, arn) == (tags, [10] * 5)
    refusal = api.refusal("TagResource", {"ResourceArn": arn, "Tags": [tag("one-more")]})
    assert refusal == (VALIDATION, REFUSED_TAGS[-2][1])
    assert len(tags_of(api, arn)[0]) == 50


def test_every_rule_is_tested():
    texts = [text for _, text in REFUSED_ARNS] + [text for _, text in REFUSED_TAGS]
    removed = "Atleast one Tag Key needs to be provided as Input."
    assert untested((*RESOURCE, *ADDED_TAGS, *REMOVED_TAGS), [*texts, removed, "Access is denied"]) == []


def test_no_keys_to_remove(api):
    refusal = api.refusal("UntagResource", {"ResourceArn": GOOD_ARN, "TagKeys": []})
    assert refusal == (VALIDATION, "Atleast one Tag Key needs to be provided as Input.")
