"""Trees to values."""

from stator.monitoring.metrics.math.functions import FUNCTIONS
from stator.monitoring.metrics.math.operators import apply, each, numeric
from stator.monitoring.metrics.math.tree import (
    Call,
    List,
    Negation,
    Node,
    Number,
    Operations,
    Option,
    Reference,
    String,
)
from stator.monitoring.metrics.math.values import (
    Context,
    Keyword,
    MathError,
    Series,
    Value,
    type_of,
)


def evaluate(node: Node, context: Context) -> Series | tuple[Series, ...]:
    """The time series, or the array of them, that an expression comes to. Raises MathError."""
    value = _value(node, context)
    if isinstance(value, Series):
        return value.of(numeric(value.points, context))
    if isinstance(value, tuple):
        return tuple(series.of(numeric(series.points, context)) for series in value)
    raise MathError(f"The expression returns a {type_of(value)}, not a time series")


def _value(node: Node, context: Context) -> Value:
    match node:
        case Number(value):
            return value
        case String(text):
            return text
        case Option(name):
            return Keyword(name)
        case Reference(id_):
            return context.named[id_]
        case Negation(operand):
            return each(lambda number: -number, _value(operand, context), context)
        case Operations(first, rest):
            result = _value(first, context)
            for symbol, operand in rest:
                result = apply(symbol, result, _value(operand, context), context)
            return result
        case List(members):
            return _array([_value(member, context) for member in members])
        case Call("SEARCH"):
            return context.found[node]
        case Call(function, arguments):
            return FUNCTIONS[function].call([_value(one, context) for one in arguments], context)


def _array(members: list[Value]) -> Value:
    found: list[Series] = []
    for member in members:
        match member:
            case Series():
                found.append(member)
            case tuple():
                found.extend(member)
            case _:
                raise MathError(f"An array has time series, not a {type_of(member)}")
    return tuple(found)
