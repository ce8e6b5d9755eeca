"""Trims botocore's models of the services beside DynamoDB to what is served of them.

Run by `python -m tools.model`. Whoever implements an operation adds its name to IMPLEMENTED.
"""

import json
from typing import Any, Final

IMPLEMENTED: Final[dict[str, tuple[str, ...]]] = {
    "cloudwatch": (
        "PutMetricData",
        "GetMetricData",
        "GetMetricStatistics",
        "ListMetrics",
        "PutMetricAlarm",
        "PutCompositeAlarm",
        "DescribeAlarms",
        "DescribeAlarmHistory",
        "DescribeAlarmsForMetric",
        "SetAlarmState",
        "EnableAlarmActions",
        "DisableAlarmActions",
        "DeleteAlarms",
        "TagResource",
        "UntagResource",
        "ListTagsForResource",
    ),
    "application-autoscaling": (
        "RegisterScalableTarget",
        "DeregisterScalableTarget",
        "DescribeScalableTargets",
        "PutScalingPolicy",
        "DeleteScalingPolicy",
        "DescribeScalingPolicies",
        "DescribeScalingActivities",
        "PutScheduledAction",
        "DescribeScheduledActions",
        "DeleteScheduledAction",
        "TagResource",
        "UntagResource",
        "ListTagsForResource",
    ),
    "sts": ("GetCallerIdentity",),
    "iam": ("GetUser", "ListAccountAliases", "ListRoles"),
    "kms": ("DescribeKey", "ListAliases"),
}

# Enumerations whose values AWS's texts list in another order than the model (captured: SetAlarmState).
_ORDERS: Final = {("cloudwatch", "StateValue"): ["INSUFFICIENT_DATA", "ALARM", "OK"]}

_FACTS: Final = ("type", "required", "min", "max", "pattern", "enum")


def trimmed(service: str) -> str:
    """The facts of one botocore service model as JSON text, one operation, shape or error per line."""
    import botocore
    from botocore.loaders import Loader

    model = Loader().load_service_model(service, "service-2")
    names = IMPLEMENTED[service]
    operations = [_operation(name, model["operations"][name]) for name in names]
    others = sorted(set(model["operations"]) - set(names))
    roots = [each[side] for each in operations for side in ("input", "output") if each[side]]
    shapes = {name: _shape(service, name, model["shapes"][name]) for name in _reached(model["shapes"], roots)}
    errors = {
        name: _error(name, shape) for name, shape in sorted(model["shapes"].items()) if shape.get("exception")
    }
    lines = [
        "{",
        f'"botocore": {json.dumps(botocore.__version__)},',
        '"operations": [',
        ",\n".join(json.dumps(operation) for operation in operations),
        f'],\n"not_served": {json.dumps(others)},',
        '"errors": {',
        ",\n".join(f"{json.dumps(name)}: {json.dumps(error)}" for name, error in errors.items()),
        '},\n"shapes": {',
        ",\n".join(f"{json.dumps(name)}: {json.dumps(shape)}" for name, shape in shapes.items()),
        "}\n}",
    ]
    return "\n".join(lines) + "\n"


def _operation(name: str, operation: dict[str, Any]) -> dict[str, Any]:
    # So the element around a result in XML need not be told.
    assert operation.get("output", {}).get("resultWrapper", f"{name}Result") == f"{name}Result"
    return {
        "name": name,
        "input": operation["input"]["shape"] if "input" in operation else None,
        "output": operation["output"]["shape"] if "output" in operation else None,
        "errors": [error["shape"] for error in operation.get("errors", ())],
    }


def _reached(shapes: dict[str, Any], roots: list[str]) -> list[str]:
    """The names of all shapes that the roots are made of, sorted."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        shape = shapes[name]
        parts = [
            *shape.get("members", {}).values(),
            *(shape[p] for p in ("member", "key", "value") if p in shape),
        ]
        # The wire's names are the shapes' own in all these services, and that is relied on.
        assert all(not {"locationName", "flattened"} & part.keys() for part in parts), name
        waiting += [part["shape"] for part in parts]
    return sorted(found)


def _shape(service: str, name: str, shape: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {fact: shape[fact] for fact in _FACTS if fact in shape}
    if (service, name) in _ORDERS:
        assert sorted(facts["enum"]) == sorted(_ORDERS[service, name])
        facts["enum"] = _ORDERS[service, name]
    if shape.get("members"):
        facts["members"] = {member: each["shape"] for member, each in shape["members"].items()}
    facts.update({part: shape[part]["shape"] for part in ("member", "key", "value") if part in shape})
    return facts


def _error(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    """The code that forms know an error by, its status, and the name of its text."""
    error = shape.get("error", {})
    texts = [member for member in shape.get("members", {}) if member.lower() == "message"]
    return {
        "code": error.get("code", name),
        "status": error.get("httpStatusCode", 500 if shape.get("fault") else 400),
        "text": texts[0] if texts else "message",
    }
