"""The routes of goods receipts. They come into being by themselves, when an order is approved."""

from typing import Any

from fastapi import APIRouter, Response

from services.inventory.ingreso_inventario.domain import Receipt, Receive
from services.inventory.routes import Envelope, Id, Key, Match, add_reading, command, responses
from services.inventory.service import Service

PREFIX = "/ingreso-inventario"


class ReceiptBody(Envelope, Receipt):
    """A goods receipt."""


def routes(service: Service[Receipt]) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix=PREFIX, tags=["ingreso-inventario"], responses=responses(404, 409, 412))

    @router.post("/{id}/receive", response_model=ReceiptBody, response_model_exclude_none=True)
    def receive(
        id: Id, form: Receive, response: Response, key: Key = None, match: Match = None
    ) -> dict[str, Any]:
        """Take in goods of an order, all or some of them; what came in then goes into stock."""
        return command(service, response, id, form, key, match)

    add_reading(router, service, ReceiptBody)
    return router
