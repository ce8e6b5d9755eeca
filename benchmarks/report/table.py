"""Results as Markdown: facts, expectations, figures, starts."""

import statistics
from collections.abc import Iterable, Sequence

from benchmarks.peers.registry import REFERENCE
from benchmarks.report.expectations import EXPECTATIONS
from benchmarks.report.figures import Figures, Spread, figures
from benchmarks.results import Results
from benchmarks.workloads import WORKLOADS


def markdown(results: Results) -> str:
    """The whole page."""
    parts = ["# Results", _facts(results), "## Expected and measured", _expectations(results)]
    rows = figures(results)
    for workload in dict.fromkeys(row.workload for row in rows):
        parts += [
            f"## {WORKLOADS[workload].title}",
            _figures([row for row in rows if row.workload == workload]),
        ]
    parts += ["## Start and memory", _starts(results)]
    return "\n\n".join(parts) + "\n"


def _facts(results: Results) -> str:
    plan, place = results.plan, results.machine
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items() if version)
    lines = [
        f"Made by `make bench` ({plan.name} plan, seed {results.seed}) on {results.created}, "
        f"commit {results.commit or 'unknown'}.",
        f"- {place.processor}, {place.cores} cores, {place.memory_bytes / 1e9:.0f} GB, {place.system}; "
        f"an append of 8 KB and its sync take {place.disk_sync_ms:.2f} ms.",
        f"- {versions}.",
        f"- {plan.items:,} items, {plan.partitions:,} partitions of 50 rows; {plan.rounds} rounds, "
        f"{plan.seconds} s a run.",
        f"- Load average before the first round and after each: {', '.join(map(str, results.loads))}. "
        "The load generator and the peer under load make about 2 of it.",
    ]
    others = [run.others for run in results.runs if run.others is not None]
    if others:
        lines.append(
            f"- Others on the machine used {statistics.median(others):.2f} cores during the median run, "
            f"{max(others):.2f} during the most disturbed one."
        )
    return lines[0] + "\n\n" + "\n".join(lines[1:])


def _expectations(results: Results) -> str:
    rows = []
    for expectation in EXPECTATIONS:
        value = expectation.measured(results)
        sign = "at least" if expectation.at_least else "at most"
        shown = "not measured" if value is None else f"{value:.3g} {expectation.unit}"
        verdict = "" if value is None else "met" if expectation.met_by(value) else "**missed**"
        rows.append((expectation.text, f"{sign} {expectation.bound:g} {expectation.unit}", shown, verdict))
    return _table(("", "expected", "measured", ""), rows)


def _figures(rows: list[Figures]) -> str:
    return _table(
        (
            "connections",
            "peer",
            "requests/s",
            "range",
            "p50 ms",
            "p99 ms",
            "CPU us",
            f"x {REFERENCE}",
        ),
        (
            (
                str(row.connections),
                row.peer,
                f"{row.rate.median:,.0f}",
                f"{row.rate.least:,.0f} to {row.rate.greatest:,.0f}",
                f"{row.p50:.2f}",
                f"{row.p99:.2f}",
                "" if row.cpu is None else f"{row.cpu:.0f}",
                _ratio(row.ratio),
            )
            for row in sorted(rows, key=lambda row: row.connections)
        ),
    )


def _ratio(ratio: Spread | None) -> str:
    return "" if ratio is None else f"{ratio.median:.2f} ({ratio.least:.2f} to {ratio.greatest:.2f})"


def _starts(results: Results) -> str:
    return _table(
        ("peer", "data", "first answer, s", "range", "idle MB", "after the last round, MB"),
        (
            (
                results.peers[row.peer],
                row.data,
                f"{row.median:.3f}",
                f"{min(row.seconds):.3f} to {max(row.seconds):.3f}",
                _megabytes(row.resident_bytes),
                _megabytes(results.resident.get(row.peer)) if row.data == "new" else "",
            )
            for row in results.starts
        ),
    )


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:.0f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
