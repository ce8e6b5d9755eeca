"""`python -m benchmarks`: measure, and write the report. `--help` tells the options."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.client import Refused
from benchmarks.dataset import WrongData
from benchmarks.invocation import Invocation
from benchmarks.peers.process import CannotStart
from benchmarks.peers.registry import PEERS, ROOT, cache_directory, endpoint
from benchmarks.plan import FULL, PLANS
from benchmarks.report.table import markdown
from benchmarks.report.write import write
from benchmarks.results import Results
from benchmarks.results import read as read_results
from benchmarks.workloads import WORKLOADS
from benchmarks.wrk.run import LoadFailed, find_wrk

DOCS = ROOT / "docs/performance"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    plans = parser.add_mutually_exclusive_group()
    for name, plan in PLANS.items():
        text = f"{plan.items:,} items, {plan.rounds} rounds of {plan.seconds} s a run"
        plans.add_argument(f"--{name}", dest="plan", action="store_const", const=plan, help=text)
    parser.set_defaults(plan=FULL)
    parser.add_argument("--peers", type=_names(PEERS), help=f"of {', '.join(PEERS)}; default: the plan's")
    parser.add_argument("--workloads", type=_names(WORKLOADS), help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--connections", type=_counts, help="such as 1,16; default: each workload's own")
    parser.add_argument("--endpoint", help="measure this URL too, with tables of our own")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random; default: 1")
    parser.add_argument(
        "--output",
        type=Path,
        help="directory of the report; default: docs/performance, if all is measured",
    )
    parser.add_argument(
        "--patience",
        type=int,
        default=0,
        help="how often runs are repeated that others disturb; default: 0",
    )
    parser.add_argument("--report", type=Path, metavar="RESULTS", help="do not measure, write a report again")
    return parser.parse_args(arguments)


def _names(known: Mapping[str, object]) -> Callable[[str], list[str]]:
    def read_names(text: str) -> list[str]:
        names = text.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(known)}")
        return names

    return read_names


def _counts(text: str) -> frozenset[int]:
    return frozenset(map(int, text.split(",")))


def _measure(options: argparse.Namespace) -> Results:
    find_wrk()
    peers = [PEERS[name] for name in options.peers or options.plan.peers]
    if options.endpoint:
        peers.append(endpoint(options.endpoint))
    started = time.monotonic()
    return Invocation(
        plan=options.plan,
        peers=peers,
        workloads=[WORKLOADS[name] for name in options.workloads or WORKLOADS],
        connections=options.connections,
        seed=options.seed,
        cache=cache_directory(),
        patience=options.patience,
        tell=lambda line: print(f"{time.monotonic() - started:6.1f} s  {line}", file=sys.stderr, flush=True),
    ).measure()


def _output(options: argparse.Namespace) -> Path | None:
    """Where the report goes: only a whole measurement replaces the one in the docs."""
    whole = options.plan is FULL and not (options.peers or options.workloads or options.connections)
    output: Path | None = options.output or (DOCS if whole else None)
    return output


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the exit status."""
    options = _options(arguments)
    try:
        results = read_results(options.report) if options.report else _measure(options)
    except (CannotStart, LoadFailed, WrongData, Refused, TimeoutError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    output = _output(options)
    if output is not None:
        write(results, output)
    print(markdown(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
