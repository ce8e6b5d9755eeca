"""The table of enterprises in DynamoDB.

PK         SK         entity_type   id   enterprise_name, name   created_date, createdAt ...
ENT#{id}   METADATA   enterprise    id   the name, twice         each date, twice
"""

from services.common.items import Item, serialize
from services.common.tables import Key, Table

KEY = Key(("PK", "S"), ("SK", "S"))
METADATA = "METADATA"
ENTITY_TYPE = "enterprise"


def table(name: str) -> Table:
    """The table, by whatever name."""
    return Table(name, KEY)


def key_of(identifier: str) -> Item:
    """The key of an enterprise."""
    return serialize({"PK": f"ENT#{identifier}", "SK": METADATA})
