"""The stored form of items: what may be told of an item by its length alone."""

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stator.base.errors import ApiError
from stator.operations.dynamodb.capacity import item_half_units, read_units
from stator.tables import stored
from stator.values.attribute import normalise_item

texts = st.text(max_size=40)
numbers = st.one_of(
    st.integers(-(10**37), 10**37).map(str),
    st.tuples(st.integers(1, 999), st.integers(-120, 120)).map(lambda parts: f"{parts[0]}E{parts[1]}"),
)
binaries = st.binary(max_size=40).map(lambda data: base64.b64encode(data).decode())
scalars = st.one_of(
    texts.map(lambda text: {"S": text}),
    numbers.map(lambda text: {"N": text}),
    binaries.map(lambda text: {"B": text}),
    st.booleans().map(lambda truth: {"BOOL": truth}),
    st.just({"NULL": True}),
    st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True).map(lambda each: {"SS": each}),
    st.lists(st.integers(0, 10**20).map(str), min_size=1, max_size=4, unique=True).map(
        lambda each: {"NS": each}
    ),
)
values: st.SearchStrategy[dict[str, Any]] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda each: {"L": each}),
        st.dictionaries(texts, inner, max_size=4).map(lambda each: {"M": each}),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=20), values, max_size=6))
def test_it_is_never_shorter_than_the_item(item: dict[str, Any]) -> None:
    """So units of reading need not look at the size of a short one."""
    try:
        size = normalise_item(item)
    except ApiError:  # Out of the range of numbers.
        return
    form = stored.pack(item, size)
    assert len(form) >= size == stored.size_of(form)
    padded = stored.pack(item | {"long": {"S": "x" * 4096}}, size + 4 + 4096)
    for each in (form, padded):
        assert item_half_units(each, consistent=True) == 2 * read_units(stored.size_of(each), consistent=True)
