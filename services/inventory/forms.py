"""The kinds of fields that commands have."""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

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
