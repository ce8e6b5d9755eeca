"""A backup file gives back what was written into it, and whatever is torn or altered is refused, wherever."""

import asyncio
import re
import resource
import stat
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from copies.backups import HEADER, pack, sample, write
from stator.copies import backup_file, backup_format, backup_header, backup_writer
from stator.copies.backup_file import BackupDamaged, BackupUnknown
from stator.copies.backup_format import CHECK_BYTES, FOOTER_BYTES, FRAME_HEAD_BYTES, START, Frame
from stator.copies.backup_header import Header
from stator.tables import stored
from stator.tables.definition import Keys

# A file that version 1 of the format has written. It is read for ever.
WRITTEN_ONCE = Path(__file__).parent / "orders-version-1.stbackup"


def items_of(path: Path) -> list[bytes]:
    async def read() -> list[bytes]:
        return [item async for batch in backup_file.read(path).batches() for item in batch]

    return asyncio.run(read())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of one small block."""
    return write(tmp_path_factory.mktemp("small") / "small.stbackup", sample(3))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of several blocks."""
    return write(tmp_path_factory.mktemp("large") / "large.stbackup", sample(400, width=2_000))


def altered(path: Path, directory: Path, change: Callable[[bytes], bytes]) -> Path:
    copy = directory / "altered.stbackup"
    copy.write_bytes(change(path.read_bytes()))
    return copy


def refusal(path: Path) -> str:
    """Why a file is refused: the same whether it is verified or restored."""
    with pytest.raises(BackupDamaged) as verified:
        backup_file.verify(path)
    with pytest.raises(BackupDamaged) as restored:
        items_of(path)
    assert str(verified.value) == str(restored.value)
    return str(verified.value)


def frames(whole: bytes) -> list[bytes]:
    """The header and the blocks of a file, each with its check."""
    found, position = [], len(START)
    while whole[position : position + 1] != backup_format.FOOTER:
        frame = Frame.unpack(whole[position : position + FRAME_HEAD_BYTES])
        end = position + FRAME_HEAD_BYTES + frame.length + CHECK_BYTES
        found.append(whole[position:end])
        position = end
    return found


def assembled(parts: list[bytes]) -> bytes:
    """Frames as a whole file, with a footer that is right for them."""
    body = START + b"".join(parts)
    blocks = [Frame.unpack(part[:FRAME_HEAD_BYTES]) for part in parts[1:]]
    counted = backup_format.Footer(
        len(parts), sum(block.items for block in blocks), 0, len(body) + FOOTER_BYTES
    )
    digest = sha256(body + counted.before_digest()).digest()
    return body + counted._replace(digest=digest).pack()


def test_what_was_written_is_read(large: Path) -> None:
    items = sample(400, width=2_000)
    found = backup_file.verify(large)
    assert found.header == HEADER
    assert (found.footer.items, found.footer.item_bytes) == (400, sum(map(stored.size_of, items)))
    assert found.footer.number > 3  # So there were several blocks.
    assert items_of(large) == items


def test_an_empty_table_has_a_backup_too(tmp_path: Path) -> None:
    path = write(tmp_path / "empty.stbackup", [])
    assert (backup_file.verify(path).footer.items, items_of(path)) == (0, [])


def test_the_file_is_for_its_owner_alone(small: Path) -> None:
    assert stat.S_IMODE(small.stat().st_mode) == 0o600
    assert sorted(small.parent.iterdir()) == [small]


def test_anybody_can_read_it_with_common_tools(small: Path) -> None:
    """As the page on the format says: a header in plain JSON, lines of items under zlib, a SHA-256."""
    whole = small.read_bytes()
    head, block = frames(whole)
    assert backup_header.decode(head[FRAME_HEAD_BYTES:-CHECK_BYTES]) == HEADER
    lines = zlib.decompress(block[FRAME_HEAD_BYTES:-CHECK_BYTES]).splitlines()
    assert lines == [stored.json_of(item) for item in sample(3)]
    assert sha256(whole[:-40]).digest() == whole[-40:-8]


def test_what_version_1_has_written_is_read_for_ever() -> None:
    assert backup_file.verify(WRITTEN_ONCE).header == HEADER
    assert items_of(WRITTEN_ONCE) == sample(3)


def test_every_torn_file_is_refused(small: Path, tmp_path: Path) -> None:
    whole = small.read_bytes()
    for length in range(len(whole)):
        torn = altered(small, tmp_path, lambda whole, end=length: whole[:end])  # type: ignore[misc]
        with pytest.raises(BackupDamaged):
            backup_file.summary(torn)
    assert (
        refusal(torn)
        == "altered.stbackup is damaged: end: there is no footer: it is torn, or was never finished"
    )


def test_every_altered_byte_is_found(small: Path, tmp_path: Path) -> None:
    whole = small.read_bytes()
    header_end = len(START) + len(frames(whole)[0])
    block_end = len(whole) - FOOTER_BYTES
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 1 << position % 8
        path = altered(small, tmp_path, lambda _, changed=changed: bytes(changed))  # type: ignore[misc]
        text = refusal(path)
        where = "header" if position < header_end else "block 1" if position < block_end else "footer"
        assert position < len(START) or f"damaged: {where}: " in text or "damaged: end: " in text, (
            position,
            text,
        )


@given(st.data())
def test_a_changed_block_is_named(
    large: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    parts = frames(large.read_bytes())
    number = data.draw(st.integers(1, len(parts) - 1))
    position = data.draw(st.integers(FRAME_HEAD_BYTES, len(parts[number]) - 1))
    changed = bytearray(parts[number])
    changed[position] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "changed.stbackup"
    path.write_bytes(assembled([*parts[:number], bytes(changed), *parts[number + 1 :]]))
    assert refusal(path) == f"changed.stbackup is damaged: block {number}: its check does not match"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda own, _: [own[0], own[2], own[1], *own[3:]], "block 1: another one stands in its place"),
        (lambda own, _: [own[0], *own[2:]], "block 1: another one stands in its place"),
        (lambda own, _: own[:-1], "footer: it does not say what the file holds"),
        (lambda own, other: [own[0], other[1], *own[2:]], "block 1: its check does not match"),
        (lambda own, other: [other[0], *own[1:]], "block 1: its check does not match"),
    ],
    ids=["exchanged", "left out", "the last left out", "of another backup", "under another header"],
)
def test_blocks_stay_where_they_are(
    large: Path,
    small: Path,
    tmp_path: Path,
    change: Callable[[list[bytes], list[bytes]], list[bytes]],
    reason: str,
) -> None:
    other = write(
        tmp_path / "other.stbackup",
        sample(400, 2_000),
        replace(HEADER, name="other"),
    )
    parts = change(frames(large.read_bytes()), frames(other.read_bytes()))
    whole = assembled(parts)
    if "footer" in reason:
        # The footer of the whole backup, with a digest that is right for what is left of it.
        footer = backup_format.Footer.unpack(large.read_bytes()[-FOOTER_BYTES:])
        assert footer is not None
        body = whole[:-FOOTER_BYTES]
        footer = footer._replace(length=len(whole))
        whole = body + footer._replace(digest=sha256(body + footer.before_digest()).digest()).pack()
    path = altered(large, tmp_path, lambda _: whole)
    assert refusal(path) == f"altered.stbackup is damaged: {reason}"


def test_a_block_cannot_grow_without_bounds(small: Path, tmp_path: Path) -> None:
    """What unpacks to more than it says is refused before it fills the memory."""
    head = frames(small.read_bytes())[0]
    bomb = zlib.compress(b"\n" * (1 << 26))
    opening = Frame(backup_format.BLOCK, 1, 1, 1, len(bomb)).pack()
    block = opening + bomb + backup_format.check(head[-CHECK_BYTES:], opening, bomb)
    path = altered(small, tmp_path, lambda _: assembled([head, block]))
    assert refusal(path) == "altered.stbackup is damaged: block 1: it does not hold what it says"

    opening = Frame(backup_format.BLOCK, 1, 1, 1 << 30, len(bomb)).pack()
    block = opening + bomb + backup_format.check(head[-CHECK_BYTES:], opening, bomb)
    path = altered(small, tmp_path, lambda _: assembled([head, block]))
    assert refusal(path) == "altered.stbackup is damaged: block 1: it claims to be longer than one may be"


@pytest.mark.parametrize(
    "line",
    [
        b"{}]",
        b'{"a":{"N":"x"}}',
        b'{"a":{"N":1}}',
        b'{"a":{"X":"1"}}',
        b"7",
        b'{"id":{"S":"no sort key"}}',
        b'{"id":{"S":"a"},"at":{"S":"of another type"}}',
    ],
)
def test_a_line_that_is_no_item_is_refused(small: Path, tmp_path: Path, line: bytes) -> None:
    head = frames(small.read_bytes())[0]
    packed = zlib.compress(line + b"\n")
    opening = Frame(backup_format.BLOCK, 1, 1, len(line) + 1, len(packed)).pack()
    block = opening + packed + backup_format.check(head[-CHECK_BYTES:], opening, packed)
    path = altered(small, tmp_path, lambda _: assembled([head, block]))
    assert re.fullmatch(
        "altered.stbackup is damaged: block 1: it holds no item: .*", refusal(path), re.DOTALL
    )


def test_other_files_are_told_from_damaged_ones(small: Path, tmp_path: Path) -> None:
    for content, text in (
        (b"", "altered.stbackup is damaged: opening: the file ends in the middle of it"),
        (b"SQLite format 3\0" * 20, "altered.stbackup is no backup of Stator's"),
        (
            small.read_bytes().replace(b"B\r\n\x1a\n\x00\x01", b"B\r\n\x1a\n\x00\x02", 1),
            "altered.stbackup is of version 2 of the format, which this Stator does not know",
        ),
    ):
        path = altered(small, tmp_path, lambda _, content=content: content)  # type: ignore[misc]
        assert refusal(path) == text
    with pytest.raises(BackupUnknown):
        backup_file.summary(path)


@pytest.mark.parametrize(
    "header",
    [
        replace(HEADER, format="something else"),
        replace(HEADER, arn="arn:aws:dynamodb:us-east-1:000000000000:table/../../etc/backup/x"),
        replace(HEADER, table=replace(HEADER.table, attributes={"id": "S"})),
        replace(HEADER, table=replace(HEADER.table, attributes=HEADER.table.attributes | {"id": "M"})),
        replace(HEADER, table=replace(HEADER.table, keys=Keys(()))),
    ],
)
def test_a_header_that_describes_no_table_is_refused(tmp_path: Path, header: Header) -> None:
    with pytest.raises(BackupUnknown, match="has a header that this Stator does not know"):
        backup_file.summary(write(tmp_path / "odd.stbackup", sample(1), header))


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limit[1]))
    try:
        noise = Random(1)
        items = [pack({"id": {"S": "a"}, "b": {"S": noise.randbytes(200_000).hex()}}) for _ in range(9)]
        with pytest.raises(OSError, match="File too large"):
            write(tmp_path / "large.stbackup", items)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_backup_leaves_nothing(tmp_path: Path) -> None:
    async def failing() -> AsyncIterator[list[bytes]]:
        yield sample(10)
        raise RuntimeError("the source is gone")

    with pytest.raises(RuntimeError, match="the source is gone"):
        asyncio.run(backup_writer.write(tmp_path / "failed.stbackup", HEADER, failing()))
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_behind_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "again.stbackup"
    backup_writer.partial_path(path).write_bytes(b"half of something" * 1_000)
    assert items_of(write(path, sample(3))) == sample(3)
    assert list(tmp_path.iterdir()) == [path]


def test_a_summary_is_not_remembered_for_another_file(small: Path, large: Path, tmp_path: Path) -> None:
    path = altered(small, tmp_path, lambda whole: whole)
    assert backup_file.summary(path).footer.items == 3
    path.write_bytes(large.read_bytes())
    assert backup_file.summary(path).footer.items == 400


def test_the_program_on_the_page_reads_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "backup-format.md").read_text()
    program = page.partition("```python\n")[2].partition("```")[0]
    done = subprocess.run(
        [sys.executable, "-c", program, WRITTEN_ONCE], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [repr(stored.unpack(item)) for item in sample(3)]
