"""Makes the trimmed service models and the request Structs of `stator.model` from the installed botocore.

    python -m tools.model            writes dynamodb.json, streams.json, services/*.json and requests.py
    python -m tools.model --check    writes nothing; exit status 1 if one of them would change

Only facts are taken: names, types, members in their order, limits, patterns and enumerations; no prose.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tools import service_models

FOLDER: Final = Path(__file__).parent.parent / "src" / "stator" / "model"

# File name, botocore's name of the service, and the Java package in AWS's messages.
SERVICES: Final = (
    ("dynamodb.json", "dynamodb", "com.amazonaws.dynamodb.v20120810"),
    ("streams.json", "dynamodbstreams", "com.amazonaws.dynamodb.streams.v20120810"),
)

# The operations whose inputs have a Struct; one line each as they are implemented.
IMPLEMENTED: Final = (
    "CreateTable",
    "UpdateTable",
    "DeleteTable",
    "DescribeTable",
    "ListTables",
    "TagResource",
    "UntagResource",
    "ListTagsOfResource",
    "DescribeLimits",
    "DescribeEndpoints",
    "DescribeTimeToLive",
    "UpdateTimeToLive",
    "PutItem",
    "GetItem",
    "UpdateItem",
    "DeleteItem",
    "Query",
    "Scan",
    "BatchGetItem",
    "BatchWriteItem",
    "TransactWriteItems",
    "TransactGetItems",
    "ExecuteStatement",
    "BatchExecuteStatement",
    "ExecuteTransaction",
    "ListStreams",
    "DescribeStream",
    "GetShardIterator",
    "GetRecords",
    "UpdateContinuousBackups",
    "DescribeContinuousBackups",
    "RestoreTableToPointInTime",
    "CreateBackup",
    "DescribeBackup",
    "ListBackups",
    "DeleteBackup",
    "RestoreTableFromBackup",
    "ExportTableToPointInTime",
    "DescribeExport",
    "ListExports",
    "ImportTable",
    "DescribeImport",
    "ListImports",
    "StartBulkPutItems",
    "DescribeBulkOperation",
    "ListBulkOperations",
    "CancelBulkOperation",
)

_FACTS: Final = ("type", "required", "min", "max", "pattern", "enum", "exception")


def trimmed(service: str, package: str) -> str:
    """The facts of one botocore service model as JSON text, one operation or shape per line."""
    import botocore
    from botocore.loaders import Loader

    model = Loader().load_service_model(service, "service-2")
    operations = [
        {
            "name": name,
            "input": operation["input"]["shape"],
            "output": operation["output"]["shape"] if "output" in operation else None,
            "errors": [error["shape"] for error in operation.get("errors", ())],
            "discovery": "endpointdiscovery" in operation,
        }
        for name, operation in model["operations"].items()
    ]
    shapes = {name: _trimmed_shape(shape) for name, shape in model["shapes"].items()}
    lines = [
        "{",
        f'"botocore": {json.dumps(botocore.__version__)},',
        f'"target": {json.dumps(model["metadata"]["targetPrefix"])},',
        f'"package": {json.dumps(package)},',
        '"operations": [',
        ",\n".join(json.dumps(operation) for operation in operations),
        '],\n"shapes": {',
        ",\n".join(f"{json.dumps(name)}: {json.dumps(shape)}" for name, shape in shapes.items()),
        "}\n}",
    ]
    return "\n".join(lines) + "\n"


def _trimmed_shape(shape: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {name: shape[name] for name in _FACTS if name in shape}
    if shape.get("members"):
        facts["members"] = {name: member["shape"] for name, member in shape["members"].items()}
    facts.update({part: shape[part]["shape"] for part in ("member", "key", "value") if part in shape})
    return facts


def requests_source() -> str:
    """The source of `requests.py`, made from the trimmed models on disk and the overlay."""
    from tools.request_structs import source

    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(FOLDER / "requests.py"), "-"]
    return subprocess.run(
        command, input=source(IMPLEMENTED), capture_output=True, text=True, check=True
    ).stdout


def outputs() -> Iterator[tuple[Path, str]]:
    """The files and their texts; each is to be written before the next is made."""
    for file, service, package in SERVICES:
        yield FOLDER / file, trimmed(service, package)
    for service in service_models.IMPLEMENTED:
        yield FOLDER / "services" / f"{service}.json", service_models.trimmed(service)
    yield FOLDER / "requests.py", requests_source()


def main(arguments: list[str]) -> int:
    """Writes the files, or with `--check` compares them; the exit status."""
    check = arguments == ["--check"]
    changed = [path for path, differs in _each(write=not check) if differs]
    for path in changed:
        print(("differs: " if check else "wrote: ") + path.name)
    return 1 if check and changed else 0


def _each(write: bool) -> Iterator[tuple[Path, bool]]:
    for path, text in outputs():
        differs = not path.exists() or path.read_text("utf-8") != text
        if differs and write:
            path.write_text(text, "utf-8")
        yield path, differs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
