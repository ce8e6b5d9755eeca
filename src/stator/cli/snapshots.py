"""`stator snapshot`: a copy of the whole database, beside a running server or without one, and back."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from stator.base.errors import StorageError
from stator.cli.asking import NoAnswer, Port, ask, fail, settings_here
from stator.cli.progress import bar
from stator.server.config import Settings

app = typer.Typer(
    help="Copies of the whole database, also of a running server.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)

_POLL_SECONDS = 0.1


@app.command()
def create(
    directory: Annotated[Path, typer.Argument(help="Where the snapshot goes; must not be there.")],
    data: Annotated[
        str | None, typer.Option(help="Data directory; else the one that `stator serve` would use.")
    ] = None,
    port: Port = None,
) -> None:
    """Copy the database, as it is at one moment; the server goes on."""
    from stator.storage import archive

    settings = settings_here(data=data, port=port)
    directory = Path(directory).absolute()
    try:
        with archive.unfinished(directory.parent.resolve() / directory.name) as place:
            _copy(settings, None if data is None else _resolved(data), place)
            with bar("checksum") as progress:
                created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                manifest = archive.seal(place, directory, created, progress)
    except StorageError as error:
        fail(f"{error}.")
    except OSError as error:
        fail(f"{directory} cannot be written: {error.strerror or error}.")
    typer.echo(f"{directory}: {manifest.database.bytes} bytes, sha256 {manifest.database.sha256}")


@app.command()
def restore(
    directory: Annotated[Path, typer.Argument(help="The snapshot.")],
    data: Annotated[Path, typer.Option(help="The new data directory; absent or empty.")],
) -> None:
    """Make a data directory of a snapshot, after proving that it is what was written."""
    from stator.storage import archive

    try:
        with bar("restoring") as progress:
            manifest = archive.restore(directory, data, progress)
    except StorageError as error:
        fail(f"{error}.")
    except OSError as error:
        fail(f"{directory} cannot be restored to {data}: {error.strerror or error}.")
    typer.echo(f"{data} holds the database of {manifest.created}. Start it with: stator serve --data {data}")


def _resolved(data: str) -> Path:
    return Path(data).expanduser().resolve()


def _copy(settings: Settings, data: Path | None, place: Path) -> None:
    """Let the server copy its database to `place`; without a server, copy that of the data directory.

    With `data`, it is that directory's database or none. Raises StorageError and OSError.
    """
    from stator.storage import archive
    from stator.storage.open import DATABASE

    try:
        server = ask(settings, "GET", "snapshots")
        if data is None or server["data"] == str(data):
            _let_server_copy(settings, data, place)
            return
        why = f"the server at port {settings.port} has other data, in {server['data'] or 'memory'}"
    except NoAnswer as error:
        why = str(error)
    with ExitStack() as stack:
        try:
            database = stack.enter_context(archive.stopped(_resolved(settings.data)))
        except StorageError as error:
            raise StorageError(f"{error}, and {why}. Name the server's port with --port") from None
        archive.copy_stopped(database, place / DATABASE, stack.enter_context(bar("copying")))


def _let_server_copy(settings: Settings, data: Path | None, place: Path) -> None:
    wanted: dict[str, Any] = {"directory": str(place), "data": None if data is None else str(data)}

    def asked(method: str, body: Any = None) -> Any:
        try:
            return ask(settings, method, "snapshots", body)
        except NoAnswer as error:
            raise StorageError(f"the server went away: {error}") from None

    asked("POST", wanted)
    try:
        with bar("copying") as progress:
            _wait(asked, progress)
    except BaseException:
        asked("DELETE")
        raise


def _wait(asked: Callable[[str], Any], progress: Callable[[float, float | None], object]) -> None:
    while (status := asked("GET"))["state"] == "copying":
        progress(status["copied"], status["total"] or None)
        time.sleep(_POLL_SECONDS)
    if status["state"] != "done":
        raise StorageError(f"the server could not make the copy: {status['message']}")
