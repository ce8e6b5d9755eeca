"""The text that Prometheus reads: families of metrics, written in its own format or in OpenMetrics.

Written here and not by `prometheus-client`, because it is one page: no server has to install or load
anything for it (34 ms and 5 MB of a start), and to write thousands of series takes a fifth of the time, on
the thread that answers requests. The tests read it with that library's parsers.

Sources: https://prometheus.io/docs/instrumenting/exposition_formats/ ("Text-based format") and
https://prometheus.io/docs/specs/om/open_metrics_spec/.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal, NamedTuple

PLAIN: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_UNITS: Final = ("seconds", "bytes")  # a name ends in its unit


class Family(NamedTuple):
    """Metrics of one name. The name of a counter is without its `_total`; `labels` are the labels' names."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()

    @property
    def sample(self) -> str:
        """The name by which a value of it is asked for; of a histogram, that of its buckets."""
        return self.name + {"counter": "_total", "gauge": "", "histogram": "_bucket"}[self.kind]


class Histogram(NamedTuple):
    """How many observations were up to each bound, bounds ascending; how many there were, and their sum."""

    buckets: Sequence[tuple[float, float]]
    observations: float
    sum: float


Labels = tuple[str, ...]  # the values of a family's labels
Values = Collection[tuple[Labels, float | Histogram]]
Collected = tuple[Family, Values]


def accepted(accept: bytes) -> str:
    """The content type for whoever sends this Accept field: OpenMetrics if it is wanted as much."""
    wanted: dict[str, float] = {}
    for part in accept.decode("latin-1").lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        given = dict(parameter.partition("=")[::2] for parameter in parameters)
        try:
            quality = float(given.get("q", "1"))
        except ValueError:
            continue
        if kind != "application/openmetrics-text" or given.get("version", "1.0.0") in ("1.0.0", "0.0.1"):
            wanted[kind] = max(quality, wanted.get(kind, 0.0))
    openmetrics = wanted.get("application/openmetrics-text", 0.0)
    return OPENMETRICS if openmetrics > 0 and openmetrics >= wanted.get("text/plain", 0.0) else PLAIN


def exposition(collected: Iterable[Collected], content_type: str) -> bytes:
    """The text of some families; one without values is left out."""
    openmetrics = content_type == OPENMETRICS
    lines: list[str] = []
    for family, values in collected:
        if values:
            _describe(family, lines, openmetrics)
            for labels, value in values:
                _write(family, labels, value, lines)
    if openmetrics:
        lines.append("# EOF")
    lines.append("")
    return "\n".join(lines).encode()


def _describe(family: Family, lines: list[str], openmetrics: bool) -> None:
    name = family.sample if family.kind == "counter" and not openmetrics else family.name
    lines += (f"# HELP {name} {family.help}", f"# TYPE {name} {family.kind}")
    unit = family.name.rpartition("_")[2]
    if openmetrics and unit in _UNITS:
        lines.append(f"# UNIT {name} {unit}")


def _write(family: Family, labels: Labels, value: float | Histogram, lines: list[str]) -> None:
    pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in zip(family.labels, labels, strict=True))
    braces = f"{{{pairs}}}" if pairs else ""
    if not isinstance(value, Histogram):
        lines.append(f"{family.sample}{braces} {value}")
        return
    inner = f"{pairs}," if pairs else ""
    lines += (f'{family.name}_bucket{{{inner}le="{bound}"}} {count}' for bound, count in value.buckets)
    lines += (
        f'{family.name}_bucket{{{inner}le="+Inf"}} {value.observations}',
        f"{family.name}_sum{braces} {value.sum}",
        f"{family.name}_count{braces} {value.observations}",
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
