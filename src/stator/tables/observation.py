"""What is told of a request that was answered, to whoever wants to know (`Meter.observers`)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Observation(NamedTuple):
    """One request to an operation of DynamoDB or its streams.

    `operation` is its name, empty where none was found; `tables` are those that the request names, each once,
    as far as it could be read. `seconds` is how long it took, `started` when it began (seconds since the
    epoch, by the server's clock). `status` is HTTP's, `error` AWS's name for the error, None for none.
    `request_id` is what the client was given. `headers` are the request's, names in lower case: whoever is
    told of them takes what names a trace and nothing else, since credentials are among them.
    """

    operation: str
    tables: tuple[str, ...]
    seconds: float
    status: int
    error: str | None
    request_id: str
    started: float
    headers: Mapping[bytes, bytes] = MappingProxyType({})


Observer = Callable[[Observation], None]
