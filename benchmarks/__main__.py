"""`python -m benchmarks`: measure rows, and write the report. `--help` tells the options."""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

from benchmarks.measure import measure_rows
from benchmarks.peers.registry import ROOT, cache_directory, endpoint, measure_pure
from benchmarks.plan import FULL, LARGE, LARGE_QUICK, QUICK, TINY, Plan
from benchmarks.report.table import judged
from benchmarks.report.write import write
from benchmarks.results import FILE_NAME, Results, RowResult, read
from benchmarks.rows.registry import ROWS
from benchmarks.rows.row import Row
from benchmarks.session import Session
from benchmarks.targets import TARGETS
from benchmarks.wrk.run import LoadFailed, find_wrk

_INTERRUPTED = 130
DOCS = ROOT / "docs/performance"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=_rows, help=f"of {', '.join(ROWS)}; default: all of the plan")
    parser.add_argument("--large", action="store_true", help="the rows of ten million items")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help="a look: few items, short runs, nothing judged")
    sizes.add_argument("--tiny", action="store_true", help="whether the harness runs at all")
    parser.add_argument("--rounds", type=int, help="of rows that are judged; default: 5")
    parser.add_argument("--seconds", type=int, help="of a run; default: 3")
    parser.add_argument("--endpoint", help="measure this URL too, beside all peers and with YCSB")
    parser.add_argument("--pure", action="store_true", help="Stator's sources as they are, nothing compiled")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random; default: 1")
    parser.add_argument("--patience", type=int, default=0, help="how often disturbed runs are repeated")
    parser.add_argument("--dir", type=Path, help="where data lies meanwhile; default: the cache directory")
    parser.add_argument("--output", type=Path, help="of the report; default: docs/performance, unless quick")
    parser.add_argument("--report", action="store_true", help="measure nothing, write the report again")
    return parser.parse_args(arguments)


def _rows(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(ROWS)}")
    return names


def _chosen(options: argparse.Namespace) -> list[Row]:
    if options.rows:
        return [row for row in ROWS.values() if row.name in options.rows]
    return [row for row in ROWS.values() if row.large == options.large]


def _plan(options: argparse.Namespace, large: bool) -> Plan:
    if options.tiny:
        plan = TINY
    elif large:
        plan = LARGE_QUICK if options.quick else LARGE
    else:
        plan = QUICK if options.quick else FULL
    changes = {name: getattr(options, name) for name in ("rounds", "seconds") if getattr(options, name)}
    return replace(plan, **changes)


def _output(options: argparse.Namespace) -> Path | None:
    """Where the report goes: a look, or one at pure Python, is not kept unless it is told where."""
    is_look = options.quick or options.tiny or options.pure
    output: Path | None = options.output or (None if is_look else DOCS)
    return output


def _keeper(output: Path | None, results: Results) -> Callable[[RowResult], None]:
    """What keeps each row: it adds the row to the report, which is read again, since others may write too."""

    def keep(result: RowResult) -> None:
        results.rows[result.row] = result
        if output is not None:
            write(read(output / FILE_NAME).with_row(result), output)

    return keep


def _measure(options: argparse.Namespace, output: Path | None) -> tuple[Results, int]:
    rows = _chosen(options)
    started = time.monotonic()
    made = Results(rows={})
    failed = 0
    for large in (False, True):
        some = [row for row in rows if row.large == large]
        if not some:
            continue
        with Session(
            _plan(options, large),
            options.seed,
            cache_directory(),
            options.dir or cache_directory(),
            extra=[endpoint(options.endpoint)] if options.endpoint else [],
            patience=options.patience,
            tell=lambda line: print(
                f"{time.monotonic() - started:7.1f} s  {line}", file=sys.stderr, flush=True
            ),
        ) as session:
            failed += measure_rows(session, some, _keeper(output, made))
    return made, failed


def _end(number: int, frame: FrameType | None) -> None:
    """End as an interrupt would, so that peers are stopped and their data is deleted."""
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the exit status: 1 if a row failed, 130 if it was interrupted."""
    options = _options(arguments)
    output = _output(options)
    if options.pure:
        measure_pure()
    if options.report:
        write(read((output or DOCS) / FILE_NAME), output or DOCS)
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        find_wrk()
        made, failed = _measure(options, output)
    except LoadFailed as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks: interrupted; rows that were measured are kept", file=sys.stderr)
        return _INTERRUPTED
    rows = {target.row for target in TARGETS} & made.rows.keys()
    if rows:
        print(judged(made, rows))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
