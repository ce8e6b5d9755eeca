"""DescribeContinuousBackups and UpdateContinuousBackups: the setting, its times, and what is refused.

Sources: the API reference of both operations, and "Point-in-time recovery" in the developer guide.
"""

import asyncio

import pytest

from harness.handlers import NOON, opened
from harness.histories import CREATE, NAME
from harness.recovery import HandClock, described, enable
from stator.server.jobs.streams import StreamKeeper

DAY = 86_400


def run(body, **settings):
    async def inner():
        clock = HandClock()
        async with opened(None, 1, clock=clock, **settings) as handlers:
            await handlers("CreateTable", CREATE)
            await body(handlers, clock)

    asyncio.run(inner())


async def update(handlers, enabled, table=NAME, **more):
    specification = {"PointInTimeRecoveryEnabled": enabled, **more}
    request = {"TableName": table, "PointInTimeRecoverySpecification": specification}
    return await handlers.outcome("UpdateContinuousBackups", request)


async def put(handlers, number):
    item = {"pk": {"S": "a"}, "sk": {"N": str(number)}}
    await handlers("PutItem", {"TableName": NAME, "Item": item})


def times(shown):
    return shown["EarliestRestorableDateTime"], shown["LatestRestorableDateTime"]


def test_the_setting():
    async def body(handlers, clock):
        disabled = {"ContinuousBackupsStatus": "ENABLED"} | {
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"}
        }
        describe = {"TableName": NAME}
        assert await handlers("DescribeContinuousBackups", describe) == {
            "ContinuousBackupsDescription": disabled
        }
        enabled = {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {
                "PointInTimeRecoveryStatus": "ENABLED",
                "RecoveryPeriodInDays": 35,
                "EarliestRestorableDateTime": NOON,
                "LatestRestorableDateTime": NOON,
            },
        }
        assert await update(handlers, True) == {"ContinuousBackupsDescription": enabled}
        assert await handlers("DescribeContinuousBackups", describe) == {
            "ContinuousBackupsDescription": enabled
        }
        arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{NAME}"
        shown = await update(handlers, True, arn, RecoveryPeriodInDays=7)
        recovery = shown["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert recovery["RecoveryPeriodInDays"] == 7
        # Without a period it is the default again, as the API reference says.
        assert (await enable(handlers, NAME))["RecoveryPeriodInDays"] == 35
        assert await update(handlers, False) == {"ContinuousBackupsDescription": disabled}
        assert await update(handlers, False) == {"ContinuousBackupsDescription": disabled}

    run(body)


def test_times_are_whole_seconds_that_are_true():
    async def body(handlers, clock):
        clock.time = NOON + 0.4
        # Nothing before 0.4 is known, so the first whole second is the next one.
        assert times(await enable(handlers, NAME)) == (NOON + 1, NOON + 1)
        clock.time = NOON + 100.9
        assert times(await described(handlers, NAME)) == (NOON + 1, NOON + 100)
        clock.time = NOON + 35 * DAY + 50.5
        assert times(await described(handlers, NAME)) == (NOON + 51, NOON + 35 * DAY + 50)

    run(body)


def test_enabling_again_begins_anew():
    async def body(handlers, clock):
        await enable(handlers, NAME)
        clock.time += 100
        assert times(await enable(handlers, NAME, RecoveryPeriodInDays=2)) == (NOON, NOON + 100)
        await update(handlers, False)
        clock.time += 100
        assert times(await enable(handlers, NAME)) == (NOON + 200, NOON + 200)

    run(body)


def test_a_shorter_period_forgets_and_a_longer_one_does_not_bring_back():
    async def body(handlers, clock):
        await enable(handlers, NAME)
        clock.time += 10 * DAY
        assert times(await enable(handlers, NAME, RecoveryPeriodInDays=3))[0] == NOON + 7 * DAY
        clock.time += DAY
        assert times(await described(handlers, NAME))[0] == NOON + 8 * DAY
        assert times(await enable(handlers, NAME))[0] == NOON + 8 * DAY
        clock.time += DAY
        assert times(await described(handlers, NAME))[0] == NOON + 8 * DAY

    run(body)


def test_trimming_takes_what_is_past_the_period_and_no_more():
    async def body(handlers, clock):
        await enable(handlers, NAME, RecoveryPeriodInDays=2)
        keeper = StreamKeeper(handlers.database)
        for number in range(40):
            clock.time += DAY / 8
            await put(handlers, number)
            await keeper.keep()
        now = clock.time
        assert times(await described(handlers, NAME)) == (now - 2 * DAY, now)
        database = handlers.database
        log = database.catalog.table(database.engine.reader, NAME).definition.log
        assert len(database.engine.reader.scan(log, b"\0", None, limit=100)) == 17

    run(body)


def test_a_clock_that_is_set_back():
    async def body(handlers, clock):
        await enable(handlers, NAME, RecoveryPeriodInDays=1)
        clock.time += 100
        await put(handlers, 1)
        clock.time += 2 * DAY
        await put(handlers, 2)
        await StreamKeeper(handlers.database).keep()
        clock.time -= DAY
        # What was written lies in what the clock calls the future, and what was trimmed does not come back.
        latest = NOON + 100 + 2 * DAY
        assert times(await described(handlers, NAME)) == (latest - DAY, latest)
        await update(handlers, False)
        assert times(await enable(handlers, NAME)) == (latest, latest)

    run(body)


def test_the_setting_survives_a_restart(tmp_path):
    async def first():
        async with opened(tmp_path, 1, clock=HandClock()) as handlers:
            await handlers("CreateTable", CREATE)
            await enable(handlers, NAME, RecoveryPeriodInDays=9)

    async def second():
        async with opened(tmp_path, 2, clock=HandClock(NOON + 60)) as handlers:
            shown = await described(handlers, NAME)
            assert (shown["RecoveryPeriodInDays"], times(shown)) == (9, (NOON, NOON + 60))

    asyncio.run(first())
    asyncio.run(second())


@pytest.mark.parametrize(
    ("specification", "answer"),
    [
        (
            {"PointInTimeRecoveryEnabled": False, "RecoveryPeriodInDays": 3},
            (
                "ValidationException",
                "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
            ),
        ),
        (
            {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 36},
            (
                "ValidationException",
                "1 validation error detected: Value '36' at 'pointInTimeRecoverySpecification."
                "recoveryPeriodInDays' failed to satisfy constraint: Member must have value less than or "
                "equal to 35",
            ),
        ),
        (
            {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 0},
            (
                "ValidationException",
                "1 validation error detected: Value '0' at 'pointInTimeRecoverySpecification."
                "recoveryPeriodInDays' failed to satisfy constraint: Member must have value greater than or "
                "equal to 1",
            ),
        ),
    ],
)
def test_periods_that_are_refused(specification, answer):
    async def body(handlers, clock):
        request = {"TableName": NAME, "PointInTimeRecoverySpecification": specification}
        assert await handlers.outcome("UpdateContinuousBackups", request) == answer

    run(body)


def test_tables_that_are_not_there():
    async def body(handlers, clock):
        answer = "TableNotFoundException", "Table not found: other"
        assert await update(handlers, True, "other") == answer
        assert await handlers.outcome("DescribeContinuousBackups", {"TableName": "other"}) == answer

    run(body)


def test_a_table_that_is_being_made():
    async def body(handlers, clock):
        missing = "TableNotFoundException", f"Table not found: {NAME}"
        assert await update(handlers, True) == missing
        assert await handlers.outcome("DescribeContinuousBackups", {"TableName": NAME}) == missing
        clock.time += 10
        assert await update(handlers, True) == (
            "ContinuousBackupsUnavailableException",
            f"Backups are being enabled for the table: {NAME}. Please retry later",
        )
        clock.time += 10
        assert isinstance(await update(handlers, True), dict)

    run(body, lifecycle_delay=10.0)
