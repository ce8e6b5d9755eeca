"""The checker on histories written by hand: what has a legal order, and what has none."""

import pytest

from linearizability.checker import Checker, NotLinearizable
from linearizability.history import LOST, Call, History
from linearizability.model import (
    CONFLICT,
    KEYS,
    MONEY,
    REFUSED,
    Once,
    Read,
    Result,
    Transfer,
    Write,
    WriteBoth,
    first_state,
)

X = ("x",)
TWO = MONEY - 30


def calls(*rows: tuple[int, int, object, Result]) -> list[Call]:
    """Calls from (begun, ended, operation, result)."""
    return [
        Call(operation, number, begun, ended, result)  # type: ignore[arg-type]
        for number, (begun, ended, operation, result) in enumerate(rows)
    ]


LEGAL = {
    "one after the other": [(0, 1, Write("x", 1), None), (2, 3, Read(X), (1,))],
    "a read beside a write sees either": [
        (0, 9, Write("x", 1), None),
        (1, 2, Read(X), (None,)),
        (3, 4, Read(X), (1,)),
    ],
    "writes beside each other in either order": [
        (0, 5, Write("x", 1), None),
        (1, 6, Write("x", 2), None),
        (7, 8, Read(X), (1,)),
    ],
    "a lost write that took effect": [(0, 3, Write("x", 1), LOST), (4, 5, Read(X), (1,))],
    "a lost write that did not": [(0, 3, Write("x", 1), LOST), (4, 5, Read(X), (None,))],
    "lost writes of which the first took effect": [
        (0, 4, Write("x", 1), LOST),
        (1, 5, Write("x", 2), LOST),
        (6, 7, Read(X), (1,)),
    ],
    "a condition that held": [(0, 1, Write("x", 1), None), (2, 3, Write("x", 2, expected=1), None)],
    "a condition that did not": [(0, 1, Write("x", 1), None), (2, 3, Write("x", 2, expected=None), REFUSED)],
    "a transfer": [(0, 1, Transfer("a", "b", 30), None), (2, 3, Read(("a", "b")), (TWO, MONEY + 30))],
    "a token used again": [
        (0, 3, Once(0, 1), LOST),
        (4, 5, Once(0, 1), None),
        (6, 7, Once(0, 1), None),
        (8, 9, Read(("n",)), (1,)),
    ],
    "a conflict has no effect": [(0, 1, Write("x", 1), CONFLICT), (2, 3, Read(X), (None,))],
}

ILLEGAL = {
    "a stale read": [(0, 1, Write("x", 1), None), (2, 3, Read(X), (None,))],
    "a read of what nobody wrote": [(0, 9, Write("x", 1), None), (1, 2, Read(X), (2,))],
    "two reads in the wrong order": [
        (0, 9, Write("x", 1), None),
        (1, 2, Read(X), (1,)),
        (3, 4, Read(X), (None,)),
    ],
    "an acknowledged write that is gone": [
        (0, 1, Write("x", 1), None),
        (2, 3, Write("y", 2), LOST),
        (4, 5, Read(("x", "y")), (None, 2)),
    ],
    "a lost write that takes effect after the server's death": [
        (0, 3, Write("x", 1), LOST),
        (4, 5, Read(X), (None,)),
        (6, 7, Read(X), (1,)),
    ],
    "half a transfer": [(0, 9, Transfer("a", "b", 30), None), (1, 2, Read(("a", "b")), (TWO, MONEY))],
    "half a lost transfer": [
        (0, 3, Transfer("a", "b", 30), LOST),
        (4, 5, Read(("a", "b")), (MONEY, MONEY + 30)),
    ],
    "two orders of two writes": [
        (0, 9, WriteBoth("x", "y", 1, "a", MONEY), None),
        (1, 10, WriteBoth("x", "y", 2, "a", MONEY), None),
        (11, 12, Read(("x", "y")), (1, 2)),
    ],
    "a condition that held and did not": [
        (0, 1, Write("x", 1), None),
        (2, 3, Write("x", 2, expected=1), None),
        (4, 5, Write("x", 3, expected=1), None),
    ],
    "a token used twice": [
        (0, 1, Once(0, 1), None),
        (2, 3, Once(0, 1), None),
        (4, 5, Read(("n",)), (2,)),
    ],
}


@pytest.mark.parametrize("rows", LEGAL.values(), ids=LEGAL)
def test_legal(rows: list[tuple[int, int, object, Result]]) -> None:
    checker = Checker(first_state(3))
    checker.check(calls(*rows))
    assert checker.checked == len(rows)


@pytest.mark.parametrize("rows", ILLEGAL.values(), ids=ILLEGAL)
def test_illegal(rows: list[tuple[int, int, object, Result]]) -> None:
    with pytest.raises(NotLinearizable, match="no legal order explains"):
        Checker(first_state(3)).check(calls(*rows))


def test_parts_of_a_history_follow_each_other() -> None:
    history = History()
    checker = Checker(first_state(1))
    lost = history.begin(Write("x", 1), 0)
    known = history.begin(Read(KEYS), 0)
    history.end(known, (None, None, MONEY, MONEY, MONEY, None))
    first = history.take()
    assert first == [lost, known]
    assert lost.ended > known.ended
    checker.check(first)
    history.end(history.begin(Read(X), 0), (1,))
    checker.check(history.take())
    history.end(history.begin(Read(X), 0), (None,))
    with pytest.raises(NotLinearizable):
        checker.check(history.take())
