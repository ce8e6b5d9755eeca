"""How often products were looked at: a counter that many write at once.

One item takes about a thousand writes a second. So the views of a product are spread over several items, the
shards; a view is added to one of them by chance, and whoever reads adds them up. Sent twice because a reply
was lost, a view may count twice.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from services.common.items import Item, deserialize, serialize
from services.storefront.batches import Batches
from services.storefront.tables import session_key

Choose = Callable[[Sequence[Item]], Item]


class Views:
    """The views of all products, in the table of sessions."""

    def __init__(
        self, client: Any, table: str, batches: Batches, shards: int, choose: Choose = random.choice
    ) -> None:
        self._client, self._table, self._batches = client, table, batches
        self._shards, self._choose = shards, choose

    def add(self, product: int) -> None:
        """Count a view."""
        self._client.update_item(
            TableName=self._table,
            Key=self._choose(self._keys(product)),
            UpdateExpression="ADD #views :one",
            ExpressionAttributeNames={"#views": "views"},
            ExpressionAttributeValues=serialize({":one": 1}),
        )

    def total(self, product: int) -> int:
        """How many views there were."""
        shards = self._batches.get(self._table, self._keys(product), ["views"])
        return sum(int(deserialize(shard)["views"]) for shard in shards)

    def forget(self, product: int) -> None:
        """Delete the counter of a product that is no more."""
        self._batches.delete(self._table, self._keys(product))

    def _keys(self, product: int) -> list[Item]:
        return [session_key(f"views_{product}_{shard}") for shard in range(self._shards)]
