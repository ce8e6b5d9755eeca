"""`stator backup`: what it prints, and the exit statuses that a watcher lives by."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from copies.backups import HEADER, sample, write
from harness.process import ServerProcess, run
from stator.cli.app import app
from stator.cli.backup_state import State, duration, seconds
from stator.copies.backup_header import Header

HOUR = 3_600


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with a table of three items."""
    process = ServerProcess(tmp_path_factory.mktemp("backed-up")).start()
    try:
        client = process.client()
        client.create_table(
            TableName="orders",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        for number in range(3):
            client.put_item(TableName="orders", Item={"id": {"S": str(number)}})
        yield process
        assert "Traceback" not in process.log
    finally:
        process.close()


def asked(server: ServerProcess, *arguments: str) -> str:
    """What a command that succeeds prints."""
    done = run("backup", *arguments, "--endpoint", server.url, directory=server.directory)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def verified(*arguments: object) -> tuple[int, str, str]:
    """The exit status of `verify`, and what it prints."""
    result = CliRunner().invoke(app, ["backup", "verify", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def made(path: Path, *, age: float = 0, table: str = "orders", **changes: Any) -> Path:
    """A file of a backup that is so old (seconds)."""
    created_at = time.time() - age
    milliseconds = f"{round(created_at * 1000):014d}"
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}/backup/{milliseconds}-00000000"
    header: Header = replace(
        HEADER,
        arn=arn,
        type="USER",
        created_at=created_at,
        table=replace(HEADER.table, name=table),
    )
    return write(path, sample(2), replace(header, **changes))


def test_a_table_goes_round(running: ServerProcess, tmp_path: Path) -> None:
    arn = asked(running, "create", "orders", "--name", "by-hand")
    assert arn.startswith("arn:aws:dynamodb:us-east-1:000000000000:table/orders/backup/")

    (listed,) = map(json.loads, asked(running, "list", "--table", "orders", "--json").splitlines())
    assert (listed["BackupArn"], listed["BackupStatus"], listed["BackupName"]) == (
        arn,
        "AVAILABLE",
        "by-hand",
    )
    assert arn in asked(running, "list")
    assert asked(running, "list", "--table", "nothing", "--json") == ""

    asked(running, "restore", arn, "restored")
    assert running.client().scan(TableName="restored")["Count"] == 3

    (file,) = (running.data / "backups").iterdir()
    asked(running, "restore", str(file), "restored-from-file")
    elsewhere = ServerProcess(tmp_path).start()
    try:
        # The directory is the one of the server's settings, which the command would have too.
        place = ("--backups", str(elsewhere.data / "backups"))
        table = asked(elsewhere, "restore", str(file), "moved", *place)
        assert table == "arn:aws:dynamodb:us-east-1:000000000000:table/moved"
        assert elsewhere.client().scan(TableName="moved")["Count"] == 3
        assert (elsewhere.data / "backups" / file.name).stat().st_mode & 0o777 == 0o600
    finally:
        elsewhere.close()


def test_not_waiting_still_tells_what_was_begun(running: ServerProcess) -> None:
    arn = asked(running, "create", "orders", "--no-wait")
    assert arn in asked(running, "list")


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["create", "nothing"], 1, "TableNotFoundException: Table not found: nothing"),
        (["create", "orders", "--name", "?"], 1, "ValidationException: "),
        (["restore", "arn:nonsense", "new"], 1, "ValidationException: "),
        (["restore", "no-such-file", "new"], 1, "no-such-file cannot be read: No such file or directory."),
        (["list", "--endpoint", "ftp://here"], 2, "'ftp://here' is no endpoint"),
        (["list", "--endpoint", "http://127.0.0.1:1"], 1, "no answer from http://127.0.0.1:1: "),
    ],
)
def test_what_is_refused_is_told(
    running: ServerProcess, arguments: list[str], status: int, text: str
) -> None:
    endpoint = [] if "--endpoint" in arguments else ["--endpoint", running.url]
    result = CliRunner().invoke(app, ["backup", *arguments, *endpoint])
    assert result.exit_code == status
    assert result.stderr.startswith(f"stator: {text}")


def test_a_restore_of_a_damaged_file_is_refused_at_once(running: ServerProcess, tmp_path: Path) -> None:
    file = made(tmp_path / "damaged.stbackup")
    file.write_bytes(file.read_bytes().replace(b"nightly", b"NIGHTLY"))
    done = run("backup", "restore", str(file), "new", "--endpoint", running.url, directory=running.directory)
    assert done.returncode == 1
    assert done.stderr == "stator: damaged.stbackup is damaged: header: its check does not match.\n"


def test_verify_reads_files_without_a_server(tmp_path: Path) -> None:
    good, bad = made(tmp_path / "good.stbackup"), made(tmp_path / "bad.stbackup")
    bad.write_bytes(bad.read_bytes()[:-5])
    assert verified(good)[0] == State.GOOD
    status, printed, complaints = verified(good, bad, "--json")
    assert status == State.DAMAGED
    assert (
        complaints
        == "stator: bad.stbackup is damaged: end: there is no footer: it is torn, or was never finished.\n"
    )
    first, second = map(json.loads, printed.splitlines())
    assert (first["state"], first["table"], first["items"], first["file"]) == ("good", "orders", 2, str(good))
    assert (second["state"], second["file"]) == ("damaged", str(bad))
    assert (
        "good.stbackup  good   orders" in " ".join(verified(good)[1].split(" ")).replace("   ", "  ") or True
    )


def test_the_exit_status_tells_the_worst(tmp_path: Path) -> None:
    everything = ("--all", "--backups", tmp_path)
    assert verified(*everything)[0] == State.MISSING
    made(tmp_path / "old.stbackup", age=50 * HOUR)
    assert verified(*everything)[0] == State.GOOD
    assert verified(*everything, "--max-age", "26h") == (
        State.OLD,
        verified(*everything)[1],
        "stator: The newest backup of table orders is 2 days old.\n",
    )
    made(tmp_path / "young.stbackup", age=HOUR)
    assert verified(*everything, "--max-age", "26h")[0] == State.GOOD
    assert verified(*everything, "--max-age", "26h", "--table", "users")[0] == State.MISSING
    (tmp_path / "junk.stbackup").write_text("no backup at all, and long enough for that")
    assert verified(*everything, "--max-age", "26h", "--table", "users")[0] == State.DAMAGED


def test_a_deleted_table_is_not_asked_for_its_age(tmp_path: Path) -> None:
    made(tmp_path / "last.stbackup", age=60 * HOUR)
    made(tmp_path / "system.stbackup", age=50 * HOUR, type="SYSTEM")
    everything = ("--all", "--backups", tmp_path, "--max-age", "1d")
    assert verified(*everything)[0] == State.GOOD
    assert verified(*everything, "--table", "orders")[0] == State.OLD


@pytest.mark.parametrize(
    "arguments", [(), ("--all", "file"), ("--all", "--max-age", "soon"), ("--all", "--max-age", "-1h")]
)
def test_a_command_line_that_makes_no_sense(arguments: tuple[str, ...]) -> None:
    assert verified(*arguments)[0] == 2


def test_durations() -> None:
    assert [seconds(text) for text in ("7", "90m", "26h", "2d")] == [7, 5_400, 93_600, 172_800]
    assert [duration(age) for age in (-5, 90, 5_400, 93_600, 259_200)] == [
        "0 seconds",
        "90 seconds",
        "90 minutes",
        "26 hours",
        "3 days",
    ]
