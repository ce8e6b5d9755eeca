"""The tables that everything else follows from: complete, consistent, and what the tool makes of botocore."""

import json
import subprocess
import sys
from pathlib import Path

import botocore
import pytest

from stator.model import errors, operations, requests
from stator.model.catalogue import services
from stator.model.overlay import overlay
from stator.model.shapes import Limits, compiled, input_shape

ROOT = Path(__file__).parents[2]


def test_every_operation_of_both_services():
    by_service = {}
    for name, operation in operations().items():
        assert operation.name == name
        by_service.setdefault(operation.service, []).append(name)
    assert {service: len(names) for service, names in by_service.items()} == {
        "DynamoDB_20120810": 62,
        "DynamoDBStreams_20120810": 4,
    }
    assert by_service["DynamoDBStreams_20120810"] == [
        "DescribeStream",
        "GetRecords",
        "GetShardIterator",
        "ListStreams",
    ]


def test_the_facts_of_an_operation():
    get = operations()["GetItem"]
    assert (get.input, get.output, get.discovery) == ("GetItemInput", "GetItemOutput", True)
    assert "ResourceNotFoundException" in get.errors
    assert not operations()["DescribeEndpoints"].discovery


def test_the_exceptions():
    assert {
        "ResourceNotFoundException",
        "ExpiredIteratorException",
        "TransactionCanceledException",
    } <= errors()
    declared = {name for operation in operations().values() for name in operation.errors}
    assert declared <= errors()


@pytest.mark.parametrize("operation", sorted(operations()))
def test_every_input_resolves_and_its_patterns_compile(operation):
    seen = set()

    def walk(shape):
        if shape.name in seen:
            return
        seen.add(shape.name)
        for field in shape.fields:
            if field.limits.pattern is not None:
                compiled(field.limits.pattern)
            walk(field.shape)
        for part in (shape.key, shape.element):
            if part is not None:
                walk(part)

    walk(input_shape(operation))
    assert operations()[operation].input in seen


def test_rows_of_the_overlay_point_at_something():
    shapes = {name: shape for service in services() for name, shape in service.shapes.items()}
    rows = overlay()
    for row in (*rows.limits, *rows.required, *rows.order):
        name, _, member = row.of.partition(".")
        assert name in shapes, row
        assert not member or member in shapes[name].members, row
    for row in rows.order:
        assert set(row.members) <= set(shapes[row.of].members), row
    for row in rows.presence:
        assert all(row.member in shapes[operations()[name].input].members for name in row.operations), row
    for row in rows.alone:
        assert all(
            set(row.members) <= set(shapes[operations()[name].input].members) for name in row.operations
        ), row


def test_no_two_rows_of_the_overlay_say_the_same_thing_twice():
    rows = overlay()
    for table in (rows.limits, rows.required, rows.order):
        named = [row.of for row in table]
        assert sorted(named) == sorted(set(named))


def test_corrected_enumerations_have_the_members_of_the_model():
    shapes = services()[0].shapes
    for row in overlay().limits:
        if row.enum:
            assert sorted(row.enum) == sorted(shapes[row.of].enum)


def test_limits_of_a_member_are_laid_over_those_of_its_shape():
    create = {field.name: field for field in input_shape("CreateTable").fields}
    assert create["KeySchema"].limits == Limits(min=1, max=2)
    assert create["KeySchema"].shape.limits == Limits(min=1)


def test_the_models_hold_no_prose():
    for file in ("dynamodb.json", "streams.json"):
        text = (ROOT / "src/stator/model" / file).read_text()
        assert "documentation" not in json.loads(text)
        assert '"documentation"' not in text
        assert "<p>" not in text


def test_every_struct_belongs_to_an_operation():
    assert set(requests.INPUTS) <= set(operations())
    for name, struct in requests.INPUTS.items():
        assert struct.__name__ == operations()[name].input


def test_the_files_are_what_the_tool_makes():
    run = subprocess.run(
        [sys.executable, "-m", "tools.model", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not run.stderr
    assert "requests.py" not in run.stdout
    recorded = services()[0].botocore
    if botocore.__version__ != recorded:
        pytest.skip(f"the models are of botocore {recorded}, installed is {botocore.__version__}")
    assert (run.stdout, run.returncode) == ("", 0)
