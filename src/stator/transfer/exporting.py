"""What an export makes: one file, or AWS's folder; and when it is finished.

FILE.part, FILE.part.json                 while it is under way: what is written, and the state
FILE                                      the file, when it is whole

DIR/AWSDynamoDB/ID/data/NAME.json.gz      one for each segment
DIR/AWSDynamoDB/ID/manifest-*.json, .md5  when it is whole, the summary last
DIR/AWSDynamoDB/ID/table.json             the table's description (not of AWS's making)
DIR/TABLE.part.json                       the state, while it is under way
"""

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from stator.base import durable
from stator.formats import manifests
from stator.transfer.endpoint import Endpoint, TransferError
from stator.transfer.export import Export, Page, Progress, Reading, Segment, State, resumed
from stator.transfer.files import CSV, DYNAMODB_JSON, ION, Kind
from stator.transfer.outputs import Mark
from stator.transfer.rate import Limits
from stator.transfer.tables import Table

TABLE_FILE: Final = "table.json"
_OUTPUTS: Final = {DYNAMODB_JSON: "DYNAMODB_JSON", ION: "ION"}
_BLOCK_BYTES: Final = 1 << 20


class Exported(msgspec.Struct, frozen=True):
    """What came of an export."""

    path: Path
    items: int
    bytes: int
    inexact: bool


def export_file(
    endpoint: Endpoint,
    table: Table,
    path: Path,
    kind: Kind,
    *,
    reading: Reading,
    limits: Limits,
    progress: Progress,
    columns: list[str] | None = None,
) -> Exported:
    """Write a table to one file. Raises TransferError, OSError, MissingExtra and Stopped."""
    if os.path.lexists(path):
        raise TransferError(f"{path} is there already")
    part = path.with_name(path.name + ".part")
    state_path = path.with_name(path.name + ".part.json")
    state = resumed(state_path, table, kind)
    if state is None:
        if kind.format == CSV and columns is None:
            columns = attribute_names(endpoint, table, limits, progress)
        state = _begun(table, kind, reading.segments, [Mark(part.name)], columns or [])
    export = Export(
        endpoint,
        table,
        state,
        state_path=state_path,
        place=path.with_name,
        limits=limits,
        consistent=reading.consistent,
    )
    export.run(progress)
    durable.publish(part, path)
    state_path.unlink()
    return Exported(path, state.items, path.stat().st_size, export.inexact)


def export_folder(
    endpoint: Endpoint,
    table: Table,
    directory: Path,
    kind: Kind,
    *,
    reading: Reading,
    limits: Limits,
    progress: Progress,
) -> Exported:
    """Write a table as AWS exports it to S3. Raises TransferError, OSError and Stopped."""
    if kind.format not in _OUTPUTS:
        raise TransferError(f"AWS's export folders hold {DYNAMODB_JSON} or {ION}, not {kind.format}")
    directory.mkdir(parents=True, exist_ok=True)
    state_path = directory / f"{table.name}.part.json"
    kind = Kind(kind.format, "GZIP")
    state = resumed(state_path, table, kind)
    if state is None:
        state = _begun(table, kind, reading.segments, [], [])
        folder = manifests.folder(None, state.id)
        state.marks = [
            Mark(manifests.data_key(folder, state.id, number, _OUTPUTS[kind.format]))
            for number in range(reading.segments)
        ]
    folder = manifests.folder(None, state.id)
    place = directory / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / manifests.STARTED).touch()
    (place / TABLE_FILE).write_bytes(description_of(table))
    export = Export(
        endpoint,
        table,
        state,
        state_path=state_path,
        place=directory.joinpath,
        limits=limits,
        consistent=reading.consistent,
    )
    export.run(progress)
    size = _write_manifests(directory, folder, table, state)
    state_path.unlink()
    return Exported(place, state.items, size, export.inexact)


def description_of(table: Table) -> bytes:
    """What DescribeTable said of a table, as the AWS CLI prints it."""
    return msgspec.json.format(msgspec.json.encode({"Table": table.description}), indent=2) + b"\n"


def attribute_names(endpoint: Endpoint, table: Table, limits: Limits, progress: Progress) -> list[str]:
    """The names of all attributes that items of a table have, its key first: the columns of a CSV file.

    Reads the whole table. Raises TransferError and Stopped.
    """
    found: dict[str, None] = dict.fromkeys(table.keys)
    request: dict[str, object] = {"TableName": table.name, "ReturnConsumedCapacity": "TOTAL"}
    items = 0
    while True:
        page = endpoint.call("Scan", request, Page)
        for raw in page.Items:
            found |= dict.fromkeys(msgspec.json.decode(raw, type=dict[str, msgspec.Raw]))
        items += len(page.Items)
        progress(items, max(items, table.items) or None)
        if page.LastEvaluatedKey is None:
            return list(found)
        request["ExclusiveStartKey"] = page.LastEvaluatedKey
        capacity = page.ConsumedCapacity.CapacityUnits if page.ConsumedCapacity else 0.0
        endpoint.wait(limits.pay(len(page.Items), capacity))


def _begun(table: Table, kind: Kind, segments: int, marks: list[Mark], columns: list[str]) -> State:
    now = time.time()
    return State(
        id=f"{int(now * 1000):014d}-{secrets.token_hex(4)}",
        table_arn=table.arn,
        table_id=table.id,
        started=now,
        format=kind.format,
        compression=kind.compression,
        columns=columns,
        segments=[Segment() for _ in range(segments)],
        marks=marks,
    )


def _write_manifests(directory: Path, folder: str, table: Table, state: State) -> int:
    """Write the manifests of a folder whose data are whole; the size of these."""
    files, size = [], 0
    for mark in state.marks:
        digest = _md5(directory / mark.name)
        size += mark.bytes
        files.append(
            manifests.DataFile(
                itemCount=mark.items,
                md5Checksum=digest[0],
                etag=f"{digest[1]}-1",
                dataFileS3Key=mark.name,
            )
        )
    started = manifests.time_text(state.started)
    summary = manifests.Summary(
        exportArn=f"{table.arn}/export/{state.id}",
        startTime=started,
        endTime=manifests.time_text(time.time()),
        tableArn=table.arn,
        tableId=table.id,
        exportTime=started,
        s3Bucket=directory.name,
        manifestFilesS3Key=folder + manifests.FILES,
        billedSizeBytes=table.bytes,
        itemCount=state.items,
        outputFormat="ION" if state.format == ION else "DYNAMODB_JSON",
        exportType="FULL_EXPORT",
    )
    # Who finds the summary finds all.
    for name, content in (
        (manifests.FILES, manifests.write_files(files)),
        (manifests.SUMMARY, manifests.write_summary(summary)),
    ):
        durable.write(directory / manifests.checksum_key(folder + name), manifests.checksum(content))
        durable.write(directory / (folder + name), content)
    return size


def _md5(path: Path) -> tuple[str, str]:
    """The MD5 of a file, in base64 and in hex."""
    import base64

    digest = manifests.md5()
    with path.open("rb") as opened:
        read: Callable[[], bytes] = lambda: opened.read(_BLOCK_BYTES)  # noqa: E731
        for block in iter(read, b""):
            digest.update(block)
    return base64.b64encode(digest.digest()).decode(), digest.hexdigest()
