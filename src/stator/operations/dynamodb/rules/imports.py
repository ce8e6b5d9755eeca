"""What ImportTable refuses besides what CreateTable would refuse of its table, in AWS's order."""

from importlib.util import find_spec
from typing import Final

from stator.base.limits import IMPORTS_MAX
from stator.model.requests import ImportTableInput
from stator.operations.dynamodb.rules.rule import API_REFERENCE, CAPTURE_2026, OWN, Broken, Rule
from stator.tables.table import Table

_LIBRARY: Final = "Invalid Request: {what} needs an optional library: pip install 'stator[formats]'"
_LIBRARIES: Final = {"ION": ("amazon", "Amazon Ion"), "ZSTD": ("zstandard", "ZSTD")}


def missing_library(*kinds: str | None) -> Broken:
    """A format or a compression that this server cannot read."""
    for kind in kinds:
        module, what = _LIBRARIES.get(kind or "", (None, ""))
        if module is not None and find_spec(module) is None:
            return {"what": what}
    return None


NO_LIBRARY: Final = _LIBRARY


def _options_of_others(request: ImportTableInput) -> Broken:
    options = request.InputFormatOptions
    if request.InputFormat == "CSV" or options is None or options.Csv is None:
        return None
    return {"format": request.InputFormat}


# Asked with (request,).
IMPORT: Final = (
    Rule(
        "Invalid Request: Unsupported InputFormatOptions for the given input format: {format}.",
        _options_of_others,
        CAPTURE_2026,
    ),
    Rule(
        _LIBRARY,
        lambda request: missing_library(request.InputFormat, request.InputCompressionType),
        OWN,
    ),
)


def _exists(name: str, table: Table | None, under_way: int) -> Broken:
    return None if table is None else {"name": name}


# Asked with (name of the table, the table or None, number of imports under way).
IMPORT_TARGET: Final = (
    Rule("Table already exists: {name}", _exists, CAPTURE_2026, "ResourceInUseException"),
    Rule(
        f"Subscriber limit exceeded: There is a limit of {IMPORTS_MAX} concurrent imports",
        lambda name, table, under_way: under_way >= IMPORTS_MAX,
        API_REFERENCE,
        "LimitExceededException",
    ),
)
