"""Makes the reference pages of docs/reference from the code that they describe.

    python -m tools.reference            writes the pages
    python -m tools.reference --check    writes nothing; exit status 1 if one of them would change

Nothing on these pages is written by hand: operations come from the registries, settings from the fields of
`server.config.Settings`, limits from `base.limits`, metrics from `server.telemetry.families`, and rules from
the tables that requests are checked by.
"""

import ast
import html
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from stator import model
from stator.base import limits
from stator.model.services.catalogue import ServiceOperation, service_model
from stator.model.services.directory import SERVICES
from stator.monitoring.metrics import names as metric_names
from stator.operations import DEFERRED, REGISTRY
from stator.operations.dynamodb.rules import (
    backups,
    bulk_operations,
    continuous_backups,
    create_table,
    exports,
    imports,
    in_use,
    restores,
    tags,
    time_to_live,
    update_existing,
    update_table,
)
from stator.operations.dynamodb.rules.rule import Rule, Rules, flat
from stator.operations.not_yet import NOT_YET
from stator.operations.services import handler_of
from stator.server import config
from stator.server.telemetry.families import FAMILIES

FOLDER: Final = Path(__file__).parent.parent / "docs" / "reference"
_MADE: Final = "<!-- Made by `make docs` from the code. Do not edit. -->"

# The tables of rules in the order in which an operation asks them.
RULES: Final[Sequence[tuple[str, Sequence[Rules]]]] = (
    ("CreateTable", (create_table.CREATE_TABLE, create_table.CREATE_TABLE_AS_IT_IS)),
    ("UpdateTable", (update_table.UPDATE_TABLE, update_existing.UPDATE_TABLE_AS_IT_IS)),
    ("DeleteTable", (in_use.DELETE_TABLE, backups.DELETE_WHILE_BACKED_UP)),
    ("CreateBackup", (backups.CREATE_BACKUP, continuous_backups.BACKUPS_ARE_ENABLED)),
    ("DescribeBackup", (backups.BACKUP_ARN,)),
    ("ListBackups", (backups.LIST_BACKUPS,)),
    ("DeleteBackup", (backups.BACKUP_ARN, backups.DELETE_BACKUP)),
    ("DescribeContinuousBackups", (continuous_backups.TABLE_IS_THERE,)),
    (
        "UpdateContinuousBackups",
        (
            continuous_backups.UPDATE_CONTINUOUS_BACKUPS,
            continuous_backups.TABLE_IS_THERE,
            continuous_backups.BACKUPS_ARE_ENABLED,
        ),
    ),
    (
        "RestoreTableToPointInTime",
        (
            restores.SOURCE_AND_TIME,
            restores.UNSUPPORTED,
            restores.TARGET,
            restores.SOURCE_IS_THERE,
            restores.RECOVERY_IS_ENABLED,
            restores.TIME,
            restores.OVERRIDES,
        ),
    ),
    (
        "RestoreTableFromBackup",
        (
            restores.UNSUPPORTED,
            backups.BACKUP_ARN,
            restores.BACKUP_IS_MADE,
            restores.TARGET,
            restores.OVERRIDES,
        ),
    ),
    (
        "ExportTableToPointInTime",
        (exports.EXPORT, exports.SOURCE, exports.WINDOW, exports.REACH, exports.EXPORT_LIMIT),
    ),
    ("ImportTable", (imports.IMPORT, create_table.CREATE_TABLE, imports.IMPORT_TARGET)),
    ("StartBulkPutItems", (bulk_operations.BULK_PUT, bulk_operations.BULK_TARGET)),
    ("CancelBulkOperation", (bulk_operations.CANCEL,)),
    ("DescribeTimeToLive", (time_to_live.DESCRIBE_TIME_TO_LIVE,)),
    ("UpdateTimeToLive", (time_to_live.UPDATE_TIME_TO_LIVE,)),
    ("TagResource", (tags.RESOURCE, tags.ADDED_TAGS)),
    ("UntagResource", (tags.RESOURCE, tags.REMOVED_TAGS)),
    ("ListTagsOfResource", (tags.RESOURCE,)),
)


def _page(title: str, *blocks: str) -> str:
    return "\n\n".join([_MADE, f"# {title}", *blocks]) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _code(text: object) -> str:
    return f"`{text}`"


def operations() -> str:
    """Every operation of the API, and whether it is served."""
    for module in DEFERRED:
        import_module(f"stator.operations.dynamodb.{module}")
    served = {operation.name: operation for operation in REGISTRY.values()}
    blocks = []
    for service in dict.fromkeys(operation.service for operation in model.operations().values()):
        names = [name for name, each in model.operations().items() if each.service == service]
        rows = [
            (name, "yes", _summary(served[name].handler), _code(served[name].action))
            if name in served
            else (name, "not yet", "", "")
            for name in names
        ]
        head = ("Operation", "Served", "What it does", "IAM action")
        blocks += [f"## {service}", _table(head, rows)]
    count = f"{len(served)} of {len(served) + len(NOT_YET)} operations are served."
    unknown = (
        "The others are answered as AWS answers a name that it does not know: UnknownOperationException."
    )
    return _page("Operations", f"{count} {unknown}" if NOT_YET else count, *blocks)


def _summary(handler: Callable[..., object]) -> str:
    return (inspect.getdoc(handler) or "").partition("\n")[0].rstrip(".")


def services() -> str:
    """What is served of the other services."""
    blocks = []
    for service in SERVICES:
        rows = [(each.name, _summary(_handler(service.name, each.name))) for each in _served(service.name)]
        blocks += [f"## {_TITLES[service.name]}", _table(("Operation", "What it does"), rows)]
    others = (
        "Clients of DynamoDB ask these of other AWS services, at the same address. All other operations of "
        "these services are answered as unknown ones (status 400). See "
        "[Protocol](../protocol.md#other-services)."
    )
    return _page("Operations of other services", others, *blocks)


_TITLES: Final = {
    "cloudwatch": "CloudWatch",
    "application-autoscaling": "Application Auto Scaling",
    "sts": "STS",
    "iam": "IAM",
    "kms": "KMS",
}


def _served(service: str) -> list[ServiceOperation]:
    """The operations of a service that have a handler."""
    return [each for each in service_model(service).operations if handler_of(service, each.name)]


def _handler(service: str, name: str) -> Callable[..., object]:
    handler = handler_of(service, name)
    assert handler is not None, name
    return handler


def settings() -> str:
    """Every setting of a server."""
    rows = []
    for name, field in config.FIELDS.items():
        if field.metadata["hidden"]:
            continue
        unit = f" {field.metadata['unit']}" if field.metadata["unit"] else ""
        default = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
        rows.append(
            (
                _code(config.option(name)),
                _code(config.variable(name)),
                _code(name),
                field.metadata["help"],
                f"{_code(default)}{unit}" if default else "",
            )
        )
    return _page(
        "Settings",
        "A value is taken from the option of `stator serve`, else from the variable, else from the key in "
        f"`{config.FILE_NAME}`, else it is the default.",
        _table(("Option", "Variable", "Key", "What it sets", "Default"), rows),
    )


def limits_page() -> str:
    """Every limit of AWS's that is kept, with its source."""
    source = inspect.getsource(limits)
    lines = source.splitlines()
    rows = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            comment = lines[node.lineno - 1].partition("  # ")[2]
            rows.append((_code(node.target.id), f"{getattr(limits, node.target.id):,}", comment))
    legend = (inspect.getdoc(limits) or "").partition("\n\n")[2].replace("\n", " ")
    return _page("Limits", legend, _table(("Limit", "Value", "Source"), rows))


def validation_rules() -> str:
    """The rules of operations on tables, in order."""
    blocks = [
        "What operations on tables refuse, after shapes and constraints, in the order of the checks. "
        "Words in braces stand for what is filled in.",
    ]
    for operation, tables in RULES:
        rules = [row for rules in tables for row in flat(rules)]
        rows = [(str(number), *_rule(of, rule)) for number, (of, rule) in enumerate(rules, 1)]
        blocks += [f"## {operation}", _table(("", "Text", "Error", "Checked of", "Evidence"), rows)]
    return _page("Validation rules", *blocks)


def _rule(of: str, rule: Rule) -> tuple[str, str, str, str]:
    return html.escape(rule.text, quote=False), rule.error, of or "the request", rule.evidence


def metrics_page() -> str:
    """Every family of metrics at `/metrics`."""
    rows = [
        (_code(family.sample), family.kind, ", ".join(map(_code, family.labels)), family.help)
        for family in FAMILIES
    ]
    return _page(
        "Metrics",
        "What a server shows to Prometheus at `/metrics`. Of a histogram there are also `_sum` and `_count`.",
        _table(("Metric", "Kind", "Labels", "What it is"), rows),
    )


def dynamodb_metrics() -> str:
    """Every metric of the namespaces AWS/DynamoDB and AWS/Usage."""
    rows = [
        (
            " ".join(map(_code, (row.name, *row.aliases))),
            row.unit,
            "; ".join("+".join(each) or "none" for each in row.dimensions),
            "minute" if row.period == metric_names.MINUTE else "5 minutes",
            "yes" if row.has_zeros else "",
            row.text,
        )
        for row in metric_names.ROWS
    ]
    head = ("Metric", "Unit", "Dimensions", "Every", "Zeros", "What it is")
    usage = [(_code(resource), text) for resource, text in metric_names.USAGE.items()]
    never = [(_code(name), why) for name, why in metric_names.NEVER.items()]
    return _page(
        "Metrics of DynamoDB",
        f"What a server publishes of itself in the namespace `{metric_names.NAMESPACE}`. Several names in "
        "one row are aliases. What has zeros is published as 0 for each minute in which its table or "
        "operation was in use; see [Metrics of DynamoDB](../metrics.md).",
        _table(head, rows),
        "## Usage",
        f"In the namespace `{metric_names.USAGE_NAMESPACE}`, every five minutes: `ResourceCount`, with the "
        "dimensions `Service` (DynamoDB), `Type` (Resource), `Class` (None) and `Resource`.",
        _table(("Resource", "What is counted"), usage),
        "## Never published",
        _table(("Metric", "It is of"), never),
    )


PAGES: Final[dict[str, Callable[[], str]]] = {
    "operations.md": operations,
    "services.md": services,
    "settings.md": settings,
    "limits.md": limits_page,
    "metrics.md": metrics_page,
    "dynamodb-metrics.md": dynamodb_metrics,
    "validation-rules.md": validation_rules,
}


def outdated() -> list[str]:
    """The pages whose text is not what the code says."""
    return [
        name
        for name, text in PAGES.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text("utf-8") != text()
    ]


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` compare them; the exit status."""
    names = outdated()
    check = arguments == ["--check"]
    for name in names:
        print(f"{'outdated' if check else 'wrote'}: {name}")
        if not check:
            FOLDER.mkdir(parents=True, exist_ok=True)
            (FOLDER / name).write_text(PAGES[name](), "utf-8")
    return 1 if check and names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
