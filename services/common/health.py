"""Health: whether a service can do its work, found out with an action that its policy allows anyway."""

from collections.abc import Mapping
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from services.common.dynamodb import Database


class Health(BaseModel):
    """What a healthy service answers; another one answers 503, in the form of every failure."""

    status: Literal["ok"]
    service: str
    tables: list[str]


def routes(path: str, service: str, database: Database, tables: Mapping[str, Mapping[str, Any]]) -> APIRouter:
    """A route at `path` that reads one key of each table, by the table's name, as items have it.

    A read succeeds only if the endpoint answers, accepts the credentials and has the table active. Whether
    an item of that key is there does not matter.
    """
    router = APIRouter(tags=["health"])

    @router.get(path, response_model=Health, responses={503: {"description": "It cannot work now."}})
    def health() -> Health:
        """Whether the service can do its work."""
        for name, key in tables.items():
            database.dynamodb.get_item(TableName=name, Key=dict(key))
        return Health(status="ok", service=service, tables=sorted(tables))

    return router
