"""Change data capture: what of a change goes into the table's log, by the view type of its stream."""

from typing import Final

import msgspec

from stator.storage.engine import Transaction
from stator.tables import stored
from stator.tables.image import Image
from stator.tables.table import Table
from stator.values.compare import equal
from stator.values.size import item_size

_encode = msgspec.json.Encoder().encode

WITH_OLD: Final = frozenset({"OLD_IMAGE", "NEW_AND_OLD_IMAGES"})
WITH_NEW: Final = frozenset({"NEW_IMAGE", "NEW_AND_OLD_IMAGES"})


def record(
    transaction: Transaction, table: Table, before: Image | None, after: Image | None, *, service: bool
) -> None:
    """Record a change of an item, unless the items are equal; `service` tells that TTL made it."""
    log, stream = table.log, table.definition.stream
    assert log is not None
    assert stream is not None
    present = after or before
    assert present is not None
    if before is not None and after is not None and equal({"M": before.item}, {"M": after.item}):
        return
    keys = table.key.extract(present.item)
    old = before if stream.view_type in WITH_OLD else None
    new = after if stream.view_type in WITH_NEW else None
    log.append(
        transaction,
        name="INSERT" if before is None else "REMOVE" if after is None else "MODIFY",
        keys=_encode(keys),
        old=stored.json_of(old.stored) if old else None,
        new=stored.json_of(new.stored) if new else None,
        size=item_size(keys) + (old.size if old else 0) + (new.size if new else 0),
        service=service,
    )
