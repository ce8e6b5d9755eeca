"""Reading the stream of a table of events, shard by shard.

A shard follows its parent: it is read only after its parent was read to the end. A record that is gone after
24 hours is never passed over in silence; `Trimmed` is raised if

    the last record that was read is gone          (the server says so)
    the first record of the next shard is gone     (the server says so, since it is asked for exactly)
    a shard is gone before its end was read, or one in between
    a shard is to be read from wherever it begins by now (HORIZON), but what was there before was last
      looked up elsewhere too long ago
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final, Self

from botocore.exceptions import ClientError

from services.common.dynamodb import Database
from services.common.errors import code_of
from services.common.time_ids import Clock, iso
from services.inventory.event_log import event_of
from services.inventory.events import Recorded
from services.inventory.read_table import Checkpoint

_TRIMMED: Final = {"TrimmedDataAccessException", "ResourceNotFoundException"}
_EXPIRED: Final = "ExpiredIteratorException"
# The place of a shard that is read from its oldest record on, which may not be its first.
HORIZON: Final = "TRIM_HORIZON"
# For how long that misses nothing, after all events were looked up: half of what a stream keeps.
HORIZON_TRUSTED: Final = timedelta(hours=12)


class Trimmed(Exception):
    """The stream may no longer have everything that follows the checkpoint."""


@dataclass
class Shard:
    """A shard that is being read.

    `last` is the last sequence number; before the first it is "" for a shard that is read from its `start`,
    and HORIZON for one that is read from wherever it begins by now.
    """

    id: str
    start: str
    last: str
    iterator: str | None = None


@dataclass
class Batch:
    """Some events of one shard; `ended` if the shard has no more. `commit` once they are applied."""

    shard: Shard
    events: Sequence[Recorded]
    last: str
    ended: bool
    following: str | None

    @property
    def moves(self) -> bool:
        """Whether there is anything to commit."""
        return self.ended or self.last != self.shard.last


@dataclass
class StreamReader:
    """Reads one stream from a checkpoint on."""

    database: Database
    checkpoint: Checkpoint
    clock: Clock
    _open: dict[str, Shard] = field(default_factory=dict)
    _fresh: bool = True

    @classmethod
    def begin(cls, database: Database, stream: str, clock: Clock, caught_up_at: str) -> Self:
        """Read everything that a stream still has; what it had before was looked up at `caught_up_at`."""
        shards = describe(database, stream)
        reading = {shard["ShardId"]: HORIZON for shard in shards}
        before = {shard["ParentShardId"] for shard in shards if "ParentShardId" in shard} - reading.keys()
        return cls(database, Checkpoint(stream, caught_up_at, reading, frozenset(before)), clock)

    def batches(self) -> Iterator[Batch]:
        """What each open shard has next. Raises Trimmed."""
        if self._fresh or not self._open:
            self._find_shards()
        for shard in list(self._open.values()):
            yield self._read(shard)

    def commit(self, batch: Batch) -> bool:
        """Move on past a batch; whether the checkpoint has changed and should be saved."""
        shard, changed = batch.shard, batch.moves
        shard.iterator, shard.last = batch.following, batch.last
        if changed:
            reading = {**self.checkpoint.reading, shard.id: batch.last}
            ended = self.checkpoint.ended
            if batch.ended:
                del reading[shard.id], self._open[shard.id]
                ended |= {shard.id}
                self._fresh = True
            self.checkpoint = replace(self.checkpoint, reading=reading, ended=ended)
        return changed

    def forget_iterators(self) -> None:
        """Take new iterators from now on, after a failure."""
        for shard in self._open.values():
            shard.iterator = None

    def _find_shards(self) -> None:
        shards = describe(self.database, self.checkpoint.stream)
        listed = {shard["ShardId"] for shard in shards}
        reading, ended = dict(self.checkpoint.reading), self.checkpoint.ended
        if not reading.keys() <= listed:
            raise Trimmed("a shard that was not read to its end is gone")
        for shard in shards:
            name, parent = shard["ShardId"], shard.get("ParentShardId")
            if name in ended or name in self._open or (parent in listed and parent not in ended):
                continue
            if name not in reading:
                if parent is not None and parent not in ended:
                    raise Trimmed("a shard whose end was not read is gone")
                reading[name] = ""
            start = shard["SequenceNumberRange"]["StartingSequenceNumber"]
            self._open[name] = Shard(name, start, reading[name])
        kept = ended & (listed | {shard.get("ParentShardId") for shard in shards})
        self.checkpoint = replace(self.checkpoint, reading=reading, ended=kept)
        self._fresh = False

    def _read(self, shard: Shard) -> Batch:
        answer = self._records(shard)
        records = answer["Records"]
        last = records[-1]["dynamodb"]["SequenceNumber"] if records else shard.last
        following = answer.get("NextShardIterator")
        return Batch(shard, _events(records), last, following is None, following)

    def _records(self, shard: Shard) -> dict[str, Any]:
        """The answer of GetRecords; an iterator that is too old is replaced."""
        while True:
            fresh = shard.iterator is None
            try:
                iterator = shard.iterator or self._iterator(shard)
                answer: dict[str, Any] = self.database.streams.get_records(ShardIterator=iterator)
            except ClientError as error:
                if code_of(error) == _EXPIRED and not fresh:
                    shard.iterator = None
                    continue
                if code_of(error) in _TRIMMED:
                    raise Trimmed(str(error)) from None
                raise
            return answer

    def _iterator(self, shard: Shard) -> str:
        if shard.last == HORIZON:
            if self.checkpoint.caught_up_at < iso(self.clock.now() - HORIZON_TRUSTED):
                raise Trimmed("what was before the horizon was looked up too long ago")
            place = {"ShardIteratorType": "TRIM_HORIZON"}
        elif shard.last:
            place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": shard.last}
        else:
            place = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": shard.start}
        answer = self.database.streams.get_shard_iterator(
            StreamArn=self.checkpoint.stream, ShardId=shard.id, **place
        )
        return str(answer["ShardIterator"])


def stream_of(database: Database, table: str) -> str | None:
    """The ARN of a table's stream; None if it has none."""
    described = database.dynamodb.describe_table(TableName=table)["Table"]
    enabled = described.get("StreamSpecification", {}).get("StreamEnabled", False)
    return str(described["LatestStreamArn"]) if enabled else None


def describe(database: Database, stream: str) -> list[dict[str, Any]]:
    """The shards of a stream, oldest first. Raises Trimmed if it is gone."""
    shards: list[dict[str, Any]] = []
    start: dict[str, str] = {}
    while True:
        try:
            answer = database.streams.describe_stream(StreamArn=stream, **start)["StreamDescription"]
        except ClientError as error:
            if code_of(error) in _TRIMMED:
                raise Trimmed(str(error)) from None
            raise
        shards.extend(answer["Shards"])
        if "LastEvaluatedShardId" not in answer:
            return shards
        start = {"ExclusiveStartShardId": answer["LastEvaluatedShardId"]}


def _events(records: Sequence[Mapping[str, Any]]) -> list[Recorded]:
    images = (record["dynamodb"].get("NewImage") for record in records)
    return [event for event in map(event_of, filter(None, images)) if event is not None]
