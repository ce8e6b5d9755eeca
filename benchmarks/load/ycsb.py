"""YCSB's core workloads as sources, on records of 10 fields of 100 bytes.

    A   half reads, half updates of one field              E   95 % short scans: Query of up to 100 in a
    B   95 % reads, 5 % updates                                 partition from a record on; 5 % inserts
    C   reads                                              F   half reads, half read-modify-write: the
    D   95 % reads of the latest, 5 % inserts                   update is sent when the read was answered

Keys are zipfian (D: latest). A scan's length is uniform from 1 to 100.
"""

import random
from dataclasses import dataclass
from typing import Final

import msgspec

from benchmarks.dataset import WrongData
from benchmarks.load.sources import LOOK_EVERY, Messages, Request
from benchmarks.load.zipfian import Scrambled, Zipfian
from benchmarks.records import FIELDS, RANGE_LENGTH, RANGES_TABLE, RECORDS_TABLE, Records

SCAN_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Mix:
    """A workload: shares of its operations by kind. `latest` tells which keys are favoured."""

    title: str
    shares: dict[str, float]
    latest: bool = False

    @property
    def table(self) -> str:
        """Its table."""
        return RANGES_TABLE if "scan" in self.shares else RECORDS_TABLE


MIXES: Final = {
    "a": Mix("half reads, half updates", {"read": 0.5, "update": 0.5}),
    "b": Mix("95 % reads, 5 % updates", {"read": 0.95, "update": 0.05}),
    "c": Mix("reads", {"read": 1.0}),
    "d": Mix("95 % reads of the latest, 5 % inserts", {"read": 0.95, "insert": 0.05}, latest=True),
    "e": Mix("95 % scans, 5 % inserts", {"scan": 0.95, "insert": 0.05}),
    "f": Mix("half reads, half read-modify-writes", {"read": 0.5, "modify": 0.5}),
}


class Ycsb:
    """The requests of a mix over `count` records, which inserts add to."""

    def __init__(
        self, messages: Messages, mix: Mix, records: Records, draw: random.Random, count: int
    ) -> None:
        self._messages, self._mix, self._records, self._draw = messages, mix, records, draw
        self._next_insert = count
        self._known = count  # All records below are there.
        self._inserted: set[int] = set()
        self._keys = Zipfian(draw, count) if mix.latest else Scrambled(draw, count)
        self._kinds = tuple(mix.shares)
        self._first_share = mix.shares[self._kinds[0]]
        self._replies = 0

    @property
    def count(self) -> int:
        """How many records there are by now."""
        return self._next_insert

    def next(self) -> Request:
        kind = self._kinds[self._draw.random() >= self._first_share]
        if kind == "insert":
            return self._insert()
        number = self._number()
        if kind == "scan":
            return self._scan(number)
        return self._update(kind, number) if kind == "update" else self._read(kind, number)

    def reply(self, request: Request, body: bytes) -> Request | None:
        kind = request.kind
        if kind in ("read", "modify"):
            number, step = request.about
            if step == "read":
                self._look_at_record(number, body)
                return self._update(kind, number) if kind == "modify" else None
        elif kind == "scan":
            number, most = request.about
            self._look_at_range(number, most, body)
        elif kind == "insert":
            self._acknowledge(request.about)
        return None

    def _number(self) -> int:
        return max(self._known - 1 - self._keys.next(), 0) if self._mix.latest else self._keys.next()

    def _read(self, kind: str, number: int) -> Request:
        body = f'{{"TableName":"{RECORDS_TABLE}","Key":{{"pk":{{"S":"user{number:010d}"}}}}}}'
        return Request(kind, self._messages("GetItem", body), (number, "read"))

    def _update(self, kind: str, number: int) -> Request:
        field = int(self._draw.random() * FIELDS)
        body = (
            f'{{"TableName":"{RECORDS_TABLE}","Key":{{"pk":{{"S":"user{number:010d}"}}}},'
            f'"UpdateExpression":"SET field{field} = :new",'
            f'"ExpressionAttributeValues":{{":new":{{"S":"{self._records.field()}"}}}}}}'
        )
        return Request(kind, self._messages("UpdateItem", body), (number, "update"))

    def _insert(self) -> Request:
        number = self._next_insert
        self._next_insert += 1
        ranged = self._mix.table == RANGES_TABLE
        text = self._records.ranged_text(number) if ranged else self._records.record_text(number)
        body = f'{{"TableName":"{self._mix.table}","Item":{text}}}'
        return Request("insert", self._messages("PutItem", body), number)

    def _scan(self, number: int) -> Request:
        partition, place = divmod(number, RANGE_LENGTH)
        most = 1 + int(self._draw.random() * SCAN_MAX)
        body = (
            f'{{"TableName":"{RANGES_TABLE}","Limit":{most},'
            '"KeyConditionExpression":"pk = :pk AND sk >= :from","ExpressionAttributeValues":'
            f'{{":pk":{{"S":"range{partition:06d}"}},":from":{{"N":"{place}"}}}}}}'
        )
        return Request("scan", self._messages("Query", body), (number, most))

    def _acknowledge(self, number: int) -> None:
        """A record is known when all before it are, as YCSB counts them."""
        self._inserted.add(number)
        while self._known in self._inserted:
            self._inserted.remove(self._known)
            self._known += 1

    def _look_at_record(self, number: int, body: bytes) -> None:
        if b"user%010d" % number not in body:
            raise WrongData(f"asked for record {number}: {body[:500]!r}")
        self._replies += 1
        if self._replies % LOOK_EVERY == 0:
            self._records.check_record(number, msgspec.json.decode(body)["Item"])

    def _look_at_range(self, number: int, most: int, body: bytes) -> None:
        if b"range%06d" % (number // RANGE_LENGTH) not in body:
            raise WrongData(f"asked for records from {number} on: {body[:500]!r}")
        self._replies += 1
        if self._replies % LOOK_EVERY == 0:
            reply = msgspec.json.decode(body)
            expected = min(most, RANGE_LENGTH - number % RANGE_LENGTH)
            full = number // RANGE_LENGTH < (self._known - 1) // RANGE_LENGTH
            self._records.check_range(number, reply["Items"], most)
            if reply["Count"] != len(reply["Items"]) or (full and reply["Count"] != expected):
                raise WrongData(f"{reply['Count']} records from {number} on, of at most {most}")
