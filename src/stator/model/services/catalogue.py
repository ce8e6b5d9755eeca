"""The trimmed models of the other services as they are on disk, read once each and on first use."""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from stator.model.catalogue import RawShape
from stator.model.services.directory import NAMES


class ServiceOperation(msgspec.Struct, frozen=True):
    """One operation: the names of its input and output shapes, and of the errors that it declares."""

    name: str
    input: str | None
    output: str | None
    errors: tuple[str, ...]


class ErrorFacts(msgspec.Struct, frozen=True):
    """An error: the code that forms know it by, its HTTP status, and the member that holds its text."""

    code: str
    status: int
    text: str


class ServiceModel(msgspec.Struct, frozen=True):
    """A trimmed service model. `not_served` are the operations that the service has and Stator does not."""

    botocore: str
    operations: tuple[ServiceOperation, ...]
    not_served: frozenset[str]
    errors: dict[str, ErrorFacts]
    shapes: dict[str, RawShape]

    def operation(self, name: str) -> ServiceOperation | None:
        """An operation that is served; None if it is not, or does not exist."""
        return next((each for each in self.operations if each.name == name), None)


_NOTHING: Final = ServiceModel("", (), frozenset(), {}, {})


def service_model(service: str) -> ServiceModel:
    """The model of a service, by botocore's name of it; one without any operations if nothing is served."""
    return _read(service) if service in NAMES else _NOTHING


@cache
def _read(service: str) -> ServiceModel:
    text = Path(__file__).with_name(f"{service}.json").read_bytes()
    return msgspec.json.decode(text, type=ServiceModel)
