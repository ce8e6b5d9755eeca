"""Change data capture: what of a change goes into the table's log.

A stream wants the item's keys, the images of its view type, and no record of a change that changes nothing
but the order of attributes. Recovery, and whoever copies the table, want the old image. One record has both.
"""

from typing import Final

import msgspec

from stator.storage.engine import Transaction
from stator.tables.image import Image
from stator.tables.table import Table
from stator.values.compare import equal
from stator.values.size import item_size

_encode = msgspec.json.Encoder().encode

WITH_OLD: Final = frozenset({"OLD_IMAGE", "NEW_AND_OLD_IMAGES"})
WITH_NEW: Final = frozenset({"NEW_IMAGE", "NEW_AND_OLD_IMAGES"})


def record(
    transaction: Transaction,
    table: Table,
    key: bytes,
    before: Image | None,
    after: Image | None,
    *,
    service: bool,
) -> None:
    """Record a change of the item at `key`, whose bytes have changed; `service` tells that TTL made it."""
    log = table.log
    assert log is not None
    name = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
    view_type = table.view_type
    if view_type is None:
        # Nothing needs to be parsed: the old image is kept as it lies.
        old = before.stored if before is not None else None
        log.append(transaction, name=name, item_key=key, old=old, service=service)
        return
    if before is not None and after is not None and _same(before, after):
        return
    present = after or before
    assert present is not None
    keys = table.key.extract(present.item)
    shows_old = view_type in WITH_OLD
    new = after if view_type in WITH_NEW else None
    log.append(
        transaction,
        name=name,
        item_key=key,
        old=before.stored if before is not None and (shows_old or table.keeps_old) else None,
        new=new.stored if new is not None else None,
        keys=_encode(keys),
        size=item_size(keys) + (before.size if before and shows_old else 0) + (new.size if new else 0),
        service=service,
    )


def _same(before: Image, after: Image) -> bool:
    """Whether two items are equal; in canonical form, equal ones are equally long."""
    return len(before.stored) == len(after.stored) and equal({"M": before.item}, {"M": after.item})
