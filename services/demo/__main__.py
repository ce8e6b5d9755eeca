"""The command `python -m services.demo`: Stator and all services, until Ctrl-C."""

import argparse
import os
import signal
import socket
import sys
import tempfile
import urllib.error
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from services.demo import page, samples
from services.demo.processes import DemoError, Processes
from services.demo.programs import PAGE_PORT, SERVICES, STATOR_PORT, TABLES, environment


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; 0 when it was told to stop, 1 if something did not start or has ended."""
    parser = argparse.ArgumentParser(prog="python -m services.demo", description=__doc__)
    parser.add_argument("--data", type=Path, help="keep everything in this directory, also afterwards")
    parser.add_argument("--any-ports", action="store_true", help="take free ports, not the usual ones")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _directory(options.data) as directory:
            _run(directory, any_ports=options.any_ports)
    except KeyboardInterrupt:
        return 0
    except (DemoError, urllib.error.URLError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(directory: Path, *, any_ports: bool) -> None:
    if not any_ports:
        _require_ports()
    console = Console()
    with Processes(directory) as processes, console.status("Starting...") as status:
        stator = _start_stator(processes, directory, port=0 if any_ports else STATOR_PORT)
        variables = _variables(directory, stator)
        status.update("Making the tables...")
        for module, command in TABLES:
            processes.finish(module, command, variables=variables)
        status.update("Starting the services...")
        addresses = _start_services(processes, variables, any_ports=any_ports)
        status.update("Making sample data...")
        samples.fill(addresses)
        with page.served(page.render(stator, addresses), 0 if any_ports else PAGE_PORT) as address:
            status.stop()
            _show(console, stator, addresses)
            print(f"One page lists them: {address}")
            print(f"Logs are in {directory}. Ctrl-C stops it all.", flush=True)
            processes.watch()


def _start_stator(processes: Processes, directory: Path, port: int) -> str:
    data = str(directory / "stator")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STATOR_")}
    processes.launch("stator", "stator", "serve", "--data", data, "--port", str(port), variables=kept)
    return processes.ready("stator")


def _variables(directory: Path, stator: str) -> dict[str, str]:
    """The variables of every service."""
    nothing = directory / "env"
    nothing.touch()
    descriptions = {"DESCRIPTIONS_FOLDER": str(directory / "descriptions")}
    return environment(os.environ, stator, str(nothing)) | descriptions


def _start_services(processes: Processes, variables: Mapping[str, str], *, any_ports: bool) -> dict[str, str]:
    """The addresses of the services, which start beside each other, by their names."""
    for service in SERVICES:
        port = {"PORT": str(0 if any_ports else service.port)}
        processes.launch(service.name, service.module, variables={**variables, **service.variables, **port})
    return {service.name: processes.ready(service.name) for service in SERVICES}


def _require_ports() -> None:
    """Raise DemoError if something else has one of the usual ports."""
    wanted = {"stator": STATOR_PORT, "page": PAGE_PORT} | {each.name: each.port for each in SERVICES}
    taken = [f"{port} ({name})" for name, port in wanted.items() if _is_taken(port)]
    if taken:
        raise DemoError(f"Something else has port {', '.join(taken)}. --any-ports takes free ones.")


def _is_taken(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False


def _show(console: Console, stator: str, addresses: Mapping[str, str]) -> None:
    table = Table("Service", "Address", title="The services, on one Stator")
    table.add_row("stator", stator)
    for service in SERVICES:
        table.add_row(service.name, addresses[service.name] + service.path)
    console.print(table)


@contextmanager
def _directory(given: Path | None) -> Iterator[Path]:
    """The directory that was given, or one that is gone afterwards."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="stator-demo-") as temporary:
        yield Path(temporary)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
