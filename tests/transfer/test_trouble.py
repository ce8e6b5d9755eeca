"""Rows that are no items, endpoints that refuse, throttle or do half of a batch, and limits of speed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.process import ServerProcess
from stator.formats.rows import BadRow
from stator.transfer import endpoint as endpoints
from stator.transfer.endpoint import Address, Endpoint, TransferError
from stator.transfer.load import Load, State
from stator.transfer.rate import Limits, Rate
from stator.transfer.sources import Row
from stator.transfer.tables import existing

from .conftest import Stator, contents, create, fill, many

GOOD = '{"Item": {"pk": {"S": "a"}, "sk": {"N": "%d"}}}'


@pytest.fixture
def faults(server: ServerProcess) -> Iterator[Any]:
    """Sets a fault of the shared server, for a table of this test; without arguments, clears all."""

    def set_fault(*arguments: str) -> None:
        command = ("set", *arguments) if arguments else ("clear",)
        done = server.command("fault", *command, "--port", str(server.port))
        assert done.returncode == 0, done.stderr

    yield set_fault
    set_fault()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"Item": {"pk": {"S": "a"}}}', "the key attribute sk is nothing, not N"),
        ('{"Item": {"pk": {"N": "1"}, "sk": {"N": "2"}}}', "the key attribute pk is N, not S"),
        ('{"Item": {"pk": {"S": "a"}, "sk": {"N": "x"}}}', "cannot be converted to a numeric value"),
        ('{"pk": {"S": "a"}, "sk": {"N": "1"}}', "not in DynamoDB JSON"),
        ('{"Item": {"pk": {"S": ""}, "sk": {"N": "1"}}}', "PutItem was refused: ValidationException"),
    ],
)
def test_a_bad_row_is_named(line: str, said: str, client: Any, stator: Stator, tmp_path: Path) -> None:
    name = f"bad-{abs(hash(line))}"
    create(client, name)
    lines = [GOOD % 1, "", GOOD % 2, line, GOOD % 3, *(GOOD % number for number in range(4, 60))]
    (tmp_path / "items.json").write_text("\n".join(lines))
    message = stator("import", "items.json", name, status=1).stderr
    assert message.startswith("stator: items.json: line 4: ")
    assert said in message
    assert message.count("\n") == 1
    skipped = stator("import", "items.json", name, "--skip-bad", status=3)
    assert "items.json: line 4: " in skipped.stderr
    assert skipped.stdout == f"{name}: 59 items, 1 rows skipped\n"
    assert len(contents(client, name)) == 59


def test_a_file_that_breaks_off_is_never_taken_for_whole(client: Any, stator: Stator, tmp_path: Path) -> None:
    create(client, "broken-off")
    (tmp_path / "items.json").write_text(GOOD % 1 + "\n" + (GOOD % 2)[:20])
    for option in ((), ("--skip-bad",), ("--dry-run",)):
        assert "line 2: " in stator("import", "items.json", "broken-off", *option, status=1).stderr


def test_the_last_row_of_a_key_wins(client: Any, stator: Stator, tmp_path: Path) -> None:
    create(client, "twice")
    lines = [
        json.dumps({"Item": {"pk": {"S": "a"}, "sk": {"N": str(number % 7)}, "n": {"N": str(number)}}})
        for number in range(150)
    ]
    (tmp_path / "items.json").write_text("\n".join(lines))
    assert stator("import", "items.json", "twice").stdout == "twice: 150 items\n"
    found = contents(client, "twice")
    assert {int(item["n"]["N"]) for item in found.values()} == set(range(143, 150))


def test_what_a_server_does_not_do_at_once_is_done_in_the_end(
    client: Any, stator: Stator, faults: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(endpoints, "BACKOFF_SECONDS", 0.001)
    for name in ("rough-items", "rough-copy"):
        create(client, name)
    fill(client, "rough-items", many(800, size=2_000))
    for table in ("rough-items", "rough-copy"):
        for kind in ("throttle", "error", "error-after"):
            faults(kind, "--table", table, "--rate", "0.2", "--seed", "7")
    faults("unprocessed", "--table", "rough-copy", "--rate", "0.8", "--share", "0.6", "--seed", "8")
    stator("export", "rough-items", "items.json")
    stator("import", "items.json", "rough-copy")
    faults()
    assert contents(client, "rough-copy") == contents(client, "rough-items")


def test_errors_that_stay(stator: Stator, client: Any, faults: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(endpoints, "BACKOFF_SECONDS", 0.0)
    assert "there is no table absent-table at" in stator("export", "absent-table", "x.json", status=1).stderr
    unreachable = stator("export", "any-table", "x.json", endpoint="http://127.0.0.1:1", status=1).stderr
    assert unreachable.startswith("stator: http://127.0.0.1:1 does not answer: ")
    foreign = stator("export", "any-table", "x.json", endpoint="http://192.0.2.1", status=1).stderr
    assert foreign == "stator: there are no AWS credentials for http://192.0.2.1.\n"
    assert "there is no file" in stator("import", "absent.json", "any-table", status=1).stderr
    (tmp_path / "items.dat").touch()
    assert "say which with --format" in stator("import", "items.dat", "any-table", status=1).stderr
    create(client, "failing")
    faults("error", "--table", "failing", "--operation", "Scan")
    assert "Scan was refused: InternalServerError" in stator("export", "failing", "y.json", status=1).stderr
    assert not (tmp_path / "y.json").exists()


def test_a_dry_run_writes_nothing(client: Any, stator: Stator, tmp_path: Path) -> None:
    create(client, "dry")
    (tmp_path / "items.json").write_text(GOOD % 1)
    assert "1 items could be written" in stator("import", "items.json", "dry", "--dry-run").stdout
    assert contents(client, "dry") == {}
    assert "about 0 items" in stator("export", "dry", "out.json", "--dry-run").stdout
    assert [path.name for path in tmp_path.iterdir()] == ["items.json"]


def test_debts_are_paid_by_waiting() -> None:
    time = [100.0]
    rate = Rate(10.0, now=lambda: time[0])
    assert rate.pay(5) == pytest.approx(0.5)
    assert rate.pay(20) == pytest.approx(2.5)  # whoever comes next waits for all
    time[0] += 2.5
    assert rate.pay(0) == pytest.approx(0.0)
    time[0] += 60  # what was not used for long is not saved up
    assert rate.pay(11) == pytest.approx(0.1)
    assert Rate(None).pay(1e9) == 0


class Recorder(Limits):
    """Limits that only note what is paid."""

    def __init__(self) -> None:
        super().__init__()
        self.paid: list[tuple[int, float]] = []

    def pay(self, items: int, capacity: float) -> float:
        self.paid.append((items, capacity))
        return 0.0


def test_what_is_paid_is_what_the_server_counts(server: ServerProcess, client: Any, tmp_path: Path) -> None:
    create(client, "counted")
    connection = Endpoint(Address(server.url))
    limits = Recorder()
    rows = [
        Row(number, f"line {number}", {"pk": {"S": str(number)}, "sk": {"N": "1"}, "t": {"S": "x" * 3_000}})
        for number in range(1, 61)
    ]
    table = existing(connection, "counted")
    loader = Load(
        connection,
        table,
        State(source=[], table_arn=table.arn, table_id=table.id),
        state_path=tmp_path / "state.json",
        limits=limits,
        lanes=3,
        skip_bad=False,
        report=print,
    )
    done = loader.run(rows, lambda *_: None, None)
    connection.close()
    assert done.rows == 60
    assert sum(items for items, _ in limits.paid) == 60
    assert sum(capacity for _, capacity in limits.paid) == 60 * 3  # 3 KB each


def test_rows_after_a_bad_one_are_not_said_to_be_written(
    server: ServerProcess, client: Any, tmp_path: Path
) -> None:
    create(client, "prefix")
    connection = Endpoint(Address(server.url))
    table = existing(connection, "prefix")
    state = State(source=[], table_arn=table.arn, table_id=table.id)
    rows = [Row(n, f"line {n}", {"pk": {"S": str(n)}, "sk": {"N": "1"}}) for n in range(1, 40)]
    rows[30] = Row(31, "line 31", BadRow("it is bad"))
    loader = Load(
        connection,
        table,
        state,
        state_path=tmp_path / "state.json",
        limits=Limits(),
        lanes=2,
        skip_bad=False,
        report=print,
    )
    with pytest.raises(TransferError, match="line 31: it is bad"):
        loader.run(rows, lambda *_: None, None)
    connection.close()
    saved = json.loads((tmp_path / "state.json").read_text())
    assert saved["rows"] <= 30
    assert {str(n) for n in range(1, saved["rows"] + 1)} <= {pk for pk, _ in contents(client, "prefix")}


@pytest.mark.parametrize(
    ("address", "variables", "url"),
    [
        (Address(), {}, "http://127.0.0.1:8000"),
        (Address(), {"AWS_ENDPOINT_URL": "http://127.0.0.1:1/"}, "http://127.0.0.1:1"),
        (Address("http://127.0.0.1:2/"), {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:2"),
        (Address("aws", region="eu-west-1"), {}, "https://dynamodb.eu-west-1.amazonaws.com"),
        (
            Address("aws"),
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_DEFAULT_REGION": "ap-south-1"},
            "https://dynamodb.ap-south-1.amazonaws.com",
        ),
        (Address(profile="work"), {}, "https://dynamodb.us-west-2.amazonaws.com"),
    ],
)
def test_which_endpoint_is_meant(
    address: Address,
    variables: dict[str, str],
    url: str,
    stator: Stator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Nothing is sent: to make an endpoint is to find out its address, its region and its keys."""
    (tmp_path / "no-config").write_text("[profile work]\nregion = us-west-2\n")
    (tmp_path / "no-credentials").write_text("[work]\naws_access_key_id = a\naws_secret_access_key = b\n")
    if address.url == "aws":
        variables = variables | {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    connection = Endpoint(address)
    assert connection.url == url
    connection.close()


def test_a_profile_that_is_not_there(stator: Stator) -> None:
    assert "none-such" in stator("export", "any", "x.json", "--profile", "none-such", status=1).stderr
