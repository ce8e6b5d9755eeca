"""The files of an export beside its data: where they lie, and what is in them.

    PREFIX/AWSDynamoDB/EXPORT-ID/_started
    PREFIX/AWSDynamoDB/EXPORT-ID/data/NAME.json.gz      of a full export
    PREFIX/AWSDynamoDB/data/NAME.json.gz                of an incremental one: shared by all
    PREFIX/AWSDynamoDB/EXPORT-ID/manifest-files.json    one line per data file
    PREFIX/AWSDynamoDB/EXPORT-ID/manifest-summary.json  written last: who finds it finds a whole export

Beside each manifest lies its MD5 in base64, as `.md5`: this is what AWS writes, though its documentation
calls the file `.checksum`; a reader takes either. Source: "DynamoDB table export output format" of the
developer guide.
"""

import base64
import hashlib
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from stator.formats.dynamodb_json import lines
from stator.formats.rows import Unreadable

ROOT: Final = "AWSDynamoDB"
STARTED: Final = "_started"
SUMMARY: Final = "manifest-summary.json"
FILES: Final = "manifest-files.json"
CHECKSUM_SUFFIXES: Final = (".md5", ".checksum")
EXTENSIONS: Final = {"DYNAMODB_JSON": ".json.gz", "ION": ".ion.gz"}
FULL_VERSION: Final = "2020-06-30"
INCREMENTAL_VERSION: Final = "2023-08-01"


class DataFile(msgspec.Struct, kw_only=True):
    """One line of manifest-files.json: a data file's key in its bucket, and what is in it."""

    itemCount: int
    md5Checksum: str
    etag: str
    dataFileS3Key: str


class Summary(msgspec.Struct, kw_only=True):
    """manifest-summary.json, in AWS's order of members. Times are texts of `time_text`."""

    version: str = FULL_VERSION
    exportArn: str
    startTime: str
    endTime: str
    tableArn: str
    tableId: str
    exportTime: str | msgspec.UnsetType = msgspec.UNSET
    exportFromTime: str | msgspec.UnsetType = msgspec.UNSET
    exportToTime: str | msgspec.UnsetType = msgspec.UNSET
    s3Bucket: str
    s3Prefix: str | None = None
    s3SseAlgorithm: str | None = "AES256"
    s3SseKmsKeyId: str | None = None
    manifestFilesS3Key: str
    billedSizeBytes: int
    itemCount: int
    outputFormat: Literal["DYNAMODB_JSON", "ION"] = "DYNAMODB_JSON"
    outputView: str | msgspec.UnsetType = msgspec.UNSET
    exportType: str | msgspec.UnsetType = msgspec.UNSET


def folder(prefix: str | None, export_id: str = "") -> str:
    """The folder of an export, or of all exports, in its bucket; with a slash at its end."""
    parts = [prefix.removesuffix("/")] if prefix else []
    parts.append(ROOT)
    if export_id:
        parts.append(export_id)
    return "/".join(parts) + "/"


def data_key(place: str, export_id: str, number: int, output: str) -> str:
    """The key of an export's data file of that number, in `place`, a folder with a slash at its end.

    The name is 26 letters and digits like AWS's, and always the same for the same number, so that an export
    that begins anew overwrites what it left behind.
    """
    digest = hashlib.blake2b(f"{export_id}/{number}".encode(), digest_size=16).digest()
    name = base64.b32encode(digest).decode().rstrip("=").lower()
    return f"{place}data/{name}{EXTENSIONS[output]}"


def time_text(seconds: float) -> str:
    """A time as the manifests write it, to the millisecond: 2020-11-04T07:28:34.028Z."""
    moment = datetime.fromtimestamp(round(seconds, 3), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def checksum(data: bytes) -> bytes:
    """What lies beside a manifest: its MD5 in base64."""
    return base64.b64encode(md5(data).digest())


def checksum_key(manifest_key: str) -> str:
    """Where a manifest's checksum is written."""
    return manifest_key.removesuffix(".json") + CHECKSUM_SUFFIXES[0]


def md5(data: bytes = b"") -> "hashlib._Hash":
    """An MD5, which the format asks for: it finds broken files, it guards against nobody."""
    return hashlib.md5(data, usedforsecurity=False)


def write_files(files: Iterable[DataFile]) -> bytes:
    """The content of manifest-files.json."""
    return b"".join(msgspec.json.encode(file) + b"\n" for file in files)


def write_summary(summary: Summary) -> bytes:
    """The content of manifest-summary.json."""
    return msgspec.json.encode(summary)


def read_files(data: bytes) -> list[DataFile]:
    """The lines of manifest-files.json. Raises Unreadable."""
    try:
        return [msgspec.json.decode(line, type=DataFile) for line in lines(io.BytesIO(data))]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{FILES}: {error}") from None


def read_summary(data: bytes) -> Summary:
    """manifest-summary.json. Raises Unreadable."""
    try:
        return msgspec.json.decode(data, type=Summary)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{SUMMARY}: {error}") from None


def verify(name: str, data: bytes, expected: bytes | str) -> None:
    """Raises Unreadable if the MD5 of a file is not the one noted for it (base64)."""
    noted = expected.decode("ascii", "replace") if isinstance(expected, bytes) else expected
    if checksum(data).decode() != noted.strip():
        raise Unreadable(f"{name} is not what its checksum says")
