"""The two tables of the storefront.

Products, by number:

    id      ...
    n > 0   product n: title, path, description or description_path, price, category, created_at, updated_at,
            version, sold, write_id (of its last change)
    0       no product, but the counter of ids: last_id

with the index CategoryIndex on category and created_at.

Sessions, by text, and what else has a key that is a text. It is never listed, so that this costs nothing:

    session_id                    expires_at   ...
    sess_{id}                     yes          user_id, data (JSON: cart and preferences), created_at,
                                               version, writes (the ids of the last)
    receipt_{id}                  no           a checkout: user_id, lines, total, created_at
    views_{product}_{shard}       no           views: a part of the views of a product
"""

from services.common.items import Item, serialize
from services.common.tables import Index, Key, Table

CATEGORY_INDEX = "CategoryIndex"
PRODUCT_KEY = Key(("id", "N"))
CATEGORY_KEY = Key(("category", "S"), ("created_at", "S"))
SESSION_KEY = Key(("session_id", "S"))
EXPIRY = "expires_at"
COUNTER_ID = 0


def products(name: str) -> Table:
    """The table of products, by whatever name."""
    return Table(name, PRODUCT_KEY, indexes=(Index(CATEGORY_INDEX, CATEGORY_KEY),), encrypted_by_kms=True)


def sessions(name: str) -> Table:
    """The table of sessions, by whatever name."""
    return Table(name, SESSION_KEY, expiry=EXPIRY, encrypted_by_kms=True)


def product_key(identifier: int) -> Item:
    """The key of a product."""
    return serialize({"id": identifier})


def session_key(identifier: str) -> Item:
    """The key of a session, a receipt or a counter."""
    return serialize({"session_id": identifier})
