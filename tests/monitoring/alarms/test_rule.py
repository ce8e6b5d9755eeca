"""The rules of composite alarms: what can be read, what is said of the rest; reading undoes writing."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stator.monitoring.alarms.rule import (
    BadRule,
    Both,
    Constant,
    Either,
    InState,
    Not,
    Rule,
    alarms,
    holds,
    parse,
    written,
)

ARN = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:disk full"
STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")

names = st.text(string.ascii_letters + string.digits + " -_.:/()\"'\\äß", min_size=1, max_size=12).filter(
    lambda name: not name.startswith("arn:")
)
leaves = st.builds(InState, st.sampled_from(STATES), names) | st.builds(Constant, st.booleans())


def joined(inner: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.builds(Not, inner) | st.builds(Both, several) | st.builds(Either, several)


rules = st.recursive(leaves, joined, max_leaves=20)


def value_of(rule: Rule, states: dict[str, str]) -> bool:
    """What a rule says, worked out another way: by Python."""
    match rule:
        case InState(state, alarm):
            return states.get(alarm) == state
        case Constant(value):
            return value
        case Not(inner):
            return eval(f"not {value_of(inner, states)}")
        case Both(rules):
            return eval(" and ".join(str(value_of(inner, states)) for inner in rules))
        case Either(rules):
            return eval(" or ".join(str(value_of(inner, states)) for inner in rules))


@given(rules, st.dictionaries(names, st.sampled_from(STATES)))
def test_reading_undoes_writing(rule: Rule, states: dict[str, str]) -> None:
    again = parse(written(rule))
    assert again == rule
    known = {name: states.get(name, "OK") for name in alarms(rule)}
    assert holds(again, known) == value_of(rule, known)


@given(st.text(string.ascii_letters + " ()\"'\\", max_size=60))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        rule = parse(text)
    except BadRule:
        return
    assert parse(written(rule)) == rule


def test_precedence() -> None:
    a, b, c = (InState("ALARM", name) for name in "abc")
    assert parse("ALARM(a) OR ALARM(b) AND NOT ALARM(c)") == Either((a, Both((b, Not(c)))))
    assert parse("(alarm(a) or alarm(b)) and alarm(c)") == Both((Either((a, b)), c))


def test_names_and_arns() -> None:
    rule = parse(f'ALARM("{ARN}") AND OK(plain-name.1) AND INSUFFICIENT_DATA("disk full")')
    assert alarms(rule) == ["disk full", "plain-name.1"]
    assert not holds(rule, {"disk full": "ALARM", "plain-name.1": "OK"})
    assert holds(parse("NOT ALARM(gone)"), {})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("ALARM(a", "it ends where ) is expected"),
        ("ALARM()", "there is ')' at position 7 where an alarm's name or ARN is expected"),
        ('ALARM("")', "there is '' at position 8 where an alarm's name or ARN is expected"),
        ("ALARM(a) ALARM(b)", "there is 'ALARM' at position 10 where AND, OR or the end is expected"),
        ("ALARM(a) AND", "it ends where ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE, NOT or ( is expected"),
        (
            "CALM(a)",
            "there is 'CALM' at position 1 where ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE, NOT or ( is "
            "expected",
        ),
        ('OK("a', "a quote at position 4 has no end"),
        ("(" * 200 + "TRUE" + ")" * 200, "it is nested more than 100 deep"),
        (" OR ".join(["TRUE"] * 501), "it has 501 elements, and 500 are allowed"),
        (
            " OR ".join(f"OK(a{number})" for number in range(101)),
            "it refers to 101 alarms, and 100 are allowed",
        ),
    ],
)
def test_refused(text: str, problem: str) -> None:
    with pytest.raises(BadRule) as refused:
        parse(text)
    assert str(refused.value) == problem
