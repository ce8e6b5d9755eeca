"""Results as bars: a group per row, workload and load, one bar per peer; plain SVG.

The bars of one group share a scale. One scale for all would make most of them invisible.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.report.figures import Figures, Spread, figures
from benchmarks.results import Results
from benchmarks.rows.registry import ROWS

WIDTH: Final = 900
COLOURS: Final = ("#1f5fa8", "#7fb2e5", "#d9822b", "#4a9d6f", "#b0507a", "#8a8f98", "#c3c7cd", "#6b5ba8")
_LEFT: Final = 250  # for the groups' names
_RIGHT: Final = 110  # for the figures beside the bars
_TOP: Final = 70
_BAR: Final = 14
_GAP: Final = 12


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot: its title, which cells, and what of them is the bar's length and the text beside it."""

    title: str
    chosen: Callable[[Figures], bool]
    bar: Callable[[Figures], Spread]
    label: Callable[[Figures], str]


def _point(value: float) -> Spread:
    return Spread(value, value, value)


PLOTS: Final = {
    "throughput.svg": Plot(
        "Requests a second, closed loop: the median of the rounds, least to most (a scale per group)",
        lambda row: not row.is_open,
        lambda row: row.rate,
        lambda row: f"{row.rate.median:,.0f}",
    ),
    "latency.svg": Plot(
        "99th percentile of latency, ms: the median of the rounds (a scale per group)",
        lambda row: True,
        lambda row: _point(row.p99),
        lambda row: f"{row.p99:.2f} ms",
    ),
}


def svg(results: Results, plot: Plot) -> str:
    """The plot of all rows that have runs."""
    groups: dict[str, list[Figures]] = {}
    for name in ROWS:
        if name in results.rows:
            for row in filter(plot.chosen, figures(results.rows[name])):
                loop = " (open)" if row.is_open else ""
                title = name if row.workload.startswith("YCSB") else f"{name}: {row.workload}"
                groups.setdefault(f"{title}, {row.connections}{loop}", []).append(row)
    peers = dict.fromkeys(row.peer for members in groups.values() for row in members)
    colours = dict(zip(peers, COLOURS * 3, strict=False))
    parts = [text(10, 20, plot.title, weight="bold"), *legend(peers, colours)]
    y = _TOP
    for title, members in groups.items():
        scale = (WIDTH - _LEFT - _RIGHT) / (max(plot.bar(row).greatest for row in members) or 1.0)
        parts.append(text(_LEFT - 8, y + len(members) * _BAR / 2 + 4, title, anchor="end"))
        for row in members:
            parts += _bar(plot, row, y, scale, colours[row.peer])
            y += _BAR
        y += _GAP
    return page(y, parts)


def page(height: int, parts: Iterable[str]) -> str:
    """A whole SVG of so many pixels' height."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="11">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def legend(names: Iterable[str], colours: dict[str, str]) -> list[str]:
    """Names beside their colours, in one line."""
    parts = []
    known = list(names)
    step = (WIDTH - 20) / max(len(known), 1)
    for number, name in enumerate(known):
        x = 10 + number * step
        parts.append(f'<rect x="{x:.0f}" y="36" width="12" height="12" fill="{colours[name]}"/>')
        parts.append(text(x + 17, 46, name))
    return parts


def text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    """Words at a place."""
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-weight="{weight}" fill="#222222">'
        f"{escape(words)}</text>"
    )


def _bar(plot: Plot, row: Figures, y: float, scale: float, colour: str) -> list[str]:
    spread = plot.bar(row)
    middle = y + _BAR / 2
    length = spread.median * scale
    start, end = _LEFT + spread.least * scale, _LEFT + spread.greatest * scale
    return [
        f'<rect x="{_LEFT}" y="{y + 1}" width="{length:.1f}" height="{_BAR - 2}" fill="{colour}"/>',
        f'<line x1="{start:.1f}" x2="{end:.1f}" y1="{middle}" y2="{middle}" stroke="#222222"/>',
        text(end + 6, middle + 4, plot.label(row)),
    ]
