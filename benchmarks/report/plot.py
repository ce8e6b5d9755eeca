"""Results as plots: a group of bars per workload and number of connections, one bar per peer; plain SVG.

The bars of one workload share a scale. One scale for all would make most of them invisible.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.report.figures import Figures, Spread, figures
from benchmarks.results import Results

_WIDTH: Final = 860
_LEFT: Final = 190  # for the groups' names
_RIGHT: Final = 110  # for the figures beside the bars
_TOP: Final = 70
_BAR: Final = 14
_GAP: Final = 12
_COLOURS: Final = ("#1f5fa8", "#7fb2e5", "#d9822b", "#8a8f98", "#c3c7cd", "#4a9d6f")


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot: its title, and what of a cell's figures is the bar's length and the text beside it."""

    title: str
    bar: Callable[[Figures], Spread]
    label: Callable[[Figures], str]


def _point(value: float) -> Spread:
    return Spread(value, value, value)


PLOTS: Final = {
    "throughput.svg": Plot(
        "Requests a second: the median of the rounds, and from least to most (a scale per workload)",
        lambda row: row.rate,
        lambda row: f"{row.rate.median:,.0f}",
    ),
    "latency.svg": Plot(
        "99th percentile of latency, ms: the median of the rounds (a scale per workload)",
        lambda row: _point(row.p99),
        lambda row: f"{row.p99:.2f} ms",
    ),
}


def svg(results: Results, plot: Plot) -> str:
    """The plot of all cells."""
    rows = figures(results)
    order = list(dict.fromkeys(row.workload for row in rows))
    colours = dict(zip(results.peers, _COLOURS * 2, strict=False))
    groups: dict[str, list[Figures]] = {}
    for row in sorted(rows, key=lambda row: (order.index(row.workload), row.connections)):
        groups.setdefault(f"{row.workload}, {row.connections} conn.", []).append(row)
    longest: dict[str, float] = {}
    for row in rows:
        longest[row.workload] = max(longest.get(row.workload, 0.0), plot.bar(row).greatest)
    parts = [_text(10, 20, plot.title, weight="bold"), *_legend(results.peers, colours)]
    y = _TOP
    for name, members in groups.items():
        parts.append(_text(_LEFT - 8, y + len(members) * _BAR / 2 + 4, name, anchor="end"))
        for row in members:
            scale = (_WIDTH - _LEFT - _RIGHT) / longest[row.workload]
            parts += _bar(plot, row, y, scale, colours[row.peer])
            y += _BAR
        y += _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" width="{_WIDTH}" height="{y}" '
        'font-family="sans-serif" font-size="11">\n'
        f'<rect width="{_WIDTH}" height="{y}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _bar(plot: Plot, row: Figures, y: float, scale: float, colour: str) -> list[str]:
    spread = plot.bar(row)
    middle = y + _BAR / 2
    length = spread.median * scale
    start, end = _LEFT + spread.least * scale, _LEFT + spread.greatest * scale
    return [
        f'<rect x="{_LEFT}" y="{y + 1}" width="{length:.1f}" height="{_BAR - 2}" fill="{colour}"/>',
        f'<line x1="{start:.1f}" x2="{end:.1f}" y1="{middle}" y2="{middle}" stroke="#222222"/>',
        _text(end + 6, middle + 4, plot.label(row)),
    ]


def _legend(peers: dict[str, str], colours: dict[str, str]) -> list[str]:
    parts = []
    step = (_WIDTH - 20) / max(len(peers), 1)
    for number, peer in enumerate(peers):
        x = 10 + number * step
        parts.append(f'<rect x="{x:.0f}" y="36" width="12" height="12" fill="{colours[peer]}"/>')
        parts.append(_text(x + 17, 46, peer))
    return parts


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-weight="{weight}" fill="#222222">'
        f"{escape(text)}</text>"
    )
