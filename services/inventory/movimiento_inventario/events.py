"""What happens to the stock of a product. Other services read these events."""

from services.inventory.events import Event, types


class StockIncreased(Event):
    """Some more is in stock; of an order, if it came for one."""

    product: str
    quantity: int
    reason: str
    orderId: str | None = None  # noqa: N815  # as bodies and items write it


class StockDecreased(Event):
    """Some less is in stock."""

    product: str
    quantity: int
    reason: str


EVENTS = types(StockIncreased, StockDecreased)
