"""Runs of blocks of Python, with boto3: the block is executed, then its functions are called."""

from typing import Any

from .bench import Bench, run
from .blocks import Block

USERS = "koneksi-staging-users"


@run
def users_in_python(block: Block, bench: Bench) -> None:
    bench.create_table(USERS, "id:S")
    block_globals: dict[str, Any] = {}
    exec(compile(block.text, block.name, "exec"), block_globals)
    user = {"id": "user1", "name": "Test User", "email": "test@example.com"}
    changes = {"name": "Updated Name", "email": "new@example.com"}
    try:
        block_globals["put_item"]()
        assert block_globals["get_item"]("user1")["Item"] == user
        block_globals["update_item"]("user1", changes)
        assert block_globals["get_item"]("user1")["Item"] == user | changes
        assert bench.items(USERS) == [{name: {"S": value} for name, value in (user | changes).items()}]
        block_globals["delete_item"]("user1")
        assert "Item" not in block_globals["get_item"]("user1")
    finally:
        block_globals["dynamodb"].meta.client.close()
    assert bench.items(USERS) == []
