"""Which requests a fault strikes: by operation, table, count, rate and seed."""

from random import Random

import pytest

from stator.operations.faults import Fault, Faults, WrongFault

SERVED = ("GetItem", "PutItem", "BatchWriteItem", "ListTables")


def table() -> Faults:
    return Faults(SERVED, Random(1))


def struck(faults: Faults, *requests: tuple[str, str]) -> list[bool]:
    """Of each (operation, table), whether it is struck."""
    return [bool(faults.strike(operation, [name])) for operation, name in requests]


def test_no_fault_strikes_nothing():
    assert not table()
    assert struck(table(), ("GetItem", "a")) == [False]


@pytest.mark.parametrize(
    ("fault", "hits"),
    [
        (Fault("error"), [True, True, True]),
        (Fault("error", operation="GetItem"), [True, True, False]),
        (Fault("error", table="a"), [True, False, True]),
        (Fault("error", operation="GetItem", table="a"), [True, False, False]),
        (Fault("conflict"), [False, False, True]),
        (Fault("unprocessed"), [False, False, False]),
    ],
)
def test_operations_and_tables_are_selected(fault, hits):
    faults = table()
    faults.set(fault)
    assert struck(faults, ("GetItem", "a"), ("GetItem", "b"), ("PutItem", "a")) == hits


def test_a_count_is_of_matching_requests():
    faults = table()
    faults.set(Fault("error", operation="PutItem", count=2))
    requests = [("PutItem", "a"), ("GetItem", "a"), ("PutItem", "a"), ("PutItem", "a")]
    assert struck(faults, *requests) == [True, False, True, False]


def test_a_seed_repeats_what_a_rate_strikes():
    def drawn(**parameters: object) -> list[bool]:
        faults = table()
        faults.set(Fault("error", rate=0.3, **parameters))
        return struck(faults, *[("GetItem", "a")] * 1000)

    assert drawn(seed=7) == drawn(seed=7) != drawn(seed=8)
    assert 200 < sum(drawn(seed=7)) < 400
    # A count is of the requests looked at, whether or not they are struck.
    assert drawn(seed=7, count=100)[:100] == drawn(seed=7)[:100]
    assert not any(drawn(seed=7, count=100)[100:])


def test_faults_are_listed_with_what_became_of_them():
    faults = table()
    assert faults.set(Fault("error", operation="PutItem", rate=0.5)) == 1
    assert faults.set(Fault("latency", seconds=0.5, table="t", seed=3)) == 2
    struck(faults, *[("PutItem", "a")] * 100)
    first, second = faults.listed()
    hits = first.pop("struck")
    assert 0 < hits < 100
    # Whoever did not give a seed can read here what it was.
    seed = first.pop("seed")
    given = {"kind": "error", "operation": "PutItem", "rate": 0.5, "seconds": 0.0, "share": 0.5}
    assert first == {"id": 1, "looked_at": 100} | given
    assert second["struck"] == second["looked_at"] == 0
    again = table()
    again.set(Fault("error", operation="PutItem", rate=0.5, seed=seed))
    assert sum(struck(again, *[("PutItem", "a")] * 100)) == hits


def test_faults_are_cleared_by_number_or_all():
    faults = table()
    for _ in range(3):
        faults.set(Fault("error"))
    assert (faults.clear(2), faults.clear(2)) == (1, 0)
    assert [fault["id"] for fault in faults.listed()] == [1, 3]
    assert faults.clear() == 2
    assert not faults
    assert faults.set(Fault("error")) == 4


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("error", operation="Nothing"), "Nothing is not an operation that is served."),
        (Fault("conflict", operation="GetItem"), "GetItem cannot meet the fault conflict."),
        (Fault("unprocessed", operation="PutItem"), "PutItem cannot meet the fault unprocessed."),
        (Fault("latency"), "A latency needs seconds, and nothing else has any."),
        (Fault("error", seconds=1), "A latency needs seconds, and nothing else has any."),
    ],
)
def test_what_makes_no_sense_is_refused(fault, text):
    with pytest.raises(WrongFault, match=text):
        table().set(fault)
