"""Tables with streams, and how to write to them and to read them."""

import itertools
from typing import Any, NamedTuple

from harness import feed
from harness.process import ServerProcess

_numbers = itertools.count()


class Streamed(NamedTuple):
    """A table with a stream, and clients for both."""

    name: str
    arn: str
    items: Any
    streams: Any

    def put(self, pk: str, **attributes: dict[str, Any]) -> None:
        self.items.put_item(TableName=self.name, Item={"pk": {"S": pk}, **attributes})

    def delete(self, pk: str) -> None:
        self.items.delete_item(TableName=self.name, Key={"pk": {"S": pk}})

    def records(self) -> list[dict[str, Any]]:
        return feed.records(self.streams, self.arn)

    def shards(self, **parameters: Any) -> list[dict[str, Any]]:
        return feed.shards(self.streams, self.arn, **parameters)

    def described(self, **parameters: Any) -> dict[str, Any]:
        return self.streams.describe_stream(StreamArn=self.arn, **parameters)["StreamDescription"]

    def iterator(self, kind: str = "TRIM_HORIZON", shard: int = -1, **parameters: Any) -> str:
        name = self.shards()[shard]["ShardId"]
        return feed.iterator(self.streams, self.arn, name, kind, **parameters)

    def read(self, iterator: str, **parameters: Any) -> Any:
        return self.streams.get_records(ShardIterator=iterator, **parameters)

    def disable(self) -> None:
        self.items.update_table(TableName=self.name, StreamSpecification={"StreamEnabled": False})

    def enable(self, view: str = "KEYS_ONLY") -> "Streamed":
        """The table with a new stream."""
        specification = {"StreamEnabled": True, "StreamViewType": view}
        self.items.update_table(TableName=self.name, StreamSpecification=specification)
        arn = self.items.describe_table(TableName=self.name)["Table"]["LatestStreamArn"]
        return self._replace(arn=arn)


def new_table(server: ServerProcess, view: str = "NEW_AND_OLD_IMAGES", keys: str = "pk") -> Streamed:
    """A new table; its keys are strings."""
    items, name = server.client(), f"streamed-{next(_numbers)}"
    items.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(keys.split(), ("HASH", "RANGE"), strict=False)
        ],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys.split()],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
    )
    arn = items.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    return Streamed(name, arn, items, server.client("dynamodbstreams"))
