"""Logs: one line of JSON per record in production, readable lines in development; never a credential.

Loggers:
    requests   each request: method, path, status, milliseconds
    audit      each success that changed something: action, kind, id
    database   each operation on the database, in detail, at level DEBUG
    errors     each failure that is not the client's, with its stack trace

NODE_ENV=development means level DEBUG and readable lines; LOG_LEVEL and LOG_FORMAT decide otherwise. Texts
are static and what varies is in fields: `log.info("order created", extra=fields(id=...))`.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

from services.common.settings import ServerSettings
from services.common.time_ids import iso

REQUESTS = logging.getLogger("requests")
AUDIT = logging.getLogger("audit")
DATABASE = logging.getLogger("database")
ERRORS = logging.getLogger("errors")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

HIDDEN = "[hidden]"
# Shorter ones are stand-ins such as `dummy`; to hide those would deface ordinary words.
SECRET_LENGTH_MIN = 8
# User information in an address, and what a signed request carries.
_SECRET_FORMS = (
    re.compile(r"(?<=://)[^/\s@]+(?=@)"),
    re.compile(r"(?<=Signature=)[0-9a-f]+"),
)


def fields(**values: Any) -> dict[str, Any]:
    """The `extra` of a log call."""
    return {"fields": values}


def audit(action: str, kind: str, identifier: object, **more: Any) -> None:
    """Note that something was changed, by the request under way."""
    AUDIT.info("%s %s", kind, action, extra=fields(action=action, kind=kind, id=identifier, **more))


def configure(service: str, settings: ServerSettings, secrets: Iterable[str] = ()) -> None:
    """Set up the logs of this process, on standard error. `secrets` are never written."""
    development = settings.environment == "development"
    level = settings.log_level or ("debug" if development else "info")
    form = settings.log_format or ("human" if development else "json")
    handler = handler_for(sys.stderr, service, form, secrets)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)  # Of libraries, only what is wrong: botocore's details show signatures.
    for logger in (REQUESTS, AUDIT, DATABASE, ERRORS, logging.getLogger("services")):
        logger.setLevel(level.upper())


def handler_for(stream: TextIO, service: str, form: str, secrets: Iterable[str]) -> logging.Handler:
    """A handler that writes records in the form `json` or `human`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        _FORMS[form](service, frozenset(secret for secret in secrets if len(secret) >= SECRET_LENGTH_MIN))
    )
    return handler


class _Formatter(logging.Formatter):
    """Writes a record; what `secrets` has is hidden, in stack traces too."""

    def __init__(self, service: str, secrets: frozenset[str]) -> None:
        super().__init__()
        self._service = service
        # A longer secret first: it may contain a shorter one.
        self._secrets = sorted(secrets, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        text = self.line(record, getattr(record, "fields", {}), self._stack(record))
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        for form in _SECRET_FORMS:
            text = form.sub(HIDDEN, text)
        return text

    def line(self, record: logging.LogRecord, values: Mapping[str, Any], stack: str | None) -> str:
        raise NotImplementedError

    def _stack(self, record: logging.LogRecord) -> str | None:
        return self.formatException(record.exc_info) if record.exc_info else None


class _Json(_Formatter):
    def line(self, record: logging.LogRecord, values: Mapping[str, Any], stack: str | None) -> str:
        entry: dict[str, Any] = {
            "time": iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            **values,
        }
        if stack is not None:
            entry["stack"] = stack
        return json.dumps(entry, default=str, ensure_ascii=False)


class _Human(_Formatter):
    def line(self, record: logging.LogRecord, values: Mapping[str, Any], stack: str | None) -> str:
        moment = datetime.fromtimestamp(record.created).strftime("%H:%M:%S.%f")[:-3]
        shown = " ".join(f"{name}={json.dumps(value, default=str)}" for name, value in values.items())
        line = f"{moment} {record.levelname:<7} {self._service} {record.name}: {record.getMessage()}"
        return "\n".join(filter(None, (f"{line}  {shown}".rstrip(), stack)))


_FORMS: dict[str, type[_Formatter]] = {"json": _Json, "human": _Human}
