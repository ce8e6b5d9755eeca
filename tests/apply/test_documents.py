"""Templates as texts: short forms, what YAML makes of names and dates, and what is no template."""

import sys
from pathlib import Path

import pytest

from stator.apply.errors import ApplyError, TemplateError
from stator.apply.template import documents
from stator.formats.extras import MissingExtra

SHORT_FORMS = {
    "!Ref Name": {"Ref": "Name"},
    "!Condition Name": {"Condition": "Name"},
    "!GetAtt Table.Arn": {"Fn::GetAtt": ["Table", "Arn"]},
    "!GetAtt Nested.Outputs.Arn": {"Fn::GetAtt": ["Nested", "Outputs.Arn"]},
    "!GetAtt [Table, Arn]": {"Fn::GetAtt": ["Table", "Arn"]},
    "!Sub 'a ${B}'": {"Fn::Sub": "a ${B}"},
    "!Sub ['a ${B}', {B: !Ref C}]": {"Fn::Sub": ["a ${B}", {"B": {"Ref": "C"}}]},
    "!Join ['-', [a, !Ref B]]": {"Fn::Join": ["-", ["a", {"Ref": "B"}]]},
    "!If [C, !Ref A, !Ref 'AWS::NoValue']": {"Fn::If": ["C", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]},
    "!Equals [!Ref A, 1]": {"Fn::Equals": [{"Ref": "A"}, 1]},
    "!FindInMap [M, !Ref 'AWS::Region', k]": {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]},
    "!GetAZs ''": {"Fn::GetAZs": ""},
    "!Base64 text": {"Fn::Base64": "text"},
    "!Length [1, 2]": {"Fn::Length": [1, 2]},
    "{Fn::Sub: a}": {"Fn::Sub": "a"},
    "2010-09-09": "2010-09-09",
    "2012-10-17": "2012-10-17",
    "yes": True,
    "'5'": "5",
    "1.5": 1.5,
}


@pytest.mark.parametrize("text", SHORT_FORMS)
def test_short_forms(text: str) -> None:
    assert documents.parse(f"a: {text}\n") == {"a": SHORT_FORMS[text]}


def test_names_stay_texts() -> None:
    document = documents.parse("on: 1\n123456789012: 2\n2020-01-01: 3\n1.0: 4\n")
    assert document == {"on": 1, "123456789012": 2, "2020-01-01": 3, "1.0": 4}


def test_anchors_and_merges() -> None:
    text = "base: &base {a: 1, b: 2}\nother: {<<: *base, b: 3}\nsame: *base\n"
    assert documents.parse(text)["other"] == {"a": 1, "b": 3}
    assert documents.parse(text)["same"] == {"a": 1, "b": 2}


def test_json_is_read_as_json() -> None:
    assert documents.parse('\n {"a": {"Fn::Sub": "x"}, "b": [true, null, 1.5]}') == {
        "a": {"Fn::Sub": "x"},
        "b": [True, None, 1.5],
    }


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "line 2: a is there twice"),
        ('{"a": {"b": 1, "b": 2}}', "b is there twice"),
        ("a: !Nothing x\n", "line 1: !Nothing is no function"),
        ("a: !!python/object:os.system x\n", "line 1: could not determine a constructor"),
        ("a: [1\n", "line 2: "),
        ('{"a": ', "line 1: not JSON"),
        ("- 1\n", "no object"),
        ("", "no object"),
        ("a: &a [*a]\n", "aliases"),
        (BOMB, "aliases"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
    ],
)
def test_what_is_no_template(text: str, said: str) -> None:
    with pytest.raises(TemplateError, match=said.replace("(", r"\(")):
        documents.parse(text)


def test_files(tmp_path: Path) -> None:
    with pytest.raises(ApplyError, match="cannot be read: No such file"):
        documents.read(tmp_path / "nothing.yaml")
    path = tmp_path / "t.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert documents.read(path) == {"a": 1}
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(TemplateError, match="not UTF-8"):
        documents.read(path)
    path.write_bytes(b"#" * (documents.BYTES_MAX + 1))
    with pytest.raises(TemplateError, match="more than"):
        documents.read(path)


def test_without_the_library_json_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert documents.parse('{"a": 1}') == {"a": 1}
    with pytest.raises(MissingExtra, match=r"pip install 'stator\[apply\]'"):
        documents.parse("a: 1")
