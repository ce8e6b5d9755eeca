"""Logs: one line for each record, and never a credential."""

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from services.common.logs import HIDDEN, fields, handler_for, request_id

SECRETS = ("AKIASECRETSECRET0000", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "short")


@pytest.fixture
def written() -> Callable[..., str]:
    """Writes a record in a form; the line."""

    def write(form: str, text: str, *arguments: Any, **more: Any) -> str:
        stream = io.StringIO()
        logger = logging.Logger("test")
        logger.addHandler(handler_for(stream, "orders", form, SECRETS))
        logger.error(text, *arguments, **more)
        return stream.getvalue()

    return write


def test_a_record_is_a_line_of_json(written: Callable[..., str]) -> None:
    token = request_id.set("r-1")
    try:
        line = written("json", "%s\ndone", "x", extra=fields(id=7, price=None))
    finally:
        request_id.reset(token)
    assert line.count("\n") == 1
    record = json.loads(line)
    assert record.pop("time").endswith("Z")
    assert record == {
        "level": "error",
        "service": "orders",
        "logger": "test",
        "message": "x\ndone",
        "request_id": "r-1",
        "id": 7,
        "price": None,
    }


def test_a_record_for_people(written: Callable[..., str]) -> None:
    line = written("human", "order created", extra=fields(id=7))
    assert line.endswith("ERROR   orders test: order created  id=7\n")


@pytest.mark.parametrize("form", ["json", "human"])
def test_no_secret_is_written(written: Callable[..., str], form: str) -> None:
    secret = SECRETS[1]
    try:
        raise ValueError(f"bad key {secret}")
    except ValueError:
        line = written(
            form,
            "with %s",
            secret,
            exc_info=True,
            extra=fields(
                key=SECRETS[0],
                address=f"http://me:{secret}@host:1/",
                header="AWS4-HMAC-SHA256 Credential=x, Signature=0123456789abcdef",
            ),
        )
    assert "Traceback" in line
    assert [hidden for hidden in (*SECRETS[:2], "me:", "0123456789abcdef") if hidden in line] == []
    assert line.count(HIDDEN) == 5


def test_stand_ins_do_not_deface_words(written: Callable[..., str]) -> None:
    assert "a short text" in written("json", "a short text")
