"""What a copy keeps in a temporary file: a full disk puts the copy off, and it is made once there is room."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from harness.exports import (
    BUCKET,
    Exported,
    begin_export,
    create,
    described_export,
    item,
    opened_with_bucket,
    put,
)
from harness.recovery import run_copies
from stator.base.errors import StorageError
from stator.copies import temporary
from stator.copies.seen import Seen


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process may have more than 32 KB."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 15, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


@pytest.fixture(autouse=True)
def small_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporary, "_CACHE_KIBIBYTES", 16)


def test_a_set_of_keys() -> None:
    noise = Random(1)
    seen = Seen(in_memory_max=64)
    keys = [noise.randbytes(40) for _ in range(5_000)]
    with full_disk(), pytest.raises(StorageError, match="the temporary file of a copy"):
        all(map(seen.add, keys))
    seen.close()


def test_an_incremental_export(tmp_path: Path) -> None:
    count = 1_500

    async def main() -> None:
        async with opened_with_bucket(tmp_path) as (handlers, clock):
            await create(handlers, "source")
            start = clock.time
            await asyncio.gather(
                *(put(handlers, "source", item(f"k{number}", number)) for number in range(count))
            )
            clock.time += 900
            window = {"ExportFromTime": start, "ExportToTime": clock.time}
            begun = await begin_export(
                handlers, "source", ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=window
            )
            with full_disk(), pytest.raises(StorageError, match="the temporary file of a copy"):
                await run_copies(handlers)
            assert (await described_export(handlers, begun["ExportArn"]))["ExportStatus"] == "IN_PROGRESS"
            await run_copies(handlers)
            exported = Exported(
                tmp_path / "s3" / BUCKET, await described_export(handlers, begun["ExportArn"])
            )
            assert len(exported.changes()) == count

    asyncio.run(main())
