"""Placeholders: what the maps may hold, which are unused, and that a cached program forgets no check."""

import pytest

from stator.base.errors import ApiError
from stator.expressions.bind import Bindings
from stator.expressions.cache import ProgramCache
from stator.expressions.condition import condition
from stator.expressions.key_condition import key_condition
from stator.expressions.projection import projection
from stator.expressions.update import update


def message(call):
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.message


@pytest.mark.parametrize("key", ["a", "#", "", "#a-b", "#a b", "##a", ":a", "#a\n", "#\u00e4"])
def test_a_key_of_names(key):
    assert message(lambda: Bindings({key: "a"}, None)) == (
        f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{key}"'
    )


@pytest.mark.parametrize("key", ["a", ":", "", ":a.b", "#a", ": a"])
def test_a_key_of_values(key):
    assert message(lambda: Bindings(None, {key: {"S": "a"}})) == (
        f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{key}"'
    )


def test_maps_are_not_empty():
    assert message(lambda: Bindings({}, {})) == "ExpressionAttributeNames must not be empty"
    assert message(lambda: Bindings({"a": "a"}, {})) == (
        'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'
    )
    assert message(lambda: Bindings({"#a": "a"}, {})) == "ExpressionAttributeValues must not be empty"


def test_unused():
    names = {"#a": "a", "#b": "b", "#c": "c"}
    values = {":a": {"S": "a"}, ":b": {"S": "b"}}
    bindings = Bindings(names, values)
    condition("#b = :b", bindings)
    assert message(bindings.check_unused) == (
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #c}"
    )
    projection("#a, #c", bindings)
    assert message(bindings.check_unused) == (
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}"
    )
    update("SET b = :a", bindings)
    bindings.check_unused()
    Bindings(None, None).check_unused()


def test_a_cached_program_notes_what_it_uses():
    for _ in range(2):
        bindings = Bindings({"#k": "k"}, {":v": {"S": "v"}})
        key_condition("#k = :v", bindings)
        bindings.check_unused()


def test_a_program_reads_the_values_of_its_own_request():
    item = {"a": {"N": "3"}}
    low, high = ({":n": {"N": number}} for number in ("1", "5"))
    conditions = [condition("a < :n", Bindings(None, values)) for values in (low, high)]
    updates = [update("ADD a :n", Bindings(None, values)) for values in (low, high)]
    assert [each.test(item) for each in conditions] == [False, True]
    assert [each.apply(item) for each in updates] == [{"a": {"N": "4"}}, {"a": {"N": "8"}}]


def test_the_same_text_with_other_names():
    item = {"a": {"S": "x"}}
    assert condition("#a = :s", Bindings({"#a": "a"}, {":s": {"S": "x"}})).test(item)
    assert not condition("#a = :s", Bindings({"#a": "b"}, {":s": {"S": "x"}})).test(item)
    assert projection("#a", Bindings({"#a": "a"}, None)).apply(item) == item
    assert projection("#a", Bindings({"#a": "b"}, None)).apply(item) == {}


def test_the_same_text_with_other_types_is_checked_again():
    condition("begins_with(a, :v)", Bindings(None, {":v": {"S": "x"}}))
    assert "operand type: N" in message(
        lambda: condition("begins_with(a, :v)", Bindings(None, {":v": {"N": "1"}}))
    )
    update("ADD a :v", Bindings(None, {":v": {"N": "1"}}))
    assert "operand type: STRING" in message(lambda: update("ADD a :v", Bindings(None, {":v": {"S": "x"}})))
    kinds = condition("a = :v", Bindings(None, {":v": {"SS": ["x", "y"]}}))
    assert kinds.test({"a": {"SS": ["y", "x"]}})


@pytest.mark.parametrize(
    ("entry", "text", "good", "bad"),
    [
        (condition, "a BETWEEN :v AND :w", "1", "3"),
        (key_condition, "a BETWEEN :v AND :w", "1", "3"),
        (condition, "attribute_exists(b) OR NOT a BETWEEN :v AND :w", "1", "3"),
    ],
)
def test_bounds_are_checked_for_every_request(entry, text, good, bad):
    entry(text, Bindings(None, {":v": {"N": good}, ":w": {"N": "2"}}))
    assert "requires upper bound" in message(
        lambda: entry(text, Bindings(None, {":v": {"N": bad}, ":w": {"N": "2"}}))
    )


def test_the_name_of_a_type_is_checked_for_every_request():
    condition("attribute_type(a, :v)", Bindings(None, {":v": {"S": "S"}}))
    assert "Invalid attribute type name found; type: s" in message(
        lambda: condition("attribute_type(a, :v)", Bindings(None, {":v": {"S": "s"}}))
    )


def test_the_cache_forgets_what_is_not_used_and_stays_bounded():
    cache = ProgramCache()
    cache.add("kept", "program", 10)
    for number in range(100_000):
        cache.add(number, "program", 10)
        if number % 100 == 0:
            assert cache.get("kept", 10) == "program"
    assert cache.get(0, 10) is None
    assert cache.get(99_999, 10) == "program"
    assert len(cache) < 10_000
