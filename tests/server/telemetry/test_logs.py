"""The log: lines that a program reads, one by one, and lines that people do."""

import json
import logging
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.process import ServerProcess, eventually, run
from stator.server.config import Settings
from stator.server.telemetry import logs

Start = Callable[..., ServerProcess]


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    """The root logger, left as it was found."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)


def entries(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_one_json_object_a_line(root: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Settings(log_format="json"), worker=3)
    log = logging.getLogger("stator.some")
    log.info("below the level")
    log.warning("a %s\nof two lines", "text", extra={"path": Path("/a"), "odd": "\udcff", "seconds": 0.5})
    try:
        raise ValueError("why")
    except ValueError:
        log.exception("it failed")
    first, second = entries(capsys.readouterr().err)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("time"))
    assert first == {
        "level": "warning",
        "logger": "stator.some",
        "worker": 3,
        "message": "a text\nof two lines",
        "path": "/a",
        "odd": "\udcff",
        "seconds": 0.5,
    }
    assert (second["level"], second["message"]) == ("error", "it failed")
    assert second["exception"].startswith("Traceback ")
    assert second["exception"].endswith("ValueError: why")


def test_what_nobody_caught_is_a_record_too(root: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Settings(log_format="json"))
    error = ValueError("why")
    sys.excepthook(ValueError, error, None)
    (entry,) = entries(capsys.readouterr().err)
    assert (entry["level"], entry["exception"]) == ("critical", "ValueError: why")


def test_lines_for_people(root: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Settings(), worker=0)
    logging.getLogger("stator.some").error("it happened", extra={"table": 'a"\nb', "tables": ["a"]})
    line = capsys.readouterr().err
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ERROR worker 0 stator.some: it happened "
        r'table="a\\"\\nb" tables=\["a"\]\n',
        line,
    )


def test_a_server_logs_nothing_else(start_server: Start, tmp_path: Path) -> None:
    """What it says of itself at its start, and of workers that end, is in the form that was asked for."""
    server = start_server(log_format="json", host="0.0.0.0", workers=2)
    assert server.ready_line.startswith("Stator ")
    os.kill(server.workers[1], signal.SIGKILL)
    for _ in eventually():
        if server.log.count("\n") == 2:
            break
    warned, ended = entries(server.log)
    assert (warned["level"], warned["logger"]) == ("warning", "stator")
    assert warned["message"].startswith("0.0.0.0 can be reached from other machines")
    assert ended["message"] == "worker 1 was killed by signal 9; another one takes its place"
    refused = run("serve", "--port", "0", "--data", "/dev/null", "--log-format", "json", directory=tmp_path)
    (entry,) = entries(refused.stderr)
    assert (entry["level"], refused.returncode) == ("error", 1)
    assert entry["message"].startswith("/dev/null")
