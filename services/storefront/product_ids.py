"""The ids of products: numbers from one counter item, which grows by an atomic addition.

An id is given once. An addition that was sent twice, since its reply was lost, leaves a gap and does no harm.
"""

from typing import Any

from services.common.items import serialize
from services.storefront.tables import COUNTER_ID, product_key


class ProductIds:
    """The counter in the table of products."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def take(self, count: int) -> range:
        """So many ids that follow each other and that nobody else gets."""
        answer = self._client.update_item(
            TableName=self._table,
            Key=product_key(COUNTER_ID),
            UpdateExpression="ADD last_id :count",
            ExpressionAttributeValues=serialize({":count": count}),
            ReturnValues="UPDATED_NEW",
        )
        last = int(answer["Attributes"]["last_id"]["N"])
        return range(last - count + 1, last + 1)
