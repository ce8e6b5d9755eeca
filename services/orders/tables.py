"""The table of orders.

    pk           sk           id   ...
    ORDER#{id}   ORDER#{id}   id   one order

and the index OrderIdIndex on `id`.
"""

from services.common.tables import Index, Key, Table

INDEX = "OrderIdIndex"
KEY = Key(("pk", "S"), ("sk", "S"))


def table(name: str) -> Table:
    """The table, by whatever name."""
    return Table(name, KEY, indexes=(Index(INDEX, Key(("id", "S"))),))
