"""The routes of purchase orders."""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from pydantic import computed_field

from services.common.errors import FieldError, Invalid
from services.common.items import JsonNumber
from services.inventory.folds import Snapshot
from services.inventory.orden_compra.domain import Approve, Cancel, Line, NewOrder, Order, Place
from services.inventory.orden_compra.suppliers import KnownSupplier
from services.inventory.routes import Envelope, Id, Key, Match, add_reading, command, new_id, responses
from services.inventory.service import Service

PREFIX = "/orden-compra"


class LineBody(Line):
    """A line of an order."""

    unitPrice: JsonNumber  # noqa: N815


class OrderBody(Envelope, Order):
    """A purchase order."""

    lines: tuple[LineBody, ...]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def total(self) -> JsonNumber:
        """What it costs."""
        return sum((line.quantity * line.unitPrice for line in self.lines), Decimal(0))


def routes(service: Service[Order]) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix=PREFIX, tags=["orden-compra"], responses=responses(404, 409, 412))
    reply: dict[str, Any] = {"response_model": OrderBody, "response_model_exclude_none": True}

    @router.post("", status_code=HTTPStatus.CREATED, **reply)
    def place(form: NewOrder, response: Response, key: Key = None) -> dict[str, Any]:
        """Place an order. Its supplier must be registered and active."""
        id = new_id(service, key)
        response.headers["Location"] = f"{PREFIX}/{id}"
        placed = service.commands.load(id) if key is not None else None
        name = placed.state.supplierName if placed else _supplier(service, form.supplierId).state.name
        return command(service, response, id, Place(**form.model_dump(), supplierName=name), key)

    @router.post("/{id}/approve", **reply)
    def approve(id: Id, response: Response, key: Key = None, match: Match = None) -> dict[str, Any]:
        """Send an order to its supplier: its goods are expected from now on."""
        return command(service, response, id, Approve(), key, match)

    @router.post("/{id}/cancel", **reply)
    def cancel(
        id: Id, form: Cancel, response: Response, key: Key = None, match: Match = None
    ) -> dict[str, Any]:
        """Give up an order of which nothing has come."""
        return command(service, response, id, form, key, match)

    add_reading(router, service, OrderBody)
    return router


def _supplier(service: Service[Order], identifier: str) -> Snapshot[KnownSupplier]:
    """The copy of a supplier, brought up to date first: it may have changed a moment ago."""
    suppliers = service.copies["proveedor"]
    suppliers.catch_up(identifier)
    found: Snapshot[KnownSupplier] | None = suppliers.views.get(identifier, consistent=True)
    if found is None:
        raise Invalid(FieldError("supplierId", "is not a supplier"))
    if not found.state.active:
        raise Invalid(FieldError("supplierId", "is a supplier from which nothing is ordered"))
    return found
