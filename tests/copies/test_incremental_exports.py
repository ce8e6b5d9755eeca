"""An incremental export's files hold exactly what changed between its two moments."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from harness.exports import (
    BUCKET,
    Exported,
    create,
    export,
    in_order,
    item,
    opened_with_bucket,
    put,
)
from harness.handlers import Handlers
from harness.recovery import HandClock

Item = dict[str, Any]


def run(directory: Path, body: Any) -> None:
    async def main() -> None:
        async with opened_with_bucket(directory) as (handlers, clock):
            await body(handlers, clock)

    asyncio.run(main())


WINDOW = 900


def window(start: float, end: float, view: str | None = None) -> dict[str, Any]:
    """The parameters of an incremental export."""
    specification: dict[str, Any] = {"ExportFromTime": start, "ExportToTime": end}
    if view:
        specification["ExportViewType"] = view
    return {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": specification}


def expected(old: dict[str, Item], new: dict[str, Item], times: dict[str, float]) -> list[Item]:
    """The records of what changed, from the two states and when each item was last written in between."""
    records = []
    for key in times:
        if key not in old and key not in new:
            continue
        record: Item = {
            "Metadata": {"WriteTimestampMicros": {"N": str(round(times[key] * 1e6))}},
            "Keys": {"pk": {"S": key}},
        }
        if key in old:
            record["OldImage"] = old[key]
        if key in new:
            record["NewImage"] = new[key]
        records.append(record)
    return records


@pytest.mark.parametrize("seed", range(4))
def test_an_incremental_export_is_the_difference_of_two_states(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)

    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source", StreamSpecification=STREAMS[seed % 2])
        states: list[dict[str, Item]] = [{}]
        written: list[dict[str, float]] = []
        start = clock.time
        for _ in range(6):
            state, times = dict(states[-1]), {}
            for _ in range(rng.randrange(12)):
                clock.time += rng.randrange(1, 60)
                key = f"k{rng.randrange(8)}"
                if rng.random() < 0.4:
                    await handlers("DeleteItem", {"TableName": "source", "Key": {"pk": {"S": key}}})
                    if state.pop(key, None) is not None:
                        times[key] = clock.time
                else:
                    state[key] = item(key, rng.randrange(10**6))
                    await put(handlers, "source", state[key])
                    times[key] = clock.time
            clock.time = start + WINDOW * (len(written) + 1)
            states.append(state)
            written.append(times)
        for first in range(6):
            last = rng.randrange(first, 6)
            times = {key: at for part in written[first : last + 1] for key, at in part.items()}
            shown = await export(
                handlers, "source", **window(start + WINDOW * first, start + WINDOW * (last + 1))
            )
            found = Exported(tmp_path / "s3" / BUCKET, shown).changes()
            assert in_order(found) == in_order(expected(states[first], states[last + 1], times))

    run(tmp_path, body)


STREAMS = [
    {"StreamEnabled": False},
    {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
]


def test_the_forms_of_incremental_exports(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        await put(handlers, "source", item("changed", 1), item("removed", 1))
        clock.time += 1
        start = clock.time
        await put(handlers, "source", item("changed", 2), item("made", 3))
        await handlers("DeleteItem", {"TableName": "source", "Key": {"pk": {"S": "removed"}}})
        clock.time += WINDOW
        bucket = tmp_path / "s3" / BUCKET
        shown = await export(handlers, "source", **window(start, clock.time, "NEW_IMAGE"))
        found = Exported(bucket, shown)
        by_key = {record["Keys"]["pk"]["S"]: set(record) for record in found.changes()}
        assert by_key == {
            "changed": {"Metadata", "Keys", "NewImage"},
            "made": {"Metadata", "Keys", "NewImage"},
            "removed": {"Metadata", "Keys"},
        }
        assert found.folder == "AWSDynamoDB/data/"
        assert found.summary.outputView == "NEW_IMAGE"
        assert found.summary.exportFromTime == "2027-01-15T08:00:01.000Z"
        assert shown["BilledSizeBytes"] == 10_000_000
        assert "ExportTime" not in shown
        ion = await export(
            handlers,
            "source",
            ExportFormat="ION",
            ExportType="INCREMENTAL_EXPORT",
            IncrementalExportSpecification={"ExportFromTime": start},
        )
        lines = sorted(line.decode() for line in Exported(bucket, ion).lines())
        micros = "Metadata:{WriteTimestampMicros:1800000001d6}"
        assert lines[0] == (
            f'$ion_1_0 {{{micros},Keys:{{pk:"changed"}},OldImage:{{pk:"changed",n:1.,'
            f'set:$dynamodb_NS::[1.,3.]}},NewImage:{{pk:"changed",n:2.,set:$dynamodb_NS::[1.,4.]}}}}\n'
        )
        assert len(lines) == 3

    run(tmp_path, body)


def test_a_filter_of_changes_looks_at_both_images(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        await put(handlers, "source", item("was", 5), item("becomes", 1), item("never", 1))
        clock.time += 1
        start = clock.time
        await put(handlers, "source", item("was", 1), item("becomes", 5), item("never", 2))
        clock.time += WINDOW
        asked = {
            "FilterExpression": "n = :n",
            "ProjectionExpression": "n",
            "ExpressionAttributeValues": {":n": {"N": "5"}},
        }
        shown = await export(handlers, "source", **window(start, clock.time), FilterSpecification=asked)
        found = {
            record["Keys"]["pk"]["S"]: (record["OldImage"], record["NewImage"])
            for record in Exported(tmp_path / "s3" / BUCKET, shown).changes()
        }
        one, five = {"n": {"N": "1"}}, {"n": {"N": "5"}}
        assert found == {"was": (five, one), "becomes": (one, five)}

    run(tmp_path, body)
