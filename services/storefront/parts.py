"""What the routes work with, and what they have in common."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends, Header, Request

from services.common.dynamodb import Database
from services.common.errors import FieldError, Invalid
from services.common.time_ids import Clock, Ids, RandomIds, SystemClock
from services.storefront.batches import Batches
from services.storefront.checkout import Checkout
from services.storefront.descriptions import DescriptionFolder
from services.storefront.products import Products
from services.storefront.sessions import Sessions
from services.storefront.settings import Settings
from services.storefront.views import Views

_TAG: Final = re.compile(r'"([0-9]{1,15})"')


@dataclass(frozen=True)
class Parts:
    """The parts of the service; in `app.state.storefront`."""

    products: Products
    views: Views
    sessions: Sessions
    checkout: Checkout
    clock: Clock


def assemble(
    settings: Settings, database: Database, *, clock: Clock | None = None, ids: Ids | None = None
) -> Parts:
    """The parts, over a database."""
    clock, ids = clock or SystemClock(), ids or RandomIds()
    client, batches = database.dynamodb, Batches(database.dynamodb)
    products = Products(
        client,
        settings.products_table,
        batches=batches,
        folder=DescriptionFolder(Path(settings.descriptions), ids),
        ids=ids,
    )
    sessions = Sessions(
        client, settings.sessions_table, seconds=settings.session_seconds, clock=clock, ids=ids
    )
    checkout = Checkout(
        client,
        sessions=sessions,
        sessions_table=settings.sessions_table,
        products=products,
        products_table=settings.products_table,
        clock=clock,
        ids=ids,
    )
    views = Views(client, settings.sessions_table, batches, settings.view_shards)
    return Parts(products, views, sessions, checkout, clock)


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.storefront
    return parts


Here = Annotated[Parts, Depends(_parts)]


def tag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def _version(
    if_match: Annotated[str | None, Header(description='Only if the ETag is still this one: `"3"`.')] = None,
) -> int | None:
    if if_match is None or if_match == "*":
        return None
    found = _TAG.fullmatch(if_match)
    if found is None:
        raise Invalid(FieldError("if-match", "must be an ETag of this service"))
    return int(found[1])


IfMatch = Annotated[int | None, Depends(_version)]
