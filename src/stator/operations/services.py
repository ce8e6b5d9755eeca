"""The registry of operations of other AWS services that clients of DynamoDB call on the same port.

Here a request is what its service's model makes of it, whichever wire protocol it came by: a dictionary by
the names of members, its types and constraints checked. A reply is the same. Timestamps are seconds since the
epoch, as floats; blobs are bytes. Few servers are asked any of this, so the modules of a service are imported
with the first request to it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, TypeVar

from stator.tables.database import Database

Reply = Mapping[str, Any]
Handler = Callable[["ServiceCall", dict[str, Any]], Reply | Awaitable[Reply]]
HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])

CLOUDWATCH: Final = "cloudwatch"
AUTO_SCALING: Final = "application-autoscaling"
STS: Final = "sts"
IAM: Final = "iam"
KMS: Final = "kms"


@dataclass(slots=True)
class ServiceCall:
    """What a handler is given besides its request.

    `region` and `access_key` are those of the request's credential scope (the key is empty if there is none).
    """

    database: Database
    region: str
    access_key: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource such as `alarm:high`, of the caller's region."""
        return f"arn:aws:{service}:{self.region}:{self.database.account}:{resource}"


class ServiceError(Exception):
    """An error reply: the name of the error's shape in the service's model, and AWS's text.

    A shape's name gives the code of each protocol and the HTTP status. What no model knows keeps its name as
    its code, and `status`.
    """

    def __init__(self, shape: str, message: str, *, status: int = 400) -> None:
        super().__init__(shape, message)
        self.shape = shape
        self.message = message
        self.status = status


MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    CLOUDWATCH: (
        "stator.operations.cloudwatch.put_metric_data",
        "stator.operations.cloudwatch.metric_data",
        "stator.operations.cloudwatch.metric_statistics",
        "stator.operations.cloudwatch.list_metrics",
        "stator.operations.cloudwatch.alarms.changes",
        "stator.operations.cloudwatch.alarms.descriptions",
        "stator.operations.cloudwatch.alarms.history",
        "stator.operations.cloudwatch.alarms.tags",
    ),
    STS: ("stator.operations.identity.sts",),
    IAM: ("stator.operations.identity.iam",),
    KMS: ("stator.operations.kms",),
    AUTO_SCALING: (
        "stator.operations.autoscaling.targets",
        "stator.operations.autoscaling.policies",
        "stator.operations.autoscaling.schedules",
        "stator.operations.autoscaling.activities",
        "stator.operations.autoscaling.tags",
    ),
}
"""Per service, the modules whose import registers its operations."""

_OPERATIONS: Final[dict[tuple[str, str], Handler]] = {}


def service_operation(service: str, name: str) -> Callable[[HandlerT], HandlerT]:
    """Register a handler."""

    def register(handler: HandlerT) -> HandlerT:
        assert (service, name) not in _OPERATIONS, f"{service}.{name} is registered twice"
        _OPERATIONS[service, name] = handler
        return handler

    return register


def handler_of(service: str, name: str) -> Handler | None:
    """The handler of an operation; None if there is none."""
    for module in MODULES.get(service, ()):
        import_module(module)
    return _OPERATIONS.get((service, name))
