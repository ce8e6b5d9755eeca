"""`stator apply`: what a template, a CDK app or a folder of Terraform describes, made at an endpoint.

Exit statuses: 0 when it is done, or there was nothing to do; 1 when it is not; 2 for a command or a template
that makes no sense.
"""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from stator.cli.asking import fail

if TYPE_CHECKING:
    from stator.apply.endpoint import Address, Endpoint
    from stator.apply.plan import Change, Plan, Stack
    from stator.apply.terraform import Run

Target = Annotated[
    Path,
    typer.Argument(metavar="TEMPLATE|FOLDER", help="A template, or a folder of Terraform or of a CDK app."),
]
Rest = Annotated[
    list[str] | None,
    typer.Argument(metavar="[Name=value]...", help="More parameters; after `--`, arguments for Terraform."),
]
ParameterWords = Annotated[
    list[str] | None, typer.Option("--parameters", "-p", metavar="NAME=VALUE", help="A parameter's value.")
]
Imports = Annotated[
    list[str] | None,
    typer.Option("--imports", metavar="NAME=VALUE", help="What another stack exports, for Fn::ImportValue."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", "--plan", help="Show the plan, and do nothing.")]


class _Options(NamedTuple):
    parameters: Mapping[str, str]
    imports: dict[str, str]
    yes: bool
    dry_run: bool
    allow_delete: bool
    adopt: bool
    strict: bool


@contextmanager
def _told() -> Iterator[None]:
    """What ends the command becomes a sentence and a status."""
    from stator.apply.errors import ApplyError, TemplateError
    from stator.formats.extras import MissingExtra

    try:
        yield
    except TemplateError as error:
        fail(f"{error}.", status=2)
    except (ApplyError, MissingExtra) as error:
        fail(f"{error}.")
    except OSError as error:
        fail(f"{error.filename or 'a file'} cannot be used: {error.strerror or error}.")


def apply(
    target: Target,
    rest: Rest = None,
    parameters: ParameterWords = None,
    parameters_file: Annotated[Path | None, typer.Option(help="File of parameters, JSON or YAML.")] = None,
    stack_name: Annotated[str | None, typer.Option(help="Name of the stack; else the template's.")] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The endpoint, or `aws`; else AWS_ENDPOINT_URL, AWS with a profile, or port 8000 here.",
        ),
    ] = None,
    profile: Annotated[str | None, typer.Option(help="Profile of AWS's configuration files.")] = None,
    region: Annotated[
        str | None, typer.Option(help="Region; else that of the profile or the environment.")
    ] = None,
    imports: Imports = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: DryRun = False,
    allow_delete: Annotated[
        bool, typer.Option("--allow-delete", help="Also delete and replace what the plan says.")
    ] = False,
    import_existing_resources: Annotated[
        bool,
        typer.Option("--import-existing-resources", help="Take over what is there under the wanted names."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse resources that cannot be made, instead of skipping them.")
    ] = False,
) -> None:
    """Make what a template, a CDK app or a folder of Terraform describes; show a plan first."""
    from stator.apply import folders, terraform
    from stator.apply.endpoint import Address
    from stator.apply.template import given

    with _told():
        address = Address(endpoint, profile, region)
        kind = folders.kind_of(target)
        values = {} if parameters_file is None else given.file(parameters_file)
        if kind is folders.Kind.TERRAFORM:
            words, arguments = _split(rest or [])
            values |= given.words([*(parameters or ()), *words], "--parameters")
            _terraform(terraform.Run(target, address, values, arguments), yes, dry_run)
            return
        values |= given.words([*(parameters or ()), *(rest or ())], "--parameters")
        known = given.words(imports or (), "--imports")
        options = _Options(values, known, yes, dry_run, allow_delete, import_existing_resources, strict)
        with folders.templates(target, kind, stack_name, address) as found:
            _apply_all(found, address, options)


def _split(rest: list[str]) -> tuple[list[str], list[str]]:
    """The words before the first that is an option, and the rest, which are Terraform's."""
    first = next((number for number, word in enumerate(rest) if word.startswith("-")), len(rest))
    return rest[:first], rest[first:]


def _terraform(run: "Run", yes: bool, dry_run: bool) -> None:
    with run.prepared():
        if run.plan() and not dry_run:
            _confirm(yes)
            run.apply()


def _apply_all(templates: Any, address: "Address", options: _Options) -> None:
    """Apply the templates one after the other; each may import what the ones before export."""
    from stator.apply.endpoint import Endpoint

    endpoint = Endpoint(address)
    try:
        imports = dict(options.imports)
        for name, document in templates:
            imports |= _apply_one(name, document, endpoint, options, imports, alone=len(templates) == 1)
    finally:
        endpoint.close()


def _apply_one(
    name: str,
    document: Mapping[str, Any],
    endpoint: "Endpoint",
    options: _Options,
    imports: Mapping[str, str],
    *,
    alone: bool,
) -> dict[str, str]:
    """Apply one template. What it exports."""
    from stator.apply.errors import ApplyError
    from stator.apply.plan import Stack
    from stator.apply.template import sections
    from stator.apply.template.conditions import Place

    place = Place(name, endpoint.account, endpoint.region)
    parameters = options.parameters
    if not alone:  # Of several stacks, each has some of the parameters.
        declared = document.get("Parameters") or {}
        parameters = {key: value for key, value in parameters.items() if key in declared}
    template = sections.read(document, parameters, place, imports)
    try:
        return _planned_and_done(Stack(template, endpoint, adopt=options.adopt), endpoint, options)
    except ApplyError as error:
        error.args = (template.parameters.masked(str(error)),)
        raise


def _planned_and_done(stack: "Stack", endpoint: "Endpoint", options: _Options) -> dict[str, str]:
    """Show what would be done with a stack, ask, and do it. What it exports."""
    from rich.console import Console

    from stator.apply import execution
    from stator.apply.plan import masked, refuse_skipped, refuse_what_cannot_be
    from stator.cli import plans

    console, template = Console(highlight=False, markup=False), stack.template
    plan = stack.plan()
    outputs = list(execution.outputs(stack))
    title = f"Stack {template.place.stack} at {endpoint.url} ({endpoint.region})"
    console.print(title, soft_wrap=True)
    invented = {name: template.parameters.masked(text) for name, text in stack.names.invented.items()}
    plans.show(console, masked(plan, template), invented)
    if options.strict:
        refuse_skipped(plan)
    if not options.dry_run:
        refuse_what_cannot_be(plan, allow_delete=options.allow_delete)
        if plan.pending:
            _confirm(options.yes)
            _execute(stack, plan, endpoint)
            outputs = list(execution.outputs(stack))
        shown = [row._replace(value=template.parameters.masked(row.value)) for row in outputs]
        plans.show_outputs(console, shown)
    return {row.export: row.value for row in outputs if row.export}


def _execute(stack: "Stack", plan: "Plan", endpoint: "Endpoint") -> None:
    """Do what the plan says. Ctrl-C ends it between two requests."""
    from stator.apply import execution

    def report(change: "Change") -> None:
        typer.echo(stack.template.parameters.masked(f"{change.id}: {change.action} {change.name} ..."))

    previous = {
        number: signal.signal(number, lambda *_: endpoint.stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        execution.apply(stack, plan, report)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    typer.echo("Done.")


def _confirm(yes: bool) -> None:
    """Ask whether to go on, unless that was said; ends the command if not."""
    if yes:
        return
    if not sys.stdin.isatty():
        fail("there is no terminal to ask at; --yes applies the plan.")
    if not typer.confirm("Apply this plan?"):
        fail("nothing was changed.")
