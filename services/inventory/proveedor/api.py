"""The routes of suppliers."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response

from services.inventory.proveedor.domain import Activate, Change, Deactivate, Register, Supplier
from services.inventory.routes import Envelope, Id, Key, Match, add_reading, command, new_id, responses
from services.inventory.service import Service

PREFIX = "/proveedor"


class SupplierBody(Envelope, Supplier):
    """A supplier."""


def routes(service: Service[Supplier]) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix=PREFIX, tags=["proveedor"], responses=responses(404, 409, 412))
    reply: dict[str, Any] = {"response_model": SupplierBody, "response_model_exclude_none": True}

    @router.post("", status_code=HTTPStatus.CREATED, **reply)
    def register(form: Register, response: Response, key: Key = None) -> dict[str, Any]:
        """Register a supplier."""
        id = new_id(service, key)
        response.headers["Location"] = f"{PREFIX}/{id}"
        return command(service, response, id, form, key)

    @router.patch("/{id}", **reply)
    def change(
        id: Id, form: Change, response: Response, key: Key = None, match: Match = None
    ) -> dict[str, Any]:
        """Change a supplier's particulars."""
        return command(service, response, id, form, key, match)

    @router.post("/{id}/deactivate", **reply)
    def deactivate(
        id: Id, form: Deactivate, response: Response, key: Key = None, match: Match = None
    ) -> dict[str, Any]:
        """Order nothing more from a supplier."""
        return command(service, response, id, form, key, match)

    @router.post("/{id}/activate", **reply)
    def activate(id: Id, response: Response, key: Key = None, match: Match = None) -> dict[str, Any]:
        """Order from a supplier again."""
        return command(service, response, id, Activate(), key, match)

    add_reading(router, service, SupplierBody)
    return router
