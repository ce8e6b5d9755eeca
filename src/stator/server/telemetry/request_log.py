"""Requests in the log: those that were slow, as warnings, and with the level `debug` all of them.

A record has the operation, the tables, how long it took, what came of it, and the request id that the client
was given. It has no key, no value and no header.
"""

import logging
from typing import Any, Final

from stator.tables.observation import Observation

_log = logging.getLogger("stator.requests")

_DIGITS: Final = 6  # of seconds: microseconds


class RequestLog:
    """Logs requests that took at least `slow_seconds`, if that is not 0; all others at the level `debug`."""

    def __init__(self, slow_seconds: float) -> None:
        self._slow_seconds = slow_seconds or float("inf")

    def __call__(self, observation: Observation) -> None:
        """Note a request."""
        if observation.seconds >= self._slow_seconds:
            _log.warning("slow request", extra=_fields(observation))
        elif _log.isEnabledFor(logging.DEBUG):
            _log.debug("request", extra=_fields(observation))


def _fields(observation: Observation) -> dict[str, Any]:
    fields = {
        "operation": observation.operation,
        "tables": observation.tables,
        "seconds": round(observation.seconds, _DIGITS),
        "status": observation.status,
        "request_id": observation.request_id,
    }
    return fields if observation.error is None else fields | {"error": observation.error}
