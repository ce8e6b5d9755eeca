"""A backup to write and read: its header, and items."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from stator.copies import backup_header, backup_writer
from stator.copies.backup_header import BackedUpIndex, BackedUpTable, Header
from stator.tables import stored
from stator.tables.definition import Encryption, Keys, Throughput
from stator.values.attribute import normalise_item

HEADER = Header(
    arn="arn:aws:dynamodb:us-east-1:000000000000:table/orders/backup/01489602797149-73d8d5bc",
    name="nightly",
    type="SYSTEM",
    created_at=1_489_602_797.149,
    expires_at=1_492_626_797.149,
    table=BackedUpTable(
        name="orders",
        id="8c1e3c5e-9b54-4b5a-8f6d-0f4a4f3b2a11",
        arn="arn:aws:dynamodb:us-east-1:000000000000:table/orders",
        created_at=1_489_000_000.0,
        attributes={"id": "S", "at": "N", "kind": "B"},
        keys=Keys(("id",), ("at",)),
        throughput=Throughput(5, 7),
        encryption=Encryption("alias/mine"),
        indexes=(
            BackedUpIndex("by-kind", "global", Keys(("kind",)), "INCLUDE", ("total",), Throughput(1, 2)),
        ),
        stream="KEYS_ONLY",
        ttl="until",
    ),
    server="stator 0.1.0",
    format=backup_header.FORMAT,
)


def pack(item: dict[str, dict[str, object]]) -> bytes:
    return stored.pack(item, normalise_item(item))


def sample(count: int, width: int = 10) -> list[bytes]:
    return [
        pack({"id": {"S": f"item {number}\n"}, "at": {"N": str(number)}, "text": {"S": "é" * width}})
        for number in range(count)
    ]


async def batched(items: list[bytes], size: int = 100) -> AsyncIterator[list[bytes]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def write(path: Path, items: list[bytes], header: Header = HEADER) -> Path:
    asyncio.run(backup_writer.write(path, header, batched(items)))
    return path
