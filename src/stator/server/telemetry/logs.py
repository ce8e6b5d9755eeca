"""The log, on standard error: lines for people, or one JSON object a line for programs.

The text of a record is static as far as that reads well; what varies is in its fields, which are what a call
gives as `extra`:

    _log.warning("slow request", extra={"operation": "Query", "seconds": 1.5})

    human    2026-11-21 10:00:00,123 WARNING worker 1 stator.requests: slow request operation="Query"
             seconds=1.5
    json     {"time":"2026-11-21T10:00:00.123Z","level":"warning","logger":"stator.requests","worker":1,
              "message":"slow request","operation":"Query","seconds":1.5}

No field of ours has a key or a value of an item, or a secret. A field's value is escaped as in JSON in both
forms, so what a client has chosen cannot begin a line of its own.
"""

import logging
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

from stator.server.config import Settings

_HUMAN: Final = "%(asctime)s %(levelname)s {worker}%(name)s: %(message)s"
# What every record has; `message` and `asctime` are added by the formatters of the standard library.
_OWN_ATTRIBUTES: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_log = logging.getLogger("stator")


def set_up(settings: Settings, worker: int | None = None) -> None:
    """Log in this process as the settings say; its records name `worker`, if it is one of several."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(worker) if settings.log_format == "json" else _Human(worker))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    if settings.log_format == "json":
        sys.excepthook = _log_uncaught


def say(settings: Settings, text: str, *, warning: bool = False) -> None:
    """Tell whoever starts a server why it does not start, or what to beware of, on standard error."""
    if settings.log_format == "json":
        _log.log(logging.WARNING if warning else logging.ERROR, text)
    else:
        kind = "warning: " if warning else ""
        print(f"stator: {kind}{text}", file=sys.stderr, flush=True)  # noqa: T201


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    _log.critical("bug: the process ends", exc_info=(kind, error, traceback))


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    return {name: value for name, value in record.__dict__.items() if name not in _OWN_ATTRIBUTES}


def _encoded(value: Any) -> str:
    import json  # Few servers log any. Unlike msgspec, it takes all that may be in a path's name.

    return json.dumps(value, default=str, separators=(",", ":"))


class _Human(logging.Formatter):
    """Lines for people; a stack trace follows its record."""

    def __init__(self, worker: int | None) -> None:
        super().__init__(_HUMAN.format(worker="" if worker is None else f"worker {worker} "))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the base's name)
        """The line of a record."""
        fields = (f" {name}={_encoded(value)}" for name, value in _fields(record).items())
        return super().formatMessage(record) + "".join(fields)


class _Json(logging.Formatter):
    """One JSON object a line; a stack trace is a text in it."""

    def __init__(self, worker: int | None) -> None:
        super().__init__()
        self._worker = {} if worker is None else {"worker": worker}

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            **self._worker,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            entry["stack"] = self.formatStack(record.stack_info)
        return _encoded(entry)
