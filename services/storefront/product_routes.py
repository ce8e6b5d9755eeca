"""The routes of products."""

from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from services.common.errors import FieldError, Invalid, NotFound
from services.common.forms import ABSENT, ChangeForm, Form
from services.common.items import JsonNumber
from services.common.logs import audit
from services.common.paging import LIMIT_DEFAULT, Cursor, Limit, link_next
from services.storefront.domain import PRODUCT, Product
from services.storefront.parts import Here, IfMatch, tag
from services.storefront.products import SUMMARY

router = APIRouter(prefix="/products", tags=["products"])

ID_MAX = 10**15
IMPORTED_MAX = 500

Title = Annotated[str, Field(min_length=1, max_length=500)]
ImageAddress = Annotated[str, Field(max_length=2048, pattern=r"^https?://[^\s/]+\S*$")]
Description = Annotated[str, StringConstraints(strip_whitespace=False, max_length=5_000_000)]
Price = Annotated[JsonNumber, Field(ge=0, le=1_000_000_000, decimal_places=4)]
Category = Annotated[str, Field(min_length=1, max_length=200)]
Id = Annotated[int, Path(ge=1, le=ID_MAX)]


class NewProduct(Form):
    """A product to be made; `path` is the address of its image."""

    title: Title
    path: ImageAddress
    description: Description | None = None
    price: Price | None = None
    category: Category | None = None


class Changes(ChangeForm):
    """What is to change of a product; what is not named stays, and what may be absent goes away by null."""

    title: Title = ABSENT
    path: ImageAddress = ABSENT
    description: Description | None = None
    price: Price | None = None
    category: Category | None = None


class SummaryBody(BaseModel):
    """A product in a listing."""

    id: int
    title: str | None = None
    path: str | None = None
    price: JsonNumber | None = None
    category: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    version: int | None = None
    sold: int | None = None


class ProductBody(SummaryBody):
    """A product."""

    description: str | None = None


class ViewsBody(BaseModel):
    """How often a product was looked at."""

    product_id: int
    views: int


def _attributes(
    chosen: Annotated[
        str | None,
        Query(alias="fields", description="Which to show, separated by commas; the id is always there."),
    ] = None,
) -> tuple[str, ...]:
    if chosen is None:
        return SUMMARY
    named = {name.strip() for name in chosen.split(",")}
    wrong = sorted(named - set(SUMMARY))
    if wrong:
        raise Invalid(FieldError("fields", f"{', '.join(wrong)}: not among {', '.join(SUMMARY)}"))
    return tuple(name for name in SUMMARY if name in named | {"id"})


Attributes = Annotated[tuple[str, ...], Depends(_attributes)]


def _body(product: Product, response: Response) -> ProductBody:
    response.headers["ETag"] = tag(product.version)
    return ProductBody.model_validate(asdict(product))


@router.post("", status_code=HTTPStatus.CREATED, response_model_exclude_none=True)
def create(form: NewProduct, here: Here, response: Response) -> ProductBody:
    """Create a product; its id is the next number."""
    product = here.products.create(form.model_dump(), here.clock.now())
    audit("created", PRODUCT, product.id)
    response.headers["Location"] = f"{router.prefix}/{product.id}"
    return _body(replace(product, description=form.description), response)


@router.post("/import", status_code=HTTPStatus.CREATED)
def create_many(
    forms: Annotated[list[NewProduct], Field(min_length=1, max_length=IMPORTED_MAX)], here: Here
) -> list[int]:
    """Create products in batches, and answer their ids. If it fails midway, some of them are there."""
    products = here.products.create_many([form.model_dump() for form in forms], here.clock.now())
    ids = [product.id for product in products]
    audit("imported", PRODUCT, ids[0], last=ids[-1])
    return ids


@router.get("", response_model_exclude_unset=True)
def list_products(
    request: Request,
    response: Response,
    here: Here,
    attributes: Attributes,
    category: Annotated[Category | None, Query(description="Only this one, by age.")] = None,
    order: Annotated[Literal["newest", "oldest"], Query(description="Of a category.")] = "newest",
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
) -> list[SummaryBody]:
    """All products in no order, or those of a category by age, without descriptions.

    A page at a time: while there are more, the header `Link` has the address of the next page.
    """
    if category is None:
        page = here.products.page(attributes, limit, cursor)
    else:
        page = here.products.category_page(
            category, attributes, limit, cursor, newest_first=order == "newest"
        )
    link_next(request, response, page)
    return [SummaryBody.model_validate(summary) for summary in page.entries]


@router.get("/{id}", response_model_exclude_none=True)
def get(id: Id, here: Here, response: Response) -> ProductBody:
    """One product, with its description however long."""
    return _body(here.products.get(id), response)


@router.patch("/{id}", response_model_exclude_none=True)
def change(id: Id, form: Changes, here: Here, response: Response, version: IfMatch) -> ProductBody:
    """Change some fields of a product; with If-Match, only if it is still as it was."""
    asked = form.named()
    product = here.products.change(id, asked, here.clock.now(), version)
    audit("changed", PRODUCT, id, changed=sorted(asked))
    return _body(here.products.described(product), response)


@router.delete("/{id}", status_code=HTTPStatus.NO_CONTENT)
def remove(id: Id, here: Here) -> None:
    """Delete a product, its description and its views."""
    here.products.remove(id)
    here.views.forget(id)
    audit("deleted", PRODUCT, id)


@router.post("/{id}/views", status_code=HTTPStatus.NO_CONTENT)
def view(id: Id, here: Here) -> None:
    """Count that somebody looked at a product."""
    if not here.products.check([id]):
        raise NotFound(PRODUCT, id)
    here.views.add(id)


@router.get("/{id}/views")
def views(id: Id, here: Here) -> ViewsBody:
    """How often a product was looked at; roughly, if somebody is looking at it now."""
    if not here.products.check([id]):
        raise NotFound(PRODUCT, id)
    return ViewsBody(product_id=id, views=here.views.total(id))
