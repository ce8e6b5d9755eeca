"""The routes of sessions, their carts and what is bought."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field, field_validator, model_validator

from services.common.errors import FieldError, Invalid
from services.common.forms import Form
from services.common.items import JsonNumber
from services.common.logs import audit
from services.storefront.domain import (
    CART_LINES_MAX,
    QUANTITY_MAX,
    SESSION,
    Line,
    Receipt,
    Session,
    with_line,
)
from services.storefront.parts import Here, IfMatch, Parts, tag
from services.storefront.product_routes import ID_MAX

router = APIRouter(tags=["sessions"])

PREFERENCES_BYTES_MAX: Final = 50_000
# What a cart shows of a product.
SHOWN: Final = ("id", "title", "path", "price")

User = Annotated[str, Field(min_length=1, max_length=200)]
ProductId = Annotated[int, Field(strict=True, ge=1, le=ID_MAX)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=QUANTITY_MAX)]
Id = Annotated[str, Path(min_length=1, max_length=200)]


class NewSession(Form):
    """A session to be made; the preferences are whatever the client keeps there."""

    user_id: User
    preferences: dict[str, Any] = Field(default_factory=dict)

    @field_validator("preferences")
    @classmethod
    def _small(cls, preferences: dict[str, Any]) -> dict[str, Any]:
        # What has no JSON, or no UTF-8, raises ValueError too.
        text = json.dumps(preferences, allow_nan=False, ensure_ascii=False).encode()
        if len(text) > PREFERENCES_BYTES_MAX:
            raise ValueError(f"must not be longer than {PREFERENCES_BYTES_MAX} bytes")
        return preferences


class NewLine(Form):
    """What is put into a cart."""

    product_id: ProductId
    quantity: Quantity = 1


class NewCart(Form):
    """What a cart is to be."""

    lines: Annotated[list[NewLine], Field(max_length=CART_LINES_MAX)]

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({line.product_id for line in self.lines}) < len(self.lines):
            raise ValueError("must not have a product twice")
        return self


class SessionBody(BaseModel):
    """A session; `expires_at` is in seconds since 1970."""

    session_id: str
    user_id: str
    data: dict[str, Any]
    created_at: str
    expires_at: int
    version: int


class CartLine(BaseModel):
    """A line of a cart. Without a price, the product is not for sale any more."""

    product_id: int
    quantity: int
    title: str | None = None
    path: str | None = None
    price: JsonNumber | None = None


class CartBody(BaseModel):
    """A cart; the total is that of what is for sale."""

    session_id: str
    version: int
    lines: list[CartLine]
    total: JsonNumber


class ReceiptLineBody(BaseModel):
    """What was bought of a product, at the price of then."""

    product_id: int
    title: str
    price: JsonNumber
    quantity: int


class ReceiptBody(BaseModel):
    """A checkout."""

    receipt_id: str
    session_id: str
    user_id: str
    created_at: str
    lines: list[ReceiptLineBody]
    total: JsonNumber


def _session(session: Session, response: Response) -> SessionBody:
    response.headers["ETag"] = tag(session.version)
    return SessionBody.model_validate({**vars(session), "data": session.data})


def _cart(session: Session, here: Parts, response: Response) -> CartBody:
    response.headers["ETag"] = tag(session.version)
    found = here.products.summaries([line.product_id for line in session.cart], SHOWN)
    lines = [_line(line, found.get(line.product_id, {})) for line in session.cart]
    total = sum((line.price * line.quantity for line in lines if line.price is not None), Decimal(0))
    return CartBody(session_id=session.session_id, version=session.version, lines=lines, total=total)


def _line(line: Line, product: Mapping[str, Any]) -> CartLine:
    shown = {name: product.get(name) for name in ("title", "path", "price")}
    return CartLine.model_validate({**asdict(line), **shown})


def _receipt(receipt: Receipt) -> ReceiptBody:
    return ReceiptBody.model_validate(asdict(receipt))


@router.post("/sessions", status_code=HTTPStatus.CREATED)
def create(form: NewSession, here: Here, response: Response) -> SessionBody:
    """Begin a session, with an empty cart."""
    session = here.sessions.create(form.user_id, form.preferences)
    audit("created", SESSION, session.session_id)
    response.headers["Location"] = f"/sessions/{session.session_id}"
    return _session(session, response)


@router.get("/sessions/{id}")
def get(id: Id, here: Here, response: Response) -> SessionBody:
    """One session, unless it has expired."""
    return _session(here.sessions.get(id), response)


@router.delete("/sessions/{id}", status_code=HTTPStatus.NO_CONTENT)
def remove(id: Id, here: Here) -> None:
    """End a session."""
    here.sessions.remove(id)
    audit("deleted", SESSION, id)


@router.get("/sessions/{id}/cart", response_model_exclude_none=True)
def cart(id: Id, here: Here, response: Response) -> CartBody:
    """The cart of a session, with the products as they are now."""
    return _cart(here.sessions.get(id), here, response)


@router.post("/sessions/{id}/cart", response_model_exclude_none=True)
def add(id: Id, form: NewLine, here: Here, response: Response, version: IfMatch) -> CartBody:
    """Put more of a product into a cart."""
    _require(here, [form.product_id])

    def more(session: Session) -> Session:
        lines = with_line(session.cart, form.product_id, form.quantity)
        if len(lines) > CART_LINES_MAX:
            raise Invalid(FieldError("product_id", f"a cart has at most {CART_LINES_MAX} products"))
        if any(line.quantity > QUANTITY_MAX for line in lines):
            raise Invalid(FieldError("quantity", f"a cart has at most {QUANTITY_MAX} of a product"))
        return replace(session, cart=lines)

    session = here.sessions.change(id, more, version)
    audit("cart filled", SESSION, id, product=form.product_id, quantity=form.quantity)
    return _cart(session, here, response)


@router.put("/sessions/{id}/cart", response_model_exclude_none=True)
def put(id: Id, form: NewCart, here: Here, response: Response, version: IfMatch) -> CartBody:
    """Make a cart what it is to be; with If-Match, only if it is still what was seen."""
    _require(here, [line.product_id for line in form.lines])
    lines = tuple(Line(line.product_id, line.quantity) for line in form.lines)
    session = here.sessions.change(id, lambda session: replace(session, cart=lines), version)
    audit("cart set", SESSION, id, lines=len(lines))
    return _cart(session, here, response)


@router.delete("/sessions/{id}/cart", status_code=HTTPStatus.NO_CONTENT)
def empty(id: Id, here: Here, version: IfMatch) -> None:
    """Empty a cart."""
    here.sessions.change(id, lambda session: replace(session, cart=()), version)
    audit("cart emptied", SESSION, id)


@router.post("/sessions/{id}/checkout", status_code=HTTPStatus.CREATED)
def checkout(id: Id, here: Here, response: Response, version: IfMatch) -> ReceiptBody:
    """Buy what is in the cart, at the prices of now, and empty it: all at once, or not at all."""
    receipt = here.checkout.sell(id, version)
    audit("checked out", SESSION, id, receipt=receipt.receipt_id)
    response.headers["Location"] = f"/receipts/{receipt.receipt_id}"
    return _receipt(receipt)


@router.get("/receipts/{id}")
def receipt(id: Id, here: Here) -> ReceiptBody:
    """One receipt; it stays when the session is gone."""
    return _receipt(here.checkout.receipt(id))


def _require(here: Parts, identifiers: list[int]) -> None:
    """Raise Invalid if some of these products are not there."""
    missing = sorted(set(identifiers) - here.products.check(identifiers))
    if missing:
        raise Invalid(FieldError("product_id", f"there is no product {', '.join(map(str, missing))}"))
