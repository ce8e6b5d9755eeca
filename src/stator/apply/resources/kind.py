"""What every kind of resource can do, and how what is wanted is compared with what is there.

Both are brought into one form: a dictionary of properties, with the defaults of what was not said. What a
template does not say is thereby wanted as it is by default, and a second apply finds nothing to change.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from stator.apply.endpoint import Endpoint
from stator.apply.template.conditions import Place

# Dictionaries whose members are told one by one, and how deep.
_NAMED: Final = {"GlobalSecondaryIndexes": 2, "LocalSecondaryIndexes": 2, "Tags": 1}


@dataclass(frozen=True)
class Wanted:
    """What a template asks for: `properties` to be compared, `given` for requests, both without tags."""

    name: str
    properties: dict[str, Any]
    given: dict[str, Any]
    tags: dict[str, str]
    notes: tuple[str, ...] = ()  # for whoever reads the plan


@dataclass(frozen=True)
class Found:
    """What is there: `properties` to be compared, and `attributes`, which `Fn::GetAtt` gives."""

    name: str
    properties: dict[str, Any]
    tags: dict[str, str]
    attributes: dict[str, str] = field(default_factory=dict)
    protected: bool = False  # against deletion


@dataclass(frozen=True)
class Difference:
    """A property, or a named part of one, that is to change. None: it is not there, or no longer."""

    property: str
    before: Any
    after: Any
    replaces: bool = False


class Kind(ABC):
    """A kind of resource. All methods that take an endpoint raise ApplyError."""

    type: ClassVar[str]
    identity: ClassVar[tuple[str, ...]]  # the properties that name it
    replacing: ClassVar[frozenset[str]]  # the properties that AWS cannot change
    has_tags: ClassVar[bool] = True

    @abstractmethod
    def name(self, identity: Mapping[str, Any], default: str) -> str:
        """Its name, of the properties that name it, or the default."""

    def reference(self, name: str, place: Place) -> str:
        """What `Ref` gives."""
        return name

    @abstractmethod
    def attributes(self, name: str, place: Place) -> dict[str, str]:
        """What `Fn::GetAtt` gives before the resource is there; what nobody knows yet, in words."""

    def check_place(self, properties: Any, place: Place, path: str) -> None:  # noqa: B027 - most ask for none
        """Refuse evaluated properties that ask for another place. Raises TemplateError."""

    @abstractmethod
    def wanted(self, name: str, properties: Any, tags: Mapping[str, str], path: str) -> Wanted:
        """What evaluated properties ask for; `tags` are added to their own. Raises TemplateError."""

    @abstractmethod
    def find(self, endpoint: Endpoint, name: str, wanted: Wanted | None = None) -> Found | None:
        """What is there under a name; where one thing can be said in two ways, as `wanted` says it."""

    @abstractmethod
    def tagged(self, endpoint: Endpoint) -> Iterable[tuple[str, Mapping[str, str]]]:
        """The names and tags of all that are there."""

    @abstractmethod
    def create(self, endpoint: Endpoint, wanted: Wanted) -> None:
        """Make it, and wait until it can be used."""

    @abstractmethod
    def change(self, endpoint: Endpoint, found: Found, wanted: Wanted) -> None:
        """Change what is there, without replacing it, until it is what is wanted."""

    @abstractmethod
    def delete(self, endpoint: Endpoint, name: str) -> None:
        """Delete it, and wait until it is gone."""

    @abstractmethod
    def retag(self, endpoint: Endpoint, name: str, added: Mapping[str, str], removed: Iterable[str]) -> None:
        """Set and remove tags."""

    def differences(self, found: Found, wanted: Wanted) -> list[Difference]:
        """What differs, in the order of the names."""
        before, after = dict(found.properties), dict(wanted.properties)
        before["Tags"], after["Tags"] = found.tags, wanted.tags
        rows = []
        for name in sorted(before.keys() | after.keys()):
            old, new = before.get(name), after.get(name)
            if old == new:
                continue
            replaces = name in self.replacing
            depth = _NAMED.get(name, 0)
            rows += [Difference(*row, replaces) for row in _parts(name, old, new, depth)]
        return rows


def _parts(name: str, old: Any, new: Any, depth: int) -> Iterator[tuple[str, Any, Any]]:
    """The parts that differ, down to a depth; what is only on one side is one part."""
    if not depth or not isinstance(old, dict) or not isinstance(new, dict):
        yield name, old, new
        return
    for part in sorted(old.keys() | new.keys()):
        if old.get(part) != new.get(part):
            yield from _parts(f"{name}.{part}", old.get(part), new.get(part), depth - 1)


def tags_of(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags as a dictionary, without those that AWS itself sets."""
    return {row["Key"]: row.get("Value", "") for row in rows if not row["Key"].startswith("aws:")}


def tag_rows(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the rows of a request."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def retagged(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The tags to set, and the keys to remove."""
    added = {key: value for key, value in after.items() if before.get(key) != value}
    return added, sorted(before.keys() - after.keys())
