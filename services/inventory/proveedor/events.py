"""What happens to a supplier. Other services read these events."""

from services.inventory.events import Event, types


class SupplierRegistered(Event):
    """There is a new supplier."""

    name: str
    taxId: str  # noqa: N815  # as bodies and items write it
    email: str
    phone: str | None = None


class SupplierChanged(Event):
    """Its particulars are others; those that are not given stay."""

    name: str | None = None
    taxId: str | None = None  # noqa: N815
    email: str | None = None
    phone: str | None = None


class SupplierDeactivated(Event):
    """Nothing more is ordered from it."""

    reason: str


class SupplierActivated(Event):
    """It can be ordered from again."""


EVENTS = types(SupplierRegistered, SupplierChanged, SupplierDeactivated, SupplierActivated)
