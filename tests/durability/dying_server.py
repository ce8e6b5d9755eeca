"""A server that kills itself when it comes to a certain place.

    python dying_server.py <module>:<function> <before|after> <times> serve --port ... --data ...

It dies before or after the function's so-manieth call, as from `kill -9`: nothing is finished, nothing is
cleaned up. All else is the real server.
"""

import functools
import importlib
import inspect
import os
import signal
import sys
from itertools import count
from typing import Any

from stator.cli.main import main


def plant(place: str, moment: str, times: int) -> None:
    """Make the process die at a place, such as `stator.copies.backup_writer:_Writer.finish`."""
    module, _, path = place.partition(":")
    owner: Any = importlib.import_module(module)
    *owners, name = path.split(".")
    for part in owners:
        owner = getattr(owner, part)
    real = getattr(owner, name)
    calls = count(1)

    def is_last() -> bool:
        return next(calls) == times

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if inspect.iscoroutinefunction(real):

        @functools.wraps(real)
        async def deadly_coroutine(*arguments: Any, **named: Any) -> Any:
            last = is_last()
            if last and moment == "before":
                die()
            result = await real(*arguments, **named)
            if last:
                die()
            return result

        setattr(owner, name, deadly_coroutine)
        return

    @functools.wraps(real)
    def deadly(*arguments: Any, **named: Any) -> Any:
        last = is_last()
        if last and moment == "before":
            die()
        result = real(*arguments, **named)
        if last:
            die()
        return result

    setattr(owner, name, deadly)


if __name__ == "__main__":
    fault, when, number = sys.argv[1:4]
    del sys.argv[1:4]
    plant(fault, when, int(number))
    sys.exit(main())
