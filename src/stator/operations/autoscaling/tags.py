"""TagResource, UntagResource and ListTagsForResource: the tags of scalable targets."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace

from stator.monitoring.scaling import store
from stator.monitoring.scaling.records import Target
from stator.operations.autoscaling.targets import TAGS_MAX
from stator.operations.services import AUTO_SCALING, Reply, ServiceCall, ServiceError, service_operation
from stator.storage.engine import Reader, Transaction

Tags = dict[str, str]


@service_operation(AUTO_SCALING, "ListTagsForResource")
def list_tags_for_resource(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Show the tags of a target."""
    return call.database.engine.read(lambda reader: {"Tags": _tagged(call, reader, request).tags})


@service_operation(AUTO_SCALING, "TagResource")
def tag_resource(call: ServiceCall, request: dict[str, Any]) -> Awaitable[Reply]:
    """Add tags to a target, or change them."""
    return _change(call, request, lambda tags: tags | request["Tags"])


@service_operation(AUTO_SCALING, "UntagResource")
def untag_resource(call: ServiceCall, request: dict[str, Any]) -> Awaitable[Reply]:
    """Remove tags from a target."""
    gone = set(request["TagKeys"])
    return _change(call, request, lambda tags: {key: tags[key] for key in tags if key not in gone})


def _change(call: ServiceCall, request: dict[str, Any], change: Callable[[Tags], Tags]) -> Awaitable[Reply]:
    def body(transaction: Transaction) -> Reply:
        target = _tagged(call, transaction, request)
        tags = change(target.tags)
        if len(tags) > TAGS_MAX:  # unverified
            raise ServiceError("TooManyTagsException", f"Number of tags exceeds the limit of {TAGS_MAX}")
        store.TARGETS.put(transaction, replace(target, tags=tags))
        return {}

    return call.database.engine.write(body)


def _tagged(call: ServiceCall, reader: Reader, request: dict[str, Any]) -> Target:
    """The target of an ARN. Raises ServiceError."""
    arn: str = request["ResourceARN"]
    account, target_id = arn.split(":")[4], arn.rpartition("/")[2]
    for _, target in store.TARGETS.all(reader):
        if target.id == target_id and account == call.database.account:
            return target
    raise ServiceError("ResourceNotFoundException", f"Resource not found: {arn}")  # unverified
