"""What is written in a format is read back as it was, for every type and compression that can carry it."""

import gzip
import io
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stator.formats import compression, csv, dynamodb_json, ion_text, plain_json
from stator.formats.rows import ROW_BYTES_MAX, BadRow
from stator.values import number
from stator.values.attribute import normalise_item

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6),
    st.sampled_from(["null", "true", "nan", "$10", "$ion_1_0", "a b", "it's", "back\\slash", "Item", "ß"]),
)
BASE64 = st.binary(max_size=6).map(lambda data: __import__("base64").b64encode(data).decode())
NUMBERS = st.builds(
    lambda digits, exponent, sign: number.normalise(f"{sign}{digits}e{exponent}"),
    st.integers(0, 10**38 - 1),
    st.integers(-130, 80),
    st.sampled_from(["", "-"]),
)
SCALARS = st.one_of(
    st.fixed_dictionaries({"S": TEXT}),
    st.fixed_dictionaries({"N": NUMBERS}),
    st.fixed_dictionaries({"BOOL": st.booleans()}),
    st.just({"NULL": True}),
)
ALL_SCALARS = st.one_of(
    SCALARS,
    st.fixed_dictionaries({"B": BASE64}),
    st.fixed_dictionaries({"SS": st.lists(TEXT, min_size=1, max_size=3, unique=True)}),
    st.fixed_dictionaries({"NS": st.lists(NUMBERS, min_size=1, max_size=3, unique=True)}),
    st.fixed_dictionaries({"BS": st.lists(BASE64, min_size=1, max_size=3, unique=True)}),
)


def nested(leaves):
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.fixed_dictionaries({"L": st.lists(inner, max_size=3)}),
            st.fixed_dictionaries({"M": st.dictionaries(NAMES, inner, max_size=3)}),
        ),
        max_leaves=6,
    )


ITEMS = st.lists(st.dictionaries(NAMES, nested(ALL_SCALARS), max_size=5), max_size=5)
PLAIN_ITEMS = st.lists(st.dictionaries(NAMES, nested(SCALARS), max_size=5), max_size=5)
SETTINGS = settings(max_examples=150, derandomize=True, deadline=None)


def through(data, kind, read):
    """What a reader makes of the bytes, compressed and decompressed."""
    buffer = io.BytesIO()
    with compression.writer(buffer, kind) as stream:
        stream.write(data)
    return list(read(compression.reader(io.BytesIO(buffer.getvalue()), kind)))


KINDS = st.sampled_from(["GZIP", "ZSTD", "NONE"])


@given(ITEMS, KINDS)
@SETTINGS
def test_dynamodb_json_carries_everything(items, kind):
    assert through(b"".join(map(dynamodb_json.line, items)), kind, dynamodb_json.items) == items


@given(ITEMS, KINDS)
@SETTINGS
def test_ion_carries_everything(items, kind):
    assert through(b"".join(map(ion_text.line, items)), kind, ion_text.items) == items


@given(PLAIN_ITEMS)
@SETTINGS
def test_plain_json_carries_what_json_has(items):
    assert all(plain_json.is_exact(value) for item in items for value in item.values())
    assert through(b"".join(map(plain_json.line, items)), "NONE", plain_json.items) == items


CSV_VALUES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1, max_size=8
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"pk": st.fixed_dictionaries({"N": NUMBERS}), "sk": st.fixed_dictionaries({"S": CSV_VALUES})},
        optional={
            "b": BASE64.filter(bool).map(lambda text: {"B": text}),
            "x": st.fixed_dictionaries({"S": CSV_VALUES}),
            "y,": st.fixed_dictionaries({"S": CSV_VALUES}),
        },
    ),
    max_size=5,
)


@given(ROWS, st.sampled_from(sorted(csv.DELIMITERS)), st.booleans(), KINDS)
@SETTINGS
def test_csv_carries_strings_and_typed_keys(items, delimiter, with_header, kind):
    names = ["pk", "sk", "b", "x", "y,"]
    head = csv.header_line(names, delimiter) if with_header else b""
    data = head + b"".join(csv.line(item, names, delimiter) for item in items)

    def read(stream):
        return csv.items(stream, {"pk": "N", "b": "B"}, delimiter, None if with_header else names)

    assert through(data, kind, read) == items


@pytest.mark.parametrize("value", [{"S": ""}, {"BOOL": True}, {"SS": ["a"]}, {"L": []}])
def test_csv_refuses_to_write_what_it_cannot_carry(value):
    with pytest.raises(ValueError, match="CSV cannot carry the attribute a"):
        csv.line({"a": value}, ["a"])


# --- As AWS writes it ---

BOOK = {
    "Authors": {"SS": ["Author1", "Author2"]},
    "Dimensions": {"S": "8.5 x 11.0 x 1.5"},
    "Id": {"N": "103"},
    "InPublication": {"BOOL": False},
    "PageCount": {"N": "600"},
    "Weight": {"N": "-0.25"},
    "Tiny": {"N": number.normalise("12e-20")},
    "Cover": {"B": "aGVsbG8="},
    "Nothing": {"NULL": True},
    "More": {"M": {"a b": {"L": [{"NS": ["1", "2.5"]}, {"BS": ["YQ=="]}]}}},
}
BOOK_ION = (
    '$ion_1_0 {Item:{Authors:$dynamodb_SS::["Author1","Author2"],Dimensions:"8.5 x 11.0 x 1.5",Id:103.,'
    "InPublication:false,PageCount:6d2,Weight:-0.25,Tiny:12d-20,Cover:{{aGVsbG8=}},Nothing:null,"
    "More:{'a b':[$dynamodb_NS::[1.,2.5],$dynamodb_BS::[{{YQ==}}]]}}}\n"
)


def test_ion_is_written_as_aws_writes_it():
    assert ion_text.line(BOOK).decode() == BOOK_ION


PRETTY_ION = b"""$ion_1_0
[
  { Item: { Authors: $dynamodb_SS::["Author1"], "Id": 103., PageCount: 600 } },  // a comment
  { Item: { Id: 104d0 } }
]
"""


def test_ion_is_read_in_other_layouts():
    assert list(ion_text.items(io.BytesIO(PRETTY_ION))) == [
        {
            "Authors": {"SS": ["Author1"]},
            "Id": {"N": "103"},
            "PageCount": {"N": "600"},
        },
        {"Id": {"N": "104"}},
    ]


def test_binary_ion_is_read_too():
    ion = pytest.importorskip("amazon.ion.simpleion")
    data = ion.dumps([{"Item": {"pk": "a", "n": Decimal("1.50"), "b": b"hi"}}], sequence_as_stream=True)
    assert list(ion_text.items(io.BytesIO(data))) == [
        {"pk": {"S": "a"}, "n": {"N": "1.5"}, "b": {"B": "aGk="}}
    ]


def test_the_example_of_dynamodb_json():
    text = json.dumps({"Item": {"Id": {"N": "0103.0"}, "Authors": {"SS": ["a"]}}}).encode()
    assert list(dynamodb_json.items(io.BytesIO(b"\n" + text + b"\r\n\n"))) == [
        {"Id": {"N": "103"}, "Authors": {"SS": ["a"]}}
    ]


def test_a_record_may_have_a_condition():
    condition = {"ConditionExpression": "#v < :v", "ExpressionAttributeNames": {"#v": "v"}}
    line = {"Item": {"pk": {"S": "a"}}, **condition, "ExpressionAttributeValues": {":v": {"N": "1"}}}
    ion = '{Item:{pk:"a"},ConditionExpression:"#v < :v",ExpressionAttributeNames:{\'#v\':"v"},'
    ion += "ExpressionAttributeValues:{':v':1.}}"
    (of_json,) = dynamodb_json.records(io.BytesIO(json.dumps(line).encode()))
    (of_ion,) = ion_text.records(io.BytesIO(ion.encode()))
    assert of_json == of_ion
    assert of_json.ConditionExpression == "#v < :v"
    assert of_json.ExpressionAttributeValues == {":v": {"N": "1"}}


# --- Bad rows ---

GOOD = b'{"Item":{"a":{"S":"x"}}}'


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b'{"Item":{"a":"x"}}',
        b'{"Item":{"a":{"S":1}}}',
        b'{"Item":{"a":{}}}',
        b'{"Item":{"a":{"X":"1"}}}',
        b'{"Item":{"a":{"S":"x","N":"1"}}}',
        b'{"Item":{"a":{"N":"one"}}}',
        b'{"Item":{"a":{"B":"?"}}}',
        b'{"Item":{"":{"S":"x"}}}',
        b'{"Item":{"a":{"S":"' + b"x" * 409_600 + b'"}}}',
        b'{"Keys":{"a":{"S":"x"}}}',
        b"[]",
    ],
)
def test_a_bad_item_does_not_end_a_file(line):
    bad, good = dynamodb_json.items(io.BytesIO(line + b"\n" + GOOD))
    assert isinstance(bad, BadRow)
    assert bad.message
    assert not bad.last
    assert good == {"a": {"S": "x"}}


@pytest.mark.parametrize("line", [b"garbage", b'{"Item":', b"\xff\xfe", b'{"Item":{"a":{"S":"\xff"}}}'])
def test_broken_bytes_end_a_file(line):
    good, bad = dynamodb_json.items(io.BytesIO(GOOD + b"\n" + line + b"\n" + GOOD))
    assert good == {"a": {"S": "x"}}
    assert isinstance(bad, BadRow)
    assert bad.last


def test_a_line_without_an_end_is_not_held_in_memory():
    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            buffer[:] = b"x" * len(buffer)
            return len(buffer)

    (bad,) = dynamodb_json.items(io.BufferedReader(Endless()))
    assert bad.last
    assert str(ROW_BYTES_MAX) in bad.message


@pytest.mark.parametrize(
    "struct",
    [
        "{}",
        "5",
        "{Item:5}",
        "{Item:{a:2020T}}",
        "{Item:{a:1e0}}",
        "{Item:{a:symbol}}",
        "{Item:{a:null.string}}",
        '{Item:{a:{{"clob"}}}}',
        "{Item:{a:(x)}}",
        '{Item:{a:$dynamodb_XS::["x"]}}',
        "{Item:{a:$dynamodb_SS::[1]}}",
        "{Item:{a:$dynamodb_SS::[]}}",
        "{Item:{a:1,a:2}}",
        "{Item:{a:1d200}}",
    ],
)
def test_what_ion_has_and_dynamodb_has_not_is_a_bad_item(struct):
    bad, good = ion_text.items(io.BytesIO(f'$ion_1_0 {struct} {{Item:{{a:"x"}}}}'.encode()))
    assert isinstance(bad, BadRow)
    assert not bad.last
    assert good == {"a": {"S": "x"}}


def test_broken_ion_ends_a_file():
    good, bad = ion_text.items(io.BytesIO(b'$ion_1_0 {Item:{a:"x"}} {Item:{ ]'))
    assert good == {"a": {"S": "x"}}
    assert bad.last


@pytest.mark.parametrize("kind", ["GZIP", "ZSTD"])
@pytest.mark.parametrize("read", [dynamodb_json.items, ion_text.items, csv.items, plain_json.items])
def test_what_is_not_compressed_is_one_bad_row(kind, read):
    (bad,) = read(compression.reader(io.BytesIO(b"id,value\n1,2\n"), kind))
    assert bad.last


@pytest.mark.parametrize("kind", ["GZIP", "ZSTD", "NONE"])
@pytest.mark.parametrize("read", [dynamodb_json.items, ion_text.items, csv.items, plain_json.items])
def test_an_empty_file_has_no_rows(kind, read):
    assert list(read(compression.reader(io.BytesIO(b""), kind))) == []


def test_a_file_that_was_cut_short_gives_its_whole_rows():
    whole = gzip.compress(b"".join(dynamodb_json.line({"a": {"N": str(n)}}) for n in range(20_000)))
    *good, bad = dynamodb_json.items(compression.reader(io.BytesIO(whole[: len(whole) // 2]), "GZIP"))
    assert bad.last
    assert good[0] == {"a": {"N": "0"}}


CSV = b'PK,SK,Name,Amount\nUSER#1,P,Alice,\n"USER#2","a ""b"" c","two\nlines",7\n'


def test_csv_as_aws_describes_it():
    assert list(csv.items(io.BytesIO(b"\xef\xbb\xbf" + CSV))) == [
        {"PK": {"S": "USER#1"}, "SK": {"S": "P"}, "Name": {"S": "Alice"}},
        {"PK": {"S": "USER#2"}, "SK": {"S": 'a "b" c'}, "Name": {"S": "two\nlines"}, "Amount": {"S": "7"}},
    ]


def test_a_row_of_another_width_or_type_is_bad():
    rows = list(csv.items(io.BytesIO(b"a,b\n1\nx,y\n2,y\n"), {"a": "N"}))
    assert [isinstance(row, BadRow) for row in rows] == [True, True, False]
    assert rows[2] == {"a": {"N": "2"}, "b": {"S": "y"}}


def test_a_stray_quote_ends_a_csv_file():
    bad = list(csv.items(io.BytesIO(b'id,value\n"123"x,y\n1,2\n')))
    assert [row.last for row in bad] == [True]


@pytest.mark.parametrize(
    "text", [b"[1]", b"NaN", b'{"a": NaN}', b'{"a": 1e400}', b'{"a": 1e99999999999999999999}', b"{"]
)
def test_plain_json_refuses_what_is_no_item(text):
    (bad,) = plain_json.items(io.BytesIO(text))
    assert isinstance(bad, BadRow)


def test_plain_json_keeps_all_digits():
    digits = "0.12345678901234567890123456789012345678"
    (item,) = plain_json.items(io.BytesIO(f'{{"n": {digits}, "x": 1E2}}'.encode()))
    assert item == {"n": {"N": digits}, "x": {"N": "100"}}
    assert plain_json.line(item) == f'{{"n":{digits},"x":100}}\n'.encode()


def test_plain_json_shows_sets_and_binary_as_it_can():
    item = {"ss": {"SS": ["a"]}, "ns": {"NS": ["1"]}, "b": {"B": "YQ=="}}
    assert plain_json.line(item) == b'{"ss":["a"],"ns":[1],"b":"YQ=="}\n'
    assert not any(plain_json.is_exact(value) for value in item.values())


def test_what_is_read_is_normalised():
    (item,) = dynamodb_json.items(io.BytesIO(b'{"Item":{"n":{"N":"1.50e1"}}}'))
    assert item == {"n": {"N": "15"}}
    assert normalise_item(item) == 3
