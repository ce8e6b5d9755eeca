r"""The book of one worker: a region of memory in which it counts, and which outlives it.

    header    owner        0: nobody counts here; else the process that does
              minute       all that is counted from now on belongs to it, or to a later one
              serial       of the block that was opened last
    blocks    state        FREE, OPEN (at most one), CLOSED
              minute       that it is of
              serial       of no other block of this book
              end          where its entries end, in words
              entries      kind and length of name, name, cells

A word has eight bytes; a minute is the number of whole minutes since the epoch. Only its worker writes into a
book, except that whoever collects it sets CLOSED blocks FREE, and closes the open one of a worker that is
gone. An entry is there once `end` is behind it. So a worker may be killed at any point, and loses none of the
counts that it has made; the one that takes its place begins another block of the same minute.

Blocks take memory as they are filled: a free one is taken from the front, so that nearly always the same two
or three are used.
"""

import mmap
import os
from collections.abc import Iterator
from typing import Final, NamedTuple

WORD_BYTES: Final = 8
FREE: Final = 0
OPEN: Final = 1
CLOSED: Final = 2

BLOCKS: Final = 16
BLOCK_WORDS: Final = 1024 * 1024
_NOWHERE_WORDS: Final = 256  # at the end of a block, for what finds no room in it
_BOOK_HEADER: Final = 8
_OWNER, _MINUTE, _SERIAL = range(3)
_STATE, _OF_MINUTE, _OF_SERIAL, _END = range(4)
HEADER_WORDS: Final = 4
_KIND_BITS: Final = 8

NOBODY: Final = 0
FOR_EVER: Final = (1 << 63) - 1


class Entry(NamedTuple):
    """What is counted under a name: which kind of thing, and its cells."""

    kind: int
    name: str
    cells: memoryview


class Block:
    """The counts of one minute, as `words`."""

    __slots__ = ("map", "words")

    def __init__(self, region: memoryview) -> None:
        self.map = region
        self.words = region.cast("Q")

    @property
    def nowhere(self) -> int:
        """Where cells are that belong to no entry."""
        return len(self.words) - _NOWHERE_WORDS

    @property
    def state(self) -> int:
        """FREE, OPEN or CLOSED."""
        return self.words[_STATE]

    @property
    def minute(self) -> int:
        """The minute whose counts these are."""
        return self.words[_OF_MINUTE]

    @property
    def serial(self) -> int:
        """Which of the book's blocks it is, of all that there ever were."""
        return self.words[_OF_SERIAL]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted."""
        return self.words[_END] <= HEADER_WORDS

    def open(self, minute: int, serial: int) -> None:
        """Make it the block of a minute. What lay in it is erased first."""
        end = self.words[_END] * WORD_BYTES
        self.map[:end] = bytes(end)
        self.words[_END] = HEADER_WORDS
        self.words[_OF_MINUTE] = minute
        self.words[_OF_SERIAL] = serial
        self.words[_STATE] = OPEN

    def rename(self, minute: int) -> None:
        """Make an empty block that of another minute."""
        self.words[_OF_MINUTE] = minute

    def close(self) -> None:
        """Count no more."""
        self.words[_STATE] = CLOSED

    def free(self) -> None:
        """Give it back."""
        self.words[_STATE] = FREE

    def add(self, kind: int, name: str, cells: int) -> int:
        """Begin an entry; where its cells are, in words. 0 if there is no room for it."""
        text = name.encode()
        start = self.words[_END]
        first = start + 1 + -(-len(text) // WORD_BYTES)
        end = first + cells
        if end > self.nowhere:
            return 0
        self.words[start] = cells << 32 | len(text) << _KIND_BITS | kind
        begin = (start + 1) * WORD_BYTES
        self.map[begin : begin + len(text)] = text
        self.words[_END] = end
        return first

    def entries(self) -> Iterator[Entry]:
        """What was counted. Of an open block: what was there at the start, as it is when one comes to it."""
        at, end = HEADER_WORDS, self.words[_END]
        while at < end:
            head = self.words[at]
            kind, length, cells = head & 0xFF, head >> _KIND_BITS & 0xFFFFFF, head >> 32
            begin = (at + 1) * WORD_BYTES
            name = bytes(self.map[begin : begin + length]).decode()
            at += 1 + -(-length // WORD_BYTES)
            yield Entry(kind, name, self.words[at : at + cells])
            at += cells


class Book:
    """The book of one worker; made before it is forked. Without workers, the only one."""

    def __init__(self, blocks: int = BLOCKS, block_words: int = BLOCK_WORDS) -> None:
        size = (_BOOK_HEADER + blocks * block_words) * WORD_BYTES
        whole = memoryview(mmap.mmap(-1, size))  # Shared with forks; takes memory as it is written to.
        head = _BOOK_HEADER * WORD_BYTES
        block_bytes = block_words * WORD_BYTES
        self._words = whole[:head].cast("Q")
        self.blocks = [Block(whole[at : at + block_bytes]) for at in range(head, size, block_bytes)]
        self._block_bytes = block_bytes

    # Its worker's.

    def enter(self, minute: int) -> None:
        """Begin to count here. What another process has left open is closed, whatever its minute."""
        self._words[_MINUTE] = minute
        self._words[_OWNER] = os.getpid()
        self.close()

    def open(self, minute: int) -> Block | None:
        """A free block, for a minute; None if there is none."""
        block = next((block for block in self.blocks if block.state == FREE), None)
        if block is not None:
            self._words[_SERIAL] += 1
            block.open(minute, self._words[_SERIAL])
        return block

    def spare(self) -> Block:
        """A block that is no part of the book: what is counted there is lost."""
        block = Block(memoryview(bytearray(self._block_bytes)))
        block.open(0, 0)
        block.close()
        return block

    def reached(self, minute: int) -> None:
        """Say that nothing more is counted for earlier minutes."""
        self._words[_MINUTE] = minute

    def leave(self) -> None:
        """Count here no more."""
        self.close()
        self._words[_OWNER] = NOBODY

    # For whoever collects, and the supervisor.

    def close(self) -> None:
        """Close the open block, if there is one."""
        for block in self.blocks:
            if block.state == OPEN:
                block.close()

    @property
    def minute(self) -> int:
        """The first minute for which anything more may be counted; FOR_EVER if nobody counts here."""
        return FOR_EVER if self._words[_OWNER] == NOBODY else self._words[_MINUTE]

    @property
    def is_vacant(self) -> bool:
        """Whether nobody counts here."""
        return self._words[_OWNER] == NOBODY

    def vacate(self) -> None:
        """Note that its worker is gone: nobody counts here until another one enters."""
        self._words[_OWNER] = NOBODY


class Books:
    """The books of a server, by the numbers of its workers; `run` tells them from those of other starts."""

    def __init__(self, workers: int = 1) -> None:
        self.run = os.urandom(8)
        self.books = [Book() for _ in range(workers)]

    def __getitem__(self, worker: int) -> Book:
        return self.books[worker]
