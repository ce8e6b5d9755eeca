"""Results as Markdown: what is asked and what was measured, then each row with all its cells."""

import statistics
from collections.abc import Container, Iterable, Sequence

from benchmarks.peers.registry import REFERENCE
from benchmarks.report.figures import Figures, Spread, figures, spread
from benchmarks.results import Results, RowResult
from benchmarks.rows.registry import ROWS
from benchmarks.targets import TARGETS, Target


def markdown(results: Results) -> str:
    """The whole page."""
    parts = [
        "# Results",
        "Written by `make bench`, row by row: rows may be of different times and commits, and each says of "
        "which. [Performance](index.md) tells how they are measured and how to read them.",
        "## Asked and measured",
        judged(results),
        "## Where",
        _machines(results),
    ]
    for name in ROWS:
        if name in results.rows:
            parts += _section(results.rows[name])
    return "\n\n".join(parts) + "\n"


def judged(results: Results, rows: Container[str] | None = None) -> str:
    """The table of targets, of some `rows` or all: bounds, medians, ranges, verdicts, load, commit."""
    chosen = (target for target in TARGETS if rows is None or target.row in rows)
    head = ("", "must", "aim", "measured", "range", "rounds", "", "row", "load before, during", "commit")
    return _table(head, (_judged(target, results.rows.get(target.row)) for target in chosen))


def _judged(target: Target, result: RowResult | None) -> tuple[str, ...]:
    values = target.values(result)
    sign = "≥" if target.at_least else "≤"
    bounds = (f"{sign} {target.must:g} {target.unit}", f"{sign} {target.aim:g} {target.unit}")
    measured = ("", "", "")
    if values:
        found = spread(values)
        measured = (
            f"{found.median:.3g} {target.unit}",
            f"{found.least:.3g} to {found.greatest:.3g}",
            str(len(values)),
        )
    load = "" if result is None else f"{result.load}, {_loads(result)}"
    commit = "" if result is None else result.commit
    return (target.text, *bounds, *measured, target.verdict(result), target.row, load, commit)


def _section(row: RowResult) -> list[str]:
    parts = [f"## {ROWS[row.row].title}", _facts(row)]
    if row.status != "measured":
        parts.append(f"**{row.status.capitalize()}**: {row.reason}")
    parts += [f"- {_one_line(note)}" for note in row.notes]
    if row.figures:
        parts.append(_values(row))
    if row.runs:
        parts.append(_runs(figures(row)))
    if any(run.outcome.kinds for run in row.runs):
        parts.append(_kinds(row))
    if row.starts:
        parts.append(_starts(row))
    return parts


def _facts(row: RowResult) -> str:
    plan = row.plan
    return (
        f"Row `{row.row}` on {row.created}, commit {row.commit or 'unknown'}, seed {row.seed}, "
        f"{row.took:.0f} s; "
        f"{plan.items:,} items, {plan.partitions:,} partitions of 50 rows, runs of {plan.seconds} s; "
        f"{row.placement}. Load average {row.load} before, {_loads(row)} during{_others(row)}."
    )


def _machines(results: Results) -> str:
    """Each machine with its versions, and which rows were measured there."""
    found: dict[str, list[str]] = {}
    for name in ROWS:
        if name in results.rows:
            found.setdefault(_machine(results.rows[name]), []).append(f"`{name}`")
    return "\n".join(
        f"- {facts}" + (f" Rows {', '.join(names)}." if len(found) > 1 else "")
        for facts, names in found.items()
    )


def _machine(row: RowResult) -> str:
    place = row.machine
    versions = ", ".join(f"{name} {version}" for name, version in row.versions.items() if version)
    return (
        f"{place.processor}, {place.cores} cores, {place.memory_bytes / 1e9:.0f} GB, {place.system}; "
        f"8 KB, written over, and their sync take {place.disk_sync_ms:.1f} ms. {versions}."
    )


def _loads(row: RowResult) -> str:
    loads = [*(run.load for run in row.runs), row.load_after]
    return f"{min(loads):.1f} to {max(loads):.1f}"


def _others(row: RowResult) -> str:
    others = [run.others for run in row.runs if run.others is not None]
    if not others:
        return ""
    return f"; others used {statistics.median(others):.2f} cores in the median run, {max(others):.2f} at most"


def _values(row: RowResult) -> str:
    return _table(
        ("figure", "median", "all rounds"),
        (
            (name, f"{statistics.median(values):.4g}", ", ".join(f"{value:.4g}" for value in values))
            for name, values in row.figures.items()
        ),
    )


def _runs(rows: list[Figures]) -> str:
    head = (
        "workload",
        "connections",
        "peer",
        "requests/s",
        "range",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "CPU us",
    )
    return _table(
        (*head, f"x {REFERENCE}"),
        (
            (
                row.workload,
                row.load,
                row.peer,
                f"{row.rate.median:,.0f}",
                f"{row.rate.least:,.0f} to {row.rate.greatest:,.0f}",
                f"{row.p50:.2f}",
                f"{row.p99:.2f}",
                f"{row.p999:.2f}",
                "" if row.cpu is None else f"{row.cpu:.0f}",
                _ratio(row.ratio),
            )
            for row in rows
        ),
    )


def _kinds(row: RowResult) -> str:
    """Latencies by kinds of requests: medians over rounds."""
    found: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for run in row.runs:
        loop = "closed" if run.rate is None else "open"
        for kind, latency in run.outcome.kinds.items():
            found.setdefault((run.peer, loop, kind), []).append((latency.p50, latency.p99))
    return _table(
        ("peer", "loop", "requests", "p50 ms", "p99 ms"),
        (
            (*key, *(f"{statistics.median(column) / 1e3:.2f}" for column in zip(*values, strict=True)))
            for key, values in found.items()
        ),
    )


def _starts(row: RowResult) -> str:
    return _table(
        ("peer", "data", "first answer, s", "range", "idle MB"),
        (
            (
                row.peers.get(made.peer, made.peer),
                made.data,
                f"{made.median:.3f}",
                f"{min(made.seconds):.3f} to {max(made.seconds):.3f}",
                f"{statistics.median(made.resident) / 1e6:.0f}" if made.resident else "",
            )
            for made in row.starts
        ),
    )


def _ratio(ratio: Spread | None) -> str:
    return "" if ratio is None else f"{ratio.median:.2f} ({ratio.least:.2f} to {ratio.greatest:.2f})"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)
