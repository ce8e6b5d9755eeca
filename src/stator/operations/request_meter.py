"""What a request as a whole is counted as: how long it took, or why it was refused.

What it has consumed of a table is told where that is known (`stator.operations.dynamodb.metering`). A request
that names several tables counts for each of them, once.

    answered                      SuccessfulRequestLatency
    status 500                    SystemErrors
    throttled                     ThrottledRequests; of a transaction, of the tables of its throttled actions
    a condition failed            ConditionalCheckFailedRequests; of a transaction, for each such action
    a transaction was in the way  TransactionConflict; of a transaction, for each such action
    any other status 400          UserErrors

Source: "DynamoDB metrics and dimensions" of the developer guide.
"""

import logging
from collections.abc import Iterable, Mapping
from time import perf_counter
from typing import Any, Final

from stator.base.errors import ApiError, StorageError
from stator.operations.streams import iterators
from stator.operations.subjects import named_stream, plain_name, readable_tables, tables_in_body
from stator.tables.database import Database
from stator.tables.meter import (
    CONDITION_FAILURES,
    CONFLICTS,
    SYSTEM_ERRORS,
    THROTTLED_REQUESTS,
    USER_ERRORS,
    Meter,
    name_of,
)
from stator.tables.observation import Observation

_log = logging.getLogger("stator.protocol")

_INTERNAL: Final = "InternalServerError"
_SERVER_ERROR: Final = 500
_CANCELLED: Final = "TransactionCanceledException"

_ONE_TABLE: Final = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"})
TIMED: Final = _ONE_TABLE | {
    "BatchGetItem",
    "BatchWriteItem",
    "TransactGetItems",
    "TransactWriteItems",
    "ExecuteStatement",
    "BatchExecuteStatement",
    "ExecuteTransaction",
    "GetRecords",
}
"""Operations on items and stream records: those whose latency AWS publishes."""

_THROTTLED: Final = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}
)
_OF_TABLE: Final[Mapping[str, int]] = {
    "ConditionalCheckFailedException": CONDITION_FAILURES,
    "TransactionConflictException": CONFLICTS,
}
# The same by the codes of reasons for which a transaction is cancelled; other codes are its caller's fault.
_REASONS_OF_TABLE: Final[Mapping[str, int]] = {
    "ConditionalCheckFailed": CONDITION_FAILURES,
    "TransactionConflict": CONFLICTS,
}
_REASONS_THROTTLED: Final = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})
_REASONS_NOT_THE_USERS: Final = frozenset({"None", *_REASONS_OF_TABLE, *_REASONS_THROTTLED})


class Tally:
    """What is counted of one operation: `places` is where, of tables as requests name them."""

    def __init__(self, operation: str, places: dict[str, int]) -> None:
        self.operation = operation
        self.is_timed = operation in TIMED
        self.names_one = operation in _ONE_TABLE
        self.places = places


class Work:
    """A request to an operation that is being carried out, since `started`.

    `asked` is the request, decoded; None if it could not be, and bytes if another process decodes it.
    """

    __slots__ = ("asked", "body", "started", "tally")

    def __init__(self, tally: Tally | None, asked: Any, body: bytes, started: float) -> None:
        self.tally = tally
        self.asked = asked
        self.body = body
        self.started = started


class RequestMeter:
    """Counts the requests that a process answers."""

    def __init__(self, meter: Meter, database: Database) -> None:
        self.meter = meter
        self._database = database
        self._tallies: dict[str, Tally] = {}

    def tally(self, operation: str) -> Tally:
        """Where an operation is counted."""
        tally = self._tallies.get(operation)
        if tally is None:
            tally = self._tallies[operation] = Tally(operation, self.meter.new_places())
        return tally

    def answered(self, tally: Tally, asked: Any, started: float) -> None:
        """Count a request that was carried out."""
        if type(asked) is bytes:  # The process that carries it out counts it.
            return
        if tally.names_one:
            self._time(tally, asked.TableName, started)
        elif tally.is_timed:
            self._answered(tally, asked, started)

    def failed(self, work: Work, error: BaseException) -> None:
        """Count a request that was refused."""
        name, status = _told(error)
        operation = "" if work.tally is None else work.tally.operation
        if status >= _SERVER_ERROR:
            for table in self._existing(_tables(work)):
                self.meter.count(SYSTEM_ERRORS, name_of(table, operation))
        elif name in _THROTTLED:
            for table in self._existing(_tables(work)):
                self.meter.count(THROTTLED_REQUESTS, name_of(table, operation))
        elif name in _OF_TABLE:
            for table in self._existing(_tables(work)):
                self.meter.count(_OF_TABLE[name], table)
        elif name == _CANCELLED and isinstance(error, ApiError) and error.fields:
            self._cancelled(work, operation, error.fields["CancellationReasons"])
        else:
            self.meter.count(USER_ERRORS)

    def observe(
        self, work: Work, status: int, error: str | None, request_id: str, headers: Mapping[bytes, bytes]
    ) -> None:
        """Tell the observers of a request that was answered, with a status and AWS's name for the error."""
        seconds = perf_counter() - work.started
        observation = Observation(
            operation="" if work.tally is None else work.tally.operation,
            tables=tuple(dict.fromkeys(_tables(work))),
            seconds=seconds,
            status=status,
            error=error,
            request_id=request_id,
            started=self._database.clock.now() - seconds,
            headers=headers,
        )
        for observer in self.meter.observers:
            try:
                observer(observation)
            except Exception:
                _log.exception("bug: an observer of requests failed")

    def _time(self, tally: Tally, named: str, started: float) -> None:
        meter = self.meter
        if not meter.answered(tally.places, named, started):
            meter.find_place(tally.places, named, name_of(plain_name(named), tally.operation))
            meter.answered(tally.places, named, started)

    def _answered(self, tally: Tally, asked: Any, started: float) -> None:
        iterator = getattr(asked, "ShardIterator", None)
        if iterator is not None:
            self._time_records(tally, iterator, started)
            return
        names = list(dict.fromkeys(readable_tables(asked)))
        if tally.operation == "BatchExecuteStatement":  # Its statements may fail each on its own.
            names = list(self._existing(names))
        for named in names:
            self._time(tally, named, started)

    def _time_records(self, tally: Tally, iterator: str, started: float) -> None:
        try:
            arn = iterators.read(iterator, self._database.secret, 0).arn
        except ApiError:  # It was good for the operation, so it is now.
            return
        if not self.meter.answered(tally.places, arn, started):
            table, label = named_stream(arn)
            self.meter.find_place(tally.places, arn, name_of(table, tally.operation, label))
            self.meter.answered(tally.places, arn, started)

    def _cancelled(self, work: Work, operation: str, reasons: list[Mapping[str, Any]]) -> None:
        codes = [str(reason["Code"]) for reason in reasons]
        throttled: dict[str, None] = {}
        tables = _tables(work)
        existing = set(self._existing(tables))
        for table, code in zip(tables, codes, strict=False):
            if table not in existing:
                continue
            if code in _REASONS_OF_TABLE:
                self.meter.count(_REASONS_OF_TABLE[code], table)
            elif code in _REASONS_THROTTLED:
                throttled[table] = None
        for table in throttled:
            self.meter.count(THROTTLED_REQUESTS, name_of(table, operation))
        if not _REASONS_NOT_THE_USERS.issuperset(codes):
            self.meter.count(USER_ERRORS)

    def _existing(self, names: Iterable[str]) -> Iterable[str]:
        """Those names, each once, that are of tables: a request may name anything."""
        database = self._database
        try:
            reader = database.engine.reader
            unique = list(dict.fromkeys(map(plain_name, names)))
            return [name for name in unique if database.catalog.table(reader, name) is not None]
        except StorageError:
            return []


def _told(error: BaseException) -> tuple[str, int]:
    """AWS's name for an error, and the status of the reply."""
    return (error.name, error.status) if isinstance(error, ApiError) else (_INTERNAL, _SERVER_ERROR)


def _tables(work: Work) -> list[str]:
    """The tables that a request names, part by part."""
    if work.asked is None or type(work.asked) is bytes:
        named = tables_in_body(work.body)
    else:
        named = readable_tables(work.asked)
    return [plain_name(each) for each in named]
