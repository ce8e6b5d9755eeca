"""The rules of composite alarms: their text, what it says of other alarms' states, and who they are.

    rule     ::=  either
    either   ::=  both ("OR" both)*
    both     ::=  term ("AND" term)*
    term     ::=  "NOT" term | "(" rule ")" | "TRUE" | "FALSE"
               |  ("ALARM" | "OK" | "INSUFFICIENT_DATA") "(" alarm ")"
    alarm    ::=  a name or an ARN, in quotes or not

A name without quotes ends at a blank or a parenthesis. In one with quotes (double or single ones) a backslash
makes a quote or a backslash part of it. Words may be in any case. Source: PutCompositeAlarm, AlarmRule.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from stator.monitoring.alarms.definition import ALARM, INSUFFICIENT_DATA, OK, name_of

ELEMENTS_MAX: Final = 500  # alarms, TRUE, FALSE and pairs of parentheses
ALARMS_MAX: Final = 100
_DEPTH_MAX: Final = 100

_STATES: Final = (ALARM, OK, INSUFFICIENT_DATA)
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<paren>[()])|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'"""
    r"""|(?P<word>[^\s()"'][^\s()]*))""",
    re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


class BadRule(ValueError):
    """A rule that cannot be read; the text says where and why."""


@dataclass(frozen=True, slots=True)
class InState:
    """An alarm is in a state."""

    state: str
    alarm: str  # as the rule refers to it: a name or an ARN


@dataclass(frozen=True, slots=True)
class Constant:
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a rule."""

    rule: "Rule"


@dataclass(frozen=True, slots=True)
class Both:
    """Rules that are joined by AND."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Rules that are joined by OR."""

    rules: tuple["Rule", ...]


Rule = InState | Constant | Not | Both | Either


@lru_cache(maxsize=512)
def parse(text: str) -> Rule:
    """The rule that a text is. Raises BadRule."""
    return _Parser(text).parse()


def holds(rule: Rule, states: Mapping[str, str]) -> bool:
    """Whether a rule is true, `states` being the alarms' by name. One that is not there is in none."""
    match rule:
        case InState(state, alarm):
            return states.get(name_of(alarm)) == state
        case Constant(value):
            return value
        case Not(inner):
            return not holds(inner, states)
        case Both(rules):
            return all(holds(inner, states) for inner in rules)
        case Either(rules):
            return any(holds(inner, states) for inner in rules)


def alarms(rule: Rule) -> list[str]:
    """The names of the alarms that a rule refers to, each once, in their order."""
    return list(dict.fromkeys(name_of(leaf.alarm) for leaf in _leaves(rule)))


def written(rule: Rule) -> str:
    """A text that is this rule."""
    match rule:
        case InState(state, alarm):
            quoted = alarm.replace("\\", "\\\\").replace('"', '\\"')
            return f'{state}("{quoted}")'
        case Constant(value):
            return "TRUE" if value else "FALSE"
        case Not(inner):
            return f"NOT {_nested(inner)}"
        case Both(rules):
            return " AND ".join(map(_nested, rules))
        case Either(rules):
            return " OR ".join(map(_nested, rules))


def _nested(rule: Rule) -> str:
    text = written(rule)
    return f"({text})" if isinstance(rule, Both | Either) else text


def _leaves(rule: Rule) -> Iterator[InState]:
    match rule:
        case InState():
            yield rule
        case Not(inner):
            yield from _leaves(inner)
        case Both(rules) | Either(rules):
            for inner in rules:
                yield from _leaves(inner)


class _Token(NamedTuple):
    """A piece of a rule: `(`, `)`, a word, or a quoted name."""

    text: str
    at: int  # where it begins, counted from 0
    quoted: bool


class _Parser:
    """One reading of a text, from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0
        self._elements = 0

    def parse(self) -> Rule:
        """The whole text's rule."""
        if not self._tokens:
            raise BadRule("it is empty")
        rule = self._either()
        if self._next < len(self._tokens):
            raise self._unexpected("AND, OR or the end")
        named = len(alarms(rule))
        if named > ALARMS_MAX:
            raise BadRule(f"it refers to {named} alarms, and {ALARMS_MAX} are allowed")
        if self._elements > ELEMENTS_MAX:
            raise BadRule(f"it has {self._elements} elements, and {ELEMENTS_MAX} are allowed")
        return rule

    def _either(self) -> Rule:
        return self._joined("OR", self._both, Either)

    def _both(self) -> Rule:
        return self._joined("AND", self._term, Both)

    def _joined(self, word: str, part: Callable[[], Rule], join: Callable[[tuple[Rule, ...]], Rule]) -> Rule:
        rules = [part()]
        while self._word() == word:
            self._next += 1
            rules.append(part())
        return rules[0] if len(rules) == 1 else join(tuple(rules))

    def _term(self) -> Rule:
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise BadRule(f"it is nested more than {_DEPTH_MAX} deep")
        word = self._word()
        rule: Rule
        if word == "NOT":
            self._next += 1
            rule = Not(self._term())
        elif word == "(":
            self._next += 1
            self._elements += 1
            rule = self._either()
            self._expect(")")
        else:
            rule = self._leaf(word)
        self._depth -= 1
        return rule

    def _leaf(self, word: str) -> Rule:
        self._elements += 1
        if word in ("TRUE", "FALSE"):
            self._next += 1
            return Constant(word == "TRUE")
        if word not in _STATES:
            raise self._unexpected("ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE, NOT or (")
        self._next += 1
        self._expect("(")
        token = self._peek()
        if token is None or not token.text or (token.text in "()" and not token.quoted):
            raise self._unexpected("an alarm's name or ARN")
        self._next += 1
        self._expect(")")
        return InState(word, token.text)

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _word(self) -> str:
        """The next token as a word of the language; empty for a quoted name and at the end."""
        token = self._peek()
        return "" if token is None or token.quoted else token.text.upper()

    def _expect(self, text: str) -> None:
        if self._word() != text:
            raise self._unexpected(text)
        self._next += 1

    def _unexpected(self, wanted: str) -> BadRule:
        token = self._peek()
        if token is None:
            return BadRule(f"it ends where {wanted} is expected")
        return BadRule(f"there is {token.text!r} at position {token.at + 1} where {wanted} is expected")


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise BadRule(f"a quote at position {start + 1} has no end")
        kind = match.lastgroup
        assert kind is not None
        found = match[kind]
        quoted = kind in ("double", "single")
        yield _Token(_ESCAPED.sub(r"\1", found) if quoted else found, match.start(kind), quoted)
        at = match.end()
