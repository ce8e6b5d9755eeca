"""Where the blocks run: a server without tables, the programs that talk to it, and the register of runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.javascript import PRELOADS, run_script
from harness.programs import Finished, Terminal

from .blocks import Block

# The address that the documents write for DynamoDB Local. Stator takes its place, at a port of its own.
LOCAL_ADDRESS = "http://localhost:8000"


@dataclass(frozen=True)
class Bench:
    """A server, seen by its clients."""

    terminal: Terminal
    client: Any  # of boto3
    resource: Any

    def clear(self) -> None:
        """Delete all tables."""
        for page in self.client.get_paginator("list_tables").paginate():
            for name in page["TableNames"]:
                self.client.delete_table(TableName=name)

    def shell(self, text: str, *, answers: str = "", **variables: str | None) -> Finished:
        """Run a block of shell commands; `answers` are typed to what they ask."""
        text = text.replace(LOCAL_ADDRESS, self.terminal.url)
        return self.terminal.run("sh", "-e", "-c", text, text=answers, variables=variables)

    def javascript(self, sdk: str, text: str, then: str, *, given: str = "", **variables: str) -> Any:
        """What the expression `then` is after a block of JavaScript ran, on that version of the SDK.

        `given` is what the block takes for granted. The expression may await.
        """
        program = (
            f"{given}\n{text}\n;(async () => {{ process.stdout.write(JSON.stringify({then})) }})()"
            ".catch((error) => { console.error(error); process.exitCode = 1 })"
        )
        return run_script(self.terminal, text=program, sdk=sdk, **variables).json

    def create_table(self, name: str, *keys: str, indexes: dict[str, tuple[str, ...]] | None = None) -> None:
        """Create a table whose keys are written as name:type, partition key first; indexes likewise."""
        named = {"": keys, **(indexes or {})}
        definitions = dict(key.split(":") for columns in named.values() for key in columns)
        schema = {
            index: [
                {"AttributeName": key.split(":")[0], "KeyType": kind}
                for key, kind in zip(columns, ("HASH", "RANGE"), strict=False)
            ]
            for index, columns in named.items()
        }
        secondary = [
            {"IndexName": index, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}
            for index, keys in schema.items()
            if index
        ]
        self.client.create_table(
            TableName=name,
            KeySchema=schema[""],
            AttributeDefinitions=[
                {"AttributeName": key, "AttributeType": kind} for key, kind in definitions.items()
            ],
            BillingMode="PAY_PER_REQUEST",
            **({"GlobalSecondaryIndexes": secondary} if secondary else {}),
        )

    def table(self, name: str) -> Any:
        """Its description."""
        return self.client.describe_table(TableName=name)["Table"]

    def items(self, name: str) -> list[Any]:
        """All its items."""
        return self.client.scan(TableName=name, ConsistentRead=True)["Items"]


Run = Callable[[Block, Bench], None]
RUNS: dict[str, Run] = {}
SDKS = tuple(PRELOADS)


def run(function: Run) -> Run:
    """Register a run under its name, by which the list knows it."""
    assert function.__name__ not in RUNS
    RUNS[function.__name__] = function
    return function


def keys_of(description: Any) -> list[tuple[str, str, str]]:
    """The key of a described table or index: name, type (an index has none) and kind of each attribute."""
    definitions = description.get("AttributeDefinitions", ())
    types = {row["AttributeName"]: row["AttributeType"] for row in definitions}
    return [
        (row["AttributeName"], types.get(row["AttributeName"], ""), row["KeyType"])
        for row in description["KeySchema"]
    ]
