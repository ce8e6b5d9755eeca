"""What the names of a stack's resources mean: the names that they have, their ARNs, their streams."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from stator.apply import inventions
from stator.apply.errors import TemplateError
from stator.apply.resources.kind import Found
from stator.apply.resources.kinds import KINDS
from stator.apply.template.evaluation import Evaluator
from stator.apply.template.sections import Resource, Template

_SUFFIX_LENGTH: Final = 12
_NAME_LENGTH_MAX: Final = 255
_STACK_PART_MAX: Final = 100


def default_name(stack: str, resource: str) -> str:
    """The name of a resource that was given none, in CloudFormation's form; the same at every apply."""
    digest = hashlib.sha256(f"{stack}/{resource}".encode()).digest()
    suffix = base64.b32encode(digest).decode()[:_SUFFIX_LENGTH]
    start = f"{stack[:_STACK_PART_MAX]}-{resource}"[: _NAME_LENGTH_MAX - _SUFFIX_LENGTH - 1]
    return f"{start}-{suffix}"


class StackNames:
    """The names of one stack. `found` is filled while the stack is looked at and made."""

    def __init__(self, template: Template) -> None:
        self.found: dict[str, Found] = {}
        self.invented: dict[str, str] = {}
        self._template = template
        self._names: dict[str, str] = {}
        self.evaluator = Evaluator(
            self, template.mappings, template.imports, template.place.region, extended=template.extended
        )

    def reference(self, name: str, path: str) -> Any:
        """What `Ref` gives. Raises TemplateError."""
        if self._template.conditions.has(name):
            return self._template.conditions.reference(name, path)
        resource = self._resource(name, path)
        kind = KINDS.get(resource.type)
        if kind is None:
            return self._invented(
                resource, inventions.reference(resource.type, self._name(resource), self._place)
            )
        known = self._attributes(resource)
        return known.get("Ref") or kind.reference(self._name(resource), self._place)

    def attribute(self, name: str, attribute: str, path: str) -> str:
        """What `Fn::GetAtt` gives. Raises TemplateError."""
        resource = self._resource(name, path)
        if resource.type not in KINDS:
            invented = inventions.attribute(resource.type, self._name(resource), attribute, self._place)
            return self._invented(resource, invented)
        known = self._attributes(resource)
        if attribute not in known:
            raise TemplateError(f"{path}: {name} has no attribute {attribute}")
        return known[attribute]

    def condition(self, name: str, path: str) -> bool:
        """Whether a condition holds. Raises TemplateError."""
        return self._template.conditions.condition(name, path)

    def physical(self, resource: Resource) -> str:
        """The name that a resource has at the endpoint. Raises TemplateError."""
        return self._name(resource)

    @property
    def _place(self) -> Any:
        return self._template.place

    def _resource(self, name: str, path: str) -> Resource:
        resource = self._template.resources.get(name)
        if resource is None:
            raise TemplateError(f"{path}: there is no resource or parameter {name}")
        return resource

    def _attributes(self, resource: Resource) -> Mapping[str, str]:
        found = self.found.get(resource.id)
        known = KINDS[resource.type].attributes(self._name(resource), self._place)
        known |= found.attributes if found is not None else {}
        if "StreamSpecification" not in resource.properties:
            known.pop("StreamArn", None)
        return known

    def _name(self, resource: Resource) -> str:
        if resource.id not in self._names:
            self._names[resource.id] = self._named(resource)
        return self._names[resource.id]

    def _named(self, resource: Resource) -> str:
        default = default_name(self._place.stack, resource.id)
        kind = KINDS.get(resource.type)
        properties = (inventions.naming_property(resource.type),) if kind is None else kind.identity
        given = {name: resource.properties[name] for name in properties if name in resource.properties}
        identity = self.evaluator.value(given, resource.path)
        if kind is not None:
            return kind.name(identity, default)
        name = next(iter(identity.values()), default)
        return name if isinstance(name, str) else default

    def _invented(self, resource: Resource, text: str) -> str:
        self.invented[resource.id] = text
        return text
