"""What conditions say of items: one table per item, true and false."""

import base64
import re

import pytest

from stator.expressions.bind import Bindings
from stator.expressions.condition import condition


def binary(content):
    return {"B": base64.b64encode(content).decode()}


ITEM = {
    "s": {"S": "hello"},
    "e": {"S": ""},
    "astral": {"S": "a\U0001d49c\u00e9"},
    "n": {"N": "5"},
    "big": {"N": "10"},
    "b": binary(b"\x00\x01\x02\x03"),
    "t": {"BOOL": True},
    "nil": {"NULL": True},
    "ss": {"SS": ["x", "y"]},
    "ns": {"NS": ["1", "2.5"]},
    "bs": {"BS": ["AQ==", "Ag=="]},
    "l": {"L": [{"N": "1"}, {"M": {"k": {"S": "v"}}}, {"SS": ["q", "p"]}]},
    "m": {"M": {"k": {"S": "v"}, "l": {"L": [{"S": "deep"}]}, "ns": {"NS": ["2", "1"]}}},
    "x.y": {"S": "dotted"},
}
NAMES = {"#dot": "x.y", "#0": "m"}
VALUES = {
    ":s": {"S": "hello"},
    ":he": {"S": "he"},
    ":ell": {"S": "ell"},
    ":e": {"S": ""},
    ":x": {"S": "x"},
    ":v": {"S": "v"},
    ":deep": {"S": "deep"},
    ":dotted": {"S": "dotted"},
    ":zz": {"S": "zz"},
    ":0": {"N": "0"},
    ":1": {"N": "1"},
    ":2": {"N": "2"},
    ":3": {"N": "3"},
    ":4": {"N": "4"},
    ":5": {"N": "5"},
    ":6": {"N": "6"},
    ":25": {"N": "2.5"},
    ":s5": {"S": "5"},
    ":b": binary(b"\x00\x01\x02\x03"),
    ":b0": binary(b"\x00\x01"),
    ":b12": binary(b"\x01\x02"),
    ":b1": {"B": "AQ=="},
    ":bnone": binary(b""),
    ":t": {"BOOL": True},
    ":f": {"BOOL": False},
    ":null": {"NULL": True},
    ":ss": {"SS": ["y", "x"]},
    ":ssx": {"SS": ["x"]},
    ":ns": {"NS": ["2.5", "1"]},
    ":l": {"L": [{"N": "1"}, {"M": {"k": {"S": "v"}}}, {"SS": ["p", "q"]}]},
    ":kv": {"M": {"k": {"S": "v"}}},
    ":pq": {"SS": ["p", "q"]},
    ":m": {
        "M": {"l": {"L": [{"S": "deep"}]}, "ns": {"NS": ["1", "2"]}, "k": {"S": "v"}},
    },
    **{f":{kind}": {"S": kind} for kind in ("S", "N", "B", "SS", "NS", "BS", "L", "M", "BOOL", "NULL")},
}

TRUE = """
    s = :s                      :s = s                  s <> :he                n <> :s5
    n = :5                      n < :6                  n <= :5                 n > :4
    n >= :5                     :4 < n                  :6 > n                  big > n
    s > :he                     b > :b0                 b = :b                  t = :t
    nil = :null                 ss = :ss                ns = :ns                l = :l
    m = :m                      l <> :m                 t <> :f                 e = :e
    n BETWEEN :5 AND :5         n BETWEEN :4 AND :6     n BETWEEN :4 AND big    :5 BETWEEN :4 AND n
    s BETWEEN :he AND :zz       b BETWEEN :b0 AND :b    size(s) BETWEEN :4 AND n
    n IN (:4, :5)               ss IN (:4, :ss)         n IN (big, n)           size(ss) IN (:2)
    m.k = :v                    m.l[0] = :deep          #0.l[0] = :deep         l[1].k = m.k
    #dot = :dotted              l[1] = :kv              l[2] = :pq
    attribute_exists(s)         attribute_exists(nil)   attribute_exists(m.l[0])
    attribute_not_exists(gone)    attribute_not_exists(m.gone)                      attribute_not_exists(l[3])
    attribute_not_exists(s.k)   attribute_not_exists(l.k)                       attribute_not_exists(m[0])
    attribute_type(s, :S)       attribute_type(n, :N)   attribute_type(b, :B)   attribute_type(ss, :SS)
    attribute_type(ns, :NS)     attribute_type(bs, :BS)     attribute_type(l, :L)   attribute_type(m, :M)
    attribute_type(t, :BOOL)    attribute_type(nil, :NULL)
    begins_with(s, :he)         begins_with(s, :e)      begins_with(b, :b0)     begins_with(b, :bnone)
    begins_with(:s, :he)
    contains(s, :ell)           contains(s, :e)         contains(b, :b12)       contains(ss, :x)
    contains(ns, :25)           contains(bs, :b1)       contains(l, :1)         contains(l, :kv)
    contains(l, :pq)            contains(:ss, :x)       contains(:s, :ell)
    size(s) = :5                size(e) = :0            size(astral) = :4       size(b) = :4
    size(ss) = :2               size(ns) = :2           size(bs) = :2           size(l) = :3
    size(m) = :3                size(m.l) = :1          size(:ss) = :2          size(s) > size(ss)
    size(:null2) <> :0          gone <> :5                :5 <> gone                gone <> nope
    size(n) <> :5               size(gone) <> :5
    NOT gone = :5                 NOT s = :he             NOT (NOT s = :s)
    s = :s AND n = :5           s = :he OR n = :5       s = :s OR gone = :5 AND gone = :5
    NOT s = :he AND n = :5      (s = :s OR n = :4) AND b = :b
"""

FALSE = """
    s = :he                     n = :s5                 s <> :s                 n < :5
    n > :5                      n <= :4                 n >= :6                 n < :s5
    n > :s5                     n <= :s5                n >= :s5                s < n
    t = :f                      ss = :ssx               ss <> :ss               m <> :m
    l <> :l                     ns = :ss
    n BETWEEN :6 AND big        s BETWEEN :4 AND :6     n BETWEEN :he AND :zz   gone BETWEEN :4 AND :6
    n BETWEEN gone AND :6         n BETWEEN :4 AND gone     l BETWEEN :4 AND :6
    n IN (:4, :s5)              gone IN (:4)              gone IN (lost)             n IN (gone)
    gone = :5                     gone < :5                 gone > :5                 gone <= :5
    gone >= :5                    gone = nope               m.gone = :5               s.k = :v
    l[9] = :1                   m[0] = :1               l.k = :v
    attribute_exists(gone)        attribute_exists(m.gone)  attribute_exists(l[3])  attribute_not_exists(nil)
    attribute_type(gone, :S)      attribute_type(s, :N)   attribute_type(m.k, :M)
    begins_with(s, :ell)        begins_with(n, :s5)     begins_with(gone, :he)    begins_with(s, :b0)
    begins_with(b, :he)         begins_with(ss, :x)     begins_with(s, gone)
    contains(s, :zz)            contains(s, :5)         contains(n, :5)         contains(ss, :1)
    contains(ss, :zz)           contains(ns, :s5)       contains(bs, :x)        contains(l, :2)
    contains(m, :v)             contains(gone, :x)        contains(s, gone)         contains(t, :t)
    contains(ss, :ssx)
    size(n) = :1                size(t) = :1            size(nil) = :0          size(gone) = :0
    size(s) = size(n)
    NOT gone <> :5                NOT s = :s              NOT attribute_exists(s)
    s = :s AND n = :4           s = :he OR n = :4       s = :he AND n = :5 OR gone = :5
    s = :s AND n = :5 AND gone = :5                       s = :he OR n = :4 OR gone = :5
"""


def rows(table):
    return [part for line in table.splitlines() for part in re.split(r"\s{2,}", line.strip()) if part]


def holds(text, item=ITEM):
    values = {**VALUES, ":null2": {"L": [{"N": "1"}]}}
    return condition(text, Bindings(NAMES, values)).test(item)


@pytest.mark.parametrize("text", rows(TRUE))
def test_true(text):
    assert holds(text) is True


@pytest.mark.parametrize("text", rows(FALSE))
def test_false(text):
    assert holds(text) is False


def test_a_missing_item_is_tested_as_an_empty_one():
    assert holds("attribute_not_exists(s)", {})
    assert not holds("attribute_exists(s)", {})


def test_a_set_in_a_list_equals_another_order():
    assert holds("l = :l")


def test_what_a_condition_names():
    bindings = Bindings({"#k": "k.k"}, {":s": {"S": "x"}, ":n": {"N": "1"}})
    found = condition("a = :s OR NOT (size(b.#k[1]) > :n AND c IN (d, e.f)) AND a <> :n", bindings)
    assert found.paths == {("a",), ("b", "k.k", 1), ("c",), ("d",), ("e", "f")}
    assert found.attributes == {"a", "b", "c", "d", "e"}
    assert found.nested == {"b", "e"}
