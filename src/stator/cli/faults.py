"""`stator fault`: what a running server's clients are to meet, so that their retries can be tested.

It talks to the server on this machine, which answers such requests from nowhere else.
"""

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

from stator.cli.asking import NoAnswer, Port, ask, fail, settings_here

app = typer.Typer(
    help="Faults that a running server's clients are to meet.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Kind(StrEnum):
    """What a fault does."""

    THROTTLE = "throttle"
    ERROR = "error"
    ERROR_AFTER = "error-after"
    CONFLICT = "conflict"
    LATENCY = "latency"
    UNPROCESSED = "unprocessed"


@app.command("set")
def set_fault(
    kind: Annotated[
        Kind, typer.Argument(help="What happens; error-after answers 500 although the write was made.")
    ],
    operation: Annotated[
        str | None, typer.Option(help="To which operation, such as PutItem; else to any.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="In which table; else in any.")] = None,
    rate: Annotated[float, typer.Option(help="To which share of the requests, from 0 to 1.")] = 1.0,
    count: Annotated[int | None, typer.Option(help="Only among the first so many matching requests.")] = None,
    seed: Annotated[int | None, typer.Option(help="Makes a rate strike the same requests again.")] = None,
    seconds: Annotated[float, typer.Option(help="By how much a latency delays the reply.")] = 0.0,
    share: Annotated[float, typer.Option(help="How much of a batch is unprocessed.")] = 0.5,
    port: Port = None,
) -> None:
    """Set a fault, beside those that are set; prints its number."""
    fault = {
        "kind": kind.value,
        "operation": operation,
        "table": table,
        "rate": rate,
        "count": count,
        "seed": seed,
        "seconds": seconds,
        "share": share,
    }
    typer.echo(_ask(port, "POST", "", fault)["id"])


@app.command("list")
def list_faults(port: Port = None) -> None:
    """Print the faults that are set, one JSON object per line."""
    for fault in _ask(port, "GET", "")["faults"]:
        typer.echo(json.dumps(fault))


@app.command("clear")
def clear_faults(
    number: Annotated[int | None, typer.Argument(help="The fault's number; else all are cleared.")] = None,
    port: Port = None,
) -> None:
    """Clear one fault or all of them; prints how many."""
    typer.echo(_ask(port, "DELETE", "" if number is None else f"/{number}")["cleared"])


def _ask(port: str | None, method: str, path: str, body: Any = None) -> Any:
    """The JSON reply of the server; ends the command if there is none, or if it refuses."""
    settings = settings_here(port=port)
    try:
        return ask(settings, method, f"faults{path}", body)
    except NoAnswer as error:
        fail(f"{error}. Name another port with --port.")
