"""A database: an engine, its catalog, and what every operation is handed besides its request."""

import asyncio
from pathlib import Path
from typing import Any

from stator.base.clock import Clock
from stator.base.ids import Ids
from stator.base.limits import COLLECTION_BYTES_MAX
from stator.storage.engine import Engine
from stator.tables.catalog import Catalog, create_identity, read_identity
from stator.tables.in_flight import InFlight
from stator.tables.keyspace import Partitions
from stator.tables.throttle import Throttle


class Database:
    """An open database.

    `account` is the AWS account that ARNs carry; `lifecycle_delay` is for how many seconds tables and
    indexes are shown in CREATING, UPDATING and DELETING; `backups` is the directory of backups, or None
    if there are to be none; `buckets` are the S3 buckets that exports and imports use
    (`stator.copies.places`), or None; `logs` is the directory of what AWS would send to CloudWatch, or
    None; `in_flight` is what transactions under way name, or None if nobody is to meet them; `meter`
    counts what requests use, and `monitoring` has what became of it (`stator.monitoring`), or they are
    None if nobody wants to know; `throttle` keeps tables to their throughput, or is None if nothing does;
    `secret` is the database's own, for digests; `work` is set when a background job has something to do,
    and `copies` when a copy of a table is to be made; `progress` is how far each of those has come, as
    its kind tells it.
    """

    __slots__ = (
        "account",
        "backups",
        "buckets",
        "catalog",
        "clock",
        "copies",
        "engine",
        "ids",
        "in_flight",
        "lifecycle_delay",
        "logs",
        "meter",
        "monitoring",
        "progress",
        "secret",
        "throttle",
        "work",
    )

    def __init__(
        self,
        engine: Engine,
        secret: bytes,
        *,
        clock: Clock,
        ids: Ids,
        account: str,
        lifecycle_delay: float = 0.0,
        collection_bytes_max: int = COLLECTION_BYTES_MAX,
        backups: Path | None = None,
    ) -> None:
        self.engine = engine
        self.secret = secret
        self.catalog = Catalog(Partitions(secret), clock, collection_bytes_max=collection_bytes_max)
        self.clock = clock
        self.ids = ids
        self.account = account
        self.lifecycle_delay = lifecycle_delay
        self.backups = backups
        self.buckets: Any = None
        self.logs: Path | None = None
        self.in_flight: InFlight | None = None
        self.throttle: Throttle | None = None
        self.meter: Any = None
        self.monitoring: Any = None
        self.work = asyncio.Event()
        self.copies = asyncio.Event()
        self.progress: dict[str, Any] = {}

    @classmethod
    async def open(
        cls,
        engine: Engine,
        *,
        clock: Clock,
        ids: Ids,
        account: str,
        lifecycle_delay: float = 0.0,
        collection_bytes_max: int = COLLECTION_BYTES_MAX,
        backups: Path | None = None,
    ) -> "Database":
        """Open the database that an engine holds, or make it."""
        secret = engine.read(read_identity)
        if secret is None:
            secret = await engine.write(lambda transaction: create_identity(transaction, ids))
        return cls(
            engine,
            secret,
            clock=clock,
            ids=ids,
            account=account,
            lifecycle_delay=lifecycle_delay,
            collection_bytes_max=collection_bytes_max,
            backups=backups,
        )
