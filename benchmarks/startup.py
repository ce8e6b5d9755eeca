"""How long a peer takes from its start to its first answer, and how much memory it then holds, idle."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.peers.registry import Peer, launch

_IDLE_SECONDS: Final = 0.5


class Starts(msgspec.Struct, frozen=True, kw_only=True):
    """Starts of a peer: seconds to the first answer of each, and resident bytes when idle, of one worker.

    `data` is `new` (an empty directory, or memory) or `existing` (the directory that was measured on).
    """

    peer: str
    data: str
    seconds: list[float]
    resident: list[int]

    @property
    def median(self) -> float:
        """The median, in seconds."""
        return statistics.median(self.seconds)


def measure_starts(peer: Peer, data: str, cache: Path, directories: Sequence[Path]) -> Starts:
    """Start a peer in one directory after the other. Raises CannotStart."""
    seconds, resident = [], []
    for directory in directories:
        server = launch(peer, cache, directory)
        try:
            seconds.append(round(server.first_answer, 4))
            time.sleep(_IDLE_SECONDS)
            if (memory := server.memory()) is not None:
                resident.append(memory.resident)
        finally:
            server.stop(forget=not peer.keeps)
    return Starts(peer=peer.name, data=data, seconds=seconds, resident=resident)
