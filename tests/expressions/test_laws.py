"""Laws that hold for any item and any text, and a plain model that comparisons have to agree with."""

import base64
import copy
from decimal import Decimal

from hypothesis import assume, example, given
from hypothesis import strategies as st

from stator.base.errors import ApiError
from stator.expressions.bind import Bindings
from stator.expressions.condition import condition
from stator.expressions.edit import DOCUMENT_PATH
from stator.expressions.key_condition import key_condition
from stator.expressions.projection import projection
from stator.expressions.update import update
from stator.values.attribute import normalise

NAMES = st.sampled_from(["aa", "bb", "cc", "dd"])
NUMBERS = st.one_of(st.integers(-20, 20).map(str), st.decimals(-9, 9, places=1, allow_nan=False).map(str))
TEXTS = st.text("ab\u00e9\U0001d49c", max_size=3)
BASE64 = st.binary(max_size=3).map(lambda content: base64.b64encode(content).decode())


def sets(elements, unique_by=None):
    return st.lists(elements, min_size=1, max_size=3, unique_by=unique_by)


SCALARS = st.one_of(
    st.builds(lambda text: {"S": text}, TEXTS),
    st.builds(lambda text: {"N": text}, NUMBERS),
    st.builds(lambda text: {"B": text}, BASE64),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda texts: {"SS": texts}, sets(TEXTS, lambda text: text)),
    st.builds(lambda texts: {"NS": texts}, sets(NUMBERS, Decimal)),
    st.builds(lambda texts: {"BS": texts}, sets(BASE64, lambda text: text)),
)
VALUES = st.recursive(
    SCALARS,
    lambda values: st.one_of(
        st.builds(lambda elements: {"L": elements}, st.lists(values, max_size=3)),
        st.builds(lambda members: {"M": members}, st.dictionaries(NAMES, values, max_size=3)),
    ),
    max_leaves=6,
).map(lambda value: (normalise(value), value)[1])
ITEMS = st.dictionaries(NAMES, VALUES, max_size=4)
PATHS = st.tuples(NAMES, st.lists(st.one_of(NAMES, st.integers(0, 3)), max_size=3)).map(
    lambda parts: (parts[0], *parts[1])
)


def text_of(path):
    return "".join(f"[{element}]" if isinstance(element, int) else f".{element}" for element in path)[1:]


def at(item, path):
    value = {"M": item}
    for element in path:
        inside = value.get("L" if isinstance(element, int) else "M")
        if inside is None:
            return None
        if isinstance(element, int):
            value = inside[element] if element < len(inside) else None
        else:
            value = inside.get(element)
        if value is None:
            return None
    return value


@given(ITEMS)
def test_the_projection_of_every_name_is_the_item(item):
    names = {f"#{number}": name for number, name in enumerate(item)}
    if names:
        assert projection(", ".join(names), Bindings(names, None)).apply(item) == item


@given(ITEMS, PATHS)
def test_the_projection_of_one_path_is_what_stands_there(item, path):
    found = projection(text_of(path), Bindings(None, None)).apply(item)
    value = at(item, path)
    # Lists close up: whatever index was asked for is the first of the answer.
    closed = [0 if isinstance(element, int) else element for element in path]
    assert at(found, closed) == value
    assert bool(found) == (value is not None)


def attempt(call):
    """What a call returns and the error that it raises, one of them None."""
    try:
        return call(), None
    except ApiError as error:
        return None, error


@given(ITEMS, PATHS, VALUES)
def test_what_is_set_is_read_back_and_nothing_else_changes(item, path, value):
    before = copy.deepcopy(item)
    *parent, last = path
    change = update(f"SET {text_of(path)} = :v", Bindings(None, {":v": value}))
    after, error = attempt(lambda: change.apply(item))
    assert item == before
    if error is not None:
        assert error.message == DOCUMENT_PATH
        assert container(last) not in (at(item, parent) or {})
        return
    if isinstance(last, int):
        last = min(last, len(at(item, parent)["L"]))
    assert at(after, (*parent, last)) == value
    assert {**after, path[0]: None} == {**item, path[0]: None}


def container(element):
    return "L" if isinstance(element, int) else "M"


@given(ITEMS, PATHS)
def test_what_is_removed_is_gone_and_the_rest_stays(item, path):
    before = copy.deepcopy(item)
    *parent, last = path
    after, error = attempt(lambda: update(f"REMOVE {text_of(path)}", Bindings(None, None)).apply(item))
    assert item == before
    if error is not None:
        assert error.message == DOCUMENT_PATH
        assert container(last) not in (at(item, parent) or {})
        return
    inside = at(item, parent)[container(last)]
    left = at(after, parent)[container(last)]
    if isinstance(last, int):
        assert left == inside[:last] + inside[last + 1 :]
    else:
        assert left == {name: member for name, member in inside.items() if name != last}


@given(ITEMS, PATHS, VALUES)
def test_set_then_remove_gives_back_an_item_that_had_nothing_there(item, path, value):
    assume(at(item, path) is None and not isinstance(path[-1], int))
    change = update(f"SET {text_of(path)} = :v", Bindings(None, {":v": value}))
    after, error = attempt(lambda: change.apply(item))
    assume(error is None)
    assert update(f"REMOVE {text_of(path)}", Bindings(None, None)).apply(after) == item


@given(ITEMS, VALUES, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), PATHS)
def test_comparisons_agree_with_a_plain_model(item, value, operator, path):
    assume(operator in ("=", "<>") or value.keys() & {"S", "N", "B"})
    found = condition(f"{text_of(path)} {operator} :v", Bindings(None, {":v": value})).test(item)
    assert found is compared(at(item, path), operator, value)


def compared(left, operator, right):
    if left is None:
        return operator == "<>"
    one, two = model(left), model(right)
    if operator in ("=", "<>"):
        return (one == two) is (operator == "=")
    if one[0] != two[0] or one[0] not in ("S", "N", "B"):
        return False
    return {
        "<": one[1] < two[1],
        "<=": one[1] <= two[1],
        ">": one[1] > two[1],
        ">=": one[1] >= two[1],
    }[operator]


def model(value):
    """A value as Python sees it: type and content, with sets as sets, numbers and bytes as such."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return kind, content.encode()
        case "N":
            return kind, Decimal(content)
        case "B":
            return kind, base64.b64decode(content)
        case "SS" | "BS":
            return kind, frozenset(content)
        case "NS":
            return kind, frozenset(map(Decimal, content))
        case "L":
            return kind, [model(element) for element in content]
        case "M":
            return kind, {name: model(member) for name, member in content.items()}
    return kind, content


WORDS = """
    aa bb cc #n #x :v :n :l :x ( ) ( ) [ ] [0] [1] . , = <> < <= > >= + - 1 ! AND OR NOT IN BETWEEN
    SET REMOVE ADD DELETE size contains begins_with attribute_exists attribute_not_exists attribute_type
    if_not_exists list_append attribute_exists(aa) size(aa) year
"""
FRAGMENTS = st.sampled_from(
    [
        *WORDS.split(),
        "SET aa = :v",
        "aa = :v",
        "aa BETWEEN :n AND :n",
        "aa IN (:v, bb)",
        "if_not_exists(aa, :n)",
        "list_append(aa, :l)",
        "\u00e9",
        "\ud800",
    ]
)
RANDOM_TEXTS = st.one_of(st.text(max_size=30), st.lists(FRAGMENTS, max_size=14).map(" ".join))
PLACEHOLDERS = {":v": {"S": "a"}, ":n": {"N": "1"}, ":l": {"L": [{"S": "a"}]}}


@given(RANDOM_TEXTS, ITEMS)
@example("NOT " * 1024, {})
@example("(" * 4096, {})
@example("size(" * 819, {})
@example("NOT (" * 800 + "aa = :v" + ")" * 89, {})
@example("SET aa = " + "if_not_exists(aa," * 239, {})
@example("SET aa = " + "(" * 4000, {})
@example("aa" + "[0]" * 1364, {})
@example("aa[" + "9" * 4093, {})
def test_no_text_does_worse_than_an_api_error(text, item):
    bindings = Bindings({"#n": "dd"}, PLACEHOLDERS)
    for run in (
        lambda: condition(text, bindings).test(item),
        lambda: condition(text, bindings, "FilterExpression").test(item),
        lambda: update(text, bindings).apply(item),
        lambda: projection(text, bindings).apply(item),
        lambda: key_condition(text, bindings),
    ):
        _, error = attempt(run)
        if error is not None:
            assert error.name == "ValidationException"
            assert error.message
