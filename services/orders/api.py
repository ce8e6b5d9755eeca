"""The routes of orders, and the forms of their requests and replies."""

from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from services.common.forms import ABSENT, ChangeForm, Email, Form
from services.common.items import JsonNumber
from services.common.logs import audit
from services.common.paging import LIMIT_DEFAULT, Cursor, Limit, link_next
from services.common.time_ids import Clock, Ids
from services.orders.domain import (
    QUANTITY_MAX,
    STATUS_DEFAULT,
    UNIT_PRICE_DECIMALS_MAX,
    UNIT_PRICE_MAX,
    Order,
    place,
)
from services.orders.repository import KIND, OrderRepository

router = APIRouter(prefix="/orders", tags=["orders"])

Name = Annotated[str, Field(min_length=1, max_length=200)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=QUANTITY_MAX)]
UnitPrice = Annotated[JsonNumber, Field(ge=0, le=UNIT_PRICE_MAX, decimal_places=UNIT_PRICE_DECIMALS_MAX)]
Status = Annotated[str, Field(min_length=1, max_length=50)]
Address = Annotated[str, Field(min_length=1, max_length=1000)]
Id = Annotated[str, Path(min_length=1, max_length=200)]


class NewOrder(Form):
    """An order to be made. Its total price is not given: it is the quantity times the unit price."""

    customerName: Name  # noqa: N815  # the document's
    customerEmail: Email  # noqa: N815
    productName: Name  # noqa: N815
    quantity: Quantity
    unitPrice: UnitPrice  # noqa: N815
    status: Status = STATUS_DEFAULT
    shippingAddress: Address | None = None  # noqa: N815


class Changes(ChangeForm):
    """What is to change of an order; what is not named stays. A shipping address of null goes away."""

    customerName: Name = ABSENT  # noqa: N815
    customerEmail: Email = ABSENT  # noqa: N815
    productName: Name = ABSENT  # noqa: N815
    quantity: Quantity = ABSENT
    unitPrice: UnitPrice = ABSENT  # noqa: N815
    status: Status = ABSENT
    shippingAddress: Address | None = None  # noqa: N815


class OrderBody(BaseModel):
    """An order."""

    id: str
    pk: str
    sk: str
    customerName: str  # noqa: N815
    customerEmail: str  # noqa: N815
    productName: str  # noqa: N815
    quantity: int
    unitPrice: JsonNumber  # noqa: N815
    totalPrice: JsonNumber  # noqa: N815
    status: str
    shippingAddress: str | None = None  # noqa: N815
    createdAt: str  # noqa: N815
    updatedAt: str  # noqa: N815


@dataclass(frozen=True)
class Parts:
    """What the routes work with; in `app.state.orders`."""

    repository: OrderRepository
    clock: Clock
    ids: Ids


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.orders
    return parts


Here = Annotated[Parts, Depends(_parts)]


def _body(order: Order) -> OrderBody:
    return OrderBody.model_validate(asdict(order))


@router.post("", status_code=HTTPStatus.CREATED, response_model_exclude_none=True)
def create(form: NewOrder, here: Here, response: Response) -> OrderBody:
    """Create an order."""
    order = place(here.ids.new(), form.model_dump(), here.clock.now())
    here.repository.add(order)
    audit("created", KIND, order.id)
    response.headers["Location"] = f"{router.prefix}/{order.id}"
    return _body(order)


@router.get("", response_model_exclude_none=True)
def list_orders(
    request: Request, response: Response, here: Here, limit: Limit = LIMIT_DEFAULT, cursor: Cursor = None
) -> list[OrderBody]:
    """All orders, page by page: while there are more, the header `Link` has the address of the next page."""
    page = here.repository.page(limit, cursor)
    link_next(request, response, page)
    return [_body(order) for order in page.entries]


@router.get("/{id}", response_model_exclude_none=True)
def get(id: Id, here: Here) -> OrderBody:
    """One order."""
    return _body(here.repository.get(id))


@router.patch("/{id}", response_model_exclude_none=True)
def change(id: Id, form: Changes, here: Here) -> OrderBody:
    """Change some fields of an order."""
    asked = form.named()
    order = here.repository.change(id, asked, here.clock.now())
    audit("changed", KIND, order.id, changed=sorted(asked))
    return _body(order)


@router.delete("/{id}", status_code=HTTPStatus.NO_CONTENT)
def remove(id: Id, here: Here) -> None:
    """Delete an order."""
    here.repository.remove(id)
    audit("deleted", KIND, id)
