"""What is left of a template: conditions, order, loops, rules, and what is no template at all."""

from typing import Any

import pytest

from stator.apply.errors import TemplateError
from stator.apply.template import sections
from stator.apply.template.conditions import Place

from .conftest import table

PLACE = Place("shop", "123456789012", "eu-west-1")
TOPIC = {"Type": "AWS::SNS::Topic"}


def read(document: dict[str, Any], **parameters: str) -> sections.Template:
    return sections.read(document, parameters, PLACE)


def test_resources_follow_what_they_refer_to() -> None:
    resources = {
        "A": {**TOPIC, "DependsOn": ["B"]},
        "B": {**TOPIC, "Properties": {"x": {"Fn::Sub": "${C.Arn} ${!D} ${AWS::Region} ${v}"}}},
        "C": {**TOPIC, "Properties": {"x": {"Fn::GetAtt": "D.Arn"}, "y": [{"Ref": "D"}]}},
        "D": TOPIC,
    }
    resources["B"]["Properties"] = {"x": {"Fn::Sub": ["${C.Arn} ${!D} ${AWS::Region} ${v}", {"v": 1}]}}
    assert [*read({"Resources": resources}).resources] == ["D", "C", "B", "A"]


def test_conditions_leave_resources_outputs_and_references() -> None:
    document = {
        "Parameters": {"Env": {"Type": "String", "Default": "dev"}},
        "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}},
        "Resources": {
            "Always": {**TOPIC, "Properties": {"x": {"Fn::If": ["IsProd", {"Ref": "Prod"}, 1]}}},
            "Prod": {**TOPIC, "Condition": "IsProd", "DeletionPolicy": "Retain"},
        },
        "Outputs": {"Arn": {"Value": {"Ref": "Prod"}, "Condition": "IsProd", "Export": {"Name": "n"}}},
    }
    assert [*read(document).resources] == ["Always"]
    assert read(document).outputs == ()
    prod = read(document, Env="prod")
    assert [*prod.resources] == ["Prod", "Always"]
    assert prod.resources["Prod"].retained
    assert not prod.resources["Prod"].retained_if_replaced
    assert [output.export for output in prod.outputs] == ["n"]


def test_a_reference_to_what_a_condition_left_out() -> None:
    document = {
        "Conditions": {"No": {"Fn::Equals": [1, 2]}},
        "Resources": {"A": {**TOPIC, "Properties": {"x": {"Ref": "B"}}}, "B": {**TOPIC, "Condition": "No"}},
    }
    with pytest.raises(TemplateError, match=r"A: unresolved resource dependencies \[B\]"):
        read(document)


def test_loops_are_written_out() -> None:
    document = {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": "Orders,Carts"}},
        "Resources": {
            "Fn::ForEach::Tables": [
                "Name",
                {"Ref": "Names"},
                {
                    "${Name}Table": table({"Fn::Sub": "x-${Name}"}),  # type: ignore[arg-type]
                    "Fn::ForEach::Topics": [
                        "Kind",
                        ["a-b", "c"],
                        {
                            "${Name}&{Kind}": {
                                **TOPIC,
                                "Properties": {"n": {"Ref": "Kind"}, "m": "${Name}-${Kind}"},
                            }
                        },
                    ],
                },
            ]
        },
        "Outputs": {
            "Fn::ForEach::Out": ["N", {"Ref": "Names"}, {"${N}Arn": {"Value": {"Ref": "${N}Table"}}}]
        },
    }
    found = read(document)
    assert sorted(found.resources) == [
        *("CartsTable", "Cartsab", "Cartsc", "OrdersTable", "Ordersab", "Ordersc"),
    ]
    assert found.resources["Cartsab"].properties == {"n": "a-b", "m": "Carts-a-b"}
    assert found.resources["OrdersTable"].properties["TableName"] == {"Fn::Sub": "x-Orders"}
    assert [output.id for output in found.outputs] == ["OrdersArn", "CartsArn"]


RULES = {
    "Parameters": {
        "Env": {"Type": "String", "Default": "prod"},
        "Size": {"Type": "String", "Default": "small"},
        "Version": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/version"},
    },
    "Resources": {"A": TOPIC},
    "Rules": {
        "ProdIsBig": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
            "Assertions": [
                {
                    "Assert": {"Fn::Contains": [["big", "huge"], {"Ref": "Size"}]},
                    "AssertDescription": "prod needs a big size",
                }
            ],
        },
        "CheckBootstrapVersion": {
            "Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "Version"}]}]}}]
        },
        "Others": {
            "Assertions": [
                {"Assert": {"Fn::EachMemberIn": [["a"], ["a", "b"]]}},
                {"Assert": {"Fn::EachMemberEquals": [["a", "a"], "a"]}},
                {
                    "Assert": {
                        "Fn::And": [
                            {"Fn::Equals": [1, 1]},
                            {"Fn::Or": [{"Fn::Equals": [1, 2]}, {"Fn::Equals": [1, 1]}]},
                        ]
                    }
                },
            ]
        },
    },
}


def test_rules() -> None:
    assert read(RULES, Size="huge").unchecked_rules == ("CheckBootstrapVersion",)
    assert read(RULES, Env="dev").unchecked_rules == ("CheckBootstrapVersion",)
    assert read(RULES, Env="dev", Version="21").unchecked_rules == ()
    with pytest.raises(TemplateError, match=r"Rules\.ProdIsBig: prod needs a big size"):
        read(RULES)
    with pytest.raises(TemplateError, match=r"Rules\.CheckBootstrapVersion: an assertion does not hold"):
        read(RULES, Env="dev", Version="2")


def test_what_a_transform_generates_has_names_of_its_own() -> None:
    document = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"F": {"Type": "AWS::Serverless::Function"}},
        "Outputs": {"Url": {"Value": {"Fn::Sub": "https://${ServerlessRestApi}.x"}}},
    }
    assert read(document).resources["ServerlessRestApi"].type == "AWS::Serverless::Generated"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "at least one resource"),
    ({"Resources": []}, "at least one resource"),
    ({"Resources": ["a"]}, "Resources is an object"),
    ({"Resources": {"A": TOPIC}, "Resoruces": {}}, r"no \[Resoruces\]"),
    ({"Resources": {"A-B": TOPIC}}, "letters and digits only"),
    ({"Resources": {"A": {}}}, "an object with a Type"),
    ({"Resources": {"A": {**TOPIC, "Propertys": {}}}}, r"no \[Propertys\]"),
    ({"Resources": {"A": {**TOPIC, "Properties": []}}, "Outputs": {"O": {}}}, "Outputs.O needs a Value"),
    ({"Resources": {"A": {**TOPIC, "Properties": "x"}}}, "Properties is an object"),
    ({"Resources": {"A": {**TOPIC, "DeletionPolicy": "Keep"}}}, "Keep is none of"),
    ({"Resources": {"A": {**TOPIC, "Condition": "C"}}}, "there is no condition C"),
    ({"Resources": {"A": {**TOPIC, "DependsOn": "B"}}}, r"unresolved resource dependencies \[B\]"),
    ({"Resources": {"A": TOPIC}, "Outputs": {"O": {"Value": {"Ref": "B"}}}}, r"Outputs.O: unresolved"),
    ({"Resources": {"A": TOPIC}, "Outputs": {"O": {"Value": 1, "Export": 1}}}, "Export needs a Name"),
    ({"Resources": {"A": TOPIC}, "Transform": "Macro"}, "Transform: Macro is not supported"),
    ({"Resources": {"A": TOPIC}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "A"}, 1]}}}, "no parameter A"),
    (
        {"Resources": {"A": {**TOPIC, "DependsOn": "B"}, "B": {**TOPIC, "DependsOn": "A"}}},
        r"circular dependency between \[A, B\]",
    ),
    (
        {"Resources": {"Fn::ForEach::X": ["N", ["a"], {"${N}": TOPIC}]}},
        "needs the template to have Transform",
    ),
    (
        {
            "Transform": "AWS::LanguageExtensions",
            "Resources": {"Fn::ForEach::X": ["N", ["a", "b"], {"T": TOPIC}]},
        },
        "the names have to differ",
    ),
    (
        {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::X": ["N", ["a"]]}},
        "needs \\[identifier, collection",
    ),
    ({"Resources": {"A": TOPIC}, "Rules": {"R": {}}}, "Rules.R needs a list of Assertions"),
    (
        {"Resources": {"A": TOPIC}, "Rules": {"R": {"Assertions": [{"Assert": {"Fn::RefAll": "x"}}]}}},
        "Fn::RefAll asks for resources of an account",
    ),
]


@pytest.mark.parametrize(("document", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_no_template(document: dict[str, Any], said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        read(document)
