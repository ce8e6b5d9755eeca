"""The migration from PostgreSQL: once, however often it is run, and verified."""

import itertools
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from services.enterprises.domain import Enterprise, NotAnEnterprise
from services.enterprises.migration import (
    CHUNK_ROWS,
    NAMESPACE,
    Outcome,
    Report,
    migrate,
    migrated_id,
    nowhere,
)

from harness.wire import PATIENCE_SECONDS
from services.enterprises import EnterprisesDynamoDBService, EnterprisesPostgresService

from ..faults import FaultyEndpoint, Reply
from ..process import ServiceProcess, allowed, command, environment
from .postgres import PASSWORD, PostgresServer

NOW = datetime(2025, 9, 16, 10, 30, tzinfo=UTC)
MOMENT = "2025-09-16T10:30:00.000Z"
WRITES = {"PutItem", "UpdateItem", "DeleteItem"}


def row(number: int, name: str = "", **more: Any) -> dict[str, Any]:
    """A row, as PostgreSQL has it."""
    return {
        "id": number,
        "enterprise_name": name or f"Plan {number}",
        "created_date": NOW,
        "updated_date": NOW,
        **more,
    }


@dataclass
class Memory:
    """A target that counts what it is asked, and may fail."""

    items: dict[str, Enterprise] = field(default_factory=dict)
    writes: int = 0
    writes_until_it_fails: int | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, identifier: str) -> Enterprise | None:
        return self.items.get(identifier)

    def write_unless_newer(self, enterprise: Enterprise) -> None:
        with self.lock:
            if self.writes == self.writes_until_it_fails:
                raise OSError("no more")
            self.writes += 1
            self.items[str(enterprise.id)] = enterprise

    def migrate(self, *rows: dict[str, Any], dry_run: bool = False) -> Report:
        return migrate(rows, self, dry_run=dry_run, progress=nowhere)


def counts(report: Report) -> tuple[int, int, int]:
    """How many rows were written, unchanged and newer."""
    return tuple(report.outcomes[each] for each in Outcome)  # type: ignore[return-value]


# By themselves.


def test_the_id_follows_from_the_row_s() -> None:
    assert migrated_id(1) == str(uuid.uuid5(NAMESPACE, "1"))
    # Where rows were put before must never change.
    assert migrated_id(1) == "1cb77370-47d1-5301-935c-94990e5d182b"
    assert len({migrated_id(number) for number in range(1000)}) == 1000


def test_a_row_becomes_an_enterprise() -> None:
    target = Memory()
    report = target.migrate(row(7, "Premium"))
    assert target.items == {migrated_id(7): Enterprise(migrated_id(7), "Premium", MOMENT, MOMENT)}
    assert (counts(report), report.rows, report.found, report.verified) == ((1, 0, 0), 1, 1, True)
    assert report.source_checksum == report.target_checksum


@pytest.mark.parametrize(
    "date",
    [
        NOW,
        NOW.replace(tzinfo=None),
        NOW.astimezone(timezone(timedelta(hours=-5))),
        NOW + timedelta(microseconds=999),
        MOMENT,
        "2025-09-16 10:30:00+00",
    ],
)
def test_rows_in_every_form(date: Any) -> None:
    target = Memory()
    target.migrate({"id": 7, "name": "Premium", "createdAt": date, "updatedAt": date})
    assert target.items[migrated_id(7)] == Enterprise(migrated_id(7), "Premium", MOMENT, MOMENT)


def test_a_second_run_writes_nothing() -> None:
    target, rows = Memory(), [row(number) for number in range(1, 2 * CHUNK_ROWS + 2)]
    first, second = target.migrate(*rows), target.migrate(*reversed(rows))
    assert counts(first) == (len(rows), 0, 0)
    assert counts(second) == (0, len(rows), 0)
    assert target.writes == len(rows)
    assert first.target_checksum == second.target_checksum


@pytest.mark.parametrize("writes", [0, 1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1])
def test_a_stopped_run_goes_on(writes: int) -> None:
    target, rows = Memory(writes_until_it_fails=writes), [row(each) for each in range(1, CHUNK_ROWS + 3)]
    with pytest.raises(OSError, match="no more"):
        target.migrate(*rows)
    assert len(target.items) == writes
    target.writes_until_it_fails = None
    report = target.migrate(*rows)
    assert counts(report) == (len(rows) - writes, writes, 0)
    assert report.verified
    assert target.writes == len(rows)


def test_what_changed_in_postgresql_since_is_written() -> None:
    target, later = Memory(), NOW + timedelta(seconds=1)
    target.migrate(row(1), row(2))
    report = target.migrate(row(1), row(2, "Renamed", updated_date=later))
    assert (counts(report), report.verified) == ((1, 1, 0), True)
    assert target.items[migrated_id(2)].name == "Renamed"


def test_what_changed_in_dynamodb_since_stays() -> None:
    target = Memory()
    target.migrate(row(1), row(2))
    newer = Enterprise(migrated_id(2), "Renamed", MOMENT, "2025-09-16T10:30:00.001Z")
    target.items[migrated_id(2)] = newer
    report = target.migrate(row(1), row(2))
    assert (counts(report), report.found, report.verified) == ((0, 1, 1), 2, True)
    assert target.items[migrated_id(2)] == newer


def test_a_dry_run_only_reads() -> None:
    target = Memory()
    target.migrate(row(1))
    report = target.migrate(row(1), row(2), row(3), dry_run=True)
    assert (counts(report), report.rows) == ((2, 1, 0), 3)
    assert target.writes == 1


def test_what_is_not_as_it_was_written_is_noticed() -> None:
    class Forgetful(Memory):
        def write_unless_newer(self, enterprise: Enterprise) -> None:
            if enterprise.id != migrated_id(2):
                super().write_unless_newer(enterprise)

    class Deaf(Memory):
        def write_unless_newer(self, enterprise: Enterprise) -> None:
            super().write_unless_newer(Enterprise(enterprise.id, enterprise.name.upper(), MOMENT, MOMENT))

    lost, changed = Forgetful().migrate(row(1), row(2)), Deaf().migrate(row(1), row(2, "ABC"))
    assert (lost.verified, lost.found, lost.wrong) == (False, 1, [2])
    assert (changed.verified, changed.found, changed.wrong) == (False, 2, [1])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (row(1, id="a"), "an integer"),
        (row(1, id=None), "no id"),
        (row(1, id=True), "no id"),
        (row(1, enterprise_name=None), "enterprise_name: missing in 1"),
        (row(1, updated_date="yesterday"), "'yesterday' is not a date"),
    ],
)
def test_a_row_that_is_none(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(NotAnEnterprise, match=told):
        Memory().migrate(wrong)


def test_rows_are_read_as_they_are_needed() -> None:
    taken = itertools.count()

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(1, 10 * CHUNK_ROWS):
            next(taken)
            yield row(number)

    target = Memory(writes_until_it_fails=5)
    with pytest.raises(OSError, match="no more"):
        migrate(rows(), target, dry_run=False, progress=nowhere)
    assert next(taken) == CHUNK_ROWS


# Between the databases.


@pytest.fixture
def variables(endpoint: str, table: str, postgres: PostgresServer) -> dict[str, str]:
    """The environment of a migration."""
    return environment(endpoint, DYNAMODB_ENTERPRISE_TABLE=table, DATABASE_URL=postgres.address)


@pytest.fixture
def services(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[EnterprisesPostgresService, EnterprisesDynamoDBService]]:
    """Both services in this process, as a program that has them makes them."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    source, target = EnterprisesPostgresService(), EnterprisesDynamoDBService()
    yield source, target
    source.close()
    target.close()


def fill(postgres: PostgresServer, count: int) -> None:
    postgres.execute(
        "INSERT INTO enterprises (enterprise_name, created_date, updated_date)"
        f" SELECT 'Plan ' || n, '{MOMENT}', '{MOMENT}' FROM generate_series(1, {count}) AS n"
    )


def test_the_document_s_migration(
    services: tuple[EnterprisesPostgresService, EnterprisesDynamoDBService], postgres: PostgresServer
) -> None:
    source, target = services
    fill(postgres, 25)
    report = target.migrate_from_postgresql(source.list())
    assert (counts(report), report.verified) == ((25, 0, 0), True)
    migrated = sorted(target.list(), key=lambda each: int(each["name"].split()[1]))
    assert migrated == [{**each, "id": migrated_id(each["id"])} for each in source.list()]
    assert (source.count(), target.count()) == (25, 25)


def test_the_command(
    variables: dict[str, str], postgres: PostgresServer, on_dynamodb: ServiceProcess, tmp_path: Any
) -> None:
    fill(postgres, 12)
    path = f"/api/enterprises/{migrated_id(3)}"

    def run(*arguments: str) -> str:
        done = command("enterprises", "migrate", *arguments, directory=tmp_path, variables=variables)
        assert done.returncode == 0, done.stdout + done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        return " ".join(done.stdout.split())

    dry = run("--dry-run")
    assert "nothing was written" in dry
    assert "│ to be written │ 12 │" in dry
    assert on_dynamodb.http.get("/api/enterprises").json() == []
    first = run()
    assert "│ written │ 12 │" in first
    assert "Verified: all rows are in DynamoDB." in first
    assert on_dynamodb.http.get(path).json()["name"] == "Plan 3"
    on_dynamodb.http.put(path, json={"name": "Renamed"})
    second = run()
    assert "│ written │ 0 │" in second
    assert "│ unchanged │ 11 │" in second
    assert "│ newer in DynamoDB, left alone │ 1 │" in second
    assert on_dynamodb.http.get(path).json()["name"] == "Renamed"


def test_a_second_run_sends_no_write(
    services: tuple[EnterprisesPostgresService, EnterprisesDynamoDBService], postgres: PostgresServer
) -> None:
    source, target = services
    fill(postgres, 5)
    calls: list[str] = []
    target._client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    target.migrate_from_postgresql(source.rows())
    assert WRITES & set(calls) == {"PutItem"}
    assert {f"dynamodb:{call}" for call in calls} <= allowed("enterprises")
    calls.clear()
    target.migrate_from_postgresql(source.rows())
    assert calls == ["GetItem"] * 5


@pytest.mark.parametrize("writes", [0, 7, 20])
def test_a_killed_run_goes_on(
    variables: dict[str, str],
    postgres: PostgresServer,
    faulty: FaultyEndpoint,
    services: tuple[EnterprisesPostgresService, EnterprisesDynamoDBService],
    tmp_path: Path,
    writes: int,
) -> None:
    source, target = services
    fill(postgres, 30)
    run = [sys.executable, "-m", "services.enterprises", "migrate"]
    process = subprocess.Popen(
        run,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
        env=variables | {"DYNAMODB_ENDPOINT": faulty.url},
    )

    def kill(_: Callable[[], Reply]) -> None:
        process.kill()

    faulty.inject("PutItem", *[passed_on] * writes, *[kill] * 30)
    assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    assert target.count() <= writes
    report = target.migrate_from_postgresql(source.rows())
    assert (report.verified, report.rows, target.count()) == (True, 30, 30)


def passed_on(pass_on: Callable[[], Reply]) -> Reply:
    """No fault."""
    return pass_on()


def test_a_newer_one_is_not_written_over(
    services: tuple[EnterprisesPostgresService, EnterprisesDynamoDBService],
) -> None:
    _, target = services
    newer, older = (Enterprise("a", name, MOMENT, f"2025-09-16T10:30:00.{name}Z") for name in ("001", "000"))
    target.write_unless_newer(newer)
    target.write_unless_newer(older)
    assert target.read("a") == newer


@pytest.mark.parametrize(
    ("changed", "variable"),
    [
        ({"DATABASE_URL": "postgresql:///x?host=/nowhere"}, "Check DATABASE_URL."),
        ({"POSTGRES_ENTERPRISE_TABLE": "nowhere"}, "Check POSTGRES_ENTERPRISE_TABLE."),
        ({"DYNAMODB_ENTERPRISE_TABLE": "no-such-table"}, "Check DYNAMODB_ENTERPRISE_TABLE."),
        (
            {"DYNAMODB_ENDPOINT": "http://127.0.0.1:1", "DYNAMODB_MAX_ATTEMPTS": "1"},
            "Check DYNAMODB_ENDPOINT.",
        ),
    ],
)
def test_what_to_check(
    variables: dict[str, str], postgres: PostgresServer, tmp_path: Any, changed: dict[str, str], variable: str
) -> None:
    fill(postgres, 1)
    done = command("enterprises", "migrate", directory=tmp_path, variables=variables | changed)
    assert done.returncode == 1
    assert variable in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
