"""The kinds of fields that commands have."""

from decimal import Decimal
from typing import Annotated, Final, Protocol, TypeVar

from pydantic import AfterValidator, Field

from services.common.items import JsonNumber

LINES_MAX: Final = 90
QUANTITY_MAX: Final = 1_000_000
PRICE_MAX: Final = 1_000_000

Text = Annotated[str, Field(min_length=1, max_length=200)]
LongText = Annotated[str, Field(min_length=1, max_length=1000)]
Product = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="A product's code; its stock has it for an id.")
]
Quantity = Annotated[int, Field(strict=True, ge=1, le=QUANTITY_MAX)]
Price = Annotated[JsonNumber, Field(ge=Decimal(0), le=PRICE_MAX, decimal_places=4)]


class _Line(Protocol):
    @property
    def product(self) -> str: ...


L = TypeVar("L", bound=_Line)


def _each_product_once(lines: list[L]) -> list[L]:
    if len({line.product for line in lines}) < len(lines):
        raise ValueError("must name each product once")
    return lines


Lines = Annotated[list[L], Field(min_length=1, max_length=LINES_MAX), AfterValidator(_each_product_once)]
