"""The settings of a server: one frozen dataclass, from which everything else about settings is derived.

A field's metadata gives its help text, its unit and how its text is read; so the options of `stator serve`,
the `STATOR_*` variables, the keys of `stator.toml` and the reference page cannot disagree.

A value is taken from the option, else the variable, else the file, else the default.
"""

import dataclasses
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

FILE_NAME: Final = "stator.toml"
_PREFIX: Final = "STATOR_"
_CONFIG_VARIABLE: Final = "STATOR_CONFIG"
WORKERS_MAX: Final = 64
BY_VARIABLES: Final = "on"  # traces are sent where the OTEL_* variables say
_CPU_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")  # microseconds of processor time, in so many of time


class SettingError(Exception):
    """A setting that cannot be used; the text says which, where it was given, and what would do."""


Reader = Callable[[str], Any]  # from text; raises ValueError with what would do


def _whole(low: int, high: int) -> Reader:
    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text) or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return read


def _seconds(low: float) -> Reader:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not low <= value < 1e9:
            raise ValueError(f"a number of seconds, at least {low:g}")
        return value

    return read


def _one_of(*choices: str) -> Reader:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text

    return read


def _matching(pattern: str, form: str) -> Reader:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(form)
        return text

    return read


_SWITCH: Final = {"true": True, "false": False, "1": True, "0": False, "on": True, "off": False}


def _switch(text: str) -> bool:
    try:
        return _SWITCH[text.lower()]
    except KeyError:
        raise ValueError("true or false") from None


def setting(default: Any, help_: str, read: Reader, *, unit: str = "", hidden: bool = False) -> Any:
    """A field of Settings: its default, what it does, and how its text is read."""
    return field(default=default, metadata={"help": help_, "read": read, "unit": unit, "hidden": hidden})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set for a server."""

    host: str = setting("127.0.0.1", "Address to listen on.", _matching(r"\S+", "a host name or an address"))
    port: int = setting(8000, "Port to listen on; 0 takes any free one.", _whole(0, 65535))
    data: str = setting(
        "./stator-data",
        "Directory of the data, made if need be.",
        _matching(r"(?s).*\S.*", "a directory"),
    )
    memory: bool = setting(False, "Keep the data in memory, and nothing on disk.", _switch)
    workers: int = setting(
        0,
        "Processes that serve: one writes, all read. 0: one per processor, or one if the data is in memory.",
        _whole(0, WORKERS_MAX),
    )
    backups: str = setting(
        "",
        "Directory of backups, made if need be. If none is given: `backups` in the data directory, or a "
        "temporary one if the data is in memory.",
        _matching(r"(?s)(.*\S.*)?", "a directory"),
    )
    s3_root: str = setting(
        "",
        "Directory whose folders are the S3 buckets of exports and imports; if none is given, `s3` in the "
        "data directory.",
        _matching(r"(?s)(.*\S.*)?", "a directory"),
    )
    s3_endpoint: str = setting(
        "",
        "URL of an S3-compatible service whose buckets exports and imports use, instead of folders.",
        _matching(r"(https?://\S+)?", "a URL that begins with http:// or https://"),
    )
    region: str = setting(
        "us-east-1",
        "Region of requests whose credentials name none, and of the health check.",
        _matching(r"[A-Za-z0-9-]{1,64}", "a region's name, such as us-east-1"),
    )
    account: str = setting(
        "000000000000", "Account number in ARNs.", _matching(r"[0-9]{12}", "twelve digits")
    )
    log_level: str = setting(
        "warning", "What is logged, to standard error.", _one_of("debug", "info", "warning", "error")
    )
    log_format: str = setting(
        "human", "How it is logged: lines for people, or one JSON object a line.", _one_of("human", "json")
    )
    slow_request: float = setting(
        0.0,
        "From which duration on a request is logged as slow, with its operation and tables; 0: none is.",
        _seconds(0),
        unit="seconds",
    )
    traces: str = setting(
        "",
        "URL of an OpenTelemetry collector (OTLP over HTTP) that is sent a span of each request; `on` for "
        "where the `OTEL_*` variables say.",
        _matching(rf"{BY_VARIABLES}|(https?://\S+)?", "a URL that begins with http:// or https://, or on"),
    )
    metrics_access: str = setting(
        "local",
        "Who may read `/metrics`: programs of this machine (local), or whoever reaches the port (all).",
        _one_of("local", "all"),
    )
    lifecycle_delay: float = setting(
        0.0,
        "For how long tables and indexes are shown as CREATING, UPDATING and DELETING.",
        _seconds(0),
        unit="seconds",
    )
    ttl_delay: float = setting(
        0.0,
        "How long after its time an expired item is deleted, at the earliest; AWS takes up to some days.",
        _seconds(0),
        unit="seconds",
    )
    throttle: bool = setting(
        False, "Refuse what is more than a table's throughput, as AWS does; else it is only counted.", _switch
    )
    metrics: str = setting(
        "on",
        "Whether what requests use and come to is counted, and published as the metrics of AWS/DynamoDB.",
        _one_of("on", "off"),
    )
    alarm_actions: str = setting(
        "",
        "TOML file that says which webhooks and commands are told when alarms change their states.",
        _matching(r"(?s)(.*\S.*)?", "a file"),
    )
    transaction_conflicts: str = setting(
        "off",
        "Whether a request that meets a transaction under way is refused, as it may be on AWS (on), "
        "or waits for its turn (off).",
        _one_of("off", "on"),
    )
    auth_headers: str = setting(
        "lenient",
        "What is asked of signatures: that there is one (lenient), or also a right scope and date (strict). "
        "Neither checks it against a secret.",
        _one_of("lenient", "strict"),
    )
    max_connections: int = setting(4096, "Connections open at once; one more is refused.", _whole(1, 10**6))
    keep_alive_timeout: float = setting(
        75.0, "After how long an idle connection is closed.", _seconds(0.01), unit="seconds"
    )
    request_timeout: float = setting(
        30.0, "How long a request may take to arrive, or a reply to be taken.", _seconds(0.01), unit="seconds"
    )
    stop_timeout: float = setting(
        10.0, "How long a stopping server waits for requests under way.", _seconds(0), unit="seconds"
    )
    stuck_timeout: float = setting(
        10.0,
        "After how long a worker that shows no sign of life is replaced.",
        _seconds(0.5),
        unit="seconds",
        hidden=True,
    )
    test_clock: str = setting(
        "",
        "File of a clock that a test moves, instead of the system's.",
        _matching(r"(?s).*", "a file"),
        hidden=True,
    )


FIELDS: Final[Mapping[str, "dataclasses.Field[Any]"]] = {
    row.name: row for row in dataclasses.fields(Settings)
}


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return _PREFIX + name.upper()


def option(name: str) -> str:
    """The command-line option of a setting."""
    return "--" + name.replace("_", "-")


def is_switch(name: str) -> bool:
    """Whether a setting is on or off: its option may stand without a value."""
    return isinstance(FIELDS[name].default, bool)


def load(
    options: Mapping[str, str | None],
    environment: Mapping[str, str],
    directory: Path,
    config: Path | None = None,
) -> Settings:
    """The settings from all their sources.

    `options` maps names of settings to texts (None: not given). The file is `config`, else what STATOR_CONFIG
    names, else `stator.toml` in `directory` if there is one. Raises SettingError.
    """
    named = config or (Path(environment[_CONFIG_VARIABLE]) if environment.get(_CONFIG_VARIABLE) else None)
    file = named or Path(FILE_NAME)
    sources = (
        _Source(_from_file(directory, file, required=named is not None), lambda name: f"{name} in {file}"),
        _Source({name: environment.get(variable(name)) for name in FIELDS}, variable),
        _Source({name: options.get(name) for name in FIELDS}, option),
    )
    values: dict[str, Any] = {}
    for source in sources:
        given = {
            name: _read(name, text, source.origin(name))
            for name, text in source.texts.items()
            if text is not None
        }
        if given.get("memory") and "data" in given:
            raise SettingError(f"{source.origin('data')} and {source.origin('memory')} exclude each other.")
        if "data" in given:  # A directory takes the place of memory that was asked for further away.
            values.pop("memory", None)
        if given.get("workers", 0) > 1 and given.get("memory", values.get("memory")):
            raise SettingError(
                f"{source.origin('workers')} must be 1 if the data is in memory, "
                "which one process cannot share with another."
            )
        if given.get("memory") and values.get("workers", 0) > 1:
            values.pop("workers")  # Asked for further away, for data on the disk.
        values |= given
    return Settings(**values)


def worker_count(settings: Settings) -> int:
    """How many processes serve."""
    if settings.memory:
        return 1
    return settings.workers or min(processors(), WORKERS_MAX)


def processors(quota: Path = _CPU_QUOTA) -> int:
    """How many processors this process may use; `quota` is where a container's limit stands."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no such call
        count = os.cpu_count() or 1
    try:
        allowed, period = map(int, quota.read_text().split())
    except (OSError, ValueError):  # No container, or "max": it has no limit.
        return count
    return max(1, min(count, allowed // period))


class _Source(NamedTuple):
    """One place where settings are given: their texts, and how a setting is named there."""

    texts: Mapping[str, str | None]
    origin: Callable[[str], str]


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like settings but are none. Others may own them, so they are not an error."""
    known = {variable(name) for name in FIELDS} | {_CONFIG_VARIABLE}
    return sorted(name for name in environment if name.startswith(_PREFIX) and name not in known)


def _from_file(directory: Path, file: Path, *, required: bool) -> dict[str, str]:
    if not required and not (directory / file).exists():
        return {}
    import difflib  # Most servers have no file, and start the sooner.
    import tomllib

    try:
        with (directory / file).open("rb") as opened:
            table = tomllib.load(opened)
    except FileNotFoundError:
        raise SettingError(f"{file} does not exist.") from None
    except OSError as error:
        raise SettingError(f"{file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{file} is not TOML: {error}") from None
    for key, value in table.items():
        if key not in FIELDS:
            close = difflib.get_close_matches(key, FIELDS, n=1)
            known = ", ".join(name for name, field_ in FIELDS.items() if not field_.metadata["hidden"])
            hint = f"Did you mean {close[0]}?" if close else f"Known are: {known}."
            raise SettingError(f"{key} in {file} is not a setting. {hint}")
        if isinstance(value, bool) != is_switch(key) or not isinstance(value, str | int | float):
            wanted = "true or false" if is_switch(key) else "a text or a number"
            raise SettingError(f"{key} in {file} must be {wanted}.")
    return {key: str(value) for key, value in table.items()}


def _read(name: str, text: str, origin: str) -> Any:
    try:
        return FIELDS[name].metadata["read"](text)
    except ValueError as error:
        raise SettingError(f"{origin} must be {error}, not {text!r}.") from None
