"""Asking the server on this machine something about itself, below `/_stator/`."""

import json
import os
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from stator.server.config import SettingError, Settings, load

_TIMEOUT_SECONDS = 10

Port = Annotated[
    str | None,
    typer.Option("--port", help="Port of the server; else the one at which `stator serve` would listen."),
]


class NoAnswer(Exception):
    """No server that knows the request answers; the text says where."""


def settings_here(**options: str | None) -> Settings:
    """The settings that `stator serve` would take with these options; ends the command if it would not."""
    try:
        return load(options, os.environ, Path.cwd())
    except SettingError as error:
        fail(str(error), status=2)


def ask(settings: Settings, method: str, path: str, body: Any = None) -> Any:
    """The JSON reply of the server of these settings. Raises NoAnswer; ends the command if it refuses."""
    import http.client

    host = settings.host if settings.host in ("localhost", "::1") else "127.0.0.1"
    connection = http.client.HTTPConnection(host, settings.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(method, f"/_stator/{path}", None if body is None else json.dumps(body))
        reply = connection.getresponse()
        status, text = reply.status, reply.read()
    except (OSError, http.client.HTTPException):
        raise NoAnswer(f"no Stator answers at {host}:{settings.port}") from None
    finally:
        connection.close()
    if status == 404:
        raise NoAnswer(f"the server at {host}:{settings.port} is no Stator that takes this")
    answer = json.loads(text)
    if status != 200:
        fail(answer["message"])
    return answer


def fail(text: str, status: int = 1) -> NoReturn:
    """End the command with a sentence on standard error."""
    typer.echo(f"stator: {text}", err=True)
    raise typer.Exit(status)
