"""A bounded cache of programs, so that a text is parsed once and not once per request.

Two generations stand in for the order of use: what is found in the old one moves to the young one, and when
the young one is full it becomes the old one. A hit costs one look-up. The bound is on characters of text and
names, because a program's memory grows with them.
"""

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

_P = TypeVar("_P")

_GENERATION_CHARACTERS_MAX: Final = 1 << 18
_PROGRAM_CHARACTERS: Final = 64  # what a program costs besides its text


class ProgramCache(Generic[_P]):
    """Programs by what they were made from."""

    __slots__ = ("_characters", "_old", "_young")

    def __init__(self) -> None:
        self._young: dict[Hashable, _P] = {}
        self._old: dict[Hashable, _P] = {}
        self._characters = 0

    def get(self, key: Hashable, characters: int) -> _P | None:
        """The program made from `key`, or None; `characters` is the size that it was added with."""
        program = self._young.get(key)
        if program is None:
            program = self._old.get(key)
            if program is not None:
                self.add(key, program, characters)
        return program

    def add(self, key: Hashable, program: _P, characters: int) -> None:
        """Keep a program made from `characters` of text and names."""
        self._characters += characters + _PROGRAM_CHARACTERS
        if self._characters > _GENERATION_CHARACTERS_MAX:
            self._old, self._young = self._young, {}
            self._characters = characters + _PROGRAM_CHARACTERS
        self._young[key] = program

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
