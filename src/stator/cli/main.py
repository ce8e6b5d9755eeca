"""The entry point of the `stator` command."""

import sys

from stator.cli.serving import read_options, start


def main() -> None:
    """Run the command line: a plain `serve` at once, anything else through typer."""
    if sys.argv[1:2] == ["serve"] and (options := read_options(sys.argv[2:])) is not None:
        sys.exit(start(options))

    from stator.cli.app import app

    sys.exit(app())
