"""Waking the background jobs after a change that gives them something to do."""

from collections.abc import Awaitable

from stator.operations.registry import Call, Reply


async def then_work(call: Call, reply: Awaitable[Reply]) -> Reply:
    """Wake the jobs once a change is durable: spaces to fill, dropped ones to free."""
    result = await reply
    call.database.work.set()
    return result


async def then_copy(call: Call, reply: Awaitable[Reply]) -> Reply:
    """Wake the jobs that copy tables once what one is to do is durable."""
    result = await reply
    call.database.copies.set()
    return result
