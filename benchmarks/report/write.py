"""All files of a report, into one directory."""

from pathlib import Path

from benchmarks.report import percentiles
from benchmarks.report.plot import PLOTS, svg
from benchmarks.report.table import markdown
from benchmarks.results import Results, save


def write(results: Results, directory: Path) -> None:
    """Write results.json, results.md and the plots."""
    directory.mkdir(parents=True, exist_ok=True)
    save(results, directory)
    (directory / "results.md").write_text(markdown(results))
    for name, plot in PLOTS.items():
        (directory / name).write_text(svg(results, plot))
    (directory / percentiles.FILE_NAME).write_text(percentiles.percentiles(results))
