"""The shapes of the other services, resolved: each points at its members' shapes, not at their names.

No overlay lies over these: they are as their services' models have them.
"""

from functools import cache

from stator.model.services.catalogue import service_model
from stator.model.shapes import Field, Limits, Shape

EMPTY = Shape("Unit", "structure", "Unit", Limits())


class _Resolver:
    """Resolves the shapes of one service, each once."""

    def __init__(self, service: str) -> None:
        self._raw = service_model(service).shapes
        self._done: dict[str, Shape] = {}

    def shape(self, name: str) -> Shape:
        if name in self._done:
            return self._done[name]
        raw = self._raw[name]
        shape = self._done[name] = Shape(
            name, raw.type, name, Limits(raw.min, raw.max, raw.pattern, raw.enum)
        )
        fields = []
        for member, of in raw.members.items():
            target = self.shape(of)
            fields.append(Field(member, target, member in raw.required, target.limits))
        shape.fields = shape.reported = tuple(fields)
        element = raw.member or raw.value
        shape.element = self.shape(element) if element else None
        shape.key = self.shape(raw.key) if raw.key else None
        return shape


@cache
def _resolver(service: str) -> _Resolver:
    return _Resolver(service)


def shape_of(service: str, name: str | None) -> Shape:
    """A resolved shape; one without members where an operation takes or gives nothing (None)."""
    return EMPTY if name is None else _resolver(service).shape(name)
