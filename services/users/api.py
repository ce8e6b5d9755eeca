"""The routes of users, and the forms of their requests and replies."""

from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from services.common.forms import ABSENT, ChangeForm, Email, Form
from services.common.logs import audit
from services.common.paging import LIMIT_DEFAULT, Cursor, Limit, link_next
from services.common.time_ids import Ids
from services.users.domain import User
from services.users.repository import KIND, UserRepository

router = APIRouter(prefix="/users", tags=["users"])

Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^/\s]+$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
PathId = Annotated[str, Path(min_length=1, max_length=200)]


class NewUser(Form):
    """A user to be made; its id is made up if it is not given."""

    id: Id | None = None
    name: Name
    email: Email


class Changes(ChangeForm):
    """What is to change of a user; what is not named stays."""

    name: Name = ABSENT
    email: Email = ABSENT


class UserBody(BaseModel):
    """A user."""

    id: str
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Parts:
    """What the routes work with; in `app.state.users`."""

    repository: UserRepository
    ids: Ids


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.users
    return parts


Here = Annotated[Parts, Depends(_parts)]


def _body(user: User) -> UserBody:
    return UserBody.model_validate(asdict(user))


@router.post("", status_code=HTTPStatus.CREATED, response_model_exclude_none=True)
def create(form: NewUser, here: Here, response: Response) -> UserBody:
    """Create a user."""
    user = User(id=form.id or here.ids.new(), name=form.name, email=form.email)
    here.repository.add(user)
    audit("created", KIND, user.id)
    response.headers["Location"] = f"{router.prefix}/{quote(user.id, safe='')}"
    return _body(user)


@router.get("", response_model_exclude_none=True)
def list_users(
    request: Request, response: Response, here: Here, limit: Limit = LIMIT_DEFAULT, cursor: Cursor = None
) -> list[UserBody]:
    """All users, page by page: while there are more, the header `Link` has the address of the next page."""
    page = here.repository.page(limit, cursor)
    link_next(request, response, page)
    return [_body(user) for user in page.entries]


@router.get("/{id}", response_model_exclude_none=True)
def get(id: PathId, here: Here) -> UserBody:
    """One user."""
    return _body(here.repository.get(id))


@router.patch("/{id}", response_model_exclude_none=True)
def change(id: PathId, form: Changes, here: Here) -> UserBody:
    """Change the name or the address of a user."""
    asked = form.named()
    user = here.repository.change(id, asked)
    audit("changed", KIND, id, changed=sorted(asked))
    return _body(user)


@router.delete("/{id}", status_code=HTTPStatus.NO_CONTENT)
def remove(id: PathId, here: Here) -> None:
    """Delete a user."""
    here.repository.remove(id)
    audit("deleted", KIND, id)
