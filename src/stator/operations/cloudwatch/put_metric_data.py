"""PutMetricData: customers' own metrics."""

from collections.abc import Iterator
from math import isfinite
from typing import Any, Final

from stator.monitoring.metrics.distribution import VALUES_MAX
from stator.monitoring.metrics.members import metric_of
from stator.monitoring.metrics.points import Point, Sample, of_values
from stator.monitoring.metrics.rows import MINUTE, SECOND
from stator.operations.cloudwatch.metric_parameters import (
    invalid_combination,
    invalid_value,
    store_of,
)
from stator.operations.services import CLOUDWATCH, ServiceCall, ServiceError, service_operation

_DATA_MAX: Final = 1_000
_MAGNITUDE_MAX: Final = 2.0**360
_PAST_SECONDS: Final = 14 * 86_400
_FUTURE_SECONDS: Final = 2 * 3_600
_RESERVED: Final = "AWS/"

# The members of a datum of which there has to be one.
_WAYS: Final = ("Value", "StatisticValues", "Values")


@service_operation(CLOUDWATCH, "PutMetricData")
async def put_metric_data(call: ServiceCall, request: dict[str, Any]) -> dict[str, Any]:
    """Publish values of metrics: all that are given, or none."""
    store = store_of(call)
    namespace = request["Namespace"]
    if namespace.startswith(_RESERVED):
        raise invalid_value(f"The value {_RESERVED} for parameter Namespace is invalid.")
    _check_text("Namespace", namespace)
    now = call.database.clock.now()
    minutes: list[Sample] = []
    seconds: list[Sample] = []
    for path, datum in _data(request):
        _check(path, datum, now)
        sample = Sample(
            metric_of({**datum, "Namespace": namespace}),
            datum.get("Unit", "None"),
            int(datum.get("Timestamp", now)),
            _point(path, datum),
        )
        (seconds if datum.get("StorageResolution") == SECOND else minutes).append(sample)
    await store.add(minutes, seconds=seconds)
    return {}


def _data(request: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The data of a request, those of entities too, each with its place. Raises ServiceError."""
    lists = [("MetricData", request.get("MetricData") or [])]
    for number, entity in enumerate(request.get("EntityMetricData") or [], 1):
        lists.append((f"EntityMetricData.member.{number}.MetricData", entity.get("MetricData") or []))
    found = [
        (f"{path}.member.{number}", datum) for path, data in lists for number, datum in enumerate(data, 1)
    ]
    if not found:
        raise ServiceError("MissingRequiredParameterException", "The parameter MetricData is required.")
    if len(found) > _DATA_MAX:
        raise invalid_value(f"The collection MetricData must not have a size greater than {_DATA_MAX}.")
    return found


def _check(path: str, datum: dict[str, Any], now: float) -> None:
    """Everything but the values. Raises ServiceError."""
    for where, text in _texts(path, datum):
        _check_text(where, text)
    names = [dimension["Name"] for dimension in datum.get("Dimensions") or ()]
    if len(set(names)) < len(names):
        raise invalid_value(f"The values for parameter Name in {path}.Dimensions are not unique.")
    time = datum.get("Timestamp", now)
    if time < now - _PAST_SECONDS:
        raise invalid_value(f"The parameter {path}.Timestamp must specify a time within the past two weeks.")
    if time > now + _FUTURE_SECONDS:
        raise invalid_value(
            f"The parameter {path}.Timestamp must specify a time no more than two hours in the future."
        )
    if datum.get("StorageResolution", MINUTE) not in (SECOND, MINUTE):
        raise invalid_value(
            f"The parameter {path}.StorageResolution must be a value in the set [ {SECOND}, {MINUTE} ]."
        )


def _texts(path: str, datum: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield f"{path}.MetricName", datum["MetricName"]
    for number, dimension in enumerate(datum.get("Dimensions") or (), 1):
        for member in ("Name", "Value"):
            yield f"{path}.Dimensions.member.{number}.{member}", dimension[member]


def _check_text(path: str, text: str) -> None:
    """Names are printable ASCII, and not only blanks."""
    if not text.isascii():
        raise invalid_value(f"The value {text} for parameter {path} contains non-ASCII characters.")
    if not text.isprintable() or text.isspace():
        raise invalid_value(f"The value {text} for parameter {path} is invalid.")


def _point(path: str, datum: dict[str, Any]) -> Point:
    """What a datum comes to. Raises ServiceError."""
    given = [way for way in _WAYS if datum.get(way) is not None]
    if len(given) > 1:
        raise invalid_combination(
            f"The parameters {path}.{given[0]} and {path}.{given[1]} are mutually exclusive and you have"
            " specified both."
        )
    if not given:
        raise invalid_combination(
            f"At least one of the parameters {path}.Value, {path}.StatisticValues and {path}.Values"
            " must be specified."
        )
    if given[0] == "Value":
        return of_values({_number(f"{path}.Value", datum["Value"]): 1.0})
    if given[0] == "Values":
        return _counted(path, datum)
    return _statistics(f"{path}.StatisticValues", datum["StatisticValues"])


def _counted(path: str, datum: dict[str, Any]) -> Point:
    values = datum["Values"]
    counts = datum.get("Counts")
    if counts is None:
        counts = [1.0] * len(values)
    if len(values) != len(counts):
        raise invalid_value(f"The parameters {path}.Values and {path}.Counts must be of the same size.")
    if not values:
        raise invalid_value(f"The collection {path}.Values must not have a size less than 1.")
    if len(values) > VALUES_MAX:
        raise invalid_value(f"The collection {path}.Values must not have a size greater than {VALUES_MAX}.")
    found: dict[float, float] = {}
    for number, (value, count) in enumerate(zip(values, counts, strict=True), 1):
        _number(f"{path}.Values.member.{number}", value)
        _positive(f"{path}.Counts.member.{number}", count)
        found[value] = found.get(value, 0.0) + count
    return of_values(found)


def _statistics(path: str, given: dict[str, float]) -> Point:
    for name, value in given.items():
        _number(f"{path}.{name}", value)
    samples, low, high = (given[name] for name in ("SampleCount", "Minimum", "Maximum"))
    _positive(f"{path}.SampleCount", samples)
    if high < low:
        raise invalid_value(f"The parameter {path}.Maximum must be greater than {path}.Minimum.")
    values = {low: samples} if low == high and given["Sum"] == low * samples else None
    return Point(samples, given["Sum"], low, high, values)


def _number(path: str, value: float) -> float:
    if not isfinite(value) or abs(value) > _MAGNITUDE_MAX:
        raise invalid_value(f"The value {_word(value)} for parameter {path} is invalid.")
    return value


def _positive(path: str, value: float) -> None:
    if _number(path, value) <= 0:
        raise invalid_value(f"The value {_word(value)} for parameter {path} is invalid.")


def _word(value: float) -> str:
    """A number as AWS writes it."""
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(str(value), str(value))
