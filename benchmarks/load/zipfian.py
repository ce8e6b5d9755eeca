"""How YCSB draws keys: a few are asked for most of the time.

The zipfian generator is that of Gray et al., "Quickly generating billion-record synthetic databases" (1994),
with YCSB's constant 0.99. Scrambled, the favourites are spread over all keys by an FNV hash, as YCSB does;
latest, they are those that were inserted last.
"""

import random
from typing import Final

_THETA: Final = 0.99
_ALL: Final = 10_000_000_000  # YCSB draws among so many before it scrambles
_ZETA_ALL: Final = 26.46902820178302  # of all of them; YCSB has it as a constant
_ZETA_2: Final = 1 + 0.5**_THETA
_FNV_OFFSET: Final = 0xCBF29CE484222325
_FNV_PRIME: Final = 1099511628211
_MASK: Final = (1 << 64) - 1


class Zipfian:
    """Numbers below `count`, small ones most often."""

    def __init__(self, draw: random.Random, count: int, zeta: float | None = None) -> None:
        self._draw = draw.random
        self._count = count
        self._zeta = zeta or sum(1 / number**_THETA for number in range(1, count + 1))
        self._alpha = 1 / (1 - _THETA)
        self._eta = (1 - (2 / count) ** (1 - _THETA)) / (1 - _ZETA_2 / self._zeta)

    def next(self) -> int:
        """A number."""
        share = self._draw()
        weight = share * self._zeta
        if weight < 1:
            return 0
        if weight < _ZETA_2:
            return 1
        return int(self._count * (self._eta * share - self._eta + 1) ** self._alpha)


class Scrambled:
    """Numbers below `count`, some of them most often, no matter which."""

    def __init__(self, draw: random.Random, count: int) -> None:
        self._zipfian = Zipfian(draw, _ALL, _ZETA_ALL)
        self._count = count

    def next(self) -> int:
        """A number."""
        return fnv(self._zipfian.next()) % self._count


def fnv(number: int) -> int:
    """The 64-bit FNV hash of a number's eight bytes, the lowest first."""
    found = _FNV_OFFSET
    for _ in range(8):
        found = (found ^ (number & 0xFF)) * _FNV_PRIME & _MASK
        number >>= 8
    return found
