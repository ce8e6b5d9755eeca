"""Statements to trees: what each clause, literal and function becomes, and what is refused.

Source: "PartiQL for DynamoDB" of the developer guide; texts of refusals as AWS gives them.
"""

import pytest

from stator.base.errors import ApiError
from stator.expressions.ast import (
    Action,
    And,
    Arithmetic,
    Attribute,
    Between,
    Comparison,
    Function,
    In,
    Not,
    Or,
    Value,
)
from stator.expressions.partiql.ast import Delete, Exists, Insert, Order, Returning, Select, Source, Update
from stator.expressions.partiql.bind import bind
from stator.expressions.partiql.parser import parse

MALFORMED = "Statement wasn't well formed, can't be processed: "
A, B = Attribute(("a",)), Attribute(("b",))
V0, V1, V2 = (Value(f":{number}") for number in range(3))
P0 = Value(":p0")


def refused(text, parameters=None):
    with pytest.raises(ApiError) as caught:
        bind(text, parameters)
    assert caught.value.name == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("SELECT * FROM t", Select(Source("t"), None, None)),
        ("select * from t;", Select(Source("t"), None, None)),
        ('SELECT * FROM "my-t"."i.x"', Select(Source("my-t", "i.x"), None, None)),
        ('SELECT a, "b" FROM t', Select(Source("t"), (A, B), None)),
        ('SELECT a.b[0]."c d"[12] FROM t', Select(Source("t"), (Attribute(("a", "b", 0, "c d", 12)),), None)),
        ("SELECT/* all */* FROM t -- of them", Select(Source("t"), None, None)),
        ('SELECT "say ""x""" FROM t', Select(Source("t"), (Attribute(('say "x"',)),), None)),
        (
            "SELECT * FROM t WHERE a = 1 ORDER BY a DESC, b asc, c",
            Select(
                Source("t"),
                None,
                Comparison("=", A, V0),
                (Order("a", True), Order("b", False), Order("c", False)),
            ),
        ),
        ("INSERT INTO t VALUE {'a': 1, 'b c': ?}", Insert(Source("t"), (("a", V0), ("b c", P0)))),
        ("insert into t value {}", Insert(Source("t"), ())),
        (
            "UPDATE t SET a = 1, b = a SET c = b + 1 REMOVE d[0], e WHERE a = 'x' RETURNING ALL NEW *",
            Update(
                Source("t"),
                (
                    Action("SET", A, V0),
                    Action("SET", B, A),
                    Action("SET", Attribute(("c",)), Arithmetic("+", B, V1)),
                    Action("REMOVE", Attribute(("d", 0))),
                    Action("REMOVE", Attribute(("e",))),
                ),
                Comparison("=", A, V2),
                Returning("ALL", "NEW"),
            ),
        ),
        (
            "UPDATE t SET a = SET_ADD(a, <<1>>) SET b = set_delete(b, ?)",
            Update(Source("t"), (Action("ADD", A, V0), Action("DELETE", B, P0)), None),
        ),
        (
            "UPDATE t SET a = LIST_APPEND(if_not_exists(a, []), ?)",
            Update(
                Source("t"),
                (Action("SET", A, Function("list_append", (Function("if_not_exists", (A, V0)), P0))),),
                None,
            ),
        ),
        (
            "DELETE FROM t WHERE a = 1 RETURNING ALL OLD *",
            Delete(Source("t"), Comparison("=", A, V0), Returning("ALL", "OLD")),
        ),
        ("EXISTS(SELECT * FROM t WHERE a = 1)", Exists(Source("t"), Comparison("=", A, V0))),
    ],
)
def test_statement(text, statement):
    assert parse(text).statement == statement


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = 1", Comparison("=", A, V0)),
        ("1 = a", Comparison("=", V0, A)),
        ("a <> 1", Comparison("<>", A, V0)),
        ("a != 1", Comparison("<>", A, V0)),
        ("a >= b", Comparison(">=", A, B)),
        ("a BETWEEN 1 AND 2", Between(A, V0, V1)),
        ("a NOT BETWEEN 1 AND 2", Not(Between(A, V0, V1))),
        ("a IN [1, ?]", In(A, (V0, P0))),
        ("a in (1, 'x')", In(A, (V0, V1))),
        ("a NOT IN [1]", Not(In(A, (V0,)))),
        ("a IS MISSING", Function("attribute_not_exists", (A,))),
        ("a is not missing", Function("attribute_exists", (A,))),
        ("a IS NULL", Function("attribute_type", (A, V0))),
        ("a IS NOT NULL", Not(Function("attribute_type", (A, V0)))),
        ("BEGINS_WITH(a, 'x')", Function("begins_with", (A, V0))),
        ("Contains(a.b[1], 'x')", Function("contains", (Attribute(("a", "b", 1)), V0))),
        ("attribute_type(a, 'S')", Function("attribute_type", (A, V0))),
        ("size(a) > 3", Comparison(">", Function("size", (A,)), V0)),
        ("NOT a = 1", Not(Comparison("=", A, V0))),
        ("NOT NOT a = 1", Not(Not(Comparison("=", A, V0)))),
        (
            "a = 1 OR b = 2 AND a = 3",
            Or((Comparison("=", A, V0), And((Comparison("=", B, V1), Comparison("=", A, V2))))),
        ),
        (
            "(a = 1 OR b = 2) AND a = 3",
            And((Or((Comparison("=", A, V0), Comparison("=", B, V1))), Comparison("=", A, V2))),
        ),
        ("((a = 1))", Comparison("=", A, V0)),
    ],
)
def test_condition(text, tree):
    assert parse(f"SELECT * FROM t WHERE {text}").statement.where == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'x'", {"S": "x"}),
        ("'it''s'", {"S": "it's"}),
        ("''", {"S": ""}),
        ("'SELECT ? -- no /* comment'", {"S": "SELECT ? -- no /* comment"}),
        ("1", {"N": "1"}),
        ("-1.50", {"N": "-1.5"}),
        ("- - 2", {"N": "2"}),
        ("+3", {"N": "3"}),
        (".5", {"N": "0.5"}),
        ("1e3", {"N": "1000"}),
        ("12E-1", {"N": "1.2"}),
        ("true", {"BOOL": True}),
        ("FALSE", {"BOOL": False}),
        ("null", {"NULL": True}),
        ("[]", {"L": []}),
        ("{}", {"M": {}}),
        ("[1, 'a', [TRUE], {'x': NULL}]", {"L": [
            {"N": "1"}, {"S": "a"}, {"L": [{"BOOL": True}]}, {"M": {"x": {"NULL": True}}}
        ]}),
        ("<<1, 2.0>>", {"NS": ["1", "2"]}),
        ("<<'a', 'b'>>", {"SS": ["a", "b"]}),
        ("{'s': <<'a'>>}", {"M": {"s": {"SS": ["a"]}}}),
    ],
)  # fmt: skip
def test_literal(text, value):
    assert bind(f"INSERT INTO t VALUE {{'a': {text}}}", None).values == {":0": value}


def test_a_text_is_parsed_once():
    assert parse("SELECT * FROM once") is parse("SELECT * FROM once")


def test_parameters_are_bound_in_order_and_normalised():
    bound = bind("SELECT * FROM t WHERE a = ? AND b = 'x' AND a <> ?", [{"N": "1.0"}, {"B": "YQ=="}])
    assert bound.values == {":p0": {"N": "1"}, ":p1": {"B": "YQ=="}, ":0": {"S": "x"}}
    assert bound.where == And(
        (
            Comparison("=", A, Value(":p0", "N")),
            Comparison("=", B, Value(":0", "S")),
            Comparison("<>", A, Value(":p1", "B")),
        )
    )


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "Expected data manipulation"),
        ("SLECT * FROM t", "Expected data manipulation"),
        ("CREATE TABLE t", "Expected data manipulation"),
        ("SELECT * FROM t garbage", "Unexpected token after expression"),
        ("SELECT * FROM t WHERE a = 1 LIMIT 3", "Unexpected token after expression"),
        ("SELECT * FROM t; SELECT * FROM t", "Unexpected token after expression"),
        ("UPDATE t SET a = 1 + 2 + 3 WHERE a = 1", "Unexpected token after expression"),
        ("SELECT * FROM t WHERE", "Unexpected term"),
        ("SELECT * FROM t WHERE a", "Unexpected term"),
        ("SELECT * FROM t WHERE a <", "Unexpected term"),
        ("SELECT * FROM t WHERE a = SELECT", "Unexpected keyword"),
        ("SELECT FROM t", "Unexpected keyword"),
        ("SELECT a t", "Expected FROM"),
        ("SELECT * FROM t WHERE (a = 1", "Expected RIGHT_PAREN"),
        ("SELECT * FROM t WHERE a IN [1", "Expected RIGHT_BRACKET"),
        ("SELECT * FROM t WHERE a BETWEEN 1", "Expected AND"),
        ("SELECT * FROM t ORDER a", "Expected BY"),
        ("INSERT t VALUE {}", "Expected INTO"),
        ("INSERT INTO t VALUES (1)", "Unexpected term"),
        ("INSERT INTO t VALUE {'a' 1}", "Expected COLON"),
        ("INSERT INTO t VALUE {'a': 1,}", "Expected LITERAL"),
        ("INSERT INTO t VALUE {'a': <<1}", "Expected RIGHT_DOUBLE_ANGLE_BRACKET"),
        ("UPDATE t WHERE a = 1", "Unexpected keyword"),
        ("DELETE FROM t WHERE a = 1 RETURNING ALL", "Unexpected term"),
        ("DELETE FROM t WHERE a = 1 RETURNING ALL OLD", "Expected STAR"),
        ("EXISTS(DELETE FROM t)", "Unexpected keyword"),
        ("SELECT * FROM t WHERE a = 'open", ""),
        ("SELECT * FROM t /* open", ""),
        ("SELECT * FROM t WHERE a = #b", ""),
        ("SELECT * FROM t WHERE " + "(" * 1000, "The condition has too many levels"),
        ("SELECT * FROM t WHERE " + "NOT " * 1000 + "a = 1", "The condition has too many levels"),
        ("SELECT * FROM t WHERE " + "size(" * 1000 + "a", "The condition has too many levels"),
    ],
)
def test_malformed(text, detail):
    assert refused(text) == MALFORMED + detail


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT COUNT(*) FROM t", "Unexpected path component at 1:8:5"),
        ("SELECT\n  a, size(a) FROM t", "Unexpected path component at 2:6:4"),
        ("SELECT a[1.5] FROM t", "Unexpected path component at 1:10:3"),
        (
            "SELECT a[2147483648] FROM t",
            "List index is not within the allowable range; index: [2147483648] at 1:10:10",
        ),
        ("SELECT *, a FROM t", "Other attributes should not be present in the projection when '*' is used."),
        ("SELECT a, * FROM t", "Other attributes should not be present in the projection when '*' is used."),
        ('SELECT * FROM ""', "Path component cannot be an empty string"),
        ('SELECT * FROM t.""', "Path component cannot be an empty string"),
        ("SELECT * FROM a.b.c", "A path may contain at most 2 components in the FROM clause"),
        ("UPDATE t.i SET a = 1 WHERE a = 1", "This operation is not supported on an index"),
        ("DELETE FROM t.i WHERE a = 1", "This operation is not supported on an index"),
        (
            "INSERT INTO t.i VALUE {}",
            "FROM clause may only contain a single table name in data manipulation statements at 1:13:1",
        ),
        (
            "UPDATE t, u SET a = 1 WHERE a = 1",
            "FROM clause may only contain a single table name in data manipulation statements at 1:8:1",
        ),
        (
            "DELETE FROM t WHERE a = 1 RETURNING MODIFIED OLD *",
            "Invalid returning clause: RETURNING MODIFIED OLD *. "
            "Only RETURNING ALL OLD * is allowed in DELETE statements.",
        ),
        ("INSERT INTO t VALUE {'a': <<>>}", "Empty bags are not supported"),
        (
            "INSERT INTO t VALUE {'a': <<1, 'b'>>}",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags",
        ),
        (
            "INSERT INTO t VALUE {'a': {'b': [1, ?]}}",
            "Unsupported data type: Parameter under key root.b[1] at 1:37:1",
        ),
        (
            "INSERT INTO t VALUE {'a': " + "[" * 33 + "]" * 33 + "}",
            "Nesting Levels have exceeded supported limits under root" + "[0]" * 32,
        ),
        ("SELECT * FROM t WHERE nvl(a)", "Invalid function name; function: nvl"),
        ("UPDATE t SET a = size(a) WHERE a = 1", "Invalid function name; function: size"),
        (
            "UPDATE t SET a = set_add(b, <<1>>) WHERE a = 1",
            "The first argument to SET_ADD must equal the assignment value at 1:18:7",
        ),
        (
            "UPDATE t SET a = set_delete(a, 1) WHERE a = 1",
            "The second argument to SET_DELETE must be a value with type SET at 1:29:1",
        ),
        (
            "SELECT * FROM t WHERE a < [1]",
            "Incorrect operand type for operator or function; operator or function: <, operand type: L",
        ),
        (
            "SELECT * FROM t WHERE a BETWEEN TRUE AND FALSE",
            "Incorrect operand type for operator or function; operator or function: BETWEEN, "
            "operand type: BOOL",
        ),
        (
            "SELECT * FROM t WHERE contains(a)",
            "Incorrect number of operands for operator or function; operator or function: contains, "
            "number of operands: 1",
        ),
        (
            "SELECT * FROM t WHERE attribute_type(a, 'X')",
            "Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "SELECT * FROM t WHERE a IN [" + "1," * 100 + "1]",
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
        (
            "SELECT * FROM t WHERE size(begins_with(a, 'x')) = 1",
            "The function is not allowed to be used this way in an expression; function: begins_with",
        ),
        (
            "UPDATE t SET a = 1 REMOVE a.b WHERE a = 1",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; "
            "path one: [a], path two: [a, b]",
        ),
        (
            "UPDATE t SET a = b + 'x' WHERE a = 1",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "SELECT * FROM t WHERE a = 1e400",
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        ("SELECT * FROM t WHERE a = ?", "Number of parameters in request and statement don't match."),
    ],
)  # fmt: skip
def test_refused(text, message):
    assert refused(text) == message


def test_too_many_parameters():
    message = "Number of parameters in request and statement don't match."
    assert refused("SELECT * FROM t", [{"S": "x"}]) == message


def test_a_set_may_come_as_a_parameter():
    text = "UPDATE t SET a = set_add(a, ?) WHERE a = 1"
    assert bind(text, [{"BS": ["YQ=="]}]).changes.paths == (("a",),)
    assert refused(text, [{"L": []}]) == (
        "The second argument to SET_ADD must be a value with type SET at 1:26:1"
    )
