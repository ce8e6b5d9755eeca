"""Whatever the text, a statement is understood, or refused with an ApiError; long ones too, and soon."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stator.base.errors import ApiError
from stator.expressions.partiql.bind import bind
from stator.expressions.partiql.branches import Names, branches_of, exact_key

TEXT_MAX = 8192

VOCABULARY = """
    SELECT FROM WHERE INSERT INTO VALUE UPDATE SET REMOVE DELETE AND OR NOT IN BETWEEN IS MISSING NULL TRUE
    RETURNING ALL MODIFIED OLD NEW ORDER BY ASC DESC EXISTS begins_with contains size attribute_type
    list_append set_add if_not_exists pk sk a "b" t 'x' '' 1 -2.5e3 ? * ( ) [ ] { } << >> , . : ; = <> != <
    <= > >= + - 'a':
"""
WORDS = st.sampled_from(VOCABULARY.split())
CONDITIONS = st.recursive(
    st.sampled_from(
        [
            "pk = 'a'",
            "pk IN ['a', 'b']",
            "sk > 1",
            "sk BETWEEN 1 AND 2",
            "n = 1",
            "a.b IS MISSING",
            "size(a) = 1",
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(" AND ".join).map("({})".format),
        st.lists(inner, min_size=2, max_size=4).map(" OR ".join).map("({})".format),
        inner.map("NOT {}".format),
    ),
    max_leaves=30,
)


def understood(text, parameters=None):
    try:
        bound = bind(text, parameters)
    except ApiError:
        return
    try:
        branches_of(bound, Names(("pk",), ("sk",)))
        exact_key(bound, ("pk", "sk"))
    except ApiError:
        pass


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=60))
def test_any_text(text):
    understood(text)


@settings(deadline=None, derandomize=True, max_examples=500)
@given(st.lists(WORDS, max_size=25).map(" ".join), st.lists(st.just({"S": "x"}), max_size=2))
def test_any_words(text, parameters):
    understood(text, parameters or None)


@settings(deadline=None, derandomize=True)
@given(st.text(alphabet="'\"-/*[]{}<>()?.,0aE \n", max_size=60))
def test_any_tail(tail):
    understood(f"SELECT * FROM t WHERE a = {tail}")
    understood(f"INSERT INTO t VALUE {{'a': {tail}")


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(CONDITIONS)
def test_any_condition(condition):
    bound = bind(f"SELECT * FROM t WHERE {condition}", None)
    try:
        count = len(branches_of(bound, Names(("pk",), ("sk",))).branches)
    except ApiError:
        count = 50
    assert 1 <= count <= 50


def test_long_texts():
    for unit in (
        "(",
        "NOT ",
        "[",
        "{'a':",
        "<<",
        "a.",
        "a[0]",
        "size(",
        "-",
        "1,",
        "'",
        '"',
        "--",
        "/*",
        " ",
    ):
        text = "SELECT * FROM t WHERE a = " + unit * TEXT_MAX
        understood(text[:TEXT_MAX])
        understood(("SELECT * FROM t WHERE " + unit * TEXT_MAX)[:TEXT_MAX])
        understood((unit * TEXT_MAX)[:TEXT_MAX])
    alternatives = " AND ".join(["(pk = 1 OR sk = 2)"] * 400)
    understood(f"SELECT * FROM t WHERE {alternatives}"[:TEXT_MAX])
    understood(f"SELECT * FROM t WHERE {alternatives}")
