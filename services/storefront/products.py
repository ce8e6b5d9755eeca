"""Products in their table, and their descriptions wherever they are."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from botocore.exceptions import ClientError

from services.common.errors import Conflict, NotFound, ServiceError, code_of, was_retried
from services.common.items import Item, deserialize, serialize
from services.common.paging import Page, decode_cursor, encode_cursor
from services.common.time_ids import Ids, iso
from services.common.writes import put_new, update
from services.storefront.backoff import CONTENTION
from services.storefront.batches import Batches
from services.storefront.descriptions import DescriptionFolder, DescriptionMissing
from services.storefront.domain import PRODUCT, Outdated, Product
from services.storefront.product_ids import ProductIds
from services.storefront.tables import CATEGORY_INDEX, CATEGORY_KEY, PRODUCT_KEY, product_key

_LOG = logging.getLogger(__name__)

# What a listing shows: everything but the description.
SUMMARY: Final = ("id", "title", "path", "price", "category", "created_at", "updated_at", "version", "sold")
REFUSED: Final = "ConditionalCheckFailedException"
# An id that something else has used is passed over, in steps that double.
STEPS_MAX: Final = 24
# A description may be replaced between the reading of an item and that of its file.
READS_MAX: Final = 3

Summary = dict[str, Any]


class NotAProduct(ServiceError):
    """An item lacks what every product has; somebody else wrote it."""


class Products:
    """The products of one table."""

    def __init__(
        self, client: Any, table: str, *, batches: Batches, folder: DescriptionFolder, ids: Ids
    ) -> None:
        self._client, self._table = client, table
        self._batches, self._folder, self._write_ids = batches, folder, ids
        self._ids = ProductIds(client, table)

    # Writing.

    def create(self, asked: Mapping[str, Any], now: datetime) -> Product:
        """Put a new product under the next id."""
        for step in range(STEPS_MAX):
            product = self._new(self._ids.take(1 << step)[-1], asked, now)
            if put_new(self._client, self._table, item_of(product), "id"):
                return product
            self._folder.remove(product.description_path)
        raise Conflict("The ids that the counter gives are taken.")

    def create_many(self, asked: Sequence[Mapping[str, Any]], now: datetime) -> list[Product]:
        """Put new products, in batches. If it fails midway, some of them are there."""
        for step in range(STEPS_MAX):
            ids = self._ids.take(len(asked) << step)[-len(asked) :]
            keys = [product_key(identifier) for identifier in ids]
            # A batch knows no conditions, so it is seen to before.
            if not self._batches.get(self._table, keys, ["id"], consistent=True):
                products = [self._new(*each, now) for each in zip(ids, asked, strict=True)]
                self._batches.put(self._table, [item_of(product) for product in products])
                return products
        raise Conflict("The ids that the counter gives are taken.")

    def change(
        self, identifier: int, asked: Mapping[str, Any], now: datetime, version: int | None = None
    ) -> Product:
        """Change fields of a product, and no others; None removes one. The product afterwards.

        Raises NotFound, and Outdated if a version is given and is not the present one.
        """
        write_id = self._write_ids.new()
        changed: dict[str, Any] = {**asked, "updated_at": iso(now), "write_id": write_id}
        self._place(identifier, changed)
        new_path = changed.get("description_path")
        try:
            before, after = self._change(identifier, changed, version)
        except ServiceError:
            self._folder.remove(new_path)
            raise
        if "description" in asked and before.description_path != new_path:
            self._folder.remove(before.description_path)
        return after

    def remove(self, identifier: int) -> None:
        """Delete a product and its description. Raises NotFound."""
        try:
            answer = self._client.delete_item(
                TableName=self._table,
                Key=product_key(identifier),
                ConditionExpression="attribute_exists(id)",
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            if code_of(error) != REFUSED:
                raise
            if was_retried(error):
                return
            raise NotFound(PRODUCT, identifier) from None
        self._folder.remove(product_of(answer["Attributes"]).description_path)

    # Reading.

    def get(self, identifier: int) -> Product:
        """A product with its description, by an eventually consistent read. Raises NotFound."""
        return self.described(self._read(identifier, consistent=False))

    def described(self, product: Product) -> Product:
        """A product with its description, wherever that is; as it is now, if that was replaced since."""
        for _ in range(READS_MAX):
            if product.description_path is None:
                return product
            with suppress(DescriptionMissing):
                return replace(product, description=self._folder.read(product.description_path))
            product = self._read(product.id, consistent=True)
        raise DescriptionMissing(f"The description of the product {product.id} is not there.")

    def check(self, identifiers: Sequence[int]) -> set[int]:
        """Which of these products there are."""
        keys = [product_key(identifier) for identifier in identifiers]
        return {int(item["id"]["N"]) for item in self._batches.get(self._table, keys, ["id"])}

    def summaries(
        self, identifiers: Sequence[int], attributes: Sequence[str], *, consistent: bool = False
    ) -> dict[int, Summary]:
        """Some attributes of some products, by their ids; without those that are not there."""
        keys = [product_key(identifier) for identifier in identifiers]
        found = self._batches.get(self._table, keys, attributes, consistent=consistent)
        return {summary["id"]: summary for summary in map(deserialize, found)}

    def page(self, attributes: Sequence[str], limit: int, cursor: str | None) -> Page[Summary]:
        """Some attributes of some products, in no order: a scan, as no index has all of them."""
        start = decode_cursor(cursor, PRODUCT_KEY.attributes)
        return self._pages(
            self._client.scan, start, limit, attributes, FilterExpression="attribute_exists(title)"
        )

    def category_page(
        self, category: str, attributes: Sequence[str], limit: int, cursor: str | None, *, newest_first: bool
    ) -> Page[Summary]:
        """Some attributes of some products of a category, by their age."""
        start = decode_cursor(cursor, {**PRODUCT_KEY.attributes, **CATEGORY_KEY.attributes})
        return self._pages(
            self._client.query,
            start,
            limit,
            attributes,
            IndexName=CATEGORY_INDEX,
            KeyConditionExpression="category = :category",
            ExpressionAttributeValues=serialize({":category": category}),
            ScanIndexForward=not newest_first,
        )

    # Within.

    def _new(self, identifier: int, asked: Mapping[str, Any], now: datetime) -> Product:
        values: dict[str, Any] = dict(asked)
        self._place(identifier, values)
        moment = iso(now)
        return Product(id=identifier, created_at=moment, updated_at=moment, version=1, **values)

    def _place(self, identifier: int, values: dict[str, Any]) -> None:
        """Decide where the description is, if there is one among the values."""
        if "description" not in values:
            return
        values["description_path"] = None
        if self._folder.is_for(values["description"]):
            values["description_path"] = self._folder.write(identifier, values["description"])
            values["description"] = None

    def _change(
        self, identifier: int, changed: Mapping[str, Any], version: int | None
    ) -> tuple[Product, Product]:
        """The product before and after; see `change`."""
        seen: Product | None = None
        for _ in CONTENTION.tries():
            before = self._read(identifier, consistent=True)
            if before.write_id == changed["write_id"]:
                return seen or before, before  # It was done, and only the reply was lost.
            if version is not None and before.version != version:
                raise Outdated(f"The product {identifier} was changed; its version is {before.version}.")
            seen = before
            stamp = {"version": before.version} if before.version else {"updated_at": before.updated_at}
            item = update(
                self._client,
                self._table,
                product_key(identifier),
                {**changed, "version": before.version + 1},
                {name: value for name, value in stamp.items() if value is not None},
            )
            if item is not None:
                return before, product_of(item)
        raise Conflict(f"The product {identifier} is being changed by many; try again.")

    def _read(self, identifier: int, *, consistent: bool) -> Product:
        item = self._client.get_item(
            TableName=self._table, Key=product_key(identifier), ConsistentRead=consistent
        ).get("Item")
        if item is None:
            raise NotFound(PRODUCT, identifier)
        return product_of(item)

    def _pages(
        self,
        ask: Callable[..., Any],
        start: Item | None,
        limit: int,
        attributes: Sequence[str],
        **parameters: Any,
    ) -> Page[Summary]:
        """As much as is asked for, in as many requests as it takes."""
        names = {f"#{number}": name for number, name in enumerate(attributes)}
        found: list[Summary] = []
        while True:
            answer = ask(
                TableName=self._table,
                Limit=limit - len(found),
                ProjectionExpression=", ".join(names),
                ExpressionAttributeNames=names,
                **parameters,
                **({"ExclusiveStartKey": start} if start else {}),
            )
            found += map(deserialize, answer["Items"])
            start = answer.get("LastEvaluatedKey")
            if start is None or len(found) == limit:
                return Page(found, encode_cursor(start))


def item_of(product: Product) -> Item:
    """The item of a product."""
    return serialize(asdict(product))


def product_of(item: Item) -> Product:
    """The product that an item is. Raises NotAProduct."""
    values = deserialize(item)
    known = {each.name: values[each.name] for each in fields(Product) if each.name in values}
    if "price" in known:
        known["price"] = Decimal(known["price"])
    try:
        return Product(**known)
    except TypeError as error:
        raise NotAProduct(f"The item {values.get('id')} is not a product: {error}.") from None
