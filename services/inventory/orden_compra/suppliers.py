"""What the service of purchase orders knows of suppliers: a copy, made of the events they publish."""

from services.inventory.events import Event
from services.inventory.folds import Fold, State
from services.inventory.proveedor.events import (
    EVENTS,
    SupplierActivated,
    SupplierChanged,
    SupplierDeactivated,
    SupplierRegistered,
)


class KnownSupplier(State):
    """A supplier, as far as it matters for orders."""

    name: str = ""
    active: bool = False


def evolve(supplier: KnownSupplier | None, event: Event) -> KnownSupplier:
    """The supplier after an event."""
    before = supplier or KnownSupplier()
    match event:
        case SupplierRegistered():
            return KnownSupplier(name=event.name, active=True)
        case SupplierChanged():
            return KnownSupplier(name=event.name or before.name, active=before.active)
        case SupplierDeactivated() | SupplierActivated():
            return KnownSupplier(name=before.name, active=isinstance(event, SupplierActivated))
    return before


KNOWN_SUPPLIERS = Fold(KnownSupplier, EVENTS, evolve, tolerant=True, initial=KnownSupplier())
