"""The routes of the stock and its movements."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response

from services.inventory.movimiento_inventario.domain import Move, Stock, StockView
from services.inventory.routes import Envelope, Key, Match, add_reading, command, responses
from services.inventory.service import Service

PREFIX = "/movimiento-inventario"


class StockBody(Envelope, Stock):
    """The stock of a product."""


class StockViewBody(Envelope, StockView):
    """The stock of a product, and how it came about."""


def routes(service: Service[Stock]) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix=PREFIX, tags=["movimiento-inventario"], responses=responses(404, 409, 412))

    @router.post("", status_code=HTTPStatus.CREATED, response_model=StockBody)
    def move(form: Move, response: Response, key: Key = None, match: Match = None) -> dict[str, Any]:
        """Move some of a product into stock or out of it; what is then in stock."""
        response.headers["Location"] = f"{PREFIX}/{form.product}"
        return command(service, response, form.product, form, key, match)

    add_reading(router, service, StockViewBody)
    return router
