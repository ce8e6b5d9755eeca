"""The file of actions, and which of them a transition calls for."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from stator.monitoring.alarms.actions import Action, BadActions, calls, load
from stator.monitoring.alarms.definition import ALARM, OK, AlarmRow

TOPIC = "arn:aws:sns:us-east-1:000000000000:pager"
POLICY = "arn:aws:autoscaling:us-east-1:1:scalingPolicy:id:resource/dynamodb/table/t:policyName/p"

FILE = """
[[action]]
action = "arn:aws:sns:*:pager"
webhook = "https://user:secret@example.com:8443/hook?token=secret"
headers = { Authorization = "Bearer secret" }
timeout = 2.5

[[action]]
alarm = "orders-*"
states = ["ALARM"]
command = ["/usr/local/bin/page", "--now"]
"""


def row(**members: Any) -> AlarmRow:
    definition = {"ActionsEnabled": True, "AlarmActions": [TOPIC, POLICY], "OKActions": [TOPIC]}
    made = AlarmRow(
        name="orders-high",
        kind="MetricAlarm",
        region="us-east-1",
        definition=definition,
        configured=0,
        updated=0,
        transitioned=0,
        state=ALARM,
    )
    return msgspec.structs.replace(made, **members)


def written(directory: Path, text: str) -> Path:
    path = directory / "actions.toml"
    path.write_text(text)
    return path


def test_a_file(tmp_path: Path) -> None:
    pager, command = load(written(tmp_path, FILE))
    assert pager == Action(
        action="arn:aws:sns:*:pager",
        webhook="https://user:secret@example.com:8443/hook?token=secret",
        headers=(("Authorization", "Bearer secret"),),
        timeout=2.5,
    )
    assert command == Action(alarm="orders-*", states=("ALARM",), command=("/usr/local/bin/page", "--now"))
    assert pager.place == "a webhook of example.com:8443"
    assert command.place == "the command /usr/local/bin/page"
    assert len({pager.id, command.id, load(written(tmp_path, FILE))[0].id}) == 2


def test_calls() -> None:
    pager = Action(action="arn:aws:sns:*:pager", webhook="http://example.com")
    orders = Action(alarm="orders-*", states=(ALARM,), command=("page",))
    both = Action(action="*", alarm="users-*", command=("page",))
    actions = [pager, orders, both]

    def found(alarm: AlarmRow) -> tuple[list[tuple[Action, str]], list[str]]:
        asked = calls(actions, alarm)
        return [(call.action, call.resource) for call in asked.calls], asked.unknown

    assert found(row()) == ([(pager, TOPIC), (orders, "the command page")], [])
    assert found(row(state=OK)) == ([(pager, TOPIC)], [])
    assert found(row(name="users-high")) == ([(pager, TOPIC), (both, TOPIC)], [])
    silent = row().definition | {"ActionsEnabled": False}
    assert found(row(definition=silent)) == ([], [])
    other = row().definition | {"AlarmActions": [TOPIC + "-2"]}
    assert found(row(definition=other)) == ([(orders, "the command page")], [TOPIC + "-2"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("action = [", "is not TOML: "),
        ("[[actions]]", "actions in {path} is unknown: there are only [[action]] entries"),
        ('action = "x"', "{path} must have its entries under [[action]]"),
        (
            '[[action]]\nwebhook = "http://x"',
            "entry 1 of {path}: it needs `action` (a pattern of ARNs) or `alarm` (a pattern of names)",
        ),
        ('[[action]]\nalarm = "*"', "entry 1 of {path}: it needs either `webhook` or `command`"),
        (
            '[[action]]\nalarm = "*"\nwebhook = "http://x"\ncommand = ["x"]',
            "entry 1 of {path}: it needs either `webhook` or `command`",
        ),
        (
            '[[action]]\nalarm = "*"\nwebhook = "example.com"',
            "entry 1 of {path}: `webhook` must be a URL that begins with http:// or https://",
        ),
        (
            '[[action]]\nalarm = "*"\ncommand = []',
            "entry 1 of {path}: `command` must be a list: a program and its arguments",
        ),
        (
            '[[action]]\nalarm = "*"\ncommand = "page --now"',
            "entry 1 of {path}: Expected `array | null`, got `str` - at `$.command`",
        ),
        (
            '[[action]]\nalarm = "*"\ncommand = ["x"]\nstates = ["BAD"]',
            "entry 1 of {path}: `states` must be some of OK, ALARM, INSUFFICIENT_DATA",
        ),
        (
            '[[action]]\nalarm = "*"\ncommand = ["x"]\nheaders = { A = "b" }',
            "entry 1 of {path}: `headers` are for a webhook",
        ),
        (
            '[[action]]\nalarm = "*"\nwebhook = "http://x/\u20ac"',
            "entry 1 of {path}: `webhook` must be a URL that begins with http:// or https://",
        ),
        (
            '[[action]]\nalarm = "*"\nwebhook = "http://x"\nheaders = { A = "\u20ac" }',
            "entry 1 of {path}: the header 'A' cannot be sent",
        ),
        (
            '[[action]]\nalarm = "*"\nwebhook = "http://x"\nheaders = { A = "b\\r\\nC: d" }',
            "entry 1 of {path}: the header 'A' cannot be sent",
        ),
        (
            '[[action]]\nalarm = "*"\ncommand = ["x"]\ntimeout = 0',
            "entry 1 of {path}: `timeout` must be a number of seconds, at most 300",
        ),
        (
            '[[action]]\nalarm = "*"\ncommand = ["x"]\nretries = 3',
            "entry 1 of {path}: Object contains unknown field `retries`",
        ),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadActions) as refused:
        load(path)
    assert problem.format(path=path) in str(refused.value)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadActions, match="does not exist"):
        load(tmp_path / "none.toml")
    with pytest.raises(BadActions, match="cannot be read: Is a directory"):
        load(tmp_path)
