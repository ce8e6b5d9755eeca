"""SEARCH: the metrics that a search expression finds.

    expression := [ '{' namespace { ',' dimension } '}' [ ',' ] ] [ terms ]
    terms      := all { OR all }
    all        := one { [ AND ] one }
    one        := NOT one | '(' terms ')' | [ property '=' ] ( "exact" | word )

A word is compared token by token: the pieces that capitals, digits and other characters cut a name into. One
token matches in any case. Several match where they follow each other in a name, in their case unless the word
itself separates them. Source: "CloudWatch search expression syntax", user guide.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from stator.monitoring.metrics.math.values import MathError
from stator.monitoring.metrics.points import Metric

SERIES_MAX: Final = 500  # of one search; AWS's limit of a graph
_TEXT_MAX: Final = 1_024
_NESTING_MAX: Final = 50

Test = Callable[[Metric], bool]

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<exact>  "(?: [^"\\] | \\. )*" )
    | (?P<symbol> [{}(),=] )
    | (?P<word>   [^\s{}(),="]+ )
    )""",
    re.VERBOSE | re.DOTALL,
)
_PIECE: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_SEPARATOR: Final = re.compile(r"[^A-Za-z0-9]")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)

_END: Final = "end"
_INVALID: Final = "Invalid search expression"


def parse(text: str) -> Test:
    """The test of a search expression. Raises MathError."""
    if len(text) > _TEXT_MAX:
        raise MathError(_INVALID)
    parser = _Parser(list(_tokens(text)))
    test = parser.whole()
    if parser.peek()[0] != _END:
        raise MathError(_INVALID)
    return test


def labels(metrics: list[Metric]) -> list[str]:
    """What tells metrics apart: their names, and the values of dimensions, that not all of them have."""
    parts = [[("", metric.name), *metric.dimensions] for metric in metrics]
    shared = set(parts[0]).intersection(*parts) if len(parts) > 1 else set()
    return [
        " ".join(value for pair in one for value in pair[1:] if pair not in shared)
        if len(parts) > 1
        else one[0][1]
        for one in parts
    ]


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise MathError(_INVALID)
        kind, word = match.lastgroup, match[match.lastgroup]
        yield (word, word) if kind == "symbol" else (kind, word)
        position = match.end()
    yield _END, ""


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def peek(self) -> tuple[str, str]:
        return self._tokens[self._next]

    def _take(self) -> tuple[str, str]:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _accept(self, *token: str) -> bool:
        if self.peek() != token:
            return False
        self._next += 1
        return True

    def whole(self) -> Test:
        tests: list[Test] = []
        if self._accept("{", "{"):
            tests.append(self._schema())
            self._accept(",", ",")
        if self.peek()[0] != _END:
            tests.append(self._terms())
        if not tests:
            raise MathError(_INVALID)
        return lambda metric: all(test(metric) for test in tests)

    def _schema(self) -> Test:
        names = [self._name()]
        while self._accept(",", ","):
            names.append(self._name())
        if not self._accept("}", "}"):
            raise MathError(_INVALID)
        namespace, *dimensions = names
        wanted = set(dimensions)
        return lambda metric: (
            metric.namespace == namespace and {name for name, _ in metric.dimensions} == wanted
        )

    def _name(self) -> str:
        kind, text = self._take()
        words = [_exact(text) if kind == "exact" else text]
        while kind == "word" and self.peek()[0] == "word":
            words.append(self._take()[1])
        if kind not in ("word", "exact"):
            raise MathError(_INVALID)
        return " ".join(words)

    def _terms(self) -> Test:
        tests = [self._all()]
        while self._accept("word", "OR"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda metric: any(test(metric) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self.peek()[0] in ("word", "exact", "(") and self.peek() != ("word", "OR"):
            self._accept("word", "AND")
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda metric: all(test(metric) for test in tests)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > _NESTING_MAX:
            raise MathError(_INVALID)
        test = self._not_one()
        self._depth -= 1
        return test

    def _not_one(self) -> Test:
        if self._accept("word", "NOT"):
            negated = self._one()
            return lambda metric: not negated(metric)
        if self._accept("(", "("):
            inner = self._terms()
            if not self._accept(")", ")"):
                raise MathError(_INVALID)
            return inner
        kind, text = self._take()
        if kind not in ("word", "exact"):
            raise MathError(_INVALID)
        if not self._accept("=", "="):
            return _anywhere(_matcher(kind, text))
        return _property(_exact(text) if kind == "exact" else text, _matcher(*self._take()))


def _exact(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1])


def _matcher(kind: str, text: str) -> Callable[[str], bool]:
    """Whether a name is what a term asks for."""
    if kind == "exact":
        exact = _exact(text)
        return lambda name: name == exact
    pieces = _PIECE.findall(text)
    if kind != "word" or not pieces:
        raise MathError(_INVALID)
    if len(pieces) == 1:
        token = pieces[0].lower()
        return lambda name: (
            token in map(str.lower, _PIECE.findall(name)) or token == _SEPARATOR.sub("", name).lower()
        )
    any_case = _SEPARATOR.search(text) is not None
    wanted = [piece.lower() for piece in pieces] if any_case else pieces

    def follows(name: str) -> bool:
        found = _PIECE.findall(name)
        if any_case:
            found = [piece.lower() for piece in found]
        starts = range(len(found) - len(wanted) + 1)
        return any(found[start : start + len(wanted)] == wanted for start in starts)

    return follows


def _anywhere(matches: Callable[[str], bool]) -> Test:
    def test(metric: Metric) -> bool:
        if matches(metric.name) or matches(metric.namespace):
            return True
        return any(matches(name) or matches(value) for name, value in metric.dimensions)

    return test


def _property(name: str, matches: Callable[[str], bool]) -> Test:
    if name == "MetricName":
        return lambda metric: matches(metric.name)
    if name == "Namespace":
        return lambda metric: matches(metric.namespace)
    return lambda metric: any(matches(value) for key, value in metric.dimensions if key == name)
