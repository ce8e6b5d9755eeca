"""Exports: a table as it was, or what changed between two moments, as AWS's export files in a bucket.

    begin ──> job, hold ──> _started ──> data files ──> manifests, the summary last ──> no job, no hold
              IN_PROGRESS                                                              COMPLETED or FAILED

The transaction that asks for an export decides its positions, and holds the table there. The job writes the
files beside live writes. Who finds a summary finds a whole export; so after a stop, an export whose summary
is there is done, and any other one begins anew: what it left is removed first. One that fails removes its
data.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from stator.copies import jobs
from stator.copies.changes import ItemChange, PastChanges
from stator.copies.data_files import DataFiles
from stator.copies.filters import FilterTexts, ItemFilter
from stator.copies.jobs import JobRow, job
from stator.copies.ledger import COMPLETED, FAILED, Ledger, Record
from stator.copies.past import PastItems, SourceGone, Stored, hold, release
from stator.copies.places import Bucket, Buckets, Encryption, PlaceError, put
from stator.formats import dynamodb_json, manifests
from stator.formats.manifests import DataFile, Summary
from stator.formats.rows import Unreadable
from stator.storage.engine import Reader, Transaction
from stator.tables import stored
from stator.tables.database import Database
from stator.tables.holds import held
from stator.tables.keyspace import Partitions
from stator.tables.table import Table
from stator.values.attribute import Item

KIND: Final = "export"
INCREMENTAL: Final = "INCREMENTAL_EXPORT"
NEW_AND_OLD: Final = "NEW_AND_OLD_IMAGES"
BILLED_BYTES_MIN: Final = 10_000_000  # of an incremental export; seen on AWS
_MICROSECONDS: Final = 1_000_000


class Export(Record, kw_only=True, frozen=True, omit_defaults=True):
    """An export. Times are seconds since the epoch; positions are the change log's.

    A full one is of the table as of `position`, at `time`; an incremental one of what changed from `position`
    to before `until`, `from_time` to before `to_time`. `type` is None if the request named none.
    """

    bucket: str
    position: int
    until: int | None = None
    time: float | None = None
    from_time: float | None = None
    to_time: float | None = None
    view: str = NEW_AND_OLD
    type: str | None = None
    owner: str | None = None
    prefix: str | None = None
    algorithm: str | None = None
    key_id: str | None = None
    output: str = "DYNAMODB_JSON"
    filter: FilterTexts | None = None
    manifest: str | None = None
    billed_bytes: int | None = None
    items: int | None = None

    @property
    def folder(self) -> str:
        """Where its manifests are."""
        return manifests.folder(self.prefix, self.id)

    @property
    def data_place(self) -> str:
        """The folder that has its data."""
        return manifests.folder(self.prefix) if self.until is not None else self.folder


EXPORTS: Final = Ledger(KIND, Export)


def begin(transaction: Transaction, database: Database, table: Table, export: Export) -> None:
    """Ask for an export, and hold its table. Who calls sets `database.copies`."""
    hold(transaction, database.catalog, table, export.arn, export.position)
    EXPORTS.forget_old(transaction, database.clock.now())
    EXPORTS.put(transaction, export)
    jobs.begin(transaction, export.arn, KIND, {"id": export.id})


@job(KIND)
async def make(database: Database, row: JobRow) -> None:
    """Write the files of an export, and record how it ended."""
    export = EXPORTS.get(database.engine.reader, row.payload["id"])
    assert export is not None, "the record of an export goes after its job"
    try:
        ended = await _Making(database, export).run()
    except PlaceError as error:
        ended = replace(export, status=FAILED, failure_code=error.code, failure_message=error.message)
    except SourceGone:
        text = "The table was deleted before the export was complete"
        ended = replace(export, status=FAILED, failure_code="TableNotFound", failure_message=text)
    await database.engine.write(partial(_end, database, ended))


def _end(database: Database, export: Export, transaction: Transaction) -> None:
    ended = export if export.ended is not None else replace(export, ended=database.clock.now())
    EXPORTS.put(transaction, ended)
    release(transaction, database.catalog, export.table, export.table_id, export.arn)
    jobs.end(transaction, export.arn)


@dataclass(slots=True)
class _Making:
    """One run of an export's job, with what it has counted."""

    database: Database
    export: Export
    items: int = 0
    billed: int = 0
    filter: ItemFilter | None = field(default=None)

    async def run(self) -> Export:
        """Write what is not there yet; the export as it ended.

        Raises PlaceError, SourceGone, StorageError.
        """
        export = self.export
        bucket = await asyncio.to_thread(_bucket, self.database, export)
        done = await asyncio.to_thread(_summary, bucket, export)
        if done is not None:
            return _completed(export, done, self.database.clock.now())
        await asyncio.to_thread(_clean, bucket, export)
        await asyncio.to_thread(put, bucket, export.folder + manifests.STARTED, b"", _encryption(export))
        table = self._table(self.database.engine.reader)
        self.filter = ItemFilter(export.filter, table) if export.filter is not None else None
        files = DataFiles(bucket, export.data_place, export.id, export.output, _encryption(export))
        try:
            await self._write_data(files, table)
            written = await asyncio.to_thread(files.finish)
            summary = self._summary()
            await asyncio.to_thread(_write_manifests, bucket, export, written, summary)
        except Exception as error:
            files.abort()
            if isinstance(error, PlaceError | SourceGone):
                with suppress(PlaceError):
                    await asyncio.to_thread(_clean, bucket, export)
            raise
        return _completed(export, summary, self.database.clock.now())

    def _table(self, reader: Reader) -> Table:
        definition = held(reader, self.database.catalog, self.export.table, self.export.table_id)
        if definition is None:
            raise SourceGone(self.export.table)
        return Table(definition, Partitions(self.database.secret))

    async def _write_data(self, files: DataFiles, table: Table) -> None:
        """Write the items or the changes; what is made of them, and what is written, a helper thread does."""
        export = self.export
        source = (self.database, export.table, export.table_id, export.position)
        if export.until is None:
            async for items in PastItems(*source).batches():
                await asyncio.to_thread(lambda batch: files.write(self._of_items(batch)), items)
        else:
            async for changes in PastChanges(*source, export.until).batches():
                await asyncio.to_thread(lambda batch: files.write(self._of_changes(batch, table)), changes)

    def _of_items(self, batch: list[Stored]) -> list[bytes]:
        values = [value for _, value in batch]
        self.billed += sum(map(stored.size_of, values))
        taken = self.filter
        if taken is not None:
            values = [value for value in values if taken.keeps(value)]
        self.items += len(values)
        if self.export.output == "ION":
            from stator.formats import ion_text  # A server that exports none starts without it.

            return [ion_text.line(taken.item(value) if taken else stored.unpack(value)) for value in values]
        json = taken.json if taken is not None else stored.json_of
        return [dynamodb_json.line_of_stored(json(value)) for value in values]

    def _of_changes(self, changes: list[ItemChange], table: Table) -> list[bytes]:
        line = dynamodb_json.members_line
        if self.export.output == "ION":
            from stator.formats import ion_text

            line = ion_text.members_line
        lines = []
        for change in changes:
            images = [image for image in (change.old, change.new) if image is not None]
            self.billed += sum(map(stored.size_of, images))
            if self.filter is None or any(map(self.filter.keeps, images)):
                lines.append(line(self._members(change, table)))
        self.items += len(lines)
        return lines

    def _members(self, change: ItemChange, table: Table) -> dict[str, Item]:
        """A record of an incremental export, in AWS's order of members."""
        image = self.filter.item if self.filter is not None else stored.unpack
        present = change.new if change.new is not None else change.old
        assert present is not None
        micros = str(round(change.time * _MICROSECONDS))
        members: dict[str, Item] = {
            "Metadata": {"WriteTimestampMicros": {"N": micros}},
            "Keys": table.key.extract(stored.unpack(present)),
        }
        if change.old is not None and self.export.view == NEW_AND_OLD:
            members["OldImage"] = image(change.old)
        if change.new is not None:
            members["NewImage"] = image(change.new)
        return members

    def _summary(self) -> Summary:
        export = self.export
        times: dict[str, Any] = {}
        if export.until is None:
            times = {"exportTime": manifests.time_text(export.time or export.started)}
        else:
            times = {
                "version": manifests.INCREMENTAL_VERSION,
                "exportFromTime": manifests.time_text(export.from_time or 0.0),
                "exportToTime": manifests.time_text(export.to_time or 0.0),
                "outputView": export.view,
            }
            self.billed = max(self.billed, BILLED_BYTES_MIN)
        return Summary(
            exportArn=export.arn,
            startTime=manifests.time_text(export.started),
            endTime=manifests.time_text(self.database.clock.now()),
            tableArn=export.table_arn,
            tableId=export.table_id,
            s3Bucket=export.bucket,
            s3Prefix=export.prefix,
            s3SseAlgorithm=export.algorithm or "AES256",
            s3SseKmsKeyId=export.key_id,
            manifestFilesS3Key=export.folder + manifests.FILES,
            billedSizeBytes=self.billed,
            itemCount=self.items,
            outputFormat="ION" if export.output == "ION" else "DYNAMODB_JSON",
            exportType=export.type or "FULL_EXPORT",
            **times,
        )


def _completed(export: Export, summary: Summary, now: float) -> Export:
    return replace(
        export,
        status=COMPLETED,
        ended=now,
        manifest=export.folder + manifests.SUMMARY,
        billed_bytes=summary.billedSizeBytes,
        items=summary.itemCount,
    )


# In the bucket: calls that block.


def _bucket(database: Database, export: Export) -> Bucket:
    buckets: Buckets = database.buckets
    return buckets.bucket(export.bucket, export.owner)


def _encryption(export: Export) -> Encryption:
    return Encryption(export.algorithm, export.key_id)


def _summary(bucket: Bucket, export: Export) -> Summary | None:
    """The summary of an export that an earlier run completed; None if there is none."""
    key = export.folder + manifests.SUMMARY
    if all(entry.key != key for entry in bucket.list(key)):
        return None
    with bucket.open(key) as file:
        try:
            return manifests.read_summary(file.read())
        except (Unreadable, OSError):
            return None


def _write_manifests(bucket: Bucket, export: Export, files: list[DataFile], summary: Summary) -> None:
    """Write the manifests, each after its checksum; what shows that all is there comes last."""
    for name, data in (
        (manifests.FILES, manifests.write_files(files)),
        (manifests.SUMMARY, manifests.write_summary(summary)),
    ):
        key = export.folder + name
        put(bucket, manifests.checksum_key(key), manifests.checksum(data), _encryption(export))
        put(bucket, key, data, _encryption(export))


def _clean(bucket: Bucket, export: Export) -> None:
    """Remove what an earlier run left: its manifests, its data files, and one that it has not completed."""
    names = (manifests.SUMMARY, manifests.FILES)
    bucket.delete(export.folder + name for name in names)
    bucket.delete(manifests.checksum_key(export.folder + name) for name in names)
    place = export.data_place
    there = {entry.key for entry in bucket.list(place + "data/")}
    number = 0
    while True:
        key = manifests.data_key(place, export.id, number, export.output)
        bucket.delete([key])
        if key not in there:
            return
        number += 1
