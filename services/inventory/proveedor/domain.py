"""A supplier: its particulars, and whether one orders from it."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from services.common.forms import ABSENT, ChangeForm, Email
from services.inventory.commands import Aggregate, Command
from services.inventory.events import Event
from services.inventory.folds import Fold, State
from services.inventory.forms import LongText, Text
from services.inventory.proveedor.events import (
    EVENTS,
    SupplierActivated,
    SupplierChanged,
    SupplierDeactivated,
    SupplierRegistered,
)

Phone = Annotated[str, Field(min_length=3, max_length=40, pattern=r"^[0-9+() .-]+$")]


class Supplier(State):
    """A supplier."""

    name: str
    taxId: str  # noqa: N815
    email: str
    phone: str | None = None
    active: bool = True


class Register(Command):
    """Register a supplier."""

    name: Text
    taxId: Text  # noqa: N815
    email: Email
    phone: Phone | None = None


class Change(ChangeForm, Command):
    """Change particulars; what is not named stays."""

    name: Text = ABSENT
    taxId: Text = ABSENT  # noqa: N815
    email: Email = ABSENT
    phone: Phone = ABSENT


class Deactivate(Command):
    """Order nothing more from it."""

    reason: LongText


class Activate(Command):
    """Order from it again."""


def decide(supplier: Supplier | None, command: Command) -> Sequence[Event]:
    """The events that a command leads to."""
    match command:
        case Register() if supplier is None:
            return [SupplierRegistered(**command.model_dump())]
        case Change():
            new = {name: value for name, value in command.named().items() if value != getattr(supplier, name)}
            return [SupplierChanged(**new)] if new else []
        case Deactivate() if supplier is not None and supplier.active:
            return [SupplierDeactivated(reason=command.reason)]
        case Activate() if supplier is not None and not supplier.active:
            return [SupplierActivated()]
    return []


def evolve(supplier: Supplier | None, event: Event) -> Supplier:
    """The supplier after an event."""
    if isinstance(event, SupplierRegistered):
        return Supplier(**event.model_dump())
    assert supplier is not None, "the first event registers a supplier"
    match event:
        case SupplierChanged():
            return supplier.model_copy(update=event.model_dump(exclude_none=True))
        case SupplierDeactivated():
            return supplier.model_copy(update={"active": False})
        case _:
            return supplier.model_copy(update={"active": True})


FOLD = Fold(Supplier, EVENTS, evolve)
SUPPLIERS = Aggregate("supplier", FOLD, decide, creating=(Register,))
