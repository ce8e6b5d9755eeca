"""AWS's texts for every expression that it refuses before it reads an item, and which of two comes first.

A row is a text and what follows `Invalid <Kind>: `. All rows share the placeholders below.
"""

import pytest

from stator.base.errors import ApiError
from stator.expressions.bind import Bindings
from stator.expressions.condition import condition
from stator.expressions.key_condition import key_condition
from stator.expressions.projection import projection
from stator.expressions.reserved import RESERVED
from stator.expressions.update import update

NAMES = {"#a": "a", "#x.y": "x.y", "#2": "two"}
VALUES = {
    ":s": {"S": "s"},
    ":t": {"S": "t"},
    ":n": {"N": "1"},
    ":two": {"N": "2"},
    ":b": {"B": "YQ=="},
    ":null": {"NULL": True},
    ":bool": {"BOOL": True},
    ":ss": {"SS": ["x"]},
    ":ns": {"NS": ["1"]},
    ":l": {"L": []},
    ":m": {"M": {}},
    ":N": {"S": "N"},
}
BINDINGS = Bindings({name: attribute for name, attribute in NAMES.items() if "." not in name}, VALUES)

ENTRY = {
    "ConditionExpression": condition,
    "FilterExpression": lambda text, bindings: condition(text, bindings, "FilterExpression"),
    "KeyConditionExpression": key_condition,
    "UpdateExpression": update,
    "ProjectionExpression": projection,
}


def refusal(kind, text, bindings=BINDINGS):
    with pytest.raises(ApiError) as caught:
        ENTRY[kind](text, bindings)
    assert caught.value.name == "ValidationException"
    return caught.value.message


def syntax(token, near):
    return f'Syntax error; token: "{token}", near: "{near}"'


def reserved(word):
    return f"Attribute name is a reserved keyword; reserved keyword: {word}"


def undefined_name(name):
    return f"An expression attribute name used in the document path is not defined; attribute name: {name}"


def undefined_value(value):
    return f"An expression attribute value used in expression is not defined; attribute value: {value}"


def unknown(function):
    return f"Invalid function name; function: {function}"


def misused(function):
    return f"The function is not allowed to be used this way in an expression; function: {function}"


def count(function, operands):
    return (
        "Incorrect number of operands for operator or function; "
        f"operator or function: {function}, number of operands: {operands}"
    )


def distinct(operator, operand):
    return (
        "The first operand must be distinct from the remaining operands for this operator or function; "
        f"operator: {operator}, first operand: {operand}"
    )


def document_path(function):
    return f"Operator or function requires a document path; operator or function: {function}"


def operand_type(function, kind):
    return (
        "Incorrect operand type for operator or function; "
        f"operator or function: {function}, operand type: {kind}"
    )


def operator_type(operator, kind):
    return f"Incorrect operand type for operator or function; operator: {operator}, operand type: {kind}"


def section_type(section, kind):
    return (
        "Incorrect operand type for operator or function; "
        f"operator: {section}, operand type: {kind}, typeSet: ALLOWED_FOR_{section}_OPERAND"
    )


def overlap(one, two):
    return (
        "Two document paths overlap with each other; must remove or rewrite one of these paths; "
        f"path one: {one}, path two: {two}"
    )


def conflict(one, two):
    return (
        "Two document paths conflict with each other; must remove or rewrite one of these paths; "
        f"path one: {one}, path two: {two}"
    )


def section_twice(section):
    return f'The "{section}" section can only be used once in an update expression;'


EMPTY = "The expression can not be empty;"
REDUNDANT = "The expression has redundant parentheses;"

CONDITIONS = {
    "": EMPTY,
    # Lexis.
    " \t\r\n": syntax("<EOF>", ""),
    "!!! x": syntax("!", "!!"),
    "a": syntax("<EOF>", "a"),
    "a = ": syntax("<EOF>", "="),
    "a = 1": syntax("1", "= 1"),
    'a = "s"': syntax('"', '= "s'),
    "a-b = :s": syntax("-", "a-b"),
    "a.2b = :s": syntax("2", ".2b"),
    "# = :s": syntax("#", "# ="),
    "a = :": syntax(":", "= :"),
    "\u00e4 = :s": syntax("\u00e4", "\u00e4 ="),
    "a[4.5] = :s": syntax(".", "4.5"),
    "a[:n] = :s": syntax(":n", "[:n]"),
    "a[#a] = :s": syntax("#a", "[#a]"),
    "a[b] = :s": syntax("b", "[b]"),
    "a[] = :s": syntax("]", "[] ="),
    "a. = :s": syntax("=", ". = :s"),
    "a..b = :s": syntax(".", "..b"),
    ":s.a = :s": syntax(".", ":s.a"),
    ":s[0] = :s": syntax("[", ":s[0"),
    "size(a).b = :n": syntax(".", ").b"),
    # Grammar.
    "a b": syntax("b", "a b"),
    "a = :s b": syntax("b", ":s b"),
    "#a attribute_not_exists :s": syntax("attribute_not_exists", "#a attribute_not_exists :s"),
    "a == :s": syntax("=", "== :s"),
    "a AND b = :s": syntax("AND", "a AND b"),
    "(a AND b = :s)": syntax("AND", "a AND b"),
    "(a = :s AND b)": syntax(")", "b)"),
    "(NOT a)": syntax(")", "a)"),
    "NOT NOT a = :s": syntax("NOT", "NOT NOT a"),
    "NOT": syntax("<EOF>", "NOT"),
    "(a = :s": syntax("<EOF>", ":s"),
    "a = :s)": syntax(")", ":s)"),
    "()": syntax(")", "()"),
    "a IN ()": syntax(")", "()"),
    "a IN :s": syntax(":s", "IN :s"),
    "a IN (:s": syntax("<EOF>", ":s"),
    "a BETWEEN :s": syntax("<EOF>", ":s"),
    "a BETWEEN :s OR :t": syntax("OR", ":s OR :t"),
    "a = (b = :s)": syntax("=", "b = :s"),
    "attribute_exists()": syntax(")", "()"),
    "attribute_exists(a": syntax("<EOF>", "a"),
    "begins_with(a, )": syntax(")", ", )"),
    "a + :n = :n": syntax("+", "a + :n"),
    "and = :s": syntax("and", "and ="),
    "a.in = :s": syntax("in", ".in ="),
    ":s": syntax("<EOF>", ":s"),
    "(:s)": syntax("<EOF>", ")"),
    # Parentheses.
    "((a = :s))": REDUNDANT,
    "((a)) = :s": REDUNDANT,
    "a = ((:s))": REDUNDANT,
    "(((a = :s) AND b = :s))": REDUNDANT,
    "((attribute_exists(a)))": REDUNDANT,
    "NOT ((a = :s))": REDUNDANT,
    "a IN (((:s)))": REDUNDANT,
    "(" * 2000 + "a = :s" + ")" * 2000: REDUNDANT,
    # Functions.
    "f(a)": unknown("f"),
    "Size(a) = :n": unknown("Size"),
    "ATTRIBUTE_EXISTS(a)": unknown("ATTRIBUTE_EXISTS"),
    "if_not_exists(a, :s) = :s": unknown("if_not_exists"),
    "contains(a, b) = c": misused("contains"),
    "a = attribute_exists(b)": misused("attribute_exists"),
    "a IN (:s, begins_with(b, c))": misused("begins_with"),
    "a BETWEEN :n AND contains(b, c)": misused("contains"),
    "(contains(a, b)) BETWEEN :n AND :two": misused("contains"),
    "size(attribute_exists(a)) = :n": misused("attribute_exists"),
    "contains(contains(a, b), :s)": misused("contains"),
    "size(a)": misused("size"),
    "(size(a))": misused("size"),
    "NOT size(a)": misused("size"),
    "size(a) AND b = :s": misused("size"),
    "(size(a) AND b = :s)": misused("size"),
    # Words.
    "abOrT = :s": reserved("abOrT"),
    "a.status = :s": reserved("status"),
    "a[0].Zone = :s": reserved("Zone"),
    "set = :s": reserved("set"),
    "attribute_exists(year)": reserved("year"),
    # Placeholders.
    "#x = :s": undefined_name("#x"),
    "a.#x = :s": undefined_name("#x"),
    "a = :x": undefined_value(":x"),
    "#x = :x": undefined_name("#x"),
    ":x = #x": undefined_value(":x"),
    "size(:x) = #x": undefined_value(":x"),
    # Operands.
    "attribute_exists(a, b)": count("attribute_exists", 2),
    "attribute_not_exists(a, b)": count("attribute_not_exists", 2),
    "attribute_type(a)": count("attribute_type", 1),
    "begins_with(a)": count("begins_with", 1),
    "begins_with(a, :s, :s)": count("begins_with", 3),
    "contains(a)": count("contains", 1),
    "size(a, b) = :n": count("size", 2),
    f"a IN ({', '.join([':s'] * 101)})": (
        "The IN operator is provided with too many operands; number of operands: 101"
    ),
    "a = a": distinct("=", "[a]"),
    "a[1].b <> a[1].b": distinct("<>", "[a, [1], b]"),
    "#a < a": distinct("<", "[a]"),
    "(a) >= a": distinct(">=", "[a]"),
    "begins_with(a, a)": distinct("begins_with", "[a]"),
    "contains(a.b, a.b)": distinct("contains", "[a, b]"),
    "attribute_type(a, a)": distinct("attribute_type", "[a]"),
    "attribute_exists(:s)": document_path("attribute_exists"),
    "attribute_not_exists(size(a))": document_path("attribute_not_exists"),
    "begins_with(a, :n)": operand_type("begins_with", "N"),
    "begins_with(:null, a)": operand_type("begins_with", "NULL"),
    "begins_with(a, size(b))": operand_type("begins_with", "N"),
    "size(:n) = :n": operand_type("size", "N"),
    "size(:bool) = :n": operand_type("size", "BOOL"),
    "size(:null) = :n": operand_type("size", "NULL"),
    "size(size(a)) = :n": operand_type("size", "N"),
    "attribute_type(a, :n)": operand_type("attribute_type", "N"),
    "attribute_type(a, b)": operand_type("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"),
    "attribute_type(a, :s)": (
        "Invalid attribute type name found; type: s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
    ),
    "a < :bool": operator_type("<", "BOOL"),
    ":m >= a": operator_type(">=", "M"),
    "a > :ss": operator_type(">", "SS"),
    "a BETWEEN :l AND :s": operator_type("BETWEEN", "L"),
    "a BETWEEN :s AND :n": (
        "The BETWEEN operator requires same data type for lower and upper bounds; "
        "lower bound operand: AttributeValue: {S:s}, upper bound operand: AttributeValue: {N:1}"
    ),
    "a BETWEEN :two AND :n": (
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
        "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"
    ),
    # Limits.
    "a" * 4097: "Expression size has exceeded the maximum allowed size;",
    "!" * 4097: "Expression size has exceeded the maximum allowed size;",
    "\u00e4" * 2049: "Expression size has exceeded the maximum allowed size;",
    " OR ".join(["a = :s"] * 151): "The expression contains too many operators; operator count: 301",
    "(" * 160 + "a=:s" + " AND a=:s)" * 160: (
        "The expression contains too many operators; operator count: 321"
    ),
    " OR ".join(["a BETWEEN :s AND :t"] * 151): (
        "The expression contains too many operators; operator count: 301"
    ),
    f"a[{2**31}] = :s": f"List index is not within the allowable range; index: [{2**31}]",
    "a[99999999999] = :s": "List index is not within the allowable range; index: [99999999999]",
    ".".join(["a"] * 33) + " = :s": ("The document path has too many nesting elements; nesting elements: 33"),
    # Which comes first.
    "((a = :s)) !": syntax("!", ") !"),
    "((f(year) = :x)) AND f(a)": REDUNDANT,
    "f(year) = a AND size(a)": unknown("f"),
    "year = :s AND size(a)": misused("size"),
    "year = :x": reserved("year"),
    "a = a AND #x = :s": distinct("=", "[a]"),
    "begins_with(a, #x, :n)": undefined_name("#x"),
    "begins_with(a, a, :n)": count("begins_with", 3),
    "contains(a, a) AND begins_with(a)": distinct("contains", "[a]"),
    "NOT (b = :s OR attribute_exists(:s)) AND a = a": document_path("attribute_exists"),
}

UPDATES = {
    "": EMPTY,
    "BARE": syntax("BARE", "BARE"),
    "BARE foo": syntax("BARE", "BARE foo"),
    "SET": syntax("<EOF>", "SET"),
    "SET  REMOVE #a": syntax("REMOVE", "SET  REMOVE #a"),
    "SET a": syntax("<EOF>", "a"),
    "SET a = ": syntax("<EOF>", "="),
    "SET a = VALUE 1": syntax("1", "VALUE 1"),
    "SET a = :n,": syntax("<EOF>", ","),
    "SET a = :n b = :n": syntax("b", ":n b ="),
    "SET a = b + :n + :n": syntax("+", ":n + :n"),
    "SET a = b * :n": syntax("*", "b * :n"),
    "SET a = b = c": syntax("=", "b = c"),
    "SET :n = a": syntax(":n", "SET :n ="),
    "SET add = :n": syntax("add", "SET add ="),
    "SET a = (:n": syntax("<EOF>", ":n"),
    "REMOVE a b": syntax("b", "a b"),
    "REMOVE :n": syntax(":n", "REMOVE :n"),
    "REMOVE a = :n": syntax("=", "a = :n"),
    "ADD a b": syntax("b", "a b"),
    "ADD a (:n)": syntax("(", "a (:n"),
    "ADD a = :n": syntax("=", "a = :n"),
    "DELETE a": syntax("<EOF>", "a"),
    "SET a = ((:n))": REDUNDANT,
    "SET abort = :n": reserved("abort"),
    "SET a = b.value": reserved("value"),
    "REMOVE a.Status": reserved("Status"),
    "SET a = f(:n)": unknown("f"),
    "SET a = size(b)": unknown("size"),
    "SET a = attribute_exists(b)": unknown("attribute_exists"),
    "SET a = If_Not_Exists(b, :n)": unknown("If_Not_Exists"),
    "SET a = :n SET b = :n": section_twice("SET"),
    "REMOVE a remove b": section_twice("REMOVE"),
    "ADD a :n SET b = :n ADD c :n": section_twice("ADD"),
    "DELETE a :ss DELETE b :ss": section_twice("DELETE"),
    "SET #x = :n": undefined_name("#x"),
    "SET a = #x": undefined_name("#x"),
    "SET a = :x": undefined_value(":x"),
    "ADD a :x": undefined_value(":x"),
    "SET a = if_not_exists(b, :x)": undefined_value(":x"),
    "SET a = :n, a = :n": overlap("[a]", "[a]"),
    "SET a.b = :n REMOVE a": overlap("[a, b]", "[a]"),
    "REMOVE a ADD a.b[1] :n": overlap("[a]", "[a, b, [1]]"),
    "SET #a = :n DELETE a :ss": overlap("[a]", "[a]"),
    "REMOVE b, a.x, a.y, a": overlap("[a, x]", "[a]"),
    "SET a.b = :n, a[1] = :n": conflict("[a, b]", "[a, [1]]"),
    "REMOVE a.b[0], a.b.c": conflict("[a, b, [0]]", "[a, b, c]"),
    "ADD a :s": section_type("ADD", "STRING"),
    "ADD a :b": section_type("ADD", "BINARY"),
    "ADD a :null": section_type("ADD", "NULL"),
    "ADD a :bool": section_type("ADD", "BOOLEAN"),
    "ADD a :l": section_type("ADD", "LIST"),
    "ADD a :m": section_type("ADD", "MAP"),
    "DELETE a :n": section_type("DELETE", "NUMBER"),
    "SET a = b + :s": operand_type("+", "S"),
    "SET a = :null - b": operand_type("-", "NULL"),
    "SET a = list_append(b, :ns)": operand_type("list_append", "NS"),
    "SET a = list_append(:s, b)": operand_type("list_append", "S"),
    "SET a = list_append(:n + :n, b)": operand_type("list_append", "N"),
    "SET a = list_append(b, :l) + :n": operand_type("+", "L"),
    "SET a = if_not_exists(b)": count("if_not_exists", 1),
    "SET a = if_not_exists(b, :n, :n)": count("if_not_exists", 3),
    "SET a = list_append(:l)": count("list_append", 1),
    "SET a = if_not_exists(:n, :n)": document_path("if_not_exists"),
    "SET a = if_not_exists(if_not_exists(b, :n), :n)": document_path("if_not_exists"),
    "SET a = if_not_exists(b, list_append(:l, :n))": operand_type("list_append", "N"),
    "S" * 4097: "Expression size has exceeded the maximum allowed size;",
    "SET " + ",".join([f"a{i}=b+:n" for i in range(301)]): (
        "The expression contains too many operators; operator count: 301"
    ),
    # Which comes first.
    "SET year = :n !": syntax("!", ":n !"),
    "SET a = f(:n) SET year = :n": reserved("year"),
    "SET a = f(:n) SET b = :n": unknown("f"),
    "SET #x = :n SET b = :n": section_twice("SET"),
    "SET a = :x, b = #x": undefined_name("#x"),
    "SET a = :x, a = :n": undefined_value(":x"),
    "SET a.b = :n, a[1] = :n, c = :n, c = :n": overlap("[c]", "[c]"),
    "ADD a :s, a.b :n": overlap("[a]", "[a, b]"),
    "SET c = b + :s ADD a :s": section_type("ADD", "STRING"),
}

PROJECTIONS = {
    "": EMPTY,
    "a,": syntax("<EOF>", ","),
    "a b": syntax("b", "a b"),
    ",a": syntax(",", ",a"),
    "a, :n": syntax(":n", ", :n"),
    "size(a)": syntax("(", "size(a"),
    "(a)": syntax("(", "(a"),
    "a[-1]": syntax("-", "[-1"),
    "abort": reserved("abort"),
    "a, b.items": reserved("items"),
    "#x": undefined_name("#x"),
    "a, a": overlap("[a]", "[a]"),
    "a, a.b": overlap("[a]", "[a, b]"),
    "a[1].b, a[1]": overlap("[a, [1], b]", "[a, [1]]"),
    "#a, b, a": overlap("[a]", "[a]"),
    "a.b, a[1]": conflict("[a, b]", "[a, [1]]"),
    "a.b, a[1], c, c": overlap("[c]", "[c]"),
    "#x, a, a": undefined_name("#x"),
    "year, #x": reserved("year"),
    "a" * 4097: "Expression size has exceeded the maximum allowed size;",
}

TABLES = {
    "ConditionExpression": CONDITIONS,
    "UpdateExpression": UPDATES,
    "ProjectionExpression": PROJECTIONS,
}


@pytest.mark.parametrize(
    ("kind", "text", "detail"),
    [
        pytest.param(kind, text, detail, id=f"{kind}-{text[:60]}")
        for kind, table in TABLES.items()
        for text, detail in table.items()
    ],
)
def test_refused(kind, text, detail):
    assert refusal(kind, text) == f"Invalid {kind}: {detail}"


@pytest.mark.parametrize("kind", ["FilterExpression", "KeyConditionExpression"])
@pytest.mark.parametrize("text", ["((a = :s))", "abOrT = :s", "a = :x", "a = a", "a BETWEEN :two AND :n"])
def test_other_conditions_are_refused_alike(kind, text):
    assert refusal(kind, text) == f"Invalid {kind}: {CONDITIONS[text]}"


def test_a_filter_that_is_too_long_is_told_its_size():
    assert refusal("FilterExpression", "a" * 4097) == (
        "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; "
        "expression size: 4097"
    )


@pytest.mark.parametrize(
    "text",
    [
        "((a = :s) OR (b = :s))",
        "(a) = (:s)",
        "NOT (NOT a = :s)",
        "not a=:s and b=:s Or c iN (:s)",
        "a BETWEEN :s AND :t AND b = :s",
        "a[ 0 ] . b = :s",
        "#a.#2 = :s",
        ":s = :s",
        ":s = :t",
        "a IN (a)",
        "a BETWEEN a AND :s",
        "contains(:ss, a)",
        "attribute_type(a, :N)",
        "_a = :s",
        "size(:l) > :n",
        "size (a) = :n",
        "(size(a)) = :n",
        "(attribute_exists(a))",
        "(attribute_exists(a)) AND (contains(a, :s))",
        f"a IN ({', '.join([':s'] * 100)})",
        " OR ".join(["a = :s"] * 150),
        "(" * 149 + "a = :s" + " AND b = :s)" * 149,
        "NOT (a=:s AND " * 90 + "a=:s" + ")" * 90,
        ".".join(["a"] * 32) + " = :s",
        f"a[{2**31 - 1}] = :s",
        ("a = :s" + " " * 4096)[:4096],
    ],
)
def test_accepted_conditions(text):
    assert condition(text, BINDINGS).test({}) in (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "set a = :n",
        "SET a=:n REMOVE b ADD c :n DELETE d :ss",
        "DELETE d :ss, e :ns REMOVE a[0], a[1] SET f.g = :n, f.h = :n",
        "SET a = (b + :n)",
        "SET a = (b) - (c)",
        "SET a = if_not_exists(a, :n) + :n",
        "SET a = list_append(if_not_exists(l, :l), :l)",
        "SET a = if_not_exists(b, c + :n)",
        "SET " + ",".join([f"a{i}=b+:n" for i in range(300)]),
        "SET a = " + "if_not_exists(a," * 150 + ":n" + ")" * 150,
    ],
)
def test_accepted_updates(text):
    assert update(text, BINDINGS).paths


def test_every_reserved_word_is_refused_in_any_case():
    assert len(RESERVED) == 573
    operators = {"AND", "OR", "NOT", "BETWEEN", "IN"}
    for word in RESERVED - operators:
        assert refusal("ProjectionExpression", word.title()).endswith(reserved(word.title()))
