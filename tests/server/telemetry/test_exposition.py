"""The text that Prometheus reads, as its own parsers understand it."""

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain

from stator.server.telemetry.exposition import (
    OPENMETRICS,
    PLAIN,
    Family,
    Histogram,
    accepted,
    exposition,
)

REQUESTS = Family("some_requests", "counter", "Requests.", ("operation", "table"))
OPEN = Family("some_open", "gauge", "What is open.")
SECONDS = Family("some_request_duration_seconds", "histogram", "How long.", ("operation",))
COLLECTED = (
    (REQUESTS, [(("GetItem", "a"), 3), (("GetItem", 'odd "\\\n'), 0.5)]),
    (OPEN, [((), 7)]),
    (Family("some_unknown", "gauge", "Nobody knows."), []),
    (SECONDS, [(("Query",), Histogram([(0.001, 1), (0.5, 4)], 5, 2.25))]),
)


@pytest.mark.parametrize(("content_type", "read"), [(PLAIN, read_plain), (OPENMETRICS, read_openmetrics)])
def test_values_arrive(content_type, read):
    families = list(read(exposition(COLLECTED, content_type).decode()))
    assert [(family.type, family.documentation) for family in families] == [
        ("counter", "Requests."),
        ("gauge", "What is open."),
        ("histogram", "How long."),
    ]
    counted, open_, seconds = (family.samples for family in families)
    assert [(sample.name, sample.labels, sample.value) for sample in counted + open_] == [
        ("some_requests_total", {"operation": "GetItem", "table": "a"}, 3),
        ("some_requests_total", {"operation": "GetItem", "table": 'odd "\\\n'}, 0.5),
        ("some_open", {}, 7),
    ]
    assert [
        (sample.name.rpartition("_")[2], sample.labels.get("le"), sample.value) for sample in seconds
    ] == [
        ("bucket", "0.001", 1),
        ("bucket", "0.5", 4),
        ("bucket", "+Inf", 5),
        ("sum", None, 2.25),
        ("count", None, 5),
    ]
    assert {sample.labels["operation"] for sample in seconds} == {"Query"}


def test_openmetrics_has_units_and_an_end():
    text = exposition(COLLECTED, OPENMETRICS).decode()
    assert [family.unit for family in read_openmetrics(text)] == ["", "", "seconds"]
    assert text.endswith("# EOF\n")
    assert "# EOF" not in exposition(COLLECTED, PLAIN).decode()


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (b"", PLAIN),
        (b"*/*", PLAIN),
        (b"text/html,*/*;q=0.8", PLAIN),
        (b"application/openmetrics-text; version=1.0.0", OPENMETRICS),
        (b"application/openmetrics-text; version=2.0.0", PLAIN),
        (b"application/openmetrics-text;q=0", PLAIN),
        (b"application/openmetrics-text;q=much", PLAIN),
        (b"application/openmetrics-text;q=0.3,text/plain;version=0.0.4;q=0.5", PLAIN),
        (
            b"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
            b"application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,"
            b"text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OPENMETRICS,
        ),
    ],
)
def test_the_form_is_the_one_that_is_accepted(accept, content_type):
    assert accepted(accept) == content_type
