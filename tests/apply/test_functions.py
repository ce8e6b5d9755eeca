"""What each function of a template gives, in tables; the forms are those of AWS's documentation."""

from typing import Any

import pytest

from stator.apply.errors import TemplateError
from stator.apply.template import sections
from stator.apply.template.conditions import Place
from stator.apply.template.evaluation import EXTENSIONS

PLACE = Place("shop", "123456789012", "eu-west-1")
PARAMETERS = {
    "Env": {"Type": "String", "Default": "prod"},
    "Count": {"Type": "Number", "Default": 3},
    "Names": {"Type": "CommaDelimitedList", "Default": "a, b ,c"},
    "Empty": {"Type": "String", "Default": ""},
}
MAPPINGS = {
    "Sizes": {"eu-west-1": {"read": 5, "zones": ["x", "y"]}, "us-east-1": {"read": 10}},
    "Names": {"prod": {"long": "production"}},
}
CONDITIONS = {
    "IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
    "IsBig": {"Fn::Equals": [{"Ref": "Count"}, 30]},
    "Either": {"Fn::Or": [{"Condition": "IsBig"}, {"Fn::Not": [{"Condition": "IsBig"}]}]},
    "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsBig"}]},
}


def evaluated(node: Any, *, transform: str | None = EXTENSIONS, **more: Any) -> Any:
    document = {
        "Transform": transform,
        "Parameters": PARAMETERS,
        "Mappings": MAPPINGS,
        "Conditions": CONDITIONS,
        "Resources": {"Any": {"Type": "AWS::SNS::Topic"}},
        **more,
    }
    template = sections.read(document, {}, PLACE, {"shared-table": "tables-1"})
    evaluator = template.conditions.evaluator
    assert evaluator is not None
    return evaluator.value(node, "here")


REF, SUB, JOIN, IF = "Ref", "Fn::Sub", "Fn::Join", "Fn::If"
VALUES: list[tuple[Any, Any]] = [
    ({REF: "Env"}, "prod"),
    ({REF: "Count"}, "3"),
    ({REF: "Names"}, ["a", "b", "c"]),
    ({REF: "AWS::Region"}, "eu-west-1"),
    ({REF: "AWS::AccountId"}, "123456789012"),
    ({REF: "AWS::Partition"}, "aws"),
    ({REF: "AWS::URLSuffix"}, "amazonaws.com"),
    ({REF: "AWS::StackName"}, "shop"),
    ({REF: "AWS::NotificationARNs"}, []),
    ({"a": {REF: "AWS::NoValue"}, "b": [1, {REF: "AWS::NoValue"}, 2]}, {"b": [1, 2]}),
    ({SUB: "arn:${AWS::Partition}:x:${AWS::Region}:${Env}"}, "arn:aws:x:eu-west-1:prod"),
    ({SUB: "${!Env} costs $5 ${Count}"}, "${Env} costs $5 3"),
    ({SUB: ["${Env}-${Who}", {"Who": {REF: "Count"}}]}, "prod-3"),
    ({SUB: ["${Env}", {"Env": "other"}]}, "other"),
    ({JOIN: [":", ["a", {REF: "Env"}, 1, True]]}, "a:prod:1:true"),
    ({JOIN: ["", {REF: "Names"}]}, "abc"),
    ({JOIN: [",", {"Fn::Split": ["|", "a|b|"]}]}, "a,b,"),
    ({"Fn::Select": ["1", ["x", "y"]]}, "y"),
    ({"Fn::Select": [0, {REF: "Names"}]}, "a"),
    ({"Fn::Select": [{REF: "Count"}, [0, 1, 2, 3]]}, 3),
    ({"Fn::Split": ["-", {SUB: "a-${Env}"}]}, ["a", "prod"]),
    ({"Fn::FindInMap": ["Sizes", {REF: "AWS::Region"}, "read"]}, 5),
    ({"Fn::FindInMap": ["Sizes", "eu-west-1", "zones"]}, ["x", "y"]),
    ({"Fn::FindInMap": ["Names", {REF: "Env"}, "long"]}, "production"),
    ({"Fn::FindInMap": ["Sizes", "nowhere", "read", {"DefaultValue": {REF: "Count"}}]}, "3"),
    ({IF: ["IsProd", "yes", "no"]}, "yes"),
    ({IF: ["IsBig", {"Fn::Select": [9, []]}, "only this is evaluated"]}, "only this is evaluated"),
    ({IF: ["Either", 1, 2]}, 1),
    ({IF: ["Both", 1, 2]}, 2),
    ({"Fn::Equals": [5, "5"]}, True),
    ({"Fn::Equals": [True, "true"]}, True),
    ({"Fn::Equals": [["a"], ["b"]]}, False),
    ({"Fn::And": [{"Condition": "IsProd"}, {"Fn::Equals": [1, 1]}]}, True),
    ({"Fn::Base64": "stator"}, "c3RhdG9y"),
    ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
    ({"Fn::GetAZs": {REF: "AWS::Region"}}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
    ({"Fn::ImportValue": {SUB: "shared-table"}}, "tables-1"),
    ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
    ({"Fn::Length": {REF: "Names"}}, 3),
    ({"Fn::ToJsonString": {"a": {REF: "Env"}, "b": [1, True]}}, '{"a":"prod","b":[1,true]}'),
    ({"Condition": {"StringEquals": {"a": "b"}}}, {"Condition": {"StringEquals": {"a": "b"}}}),
    ({REF: "Empty"}, ""),
]


@pytest.mark.parametrize(("node", "value"), VALUES, ids=str)
def test_values(node: Any, value: Any) -> None:
    assert evaluated(node) == value


ERRORS: list[tuple[Any, str]] = [
    ({REF: "Nothing"}, "here.Ref: there is no parameter Nothing"),
    ({REF: ["Env"]}, "here.Ref needs a name"),
    ({SUB: "${Nothing}"}, r"here.Fn::Sub.\$\{Nothing\}.Ref: there is no parameter Nothing"),
    ({SUB: "${Names}"}, "a string is expected here"),
    ({SUB: {"a": "b"}}, "needs a string, or"),
    ({JOIN: ["-"]}, "needs \\[delimiter, list\\]"),
    ({JOIN: ["-", "text"]}, "a list is expected here"),
    ({"Fn::Split": ["", "text"]}, "the delimiter is empty"),
    ({"Fn::Select": [3, {REF: "Names"}]}, "there is no element 3 in a list of 3"),
    ({"Fn::Select": ["-1", [1]]}, "there is no element -1"),
    ({"Fn::FindInMap": ["Sizes", "nowhere", "read"]}, "Mappings has no Sizes.nowhere.read"),
    ({IF: ["Nothing", 1, 2]}, "there is no condition Nothing"),
    ({IF: [{"Condition": "IsProd"}, 1, 2]}, "needs the name of a condition"),
    ({"Fn::Not": ["perhaps"]}, "a condition is expected here"),
    ({"Fn::And": [{"Condition": "IsProd"}]}, "needs 2 to 10 conditions"),
    ({"Fn::ImportValue": "else"}, "no stack here exports else"),
    ({"Fn::Transform": {"Name": "AWS::Include"}}, "Fn::Transform is no function that is supported"),
    ({"Fn::Sub": "a", "b": 1}, "Fn::Sub stands alone in its object"),
    ({"Fn::GetAtt": ["Any", "Arn"]}, "Any.Arn cannot be referred to here"),
    ({"Fn::Cidr": ["10.0.0.0/33", 1, 8]}, "here.Fn::Cidr: "),
]


@pytest.mark.parametrize(("node", "said"), ERRORS, ids=str)
def test_errors(node: Any, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        evaluated(node)


@pytest.mark.parametrize(
    "node",
    [
        {"Fn::Length": [1]},
        {"Fn::ToJsonString": {}},
        {"Fn::FindInMap": ["Sizes", "x", "y", {"DefaultValue": 1}]},
    ],
    ids=str,
)
def test_extensions_have_to_be_asked_for(node: Any) -> None:
    with pytest.raises(TemplateError, match="needs the template to have Transform: AWS::LanguageExtensions"):
        evaluated(node, transform=None)


def test_places_have_their_own_partitions() -> None:
    assert Place("s", "1", "cn-north-1").pseudo()["AWS::Partition"] == "aws-cn"
    assert Place("s", "1", "cn-north-1").pseudo()["AWS::URLSuffix"] == "amazonaws.com.cn"
    assert Place("s", "1", "us-gov-west-1").arn("sns", "t") == "arn:aws-us-gov:sns:us-gov-west-1:1:t"


def test_conditions_that_need_each_other() -> None:
    circle = {"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Fn::Not": [{"Condition": "A"}]}}
    with pytest.raises(TemplateError, match="circular dependency: A, B"):
        evaluated(1, Conditions=circle)
