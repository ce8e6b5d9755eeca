"""Latency by percentile, of all open loops on Stator: HDR histograms of all rounds together, as curves.

Both axes are logarithmic: to the right 90 %, 99 %, 99.9 %, and up milliseconds.
"""

import math
from typing import Final

from hdrh.histogram import HdrHistogram

from benchmarks.load.histogram import decoded, histogram
from benchmarks.report.plot import COLOURS, WIDTH, legend, page, text
from benchmarks.results import Results, RowResult
from benchmarks.rows.registry import ROWS

FILE_NAME: Final = "percentiles.svg"
_TITLE: Final = "Latency by percentile at half of the highest throughput, open loop, ms"
_LEFT, _TOP, _HEIGHT, _NINES = 60, 70, 300, 3.3
_TICKS: Final = (0.0, 50.0, 90.0, 99.0, 99.9)
_STEPS: Final = 100
_DECADES: Final = (0.1, 1.0, 10.0, 100.0, 1000.0)


def percentiles(results: Results) -> str:
    """The plot."""
    curves = {
        name: found
        for name in ROWS
        if not name.startswith("ycsb")
        and name in results.rows
        and (found := _together(results.rows[name])) is not None
    }
    colours = dict(zip(curves, COLOURS * 3, strict=False))
    parts = [text(10, 20, _TITLE, weight="bold"), *legend(curves, colours), *_grid()]
    for name, found in curves.items():
        points = " ".join(_point(found, step / _STEPS * _NINES) for step in range(_STEPS + 1))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
    return page(_TOP + _HEIGHT + 40, parts)


def _together(row: RowResult) -> HdrHistogram | None:
    found = histogram([])
    for run in row.runs:
        if run.rate is not None and run.outcome.histogram:
            found.add(decoded(run.outcome.histogram))
    return found if found.get_total_count() else None


def _point(found: HdrHistogram, nines: float) -> str:
    milliseconds = found.get_value_at_percentile(100 * (1 - 10**-nines)) / 1e3
    return f"{_x(nines):.1f},{_y(milliseconds):.1f}"


def _x(nines: float) -> float:
    return _LEFT + nines / _NINES * (WIDTH - _LEFT - 40)


def _y(milliseconds: float) -> float:
    low, high = math.log10(_DECADES[0]), math.log10(_DECADES[-1])
    share = (math.log10(max(milliseconds, _DECADES[0])) - low) / (high - low)
    return _TOP + _HEIGHT * (1 - share)


def _grid() -> list[str]:
    parts = []
    for percent in _TICKS:
        x = _x(-math.log10(1 - percent / 100))
        parts.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="{_TOP}" y2="{_TOP + _HEIGHT}" stroke="#dddddd"/>')
        parts.append(text(x, _TOP + _HEIGHT + 18, f"{percent:g} %", anchor="middle"))
    for milliseconds in _DECADES:
        y = _y(milliseconds)
        parts.append(f'<line x1="{_LEFT}" x2="{WIDTH - 40}" y1="{y:.0f}" y2="{y:.0f}" stroke="#dddddd"/>')
        parts.append(text(_LEFT - 6, y + 4, f"{milliseconds:g}", anchor="end"))
    return parts
