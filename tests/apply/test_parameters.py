"""Parameters: types and constraints, how they are given, and what is never shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from stator.apply.errors import TemplateError
from stator.apply.template import given
from stator.apply.template.parameters import resolve

from .conftest import Apply, table, template

GOOD: list[tuple[dict[str, Any], str | None, Any]] = [
    ({"Type": "String", "Default": "a"}, None, "a"),
    ({"Type": "String", "Default": True}, None, "true"),
    ({"Type": "Number", "Default": 5}, None, "5"),
    ({"Type": "Number", "MinValue": 1, "MaxValue": "5"}, "5", "5"),
    ({"Type": "Number", "AllowedValues": [5, 10]}, "10", "10"),
    ({"Type": "List<Number>", "MaxValue": 9}, "1, 2,3", ["1", "2", "3"]),
    ({"Type": "CommaDelimitedList"}, "a ,b", ["a", "b"]),
    ({"Type": "String", "AllowedPattern": "[a-z]+"}, "abc", "abc"),
    ({"Type": "String", "MinLength": 2, "MaxLength": "3"}, "ab", "ab"),
    ({"Type": "AWS::EC2::Subnet::Id"}, "subnet-1", "subnet-1"),
    ({"Type": "List<AWS::EC2::Subnet::Id>"}, "s-1,s-2", ["s-1", "s-2"]),
    ({"Type": "AWS::SSM::Parameter::Name"}, "/a", "/a"),
    ({"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/where"}, "what", "what"),
    ({"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/where"}, "a,b", ["a", "b"]),
]


@pytest.mark.parametrize(("declared", "text", "value"), GOOD, ids=str)
def test_values(declared: dict[str, Any], text: str | None, value: Any) -> None:
    found = resolve({"P": declared}, {} if text is None else {"P": text})
    assert found.value("P", "here") == value


BAD: list[tuple[dict[str, Any], str | None, str]] = [
    ({"Type": "String"}, None, r"Parameters: \[P\] must have values"),
    ({"Type": "Number"}, "five", "P must be a number, and 'five' is none"),
    ({"Type": "Number", "MinValue": 1}, "0", "P must be a number not less than 1"),
    ({"Type": "Number", "MaxValue": 5}, "6", "P must be a number not greater than 5"),
    ({"Type": "String", "MinLength": 3}, "ab", "P must contain not less than 3 characters"),
    ({"Type": "String", "MaxLength": 1}, "ab", "P must contain not more than 1 characters"),
    ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", r"P must be one of \[a, b\]"),
    ({"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]}, "a,c", r"P must be one of \[a, b\]"),
    ({"Type": "String", "AllowedPattern": "[a-z]+"}, "ab1", "P must match the pattern"),
    ({"Type": "String", "AllowedPattern": "[a-z"}, "a", "cannot be read"),
    (
        {"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "letters only"},
        "1",
        "P failed to satisfy the constraint: letters only",
    ),
    ({"Type": "Text"}, "a", "Parameters.P: Text is no type of a parameter"),
    ({"Type": "String", "Defualt": "a"}, "a", r"\[Defualt\] are no members of a parameter"),
    ({"Type": "String", "Default": ["a"]}, None, "the Default is a string or a number"),
    ({"Default": "a"}, None, "an object with a Type"),
]


@pytest.mark.parametrize(("declared", "text", "said"), BAD, ids=str)
def test_refusals(declared: dict[str, Any], text: str | None, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        resolve({"P": declared}, {} if text is None else {"P": text})


def test_strangers() -> None:
    with pytest.raises(TemplateError, match=r"\[Q, R\] do not exist in the template"):
        resolve({}, {"R": "1", "Q": "2"})


def test_what_is_in_the_parameter_store_is_told_only_if_it_is_needed() -> None:
    stored = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/version"}
    found = resolve({"P": stored}, {})
    with pytest.raises(TemplateError, match=r"parameter store.*--parameters P=VALUE"):
        found.value("P", "here")


def test_a_secret_is_masked_and_not_told_when_it_is_wrong() -> None:
    secret = {"Type": "String", "NoEcho": True, "AllowedPattern": "[a-z]+"}
    assert resolve({"P": secret}, {"P": "word"}).masked("a word in words") == "a **** in ****s"
    with pytest.raises(TemplateError, match="the value does not"):
        resolve({"P": secret}, {"P": "hunter2"})


WORDS = ["A=1", "B=x=y", "C=", "ParameterKey=D,ParameterValue=a,b"]


def test_words() -> None:
    assert given.words(WORDS, "--parameters") == {"A": "1", "B": "x=y", "C": "", "D": "a,b"}
    for wrong in ("A", "=1"):
        with pytest.raises(TemplateError, match="not of the form Name=value"):
            given.words([wrong], "--parameters")


@pytest.mark.parametrize(
    "document",
    [
        {"A": 1, "B": ["x", "y"]},
        {"Parameters": {"A": "1", "B": "x,y"}},
        [{"ParameterKey": "A", "ParameterValue": "1"}, {"ParameterKey": "B", "ParameterValue": "x,y"}],
        {
            "Parameters": [
                {"ParameterKey": "A", "ParameterValue": 1},
                {"ParameterKey": "B", "ParameterValue": "x,y"},
            ]
        },
    ],
    ids=str,
)
def test_files(document: Any, tmp_path: Path) -> None:
    path = tmp_path / "parameters.json"
    path.write_text(json.dumps(document))
    assert given.file(path) == {"A": "1", "B": "x,y"}


@pytest.mark.parametrize("document", [{"A": {"b": 1}}, [{"ParameterKey": "A"}], ["A=1"]], ids=str)
def test_files_that_are_none(document: Any, tmp_path: Path) -> None:
    path = tmp_path / "parameters.json"
    path.write_text(json.dumps(document))
    with pytest.raises(TemplateError, match=r"parameters\.json: "):
        given.file(path)


def test_parameters_of_the_command_line_win_and_secrets_are_not_shown(apply: Apply, tmp_path: Path) -> None:
    """A secret does not appear anywhere: not in the plan, not in an output, not when it has changed."""
    tags = [
        {"Key": "size", "Value": {"Ref": "Size"}},
        {"Key": "secret", "Value": {"Fn::Sub": "is ${Secret}"}},
    ]
    document = template(Parameters=table("parameters-1", Tags=tags)) | {
        "Parameters": {"Size": {"Type": "Number"}, "Secret": {"Type": "String", "NoEcho": "true"}},
        "Outputs": {"Told": {"Value": {"Ref": "Secret"}}},
    }
    path = tmp_path / "parameters.json"
    path.write_text(json.dumps({"Size": 1, "Secret": "hunter2"}))
    said = apply(document, "--parameters-file", path, "--parameters", "Size=2")
    assert '"size": "2"' in said
    assert '"secret": "is ****"' in said
    assert "Told = ****" in said
    said += apply(document, "-p", "Size=3", "Secret=swordfish")
    assert "Tags.secret: **** -> is ****" in said
    assert "Tags.size: 2 -> 3" in said
    assert "hunter2" not in said
    assert "swordfish" not in said
