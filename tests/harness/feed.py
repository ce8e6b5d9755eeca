"""Reading streams through boto3: all of a stream at once, or as a worker of the KCL reads.

`Follower` follows the protocol of the Kinesis Client Library: it finds shards with DescribeStream, begins a
shard only when its parent has been read to its end, keeps as its checkpoint of a shard the sequence number of
the last record that it has dealt with, and goes on from there with AFTER_SEQUENCE_NUMBER when it is started
anew, or was away for so long that its iterator has expired.
"""

from collections.abc import Iterator
from typing import Any

Record = dict[str, Any]


def shards(client: Any, arn: str, **parameters: Any) -> list[dict[str, Any]]:
    """All shards of a stream, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        page = client.describe_stream(StreamArn=arn, **parameters)["StreamDescription"]
        found += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            return found
        parameters["ExclusiveStartShardId"] = page["LastEvaluatedShardId"]


def iterator(client: Any, arn: str, shard: str, kind: str = "TRIM_HORIZON", **parameters: Any) -> str:
    """An iterator."""
    reply = client.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **parameters)
    text: str = reply["ShardIterator"]
    return text


def pages(client: Any, start: str | None, **parameters: Any) -> Iterator[list[Record]]:
    """The pages from an iterator on, up to an empty one or to the end of the shard."""
    while start is not None:
        reply = client.get_records(ShardIterator=start, **parameters)
        if reply["Records"]:
            yield reply["Records"]
        elif "NextShardIterator" in reply:
            return
        start = reply.get("NextShardIterator")


def records(client: Any, arn: str) -> list[Record]:
    """Everything that can be read of a stream now."""
    return [
        record
        for shard in shards(client, arn)
        for page in pages(client, iterator(client, arn, shard["ShardId"]))
        for record in page
    ]


class Follower:
    """A reader that goes on where it was, from its checkpoints alone.

    `checkpoints` are the sequence numbers by shard, None for a shard that has been read to its end.
    """

    def __init__(self, client: Any, arn: str, limit: int = 1000) -> None:
        self.checkpoints: dict[str, str | None] = {}
        self.records: list[Record] = []
        self._client = client
        self._arn = arn
        self._limit = limit
        self._iterators: dict[str, str] = {}

    def forget_iterators(self) -> None:
        """Be a worker that was started anew."""
        self._iterators = {}

    def poll(self) -> int:
        """Read one page of each shard that may be read. How many records there were."""
        known = shards(self._client, self._arn)
        names = {shard["ShardId"] for shard in known}
        read = 0
        for shard in known:
            name, parent = shard["ShardId"], shard.get("ParentShardId")
            parent_is_done = parent not in names or self._is_done(parent)
            if parent_is_done and not self._is_done(name):
                read += self._read(name)
        return read

    def _is_done(self, shard: str | None) -> bool:
        return shard in self.checkpoints and self.checkpoints[shard] is None

    def _read(self, shard: str) -> int:
        start = self._iterators.get(shard) or self._begin(shard)
        try:
            reply = self._client.get_records(ShardIterator=start, Limit=self._limit)
        except self._client.exceptions.ExpiredIteratorException:
            start = self._begin(shard)
            reply = self._client.get_records(ShardIterator=start, Limit=self._limit)
        found = reply["Records"]
        self.records += found
        if found:
            self.checkpoints[shard] = found[-1]["dynamodb"]["SequenceNumber"]
        following = reply.get("NextShardIterator")
        if following is None:
            self.checkpoints[shard] = None
            self._iterators.pop(shard, None)
        else:
            self._iterators[shard] = following
        return len(found)

    def _begin(self, shard: str) -> str:
        checkpoint = self.checkpoints.get(shard)
        if checkpoint is None:
            return iterator(self._client, self._arn, shard)
        return iterator(self._client, self._arn, shard, "AFTER_SEQUENCE_NUMBER", SequenceNumber=checkpoint)


def replayed(found: list[Record]) -> dict[str, dict[str, Any]]:
    """The items that records with new images make, by their keys as text; the records must be in order."""
    items: dict[str, dict[str, Any]] = {}
    for record in found:
        change = record["dynamodb"]
        key = key_text(change["Keys"])
        if record["eventName"] == "REMOVE":
            items.pop(key)
        else:
            assert (record["eventName"] == "INSERT") == (key not in items), record
            items[key] = change["NewImage"]
    return items


def key_text(key: dict[str, Any]) -> str:
    """A key as a dict's key."""
    return repr(sorted(key.items()))
