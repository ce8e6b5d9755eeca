"""The dashboard and the alerts ask for metrics that a server shows, by labels that these have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stator.server.telemetry.families import FAMILIES

FOLDER = Path(__file__).parents[2] / "deploy" / "grafana"
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
ALERTS = yaml.safe_load((FOLDER / "alerts.yml").read_text())

SAMPLES = {
    name: family.labels
    for family in FAMILIES
    for name in (
        [f"{family.name}_{part}" for part in ("bucket", "sum", "count")]
        if family.kind == "histogram"
        else [family.sample]
    )
}
ADDED_LABELS = {"instance", "job", "le"}  # by Prometheus, and of buckets
SELECTOR = re.compile(r"\b(stator_\w+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")


def panels() -> Iterator[Any]:
    return (panel for panel in DASHBOARD["panels"] if panel["type"] != "row")


QUERIES = [
    *(pytest.param(target["expr"], id=panel["title"]) for panel in panels() for target in panel["targets"]),
    *(pytest.param(rule["expr"], id=rule["alert"]) for group in ALERTS["groups"] for rule in group["rules"]),
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_what_is_there(query: str) -> None:
    selected = SELECTOR.findall(query)
    assert selected or query.startswith("up{")
    known: set[str] = set()
    for name, matchers in selected:
        labels = ADDED_LABELS | set(SAMPLES[name])
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)) <= labels
        known |= labels
    for names in GROUPED.findall(query):
        assert {name.strip() for name in names.split(",")} <= known
    for opening, closing in ("()", "{}", "[]"):
        assert query.count(opening) == query.count(closing)


def test_a_legend_names_labels() -> None:
    for panel in panels():
        for target in panel["targets"]:
            labels = ADDED_LABELS.union(*(SAMPLES[name] for name, _ in SELECTOR.findall(target["expr"])))
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {name for panel in panels() for t in panel["targets"] for name, _ in SELECTOR.findall(t["expr"])}
    assert {family.sample for family in FAMILIES} == shown


def test_variables_come_from_metrics() -> None:
    queries = [each["definition"] for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]
    for query in queries:
        (name, matchers), label = SELECTOR.search(query).groups(), query.rpartition(",")[2].strip(" )")  # type: ignore[union-attr]
        assert label in ADDED_LABELS | set(SAMPLES[name])
        assert not matchers or "$instance" in matchers
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_the_configuration_reads_the_rules_and_the_default_port() -> None:
    configuration = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    assert configuration["rule_files"] == ["alerts.yml"]
    (job,) = configuration["scrape_configs"]
    assert (job["job_name"], job["static_configs"]) == ("stator", [{"targets": ["127.0.0.1:8000"]}])
    # Prometheus asks for /metrics unless it is told otherwise.
    assert "metrics_path" not in job
