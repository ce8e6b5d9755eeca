"""Alarms of real servers: several processes, kills, restarts, and a file of actions."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from harness.hooks import hook
from harness.process import ServerProcess, eventually, run
from harness.wire import PATIENCE_SECONDS

NOON = 1_800_000_000
TOPIC = "arn:aws:sns:us-east-1:000000000000:pager"
METRIC = {"Namespace": "Shop", "MetricName": "Orders"}


def put_alarm(cloudwatch: Any, **members: Any) -> None:
    cloudwatch.put_metric_alarm(
        **METRIC,
        **{
            "AlarmName": "high",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 10.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "AlarmActions": [TOPIC],
            "OKActions": [TOPIC],
            **members,
        },
    )


def measured(cloudwatch: Any, value: float, minute: int) -> None:
    data = {"MetricName": "Orders", "Value": value, "Timestamp": minute}
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[data])


def summaries(cloudwatch: Any, count: int, kind: str) -> list[str]:
    """The newest entries of the alarm's history, as soon as there are so many of this kind."""
    for _ in eventually():
        items = cloudwatch.describe_alarm_history(AlarmName="high", HistoryItemType=kind)["AlarmHistoryItems"]
        if len(items) >= count:
            return [item["HistorySummary"] for item in items[:count]]
    raise AssertionError


def test_alarms_outlive_their_writer_and_their_server(tmp_path: Path) -> None:
    with hook() as pager:
        told = tmp_path / "told"
        program = (
            "import json, signal, sys; told = json.load(sys.stdin); "
            "told['sigterm'] = signal.getsignal(signal.SIGTERM) == signal.SIG_DFL; "
            f"open({str(told)!r}, 'a').write(json.dumps(told))"
        )
        actions = tmp_path / "actions.toml"
        actions.write_text(
            f"[[action]]\naction = 'arn:aws:sns:*'\nwebhook = '{pager.url}'\n"
            f"[[action]]\nalarm = 'h*'\nstates = ['OK']\n"
            f"command = {json.dumps([sys.executable, '-c', program])}\n"
        )
        server = ServerProcess(tmp_path, workers=2, clock=NOON + 5, alarm_actions=actions)
        try:
            cloudwatch = server.start().client("cloudwatch")
            put_alarm(cloudwatch)
            measured(cloudwatch, 40, NOON)
            server.clock.advance(60)
            assert pager.received.get(timeout=PATIENCE_SECONDS)[1]["NewStateValue"] == "ALARM"
            assert summaries(cloudwatch, 1, "Action") == [f"Successfully executed action {TOPIC}"]

            writer = server.workers[0]
            os.kill(writer, signal.SIGKILL)
            measured_after(cloudwatch, 1, NOON + 60)
            server.clock.advance(60)
            message = pager.received.get(timeout=PATIENCE_SECONDS)[1]
            assert (message["OldStateValue"], message["NewStateValue"]) == ("ALARM", "OK")
            summaries(cloudwatch, 3, "Action")
            by_command = json.loads(told.read_text())
            assert by_command == message | {"sigterm": True}

            before = cloudwatch.describe_alarms()["MetricAlarms"]
            server.restart()
            assert cloudwatch.describe_alarms()["MetricAlarms"] == before
            assert summaries(cloudwatch, 2, "StateUpdate") == [
                "Alarm updated from ALARM to OK",
                "Alarm updated from INSUFFICIENT_DATA to ALARM",
            ]
            assert 'alarm changed alarm="high" old_state="ALARM" state="OK"' in server.log
            assert "secret" not in server.log
            assert server.stop() == 0
            assert server.command("check", "data").returncode == 0
        finally:
            server.close()


def measured_after(cloudwatch: Any, value: float, minute: int) -> None:
    """The same as soon as there is a writer again: what it had not answered may be asked again."""
    for _ in eventually():
        try:
            measured(cloudwatch, value, minute)
            return
        except Exception:
            continue


def test_an_action_that_was_due_is_carried_out_after_a_kill(tmp_path: Path) -> None:
    with hook(*[503] * 1000) as pager:
        actions = tmp_path / "actions.toml"
        actions.write_text(f"[[action]]\naction = '*'\nwebhook = '{pager.url}'\n")
        server = ServerProcess(tmp_path, clock=NOON + 5, alarm_actions=actions)
        try:
            cloudwatch = server.start().client("cloudwatch")
            put_alarm(cloudwatch)
            measured(cloudwatch, 40, NOON)
            server.clock.advance(60)
            first = pager.received.get(timeout=PATIENCE_SECONDS)
            server.kill()
            pager.recover()
            server.start()
            again = pager.received.get(timeout=PATIENCE_SECONDS)
            assert again[0]["X-Stator-Delivery"] == first[0]["X-Stator-Delivery"]
            assert summaries(cloudwatch, 1, "Action") == [f"Successfully executed action {TOPIC}"]
        finally:
            server.close()


def test_a_wrong_file_of_actions_keeps_a_server_from_starting(tmp_path: Path) -> None:
    file = tmp_path / "actions.toml"
    file.write_text('[[action]]\nalarm = "*"\n')
    for workers in ("1", "2"):
        done = run(
            "serve",
            "--port",
            "0",
            "--workers",
            workers,
            "--alarm-actions",
            "actions.toml",
            directory=tmp_path,
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            "stator: alarm_actions cannot be used: entry 1 of actions.toml: "
            "it needs either `webhook` or `command`.\n"
        )
