"""Names and ARNs of what is not made: a topic, a function, a key. Well formed, and nothing answers to them.

They are what `Ref` and `Fn::GetAtt` give for resources that are skipped, so that an alarm whose action is a
topic of the template can be made. In `--alarm-actions` of a server such an ARN can be given a meaning.
"""

from dataclasses import dataclass, field
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from stator.apply.template.conditions import Place

_ACCOUNT: Final = "arn:{partition}:{service}:{region}:{account}:"


@dataclass(frozen=True)
class Form:
    """How resources of a type are called: the property that names one, what `Ref` gives, and attributes."""

    named_by: str
    reference: str
    attributes: dict[str, str] = field(default_factory=dict)


_FORMS: Final = {
    "AWS::SNS::Topic": Form(
        "TopicName", _ACCOUNT + "{name}", {"TopicArn": _ACCOUNT + "{name}", "TopicName": "{name}"}
    ),
    "AWS::SQS::Queue": Form(
        "QueueName",
        "https://sqs.{region}.{suffix}/{account}/{name}",
        {"Arn": _ACCOUNT + "{name}", "QueueName": "{name}"},
    ),
    "AWS::Lambda::Function": Form("FunctionName", "{name}", {"Arn": _ACCOUNT + "function:{name}"}),
    "AWS::Serverless::Function": Form(
        "FunctionName", "{name}", {"Arn": "arn:{partition}:lambda:{region}:{account}:function:{name}"}
    ),
    "AWS::IAM::Role": Form("RoleName", "{name}", {"Arn": "arn:{partition}:iam::{account}:role/{name}"}),
    "AWS::IAM::User": Form("UserName", "{name}", {"Arn": "arn:{partition}:iam::{account}:user/{name}"}),
    "AWS::IAM::ManagedPolicy": Form("ManagedPolicyName", "arn:{partition}:iam::{account}:policy/{name}"),
    "AWS::KMS::Key": Form("", "{uuid}", {"Arn": _ACCOUNT + "key/{uuid}", "KeyId": "{uuid}"}),
    "AWS::KMS::Alias": Form("AliasName", "{name}"),
    "AWS::S3::Bucket": Form("BucketName", "{lower}", {"Arn": "arn:{partition}:s3:::{lower}"}),
    "AWS::Kinesis::Stream": Form("Name", "{name}", {"Arn": _ACCOUNT + "stream/{name}"}),
    "AWS::Logs::LogGroup": Form("LogGroupName", "{name}", {"Arn": _ACCOUNT + "log-group:{name}:*"}),
}
_OTHER: Final = Form("Name", "{name}")


def naming_property(type_: str) -> str:
    """The property that names a resource of a type; empty if none does."""
    return _FORMS.get(type_, _OTHER).named_by


def reference(type_: str, name: str, place: Place) -> str:
    """What `Ref` gives for a resource that is not there."""
    return _filled(_FORMS.get(type_, _OTHER).reference, type_, name, place)


def attribute(type_: str, name: str, attribute_: str, place: Place) -> str:
    """What `Fn::GetAtt` gives for one."""
    form = _FORMS.get(type_, _OTHER).attributes.get(attribute_)
    if form is None:
        kind = type_.rpartition("::")[2].lower()
        form = _ACCOUNT + kind + "/{name}" if attribute_.lower().endswith("arn") else "{name}." + attribute_
    return _filled(form, type_, name, place)


def _filled(form: str, type_: str, name: str, place: Place) -> str:
    parts = type_.split("::")
    return form.format(
        name=name,
        lower=name.lower(),
        uuid=uuid5(NAMESPACE_URL, f"{place.stack}/{name}"),
        service=parts[1].lower() if len(parts) > 1 else "custom",
        partition=place.partition,
        region=place.region,
        account=place.account,
        suffix=place.suffix,
    )
