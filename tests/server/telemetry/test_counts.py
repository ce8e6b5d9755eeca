"""The meter's counts as Prometheus is told them: nothing lost, nothing put where it is not."""

import random
from array import array

import pytest

from stator.server.telemetry import families
from stator.server.telemetry.counts import counts
from stator.server.telemetry.exposition import Histogram
from stator.tables import meter
from stator.tables.meter import name_of

CELLS = meter.bucket(1 << 62) + 1


def shown(totals: dict[tuple[int, str], list[int]]) -> dict[str, dict[tuple[str, ...], float | Histogram]]:
    given = {key: array("Q", cells) for key, cells in totals.items()}
    return {family.name: dict(values) for family, values in counts(given)}


def durations(*microseconds: int) -> list[int]:
    cells = [0] * CELLS
    for each in microseconds:
        cells[meter.bucket(each)] += 1
    return cells


def units(*halves: int) -> list[int]:
    cells = [0] * meter.UNITS_CELLS
    for each in halves:
        if each <= meter.UNITS_EXACT:
            cells[each] += 1
        else:
            cells[meter.UNITS_EXACT + 1] += 1
            cells[meter.UNITS_EXACT + 2] += each
    return cells


def test_durations_are_in_the_buckets_that_hold_them() -> None:
    chance = random.Random(7)
    given = [round(2 ** chance.uniform(0, 28)) for _ in range(2000)] + [1 << octave for octave in range(28)]
    given += [each - 1 for each in given[-28:]]
    of_one, of_others = given[:500], given[500:]
    page = shown(
        {
            (meter.LATENCIES, name_of("a", "GetRecords", "label 1")): durations(*of_one),
            (meter.LATENCIES, name_of("a", "GetRecords", "label 2")): durations(*of_others),
            (meter.LATENCIES, name_of("b", "Query")): durations(3),
        }
    )
    histogram = page[families.DURATION.name]["GetRecords", "a"]
    assert isinstance(histogram, Histogram)
    # A count of whole microseconds below a bound is that of the durations up to it.
    assert [count for _, count in histogram.buckets] == [
        sum(each < round(bound * 1e6) for each in given) for bound, _ in histogram.buckets
    ]
    assert histogram.observations == len(given)
    below_end = [each for each in given if each < 1 << 26]
    assert histogram.sum >= sum(below_end) / 1e6 * 15 / 16
    requests = page[families.REQUESTS.name]
    assert requests == {("GetRecords", "a", "success"): len(given), ("Query", "b", "success"): 1}


def test_the_sum_of_durations_is_off_by_a_sixteenth_at_most() -> None:
    given = [7, 100, 999, 12_345, 3_000_000]
    page = shown({(meter.LATENCIES, name_of("a", "Scan")): durations(*given)})
    histogram = page[families.DURATION.name]["Scan", "a"]
    assert isinstance(histogram, Histogram)
    assert histogram.sum == pytest.approx(sum(given) / 1e6, rel=1 / 16)


def test_capacity_is_added_up() -> None:
    page = shown(
        {
            (meter.READ_UNITS, "a"): units(0, 1, 2, 32, 33, 801),
            (meter.READ_UNITS, name_of("a", "by-b")): units(3),
            (meter.WRITE_UNITS, "a"): units(2, 2),
        }
    )
    assert page[families.CAPACITY.name] == {
        ("a", "", "read"): (1 + 2 + 32 + 33 + 801) / 2,
        ("a", "by-b", "read"): 1.5,
        ("a", "", "write"): 2.0,
    }


def test_everything_else_is_a_count() -> None:
    page = shown(
        {
            (meter.THROTTLES, name_of("a", "", "read", "Account")): [3],
            (meter.THROTTLES, name_of("a", "by-b", "write", "Provisioned")): [4],
            (meter.THROTTLED_REQUESTS, name_of("a", "Query")): [2],
            (meter.SYSTEM_ERRORS, name_of("a", "Query")): [1],
            (meter.USER_ERRORS, ""): [9],
            (meter.CONDITION_FAILURES, "a"): [5],
            (meter.CONFLICTS, "a"): [6],
            (meter.EXPIRED_ITEMS, "a"): [7],
            (meter.RETURNED_ITEMS, name_of("a", "Query")): [2, 30, 10, 20],
            (meter.RETURNED_RECORDS, name_of("a", "GetRecords", "x")): [1, 4, 4, 4],
            (meter.RETURNED_RECORDS, name_of("a", "GetRecords", "y")): [1, 5, 5, 5],
            (meter.RETURNED_BYTES, name_of("a", "GetRecords", "x")): [1, 400, 400, 400],
        }
    )
    assert page == {
        families.REQUESTS.name: {("Query", "a", "throttled"): 2, ("Query", "a", "system_error"): 1},
        families.DURATION.name: {},
        families.USER_ERRORS.name: {(): 9},
        families.CAPACITY.name: {},
        families.CONDITION_FAILURES.name: {("a",): 5},
        families.CONFLICTS.name: {("a",): 6},
        families.THROTTLES.name: {
            ("a", "", "read", "Account"): 3,
            ("a", "by-b", "write", "Provisioned"): 4,
        },
        families.EXPIRED_ITEMS.name: {("a",): 7},
        families.RETURNED_ITEMS.name: {("Query", "a"): 30},
        families.RETURNED_RECORDS.name: {("a",): 9},
        families.RETURNED_BYTES.name: {("a",): 400},
    }
