"""Random requests in two forms: a PartiQL statement, and the operation and parameters that it stands for.

They are about tables as `new_table` makes them, and follow from the `random.Random` that is given.
"""

import random
from typing import Any, NamedTuple

from harness.api import Api, global_index, local_index

Value = dict[str, Any]

PARTITIONS = ["p", "q", "r"]
SORTS = range(12)
NAMES = ["a", "b", "c"]
PATHS = ["a", "b", "c.k", "b[0]"]


def new_table(api: Api) -> str:
    """An empty table with both keys, a local index and a global one."""
    return api.table(
        "pk:S sk:N", local_index("local", "pk l"), global_index("global", "g h"), l="S", g="S", h="N"
    )


def random_value(chance: random.Random) -> Value:
    """A value of any type that statements can write."""
    return chance.choice(
        [
            {"N": str(chance.randrange(4))},
            {"S": chance.choice(["x", "xy", "yx"])},
            {"BOOL": chance.random() < 0.5},
            {"NULL": True},
            {"SS": chance.choice([["x"], ["x", "y"]])},
            {"L": [{"N": str(chance.randrange(3))}, {"S": "x"}]},
            {"M": {"k": {"N": str(chance.randrange(3))}}},
        ]
    )


def random_item(chance: random.Random, key: dict[str, Value]) -> dict[str, Value]:
    """An item with a key, in some of the indexes."""
    optional = {name: random_value(chance) for name in NAMES} | {
        "l": {"S": chance.choice("abc")},
        "g": {"S": chance.choice("mn")},
        "h": {"N": str(chance.randrange(5))},
    }
    return key | {name: value for name, value in optional.items() if chance.random() < 0.75}


def literal(value: Value) -> str:
    """An attribute value as PartiQL writes it."""
    ((kind, content),) = value.items()
    if kind == "S":
        return f"'{content}'"
    if kind == "NULL":
        return "NULL"
    if kind == "SS":
        return f"<<{', '.join(map(repr, content))}>>"
    if kind == "L":
        return f"[{', '.join(map(literal, content))}]"
    if kind == "M":
        return "{" + ", ".join(f"'{name}': {literal(member)}" for name, member in content.items()) + "}"
    return str(content)


class Text(NamedTuple):
    """A part of a statement and of an expression, with the expression's values."""

    partiql: str
    expression: str
    values: dict[str, Value]


def joined(form: str, path: str, *values: Text) -> Text:
    """A text of the same form in both languages, about a path and values."""
    return Text(
        form.format(path, *[value.partiql for value in values]),
        form.format(path, *[value.expression for value in values]),
        _values(*values),
    )


def _values(*texts: Text) -> dict[str, Value]:
    return {name: value for text in texts for name, value in text.values.items()}


class Texts:
    """Makes random parts of one request, whose placeholders are all different."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._placeholders = 0

    def value(self, value: Value) -> Text:
        """A value."""
        self._placeholders += 1
        placeholder = f":v{self._placeholders}"
        return Text(literal(value), placeholder, {placeholder: value})

    def condition(self, depth: int = 2) -> Text:
        """A condition on attributes that are no keys."""
        if depth and self._chance.random() < 0.4:
            one, two = self.condition(depth - 1), self.condition(depth - 1)
            word = self._chance.choice(["AND", "OR"])
            return Text(
                f"({one.partiql} {word} {two.partiql})",
                f"({one.expression} {word} {two.expression})",
                _values(one, two),
            )
        leaf = self._leaf(self._chance.choice(PATHS))
        if self._chance.random() < 0.1:
            return Text(f"NOT ({leaf.partiql})", f"NOT ({leaf.expression})", leaf.values)
        return leaf

    def _leaf(self, path: str) -> Text:
        chance = self._chance
        form = chance.choice(["missing", "there", "contains", "begins", "BETWEEN", "IN", "equal", "ordered"])
        if form in ("missing", "there"):
            state, function = {
                "missing": ("MISSING", "attribute_not_exists"),
                "there": ("NOT MISSING", "attribute_exists"),
            }[form]
            return Text(f"{path} IS {state}", f"{function}({path})", {})
        if form in ("contains", "begins"):
            function = {"contains": "contains", "begins": "begins_with"}[form]
            return joined(function + "({}, {})", path, self.value({"S": "x"}))
        if form == "BETWEEN":
            low, high = sorted(chance.sample(range(4), 2))
            bounds = [self.value({"N": str(bound)}) for bound in (low, high)]
            return joined("{} BETWEEN {} AND {}", path, *bounds)
        if form == "IN":
            options = [self.value(random_value(chance)) for _ in range(2)]
            return joined("{} IN ({}, {})", path, *options)
        if form == "equal":
            return joined(chance.choice(["{} = {}", "{} <> {}"]), path, self.value(random_value(chance)))
        operator = chance.choice(["<", "<=", ">", ">="])
        return joined("{} " + operator + " {}", path, self.value({"N": str(chance.randrange(4))}))

    def sort_term(self, name: str, kind: str, contents: list[str]) -> Text | None:
        """A condition on a sort key, or none; `contents` are in its order."""
        chance = self._chance
        form = chance.choice(["", "=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"])
        if not form or (form == "begins_with" and kind == "N"):
            return None
        low, high = sorted(chance.choices(range(len(contents)), k=2))
        values = [self.value({kind: contents[bound]}) for bound in (low, high)]
        if form == "BETWEEN":
            return joined("{} BETWEEN {} AND {}", name, *values)
        if form == "begins_with":
            return joined("begins_with({}, {})", name, values[0])
        return joined("{} " + form + " {}", name, values[0])


class Source(NamedTuple):
    """What can be read, the names of its keys, and values of them; the sort key's in order."""

    index: str | None
    hash: str
    partitions: list[str]
    sort: str
    kind: str
    sorts: list[str]


SOURCES = [
    Source(None, "pk", PARTITIONS, "sk", "N", [str(number) for number in SORTS]),
    Source("local", "pk", PARTITIONS, "l", "S", ["a", "b", "c"]),
    Source("global", "g", ["m", "n"], "h", "N", ["0", "1", "2", "3", "4"]),
]


class Request(NamedTuple):
    """A statement, whose table is `{}`, and the operation with its parameters but for the table."""

    statement: str
    operation: str
    parameters: dict[str, Any]


def random_read(chance: random.Random) -> Request:
    """A SELECT that is a Query or a Scan."""
    source = chance.choice(SOURCES)
    texts = Texts(chance)
    parameters: dict[str, Any] = {} if source.index is None else {"IndexName": source.index}
    clauses: list[Text] = []
    order = ""
    is_query = chance.random() < 0.7
    if is_query:
        partition = texts.value({"S": chance.choice(source.partitions)})
        clauses.append(joined("{} = {}", source.hash, partition))
        sort = texts.sort_term(source.sort, source.kind, source.sorts)
        if sort is not None:
            clauses.append(sort)
        parameters["KeyConditionExpression"] = " AND ".join(clause.expression for clause in clauses)
        direction = chance.choice(["", "ASC", "DESC"])
        if direction:
            order = f" ORDER BY {source.sort} {direction}"
            parameters["ScanIndexForward"] = direction == "ASC"
    if chance.random() < 0.6:
        clauses.append(texts.condition())
        parameters["FilterExpression"] = clauses[-1].expression
    columns = "*"
    if chance.random() < 0.4:
        columns = ", ".join(chance.sample(["pk", "sk", "a", "b", "c", "l"], 3))
        parameters["ProjectionExpression"] = columns
    if chance.random() < 0.5:
        parameters["Limit"] = chance.randrange(1, 6)
    values = _values(*clauses)
    if values:
        parameters["ExpressionAttributeValues"] = values
    chance.shuffle(clauses)
    where = f" WHERE {' AND '.join(clause.partiql for clause in clauses)}" if clauses else ""
    named = '"{}"' + (f'."{source.index}"' if source.index else "")
    statement = f"SELECT {columns} FROM {named}{_escaped(where)}{order}"
    return Request(statement, "Query" if is_query else "Scan", parameters)


def _escaped(text: str) -> str:
    """A text that `str.format` leaves as it is."""
    return text.replace("{", "{{").replace("}", "}}")


RETURNING = {
    "": "NONE",
    " RETURNING ALL OLD *": "ALL_OLD",
    " RETURNING ALL NEW *": "ALL_NEW",
    " RETURNING MODIFIED OLD *": "UPDATED_OLD",
    " RETURNING MODIFIED NEW *": "UPDATED_NEW",
}


def random_write(chance: random.Random) -> Request:
    """A write that is a PutItem, an UpdateItem or a DeleteItem."""
    key = {"pk": {"S": chance.choice(PARTITIONS)}, "sk": {"N": str(chance.choice(SORTS))}}
    kind = chance.choice(["insert", "update", "update", "delete"])
    if kind == "insert":
        item = random_item(chance, key)
        statement = f'INSERT INTO "{{}}" VALUE {_escaped(literal({"M": item}))}'
        return Request(
            statement, "PutItem", {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        )
    texts = Texts(chance)
    test = texts.condition() if chance.random() < 0.5 else None
    if kind == "update":
        changes = _changes(chance, texts)
        returning = chance.choice(list(RETURNING))
        condition = "attribute_exists(pk)" + (f" AND {test.expression}" if test else "")
        opening, operation = f'UPDATE "{{}}" {_escaped(changes.partiql)}', "UpdateItem"
        parameters: dict[str, Any] = {"UpdateExpression": changes.expression}
    else:
        changes = None
        returning = chance.choice(list(RETURNING)[:2])
        condition = f"attribute_not_exists(pk) OR {test.expression}" if test else ""
        opening, operation = 'DELETE FROM "{}"', "DeleteItem"
        parameters = {}
    parameters |= {"Key": key, "ReturnValues": RETURNING[returning]}
    if condition:
        parameters["ConditionExpression"] = condition
    values = _values(*[text for text in (changes, test) if text is not None])
    if values:
        parameters["ExpressionAttributeValues"] = values
    where = " AND ".join(
        [f"{name} = {literal(value)}" for name, value in key.items()] + ([test.partiql] if test else [])
    )
    return Request(f"{opening} WHERE {_escaped(where)}{returning}", operation, parameters)


# A change as PartiQL's clause, as the expression's section, and as the action in that.
CHANGES = [
    ("REMOVE {}", "REMOVE", "{}"),
    ("SET {0} = {0} + {1}", "SET", "{0} = {0} + {1}"),
    ("SET {0} = {1}", "SET", "{0} = {1}"),
    ("SET {0} = if_not_exists({0}, {1})", "SET", "{0} = if_not_exists({0}, {1})"),
    ("SET {0} = list_append({0}, {1})", "SET", "{0} = list_append({0}, {1})"),
    ("SET {0} = set_add({0}, {1})", "ADD", "{0} {1}"),
    ("SET {0} = set_delete({0}, {1})", "DELETE", "{0} {1}"),
]


def _changes(chance: random.Random, texts: Texts) -> Text:
    """Changes of one to three attributes."""
    targets = chance.sample(["a", "b[1]", "c.k", "l", "d"], chance.randrange(1, 4))
    clauses = []
    sections: dict[str, list[str]] = {}
    values: dict[str, Value] = {}
    for target in targets:
        clause, section, action = CHANGES[2] if target == "l" else chance.choice(CHANGES)
        if target == "l":
            value = {"S": "b"}
        elif section in ("ADD", "DELETE"):
            value = {"SS": ["x", "z"]}
        elif "+" in clause:
            value = {"N": "2"}
        elif "list_append" in clause:
            value = {"L": [{"S": "z"}]}
        else:
            value = random_value(chance)
        text = texts.value(value)
        clauses.append(clause.format(target, text.partiql))
        sections.setdefault(section, []).append(action.format(target, text.expression))
        if section != "REMOVE":
            values |= text.values
    expression = " ".join(f"{section} {', '.join(actions)}" for section, actions in sections.items())
    return Text(" ".join(clauses), expression, values)
