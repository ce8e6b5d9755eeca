"""An enterprise: its id, its name and two dates, and the document's two spellings of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from services.common.time_ids import iso

KIND: Final = "enterprise"
# An attribute of an enterprise and the names that it is written under. Any one is enough to read it.
SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("enterprise_name", "name"),
    "created": ("created_date", "createdAt"),
    "updated": ("updated_date", "updatedAt"),
}


class NotAnEnterprise(ValueError):
    """Something lacks what every enterprise has."""


@dataclass(frozen=True)
class Enterprise:
    """An enterprise. The id is a UUID in DynamoDB and an integer in PostgreSQL; dates are as iso() writes."""

    id: str | int
    name: str
    created: str
    updated: str


def spelled(**values: str) -> dict[str, str]:
    """Attributes under each of their names."""
    return {name: value for attribute, value in values.items() for name in SPELLINGS[attribute]}


def document(enterprise: Enterprise) -> dict[str, Any]:
    """An enterprise, in both spellings, as clients see it and as an item has it besides its key."""
    names = spelled(name=enterprise.name, created=enterprise.created, updated=enterprise.updated)
    return {"id": enterprise.id, **names}


def enterprise_of(values: Mapping[str, Any]) -> Enterprise:
    """The enterprise of an item's values or of a row, in either spelling. Raises NotAnEnterprise."""
    identifier = values.get("id")
    if not isinstance(identifier, str | int) or isinstance(identifier, bool):
        raise NotAnEnterprise(f"no id in {dict(values)}")
    found = {attribute: _first(values, names) for attribute, names in SPELLINGS.items()}
    missing = [SPELLINGS[attribute][0] for attribute, value in found.items() if value is None]
    if missing:
        raise NotAnEnterprise(f"{', '.join(missing)}: missing in {identifier}")
    return Enterprise(identifier, str(found["name"]), _moment(found["created"]), _moment(found["updated"]))


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((values[name] for name in names if values.get(name) is not None), None)


def _moment(value: Any) -> str:
    """A date of whatever form as iso() writes it; one without a zone is in UTC."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise NotAnEnterprise(f"{value!r} is not a date") from None
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
