"""The two paths of a decoder agree: what the fast one accepts, the slow one accepts with an equal result.

The fast path decides for nearly every request, so a constraint that it forgot would never be reported.
"""

import base64
import json
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stator.base.errors import ApiError
from stator.model import attribute_value, decode, requests
from stator.model.shapes import ATTRIBUTE_VALUE, input_shape

OPERATIONS = sorted(requests.INPUTS)


def encode(value):
    return msgspec.json.encode(value)


def fast(operation, body):
    """What the fast path makes of a body; None if it refuses."""
    try:
        return msgspec.json.decode(body, type=requests.INPUTS[operation])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def slow(operation, body):
    """What the slow path makes of a body; None if it refuses."""
    try:
        return decode(operation).explain(body)
    except ApiError:
        return None


# --- Requests from shapes ---

TEXT = st.text(max_size=4)
BLOBS = st.binary(max_size=5).map(lambda data: base64.b64encode(data).decode())
SCALAR_VALUES = st.one_of(
    st.fixed_dictionaries({"S": TEXT}),
    st.fixed_dictionaries({"N": TEXT}),
    st.fixed_dictionaries({"B": BLOBS}),
    st.fixed_dictionaries({"SS": st.lists(TEXT, max_size=2)}),
    st.fixed_dictionaries({"BS": st.lists(BLOBS, max_size=2)}),
    st.fixed_dictionaries({}, optional={"BOOL": st.booleans(), "NULL": st.booleans(), "NS": st.lists(TEXT)}),
)
VALUES = st.recursive(
    SCALAR_VALUES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"M": st.dictionaries(TEXT, inner, max_size=2)}),
        st.fixed_dictionaries({"L": st.lists(inner, max_size=2)}),
    ),
    max_leaves=4,
)


def hexadecimal(limits):
    """A token of pages: sixteens of digits."""
    least = -(-(limits.min or 1) // 16)
    return st.integers(least, least + 2).flatmap(lambda n: st.text("09af", min_size=16 * n, max_size=16 * n))


# What satisfies each pattern of the requests. A new pattern asks for a row here.
PATTERNED = {
    "[a-zA-Z0-9_.-]+": lambda limits: st.text("aZ09_.-", min_size=limits.min, max_size=limits.max),
    r"^[^\$]+$": lambda limits: st.text("aZ9 \n/é", min_size=1, max_size=6),
    r"^[a-z0-9A-Z]+[\.\-\w]*[a-z0-9A-Z]+$": lambda limits: st.text("aZ9", min_size=2, max_size=6),
    "[0-9]{12}": lambda limits: st.text("0189", min_size=12, max_size=12),
    r"[,;:|\t ]": lambda limits: st.sampled_from(",;:|\t "),
    r"[\x20-\x21\x23-\x2B\x2D-\x7E]*": lambda limits: st.text(" !#+-~", min_size=1, max_size=6),
    "([0-9a-f]{16})+": hexadecimal,
}


def of_shape(shape, limits=None):
    """A strategy for valid values of a shape."""
    limits = limits or shape.limits
    if shape.name == ATTRIBUTE_VALUE:
        return VALUES
    return KINDS[shape.kind](shape, limits)


def structures(shape, limits):
    required = {field.name: of_shape(field.shape, field.limits) for field in shape.fields if field.required}
    optional = {
        field.name: of_shape(field.shape, field.limits) for field in shape.fields if not field.required
    }
    return st.fixed_dictionaries(required, optional=optional)


def strings(shape, limits):
    if limits.enum:
        return st.sampled_from(limits.enum)
    if limits.pattern:
        names = PATTERNED[limits.pattern](limits)
        return st.one_of(names, st.just("arn:any;")) if limits.arn_max else names
    least = limits.min or 0
    return st.text(min_size=least, max_size=max(least, min(limits.max or 6, 6)))


def integers(shape, limits):
    return st.integers(limits.min if limits.min is not None else -(2**63), limits.max or 2**63 - 1)


def lists(shape, limits):
    least = limits.min or 0
    return st.lists(of_shape(shape.member), min_size=least, max_size=min(limits.max or 3, least + 2))


def maps(shape, limits):
    least = limits.min or 0
    return st.dictionaries(of_shape(shape.key), of_shape(shape.member), min_size=least, max_size=least + 1)


KINDS = {
    "structure": structures,
    "string": strings,
    "integer": integers,
    "long": integers,
    "boolean": lambda shape, limits: st.booleans(),
    "timestamp": lambda shape, limits: st.integers(0, 2**33),
    "list": lists,
    "map": maps,
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_paths_agree_on_valid_requests(operation):
    @settings(max_examples=30, derandomize=True, deadline=None)
    @given(of_shape(input_shape(operation)))
    def agree(tree):
        body = encode(tree)
        request = fast(operation, body)
        assert request is not None
        assert slow(operation, body) == request
        assert decode(operation).decode(body) == request

    agree()


# --- Requests with one thing changed ---

LONG = "a" * 1025
SUBSTITUTES = [
    *(None, True, False, 0, -1, 1, 2.0, 2.5, -0.5, 10**6 + 1, 2**70, 1e300),
    *(
        "",
        "a",
        "ab",
        "abc",
        "a;b",
        "abc\n",
        "arn:;",
        "yes",
        "FALSE",
        "NONE",
        "HASH",
        "YQ==",
        "YR==",
        "a" * 256,
        LONG,
    ),
    *([], {}, [None], ["a"], ["", LONG], [{}] * 30, [{"S": "x"}], [[]]),
    *({"S": None}, {"S": 1}, {"B": "a"}, {"a": None}, {"a": {}}, {"a;": []}, {"x": 1}, {"abc": [{}] * 26}),
]


def places(tree, path=()):
    """The paths to all values inside a tree."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(tree, path, value):
    """A copy of the tree with another value at the path."""
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = changed(copy[path[0]], path[1:], value) if path[1:] else value
    return copy


@st.composite
def mutated(draw, shape):
    tree = draw(of_shape(shape))
    added = draw(st.sampled_from([field.name for field in shape.fields] or ["Unknown"]))
    tree.setdefault(added, None)
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(list(places(tree))))
        value = tree
        for key in path:
            value = value[key]
        # Half of the time of the same JSON type, which is nearer to what passes.
        alike = [each for each in SUBSTITUTES if type(each) is type(value)] if draw(st.booleans()) else []
        tree = changed(tree, path, draw(st.sampled_from(alike or SUBSTITUTES)))
    return tree


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_fast_path_accepts_nothing_that_the_slow_path_refuses(operation):
    @settings(max_examples=100, derandomize=True, deadline=None)
    @given(mutated(input_shape(operation)))
    def agree(tree):
        body = encode(tree)
        quick, thorough = fast(operation, body), slow(operation, body)
        if quick is not None:
            assert thorough == quick
        elif thorough is not None:
            # Coerced: what came of it is a request that the fast path takes as it is.
            assert fast(operation, encode(thorough)) == thorough

    agree()


# --- What is coerced and what is overlooked ---

KEY = {"pk": {"S": "x"}}


@pytest.mark.parametrize(
    ("operation", "text", "member", "value"),
    [
        ("Query", '{"TableName": "abc", "Limit": 2.7}', "Limit", 2),
        ("Query", '{"TableName": "abc", "Limit": 2.0}', "Limit", 2),
        ("Query", '{"TableName": "abc", "Limit": null}', "Limit", None),
        ("Query", '{"TableName": "abc", "Limit": 1, "Limit": 2}', "Limit", 2),
        ("Query", '{"TableName": "abc", "Limit": "x", "Limit": 2}', "Limit", 2),
        ("Query", '{"TableName": "abc", "Limit": 2, "Limit": null}', "Limit", None),
        ("Query", '{"TableName": "abc", "Unknown": {"a": [1]}}', "TableName", "abc"),
        *(
            ("Query", f'{{"TableName": "abc", "ScanIndexForward": "{word}"}}', "ScanIndexForward", value)
            for word, value in [
                ("true", True),
                ("1", True),
                ("YES", True),
                ("False", False),
                ("0", False),
                ("no", False),
            ]
        ),
        ("GetItem", '{"TableName": "abc", "Key": {"a": {"S": null}}}', "Key", {"a": {}}),
        ("GetItem", '{"TableName": "abc", "Key": {"a": null}}', "Key", {"a": {}}),
        ("GetItem", '{"TableName": "abc", "Key": {"a": {"L": [null]}}}', "Key", {"a": {"L": [{}]}}),
        ("GetItem", '{"TableName": "abc", "Key": {"a": {"S": "x", "N": null}}}', "Key", {"a": {"S": "x"}}),
        ("GetItem", '{"TableName": "abc", "Key": {"a": {"S": "x", "X": 1}}}', "Key", {"a": {"S": "x"}}),
        ("GetItem", '{"TableName": "abc", "Key": {"a": {"BOOL": "true"}}}', "Key", {"a": {"BOOL": True}}),
        (
            "GetItem",
            '{"TableName": "abc", "Key": {"a": {"S": "1"}, "a": {"S": "2"}}}',
            "Key",
            {"a": {"S": "2"}},
        ),
        ("GetItem", '{"TableName": "abc", "Key": {"a": {"B": ""}}}', "Key", {"a": {"B": ""}}),
        (
            "GetItem",
            '{"TableName": "abc", "Key": {"a": {"M": {"b": {"S": "x", "X": 1}}}}}',
            "Key",
            {"a": {"M": {"b": {"S": "x"}}}},
        ),
    ],
)
def test_accepted(operation, text, member, value):
    assert getattr(decode(operation).decode(text.encode()), member) == value


def test_the_order_of_attributes_is_kept():
    names = [f"a{n}" for n in range(20, 0, -1)]
    item = {name: {"S": "x", "N": None} for name in names}
    request = decode("PutItem").decode(encode({"TableName": "abc", "Item": item}))
    assert list(request.Item) == names


def test_a_map_is_counted_after_its_duplicates():
    tables = ",".join(f'"abc": [{{"DeleteRequest": {{"Key": {json.dumps(KEY)}}}}}]' for _ in range(26))
    body = f'{{"RequestItems": {{{tables}}}}}'.encode()
    assert fast("BatchWriteItem", body) == slow("BatchWriteItem", body)
    assert len(decode("BatchWriteItem").decode(body).RequestItems) == 1


@pytest.mark.parametrize(
    ("levels", "leaf"),
    [
        (100_000, '{"S": "x"}'),  # beyond the parser's depth
        (400, '{"S": null}'),  # beyond the slow path's; the fast one leaves this to `values`
    ],
)
def test_deep_nesting_is_refused_and_breaks_nothing(levels, leaf):
    value = '{"M": {"a": ' * levels + leaf + "}}" * levels
    body = f'{{"TableName": "abc", "Item": {{"a": {value}}}}}'.encode()
    with pytest.raises(ApiError, match="Nesting Levels have exceeded supported limits"):
        decode("PutItem").decode(body)


def test_supported_nesting_is_coerced_too():
    value = {"S": "x", "N": None}
    for _ in range(32):
        value = {"M": {"a": value}}
    request = decode("PutItem").decode(encode({"TableName": "abc", "Item": {"a": value}}))
    assert b"null" not in encode(request.Item)


def test_attribute_values_are_plain_dicts():
    request = decode("GetItem").decode(encode({"TableName": "abc", "Key": KEY}))
    assert type(request.Key["pk"]) is dict


def test_the_attribute_value_has_the_members_of_the_model():
    shape = input_shape("GetItem").fields[1].shape.member
    assert list(attribute_value.AttributeValue.__annotations__) == [field.name for field in shape.fields]


@given(st.text(alphabet="AQgwYZ+/=%", max_size=12))
@settings(derandomize=True, deadline=None)
def test_both_paths_know_the_same_base64(text):
    body = encode({"TableName": "abc", "Key": {"a": {"B": text}}})
    assert fast("GetItem", body) == slow("GetItem", body)


@given(st.binary(max_size=800))
@settings(derandomize=True, deadline=None)
def test_all_base64_is_accepted(data):
    text = base64.b64encode(data).decode()
    assert fast("GetItem", encode({"TableName": "abc", "Key": {"a": {"B": text}}})) is not None


def test_decoders_are_shared_and_unknown_operations_have_none():
    assert decode("GetItem") is decode("GetItem")
    with pytest.raises(KeyError):
        decode("GetItems")


def test_optional_members_default_to_none():
    assert decode("ListTables").decode(b"{}") == requests.ListTablesInput()
    assert get_args(requests.BillingMode) == ("PROVISIONED", "PAY_PER_REQUEST")
