"""A power cut forgets what was not synced, and no acknowledged write is lost, nor half a batch kept.

Many tasks write through the engine while the power is cut, in effect, at drawn moments: each cut takes the
bytes that would survive then, together with the writes that had been acknowledged, and the engine opens
what is left. The same scenario with syncing switched off has to lose writes; otherwise it would prove
nothing.
"""

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stator.storage.open import DATABASE
from stator.storage.sqlite import checkpoint
from stator.storage.sqlite.ballast import Ballast
from stator.storage.sqlite.engine import SqliteEngine
from stator.storage.sqlite.writer import LOG_SUFFIX, sync_file

from .power import PowerVfs

ITEMS, COPIES = 5, 6  # two spaces that every body writes alike
TASKS = 8
WRITES = 25  # per task
CUTS = 25  # per run
LENGTHS = (10, 800, 3_000, 70_000)


@dataclass
class Cut:
    """The moment of a power cut: what the disk kept, and what had been promised."""

    files: dict[str, bytes]
    acknowledged: dict[bytes, int]  # key -> the last version that was answered


@dataclass
class Findings:
    """What was wrong after power cuts."""

    lost: int = 0
    torn: int = 0
    cuts: list[Cut] = field(default_factory=list)


SYNCING = {
    "beside the commit": "normal",  # as one process does it, by a call of its own
    "within the commit": "full",  # as the writer of several processes does it
    "never": "off",
}


def open_on(directory: Path, vfs: PowerVfs | None, syncing: str) -> SqliteEngine:
    def sync(descriptor: int) -> None:
        sync_file(descriptor)
        if vfs is not None and syncing == "beside the commit":
            vfs.sync(f"{DATABASE}{LOG_SUFFIX}")

    return SqliteEngine(
        directory / DATABASE,
        ballast=Ballast(directory / "ballast", 0),
        vfs=vfs and vfs.name,
        synchronous=SYNCING[syncing],
        sync=sync,
    )


def value_of(key: bytes, version: int, batch: int) -> bytes:
    length = LENGTHS[(key[0] + version) % len(LENGTHS)]
    return b"%d %d " % (version, batch) + bytes([version % 256]) * length


async def write_all(engine: SqliteEngine, acknowledged: dict[bytes, int]) -> None:
    async def task(number: int) -> None:
        key = bytes([number + 1])
        for version in range(1, WRITES + 1):

            def body(transaction, version=version):
                value = value_of(key, version, transaction.batch)
                transaction.put(ITEMS, key, value)
                transaction.put(COPIES, key, value)
                transaction.put(0, b"%020d" % transaction.id, b"%d" % transaction.batch)

            await engine.write(body)
            acknowledged[key] = version

    await asyncio.gather(*map(task, range(TASKS)))
    await engine.aclose()


def run(directory: Path, seed: int, syncing: str) -> list[Cut]:
    """Write everything, and cut the power at drawn moments."""
    directory.mkdir()
    vfs = PowerVfs(f"power-{directory}")
    source = random.Random(seed)
    acknowledged: dict[bytes, int] = {}
    cuts: list[Cut] = []

    def cut_now_and_then(number: int) -> None:
        if len(cuts) < CUTS and source.random() < 0.05:
            cuts.append(Cut(vfs.survivors(source), dict(acknowledged)))

    engine = open_on(directory, vfs, syncing)
    vfs.on_change = cut_now_and_then
    asyncio.run(write_all(engine, acknowledged))
    vfs.unregister()
    return cuts


def examine(directory: Path, cut: Cut, findings: Findings) -> None:
    """Open what a cut has left, and compare it with what was promised."""
    directory.mkdir()
    for name, content in cut.files.items():
        (directory / name).write_bytes(content)
    engine = open_on(directory, None, "beside the commit")
    try:
        items = dict(engine.reader.scan(ITEMS, b"", None, limit=1_000))
        copies = dict(engine.reader.scan(COPIES, b"", None, limit=1_000))
        log = engine.reader.scan(0, b"", None, limit=10_000)
    finally:
        engine.close()
    findings.torn += items != copies
    for key, version in cut.acknowledged.items():
        findings.lost += int(items.get(key, b"0 ").split()[0]) < version
    for key, value in items.items():
        version, batch = map(int, value.split(b" ", 2)[:2])
        findings.torn += value != value_of(key, version, batch)
    # Every body added one line to the log; the ids of a batch follow one another, and so do batches.
    ids = [int(key) for key, _ in log]
    findings.torn += ids != list(range(1, len(ids) + 1))
    findings.torn += len(ids) != sum(int(value.split(b" ", 1)[0]) for value in items.values())


def examine_all(directory: Path, seed: int, syncing: str) -> Findings:
    findings = Findings(cuts=run(directory / "live", seed, syncing))
    for number, cut in enumerate(findings.cuts):
        examine(directory / str(number), cut, findings)
    return findings


@pytest.fixture(params=["checkpoints all the time", "no checkpoint"])
def log(request, monkeypatch):
    """Cuts meet checkpoints; or nothing but commits syncs the log."""
    if request.param != "no checkpoint":
        monkeypatch.setattr(checkpoint, "START_FRAMES", 20)
        monkeypatch.setattr(checkpoint, "FEW_FRAMES", 10)


@pytest.mark.parametrize("syncing", ["beside the commit", "within the commit"])
@pytest.mark.parametrize("seed", range(6))
def test_no_acknowledged_write_is_lost(tmp_path, log, seed, syncing):
    findings = examine_all(tmp_path, seed, syncing)
    assert len(findings.cuts) == CUTS
    assert (findings.lost, findings.torn) == (0, 0)


def test_without_syncing_writes_are_lost(tmp_path, log):
    """The test of the test: this is what it looks like when a promise is broken."""
    cuts = [cut for seed in range(3) for cut in run(tmp_path / f"live {seed}", seed, "never")]
    findings = Findings()
    for number, cut in enumerate(cuts):
        try:
            examine(tmp_path / str(number), cut, findings)
        except Exception:  # some of it cannot even be opened
            findings.torn += 1
    assert findings.lost > 0
