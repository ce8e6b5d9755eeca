"""What is imported: one file, or the data files of a folder that AWS exported to.

A folder is one of an export (it has a manifest-summary.json), or one above with exactly one export in it. Its
data files are proven by the checksums of the manifests before anything is written.
"""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from stator.formats import manifests
from stator.formats.rows import BadRow, Unreadable
from stator.transfer.endpoint import TransferError
from stator.transfer.exporting import TABLE_FILE
from stator.transfer.files import DYNAMODB_JSON, FORMATS, ION, Kind, kind_of, rows
from stator.values.attribute import Item

_FORMATS: Final = {"DYNAMODB_JSON": DYNAMODB_JSON, "ION": ION}
_BLOCK_BYTES: Final = 1 << 20


class Row(NamedTuple):
    """An item, or what is wrong with it; where it stands; and which row of the source it is, from 1."""

    number: int
    where: str
    item: Item | BadRow


class Source(NamedTuple):
    """The files of an import, in their order, of one kind; and what the table was, if that is known."""

    path: Path
    files: list[Path]
    kind: Kind
    items: int | None
    description: bytes | None = None

    @property
    def fingerprint(self) -> list[tuple[str, int, int]]:
        """What tells whether the files are the same: name, bytes and time of change of each."""
        stats = [(file.name, file.stat()) for file in self.files]
        return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]


def find(path: Path, format_: str | None) -> Source:
    """The source that a path names. Raises TransferError, OSError."""
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise TransferError(f"there is no file {path}")
    kind = kind_of(path, format_)
    if kind is None:
        raise TransferError(f"{path} may be of any format; say which with --format: {', '.join(FORMATS)}")
    return Source(path, [path], kind, None)


def read(source: Source, types: dict[str, str], delimiter: str = ",", skip: int = 0) -> Iterator[Row]:
    """The rows of a source, but for the first `skip` ones. Raises OSError and MissingExtra."""
    number = 0
    for file in source.files:
        with file.open("rb") as opened:
            items, lines = rows(opened, source.kind, types, delimiter)
            for item in items:
                number += 1
                if number <= skip:
                    continue
                place = f"item {number}" if source.kind.format == ION else f"line {lines.line}"
                yield Row(number, f"{file}: {place}", item)
                if isinstance(item, BadRow) and item.last:
                    return


def _folder(path: Path) -> Source:
    folders = [path] if (path / manifests.SUMMARY).is_file() else _exports(path)
    if len(folders) != 1:
        found = f"{len(folders)} whole exports; name the folder of one" if folders else "no whole export"
        raise TransferError(f"in {path} there is {found}")
    folder = folders[0]
    try:
        summary = manifests.read_summary(_verified(folder, manifests.SUMMARY))
        files = manifests.read_files(_verified(folder, manifests.FILES))
    except Unreadable as error:
        raise TransferError(f"{folder}: {error}") from None
    if summary.version != manifests.FULL_VERSION:
        raise TransferError(f"{folder} is an incremental export, which says what changed in a table")
    # The keys are those of the bucket; the folder may have been copied from it with or without what is above.
    paths = [folder / "data" / Path(file.dataFileS3Key).name for file in files]
    for file, place in zip(files, paths, strict=True):
        if not place.is_file() or _md5(place) != file.md5Checksum:
            raise TransferError(f"{place} is not what the manifest says")
    description = folder / TABLE_FILE
    return Source(
        folder,
        [place for file, place in zip(files, paths, strict=True) if file.itemCount],
        Kind(_FORMATS[summary.outputFormat], "GZIP"),
        summary.itemCount,
        description.read_bytes() if description.is_file() else None,
    )


def _exports(path: Path) -> list[Path]:
    """The folders of whole exports below a path."""
    patterns = (f"*/{manifests.SUMMARY}", f"{manifests.ROOT}/*/{manifests.SUMMARY}")
    return sorted({found.parent for pattern in patterns for found in path.glob(pattern)})


def _verified(folder: Path, name: str) -> bytes:
    content = (folder / name).read_bytes()
    for suffix in manifests.CHECKSUM_SUFFIXES:
        noted = folder / (name.removesuffix(".json") + suffix)
        if noted.is_file():
            manifests.verify(name, content, noted.read_bytes())
    return content


def _md5(path: Path) -> str:
    digest = manifests.md5()
    with path.open("rb") as opened:
        while block := opened.read(_BLOCK_BYTES):
            digest.update(block)
    return base64.b64encode(digest.digest()).decode()


def key_of(item: Item, keys: tuple[str, ...]) -> bytes:
    """What tells an item's key from others. It has all of its attributes."""
    return msgspec.json.encode([item[name] for name in keys])
