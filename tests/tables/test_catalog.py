"""The catalog: which tables there are at a moment, what is cached for how long, and space ids."""

import asyncio

import msgspec
from msgspec.structs import replace

from stator.storage.open import open_engine
from stator.tables import removal
from stator.tables.catalog import Catalog, first_free_space
from stator.tables.definition import Keys, TableDefinition, Throughput, Update
from stator.tables.keyspace import CATALOG, JOBS, Partitions, table_key

TABLE = TableDefinition("table", "id", 16, 0.0, {"pk": "S"}, Keys(("pk",)), throughput=Throughput(5, 5))


class Clock:
    """A clock that a test sets."""

    time = 100.0

    def now(self):
        return self.time


class Database:
    """An engine in memory, its catalog and its clock."""

    def __init__(self):
        self.engine = open_engine(None)
        self.clock = Clock()
        self.catalog = Catalog(Partitions(b"secret"), self.clock)

    async def save(self, *definitions):
        def body(transaction):
            for definition in definitions:
                self.catalog.save(transaction, definition)

        await self.engine.write(body)

    def table(self, name="table"):
        return self.engine.read(lambda reader: self.catalog.table(reader, name))

    def names(self, after=""):
        return self.engine.read(lambda reader: list(self.catalog.names(reader, after)))


def with_database(scenario):
    asyncio.run(scenario(Database()))


def test_a_table_is_cached_until_the_catalog_changes():
    async def scenario(database):
        await database.save(TABLE)
        table = database.table()
        assert database.table() is table
        await database.save(replace(TABLE, name="other"))
        assert database.table() is table  # its own row is as it was
        await database.save(replace(TABLE, tags={"k": "v"}))
        assert database.table().definition.tags == {"k": "v"}

    with_database(scenario)


def test_a_table_is_cached_until_it_changes_by_itself():
    async def scenario(database):
        update = Update(110.0, ("ProvisionedThroughput",), throughput=Throughput(7, 7))
        await database.save(replace(TABLE, update=update))
        table = database.table()
        assert (table.status, table.valid_until) == ("UPDATING", 110.0)
        database.clock.time = 109.9
        assert database.table() is table
        database.clock.time = 110.0
        assert (database.table().status, database.table().definition.throughput.read) == ("ACTIVE", 7)

    with_database(scenario)


def test_a_transaction_sees_its_own_changes_and_leaves_nothing_of_them():
    async def scenario(database):
        await database.save(TABLE)
        assert database.table() is not None

        def body(transaction):
            database.catalog.remove(transaction, "table")
            assert database.catalog.table(transaction, "table") is None
            raise KeyError

        for outcome in await asyncio.gather(database.engine.write(body), return_exceptions=True):
            assert isinstance(outcome, KeyError)
        assert database.table() is not None

    with_database(scenario)


def test_names_need_only_the_name_and_the_end_of_a_table():
    async def scenario(database):
        await database.save(*(replace(TABLE, name=name) for name in ("b", "c", "a")))
        await database.save(replace(TABLE, name="deleted", gone_at=105.0))
        # What else a row says is not looked at: this one could not be made into a table.
        odd = msgspec.json.encode({"name": "odd", "keys": 7})
        await database.engine.write(lambda transaction: transaction.put(CATALOG, table_key("odd"), odd))
        assert database.names() == ["a", "b", "c", "deleted", "odd"]
        assert database.names(after="b") == ["c", "deleted", "odd"]
        assert database.names(after="bb") == ["c", "deleted", "odd"]
        database.clock.time = 105.0
        assert database.names() == ["a", "b", "c", "odd"]

    with_database(scenario)


def test_many_names():
    async def scenario(database):
        names = [f"table-{number:04}" for number in range(350)]  # several scans
        await database.save(*(replace(TABLE, name=name) for name in names))
        assert database.names() == names
        assert database.names(after=names[149]) == names[150:]

    with_database(scenario)


def test_space_ids_are_never_given_out_twice():
    async def scenario(database):
        first = await database.engine.write(database.catalog.new_space)
        await database.engine.write(lambda transaction: transaction.drop_space(first))
        second = await database.engine.write(database.catalog.new_space)
        assert second == first + 1
        assert first_free_space(database.engine.reader) == second + 1

    with_database(scenario)


def test_rows_of_tables_that_are_gone_are_removed():
    async def scenario(database):
        await database.save(replace(TABLE, gone_at=105.0), replace(TABLE, name="again"))

        def asked(transaction):
            removal.begin(transaction, "table")
            removal.begin(transaction, "again")  # deleted before, and made anew since

        def remove(transaction):
            removal.remove_gone(transaction, database.catalog)

        await database.engine.write(asked)
        await database.engine.write(remove)
        reader = database.engine.reader
        assert database.table().status == "DELETING"
        assert removal.is_pending(reader)
        database.clock.time = 105.0
        assert database.table() is None
        await database.engine.write(remove)
        assert reader.get(CATALOG, table_key("table")) is None
        assert database.names() == ["again"]
        assert reader.scan(JOBS, b"", None, limit=1) == []

    with_database(scenario)
