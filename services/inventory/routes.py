"""The routes that all services have, and what their own are made of.

A reply has the aggregate's fields beside its id, version and times; its ETag is the version. A command may
come with `If-Match`, and is then decided on that version or refused with 412, and with `Idempotency-Key`, and
is then done once however often it comes.
"""

import uuid
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel

from services.common import logs
from services.common.errors import FieldError, Invalid, NotFound
from services.common.items import deserialize
from services.common.paging import (
    LIMIT_DEFAULT,
    Cursor,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    link_next,
)
from services.inventory import commands
from services.inventory.commands import Command
from services.inventory.events import Recorded
from services.inventory.folds import Snapshot
from services.inventory.service import Service
from services.inventory.tables import EVENTS_KEY

Id = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9._-]+$")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9._:-]{1,128}$",
        description="Whatever the client makes up for this command; it may then be sent again.",
    ),
]
Match = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^"?[1-9][0-9]{0,9}"?$',
        description="The version to decide on, as an ETag has it.",
    ),
]
AtLeast = Annotated[int, Query(ge=0, description="The version that the answer must have reached.")]

# Ids of aggregates that a command with a key creates are made from the key, by this namespace.
_NAMESPACE: Final = uuid.UUID("0f5c2f4e-2d0c-4a3b-9d55-7f0f2a4f6f11")


class Envelope(BaseModel):
    """What every reply has."""

    id: str
    version: int
    createdAt: str  # noqa: N815  # as other services write it
    updatedAt: str  # noqa: N815


class EventBody(BaseModel):
    """An event."""

    version: int
    time: str
    type: str
    data: dict[str, Any]
    command: str | None = None


def new_id(service: Service[Any], key: str | None) -> str:
    """The id of an aggregate to be created: the same for the same key."""
    return service.ids.new() if key is None else str(uuid.uuid5(_NAMESPACE, f"{service.name}/{key}"))


def command(
    service: Service[Any],
    response: Response,
    identifier: str,
    asked: Command,
    key: str | None,
    match: str | None = None,
) -> dict[str, Any]:
    """Carry out a command; the fields of its reply."""
    expected = None if match is None else int(match.strip('"'))
    outcome = service.commands.run(commands.Request(identifier, asked, key, expected))
    if not outcome.repeated:
        logs.audit(type(asked).__name__, service.name, identifier, version=outcome.snapshot.version)
    else:
        response.headers["Idempotent-Replayed"] = "true"
    return _shown(outcome.snapshot, response)


def add_reading(router: APIRouter, service: Service[Any], body: type[Envelope]) -> None:
    """Add the routes that read: all views, one of them, and its events."""

    @router.get("", response_model=list[body], response_model_exclude_none=True)  # type: ignore[valid-type]
    def list_views(
        request: Request, response: Response, limit: Limit = LIMIT_DEFAULT, cursor: Cursor = None
    ) -> list[dict[str, Any]]:
        """All, page by page: while there are more, the header `Link` has the address of the next page."""
        page = service.view.views.page(limit, cursor)
        link_next(request, response, page)
        return [each.attributes() for each in page.entries]

    @router.get("/{id}", response_model=body, response_model_exclude_none=True)
    def get_view(id: Id, response: Response, version: AtLeast = 0) -> dict[str, Any]:
        """One, as it was a moment ago, but not before it had a version if that is given."""
        return _shown(_reached(service, id, version), response)

    @router.get("/{id}/events", response_model_exclude_none=True)
    def list_events(
        id: Id, request: Request, response: Response, limit: Limit = LIMIT_DEFAULT, cursor: Cursor = None
    ) -> list[EventBody]:
        """What has happened to it, oldest first."""
        start = decode_cursor(cursor, EVENTS_KEY.attributes)
        if start is not None and start["id"] != {"S": id}:
            raise Invalid(FieldError("cursor", "is not a cursor of this listing"))
        answer = service.log.page(id, limit, start)
        found = [Recorded.of(deserialize(item)) for item in answer["Items"]]
        if not found and start is None:
            raise NotFound(service.definition.aggregate.kind, id)
        link_next(request, response, Page(found, encode_cursor(answer.get("LastEvaluatedKey"))))
        return [
            EventBody(
                version=each.version,
                time=each.time,
                type=each.type,
                data=dict(each.data),
                command=each.command,
            )
            for each in found
        ]


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The failures that a route is documented with."""
    return {status: {"description": _FAILURES[status]} for status in statuses}


def _reached(service: Service[Any], identifier: str, version: int) -> Snapshot[Any]:
    """A view. One that is not there, or behind the version asked for, is caught up on the spot."""
    found: Snapshot[Any] | None = service.view.views.get(identifier)
    if found is None or found.version < version:
        service.view.catch_up(identifier)
        found = service.view.views.get(identifier, consistent=True)
    if found is None or found.version < version:
        kind = service.definition.aggregate.kind
        raise NotFound(kind, f"{identifier} of version {version}" if found else identifier)
    return found


def _shown(snapshot: Snapshot[Any], response: Response) -> dict[str, Any]:
    response.headers["ETag"] = f'"{snapshot.version}"'
    return snapshot.attributes()


_FAILURES: Final = {
    404: "There is none of this id.",
    409: "Its state does not allow it.",
    412: "It is not at the version of If-Match.",
}
