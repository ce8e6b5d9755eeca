"""A template with its parameters resolved: the resources and outputs that its conditions leave.

    document -> parameters -> loops written out -> rules checked -> conditions -> resources, outputs

What a resource's properties say is evaluated later, since it may refer to what another resource is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stator.apply.errors import TemplateError
from stator.apply.template import loops, parameters, rules
from stator.apply.template.conditions import Conditions, Place
from stator.apply.template.evaluation import EXTENSIONS, Evaluator
from stator.apply.template.references import ordered, resources_in

SERVERLESS: Final = "AWS::Serverless-2016-10-31"
RETAIN: Final = "Retain"
_SECTIONS: Final = (
    *("AWSTemplateFormatVersion", "Conditions", "Description", "Globals", "Hooks", "Mappings", "Metadata"),
    *("Outputs", "Parameters", "Resources", "Rules", "Transform"),
)
_MEMBERS: Final = frozenset(
    {
        *("Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy"),
        *("Metadata", "CreationPolicy", "UpdatePolicy", "Connectors", "IgnoreGlobals"),
    }
)
_POLICIES: Final = ("Delete", RETAIN, "RetainExceptOnCreate", "Snapshot")
_ID: Final = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True)
class Resource:
    """A resource whose condition holds; `properties` are not evaluated yet."""

    id: str
    type: str
    properties: Mapping[str, Any]
    depends_on: tuple[str, ...] = ()
    retained: bool = False  # when it is deleted: forgotten, and left as it is
    retained_if_replaced: bool = False

    @property
    def path(self) -> str:
        """Where its properties are, for messages."""
        return f"Resources.{self.id}.Properties"


@dataclass(frozen=True)
class Output:
    """An output whose condition holds; value and name of the export are not evaluated yet."""

    id: str
    value: Any
    description: str
    export: Any

    @property
    def path(self) -> str:
        """Where it is, for messages."""
        return f"Outputs.{self.id}"


@dataclass(frozen=True)
class Template:
    """What is left of a template for one set of parameters. `resources`: each after those that it needs."""

    place: Place
    parameters: parameters.Parameters
    conditions: Conditions
    mappings: Mapping[str, Any]
    imports: Mapping[str, str]
    extended: bool
    resources: Mapping[str, Resource]
    outputs: tuple[Output, ...]
    unchecked_rules: tuple[str, ...]


def read(
    document: Mapping[str, Any],
    given: Mapping[str, str],
    place: Place,
    imports: Mapping[str, str] | None = None,
) -> Template:
    """The template of a document, with the parameters that were given. Raises TemplateError."""
    sections = {name: _section(document, name) for name in ("Parameters", "Mappings", "Conditions", "Rules")}
    strangers = sorted(set(document) - set(_SECTIONS))
    if strangers:
        raise TemplateError(f"a template has no [{', '.join(strangers)}]")
    transforms = _transforms(document)
    extended = EXTENSIONS in transforms
    values = parameters.resolve(sections["Parameters"], given)
    conditions = Conditions(values, place, {})
    evaluator = Evaluator(conditions, sections["Mappings"], imports or {}, place.region, extended=extended)
    written = {
        name: loops.written_out(_section(document, name), evaluator, name)
        for name in ("Conditions", "Resources", "Outputs")
    }
    conditions = evaluator.names = Conditions(values, place, written["Conditions"], evaluator)
    for name in written["Conditions"]:
        conditions.condition(name, "Conditions")
    unchecked = rules.check(sections["Rules"], evaluator, values)
    if not written["Resources"]:
        raise TemplateError("Resources: at least one resource must be there")
    resources = {
        name: resource
        for name, row in written["Resources"].items()
        if (resource := _resource(name, row, evaluator)) is not None
    }
    outputs = tuple(_outputs(written["Outputs"], conditions))
    resources = _in_order(resources, outputs, conditions, generated=SERVERLESS in transforms)
    return Template(
        place,
        values,
        conditions,
        sections["Mappings"],
        imports or {},
        extended,
        resources,
        outputs,
        tuple(unchecked),
    )


def _section(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name) or {}
    if not isinstance(found, dict):
        raise TemplateError(f"{name} is an object")
    return found


def _transforms(document: Mapping[str, Any]) -> list[str]:
    given = document.get("Transform") or []
    found = given if isinstance(given, list) else [given]
    for name in found:
        if name not in (EXTENSIONS, SERVERLESS):
            raise TemplateError(f"Transform: {name} is not supported")
    return found


def _resource(name: str, row: Any, evaluator: Evaluator) -> Resource | None:
    path = f"Resources.{name}"
    if not _ID.fullmatch(name):
        raise TemplateError(f"{path}: the name of a resource has letters and digits only")
    if not isinstance(row, dict) or not isinstance(row.get("Type"), str):
        raise TemplateError(f"{path}: a resource is an object with a Type")
    strangers = sorted(row.keys() - _MEMBERS)
    if strangers:
        raise TemplateError(f"{path}: a resource has no [{', '.join(strangers)}]")
    properties = row.get("Properties") or {}
    if not isinstance(properties, dict):
        raise TemplateError(f"{path}.Properties is an object")
    if "Condition" in row and not evaluator.names.condition(str(row["Condition"]), path):
        return None
    depends_on = row.get("DependsOn") or []
    return Resource(
        name,
        row["Type"],
        properties,
        tuple(map(str, depends_on if isinstance(depends_on, list) else [depends_on])),
        _policy(row, "DeletionPolicy", evaluator, path) != "Delete",
        _policy(row, "UpdateReplacePolicy", evaluator, path) != "Delete",
    )


def _policy(row: dict[str, Any], name: str, evaluator: Evaluator, path: str) -> str:
    if row.get(name) is None:
        return "Delete"
    found = evaluator.text(row[name], f"{path}.{name}")
    if found not in _POLICIES:
        raise TemplateError(f"{path}.{name}: {found} is none of {', '.join(_POLICIES)}")
    return found


def _outputs(section: Mapping[str, Any], conditions: Conditions) -> Iterator[Output]:
    for name, row in section.items():
        if not isinstance(row, dict) or "Value" not in row:
            raise TemplateError(f"Outputs.{name} needs a Value")
        if "Condition" in row and not conditions.condition(str(row["Condition"]), f"Outputs.{name}"):
            continue
        export = row.get("Export")
        if export is not None and not (isinstance(export, dict) and "Name" in export):
            raise TemplateError(f"Outputs.{name}.Export needs a Name")
        yield Output(name, row["Value"], str(row.get("Description") or ""), export and export["Name"])


def _in_order(
    resources: dict[str, Resource], outputs: tuple[Output, ...], conditions: Conditions, *, generated: bool
) -> dict[str, Resource]:
    """The resources in the order of what needs what. Raises TemplateError for a name that is none of them.

    `generated`: a transform makes resources that the template does not have, so unknown names are theirs.
    """
    needs = {
        name: {*resource.depends_on, *resources_in(dict(resource.properties), conditions, resource.path)}
        for name, resource in resources.items()
    }
    named = needs | {
        output.path: set(resources_in(output.value, conditions, output.path)) for output in outputs
    }
    found = dict(resources)
    for place, names in named.items():
        unknown = sorted(names - found.keys())
        if unknown and not generated:
            raise TemplateError(f"{place}: unresolved resource dependencies [{', '.join(unknown)}]")
        found |= {name: Resource(name, "AWS::Serverless::Generated", {}) for name in unknown}
    return {name: found[name] for name in ordered({name: needs.get(name, ()) for name in found})}
