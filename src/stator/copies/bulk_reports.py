"""Reports of a bulk operation: the rows that were not put, and why.

    OUTPUT-PREFIX/AWSDynamoDB/ID/errors.json                      ERROR
    OUTPUT-PREFIX/AWSDynamoDB/ID/condition-check-failures.json    CONDITION_CHECK_FAILURE
    OUTPUT-PREFIX/AWSDynamoDB/ID/manifest-summary.json            counts, and the files; written last

A report is kept as a row of the database, written with the transaction that did not put its item, until all
are lines of an object. Lines are JSON: where the row lies, as an import's log has it, and what belongs to it.
The layout is Stator's: AWS's is not described in what could be read of its documentation.
"""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Raw

from stator.copies.places import INTERNAL, Bucket, Encryption, place_error, put
from stator.formats.manifests import ROOT, SUMMARY
from stator.storage.engine import Reader, Transaction
from stator.tables import stored
from stator.tables.database import Database
from stator.tables.image import Image
from stator.tables.keyspace import COPIES, copy_record_key

FILES: Final = {"ERROR": "errors.json", "CONDITION_CHECK_FAILURE": "condition-check-failures.json"}
_KIND: Final = "bulk-report"
_ROWS: Final = 500
_BYTES: Final = 1 << 20


def refusal(bucket: str, key: str, index: int, message: str, item: dict[str, Any] | None) -> dict[str, Any]:
    """The report of a row that is no item of the table."""
    report: dict[str, Any] = {**_pointer(bucket, key, index), "errorMessages": [message]}
    return report if item is None else report | {"Item": item}


def failed_condition(
    bucket: str, key: str, index: int, item: dict[str, Any], existing: Image | None
) -> dict[str, Any]:
    """The report of a row whose condition does not hold: what was to be put, and what is there."""
    report: dict[str, Any] = {**_pointer(bucket, key, index), "Item": item}
    return report if existing is None else report | {"ExistingItem": Raw(stored.json_of(existing.stored))}


def _pointer(bucket: str, key: str, index: int) -> dict[str, Any]:
    return {"itemS3Pointer": {"bucket": bucket, "key": key, "itemIndex": index}}


def keep(transaction: Transaction, bulk_id: str, kind: str, number: int, report: dict[str, Any]) -> None:
    """Keep a report of that number; numbers give the order of lines."""
    key = copy_record_key(_KIND, f"{bulk_id}/{kind}/{number:015d}")
    transaction.put(COPIES, key, msgspec.json.encode(report))


def _range(bulk_id: str, kind: str = "") -> tuple[bytes, bytes]:
    start = f"{bulk_id}/{kind}/" if kind else f"{bulk_id}/"
    return copy_record_key(_KIND, start), copy_record_key(_KIND, start[:-1] + "0")  # "0" follows "/"


def _rows(reader: Reader, bulk_id: str, kind: str) -> Iterator[list[tuple[bytes, bytes]]]:
    start, end = _range(bulk_id, kind)
    while rows := reader.scan(COPIES, start, end, limit=_ROWS, size=_BYTES):
        yield rows
        start = rows[-1][0] + b"\0"


async def write(
    database: Database,
    bucket: Bucket,
    bulk_id: str,
    *,
    prefix: str | None,
    kinds: tuple[str, ...],
    encryption: Encryption,
    summary: dict[str, Any],
) -> None:
    """Write the files of some kinds of reports, and the summary. Raises PlaceError."""
    folder = f"{prefix.removesuffix('/')}/" if prefix else ""
    folder += f"{ROOT}/{bulk_id}/"
    for kind in kinds:
        upload = await asyncio.to_thread(bucket.upload, folder + FILES[kind], encryption)
        try:
            for rows in _rows(database.engine.reader, bulk_id, kind):
                lines = b"".join(report + b"\n" for _, report in rows)
                await asyncio.to_thread(upload.stream.write, lines)
        except OSError as error:
            upload.abort()
            raise place_error(INTERNAL, error.strerror or str(error)) from None
        await asyncio.to_thread(upload.commit)
    files = [folder + FILES[kind] for kind in kinds]
    data = msgspec.json.encode(summary | {"reportFilesS3Keys": files})
    await asyncio.to_thread(put, bucket, folder + SUMMARY, data, encryption)


async def forget(database: Database, bulk_id: str) -> None:
    """Remove the reports from the database, some in a transaction."""

    def body(transaction: Transaction) -> bool:
        start, end = _range(bulk_id)
        rows = transaction.scan(COPIES, start, end, limit=_ROWS)
        for key, _ in rows:
            transaction.delete(COPIES, key)
        return len(rows) == _ROWS

    while await database.engine.write(body):
        await asyncio.sleep(0)
