"""The routes of enterprises, the same over either database."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from services.common.forms import Form
from services.common.logs import audit
from services.common.paging import LIMIT_DEFAULT, Cursor, Limit, link_next
from services.common.time_ids import Clock
from services.enterprises.diagnosis import Diagnosis
from services.enterprises.domain import KIND, Enterprise, document
from services.enterprises.store import Store

router = APIRouter(prefix="/api/enterprises", tags=["enterprises"])

Id = Annotated[str, Path(min_length=1, max_length=200)]


class NamedForm(Form):
    """What is asked for an enterprise: its name."""

    # PostgreSQL has no place for the character 0.
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class EnterpriseBody(BaseModel):
    """An enterprise, with its name and dates in both spellings."""

    id: str | int
    enterprise_name: str
    name: str
    created_date: str
    createdAt: str  # noqa: N815  # the document's
    updated_date: str
    updatedAt: str  # noqa: N815


@dataclass(frozen=True)
class Parts:
    """What the routes work with; in `app.state.enterprises`."""

    store: Store
    clock: Clock
    diagnosis: Diagnosis


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.enterprises
    return parts


Here = Annotated[Parts, Depends(_parts)]


def _body(enterprise: Enterprise) -> EnterpriseBody:
    return EnterpriseBody.model_validate(document(enterprise))


@router.post("", status_code=HTTPStatus.CREATED)
def create(form: NamedForm, here: Here, response: Response) -> EnterpriseBody:
    """Create an enterprise."""
    enterprise = here.store.create(form.name, here.clock.now())
    audit("created", KIND, str(enterprise.id))
    response.headers["Location"] = f"{router.prefix}/{enterprise.id}"
    return _body(enterprise)


@router.get("")
def list_enterprises(
    request: Request, response: Response, here: Here, limit: Limit = LIMIT_DEFAULT, cursor: Cursor = None
) -> list[EnterpriseBody]:
    """All enterprises, a page at a time: while there are more, `Link` has the address of the next page."""
    page = here.store.page(limit, cursor)
    link_next(request, response, page)
    return [_body(enterprise) for enterprise in page.entries]


@router.get("/debug/dynamodb")
def debug(here: Here) -> dict[str, Any]:
    """Where enterprises are kept, and how many there are. No credentials."""
    return here.diagnosis.report()


@router.get("/{id}")
def get(id: Id, here: Here) -> EnterpriseBody:
    """One enterprise."""
    return _body(here.store.get(id))


@router.put("/{id}")
def rename(id: Id, form: NamedForm, here: Here) -> EnterpriseBody:
    """Give an enterprise another name."""
    enterprise = here.store.rename(id, form.name, here.clock.now())
    audit("renamed", KIND, str(enterprise.id))
    return _body(enterprise)


@router.delete("/{id}", status_code=HTTPStatus.NO_CONTENT)
def remove(id: Id, here: Here) -> None:
    """Delete an enterprise."""
    here.store.remove(id)
    audit("deleted", KIND, id)
