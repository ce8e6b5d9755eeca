"""What a request scales, and AWS's answers where that cannot be.

Texts were seen in clients' reports of AWS's replies unless marked as unverified.
"""

from typing import Any, Final

from stator.monitoring.scaling import store
from stator.monitoring.scaling.records import NAMESPACE, Place, Target
from stator.operations.services import ServiceCall, ServiceError
from stator.storage.engine import Reader
from stator.tables.definition import IndexDefinition, TableDefinition

_UNSUPPORTED: Final = "Unsupported service namespace, resource type or scalable dimension"


def invalid(message: str) -> ServiceError:
    """A refusal of a request."""
    return ServiceError("ValidationException", message)


def not_found(message: str) -> ServiceError:
    """The answer where something is not there."""
    return ServiceError("ObjectNotFoundException", message)


def too_many(message: str) -> ServiceError:
    """The answer where a quota is used up."""
    return ServiceError("LimitExceededException", message)


def place_of(request: dict[str, Any]) -> Place:
    """What a request is about. Raises ServiceError if that cannot be scaled."""
    place = Place.parse(request["ResourceId"], request["ScalableDimension"])
    if request["ServiceNamespace"] != NAMESPACE or place is None:
        raise invalid(_UNSUPPORTED)
    return place


def words(place: Place) -> str:
    """A place, as AWS's texts tell it."""
    resource = f"service namespace: {NAMESPACE}, resource ID: {place.resource}"
    return f"{resource}, scalable dimension: {place.dimension}"


def target_of(reader: Reader, place: Place) -> Target:
    """The registered target. Raises ServiceError."""
    target = store.TARGETS.get(reader, place)
    if target is None:
        raise not_found(f"No scalable target registered for {words(place)}")
    return target


def subject(definition: TableDefinition, place: Place) -> TableDefinition | IndexDefinition | None:
    """What of a table is scaled: itself, or a global index that it has and keeps."""
    if place.index_name is None:
        return definition
    index = definition.index(place.index_name)
    return None if index is None or index.kind != "global" or index.deleting else index


def check_exists(call: ServiceCall, reader: Reader, place: Place) -> None:
    """Refuse a table or an index that is not there (the index's text is unverified)."""
    table = call.database.catalog.table(reader, place.table_name)
    if table is None or table.definition.deleting:
        raise invalid(f"DynamoDB table does not exist: {place.resource}")
    if subject(table.definition, place) is None:
        raise invalid(f"DynamoDB index does not exist: {place.resource}")
