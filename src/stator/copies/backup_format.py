r"""The bytes of a backup file: its frames, its footer, and the checks that lie on both.

    opening   89 53 54 42 0d 0a 1a 0a   "\x89STB\r\n\x1a\n": no text file, and broken by whatever mends texts
              00 01                     version of the format
    frame     kind                      "H" the header, first; "B" a block of items
              number (4)                0 for the header, then 1, 2, 3...
              items (4)                 lines in the payload
              raw (4)                   bytes of the payload once it is unpacked
              length (4)                bytes of the payload as it lies here
              payload                   the header: JSON as it is; a block: zlib of lines, an item's JSON each
              check (16)                BLAKE2b of the frame up to here, keyed with the check before it
    footer    "F"
              number (4)                that of the last block and 1
              items (8)                 of the whole backup
              bytes (8)                 of its items, by DynamoDB's rules
              length (8)                of the file
              digest (32)               SHA-256 of everything before it
              0a 1a 0a 0d 42 54 53 89   the opening backwards: the file was finished

Numbers are big endian and unsigned. Each check rests on all frames before it (the header's on the opening),
so a block that is altered, left out, moved or of another backup is found where it stands.
"""

import struct
from hashlib import blake2b
from typing import Final, NamedTuple

OPENING: Final = b"\x89STB\r\n\x1a\n"
ENDING: Final = OPENING[::-1]
VERSION: Final = 1
START: Final = OPENING + VERSION.to_bytes(2, "big")

HEADER: Final = b"H"
BLOCK: Final = b"B"
FOOTER: Final = b"F"

CHECK_BYTES: Final = 16
DIGEST_BYTES: Final = 32
BLOCK_BYTES_MAX: Final = 1 << 24  # what a reader is ready to hold in memory, packed or unpacked

_FRAME: Final = struct.Struct(">cIIII")
_FOOTER: Final = struct.Struct(">cIQQQ32s8s")
_BEFORE_DIGEST: Final = struct.Struct(">cIQQQ")
FRAME_HEAD_BYTES: Final = _FRAME.size
FOOTER_BYTES: Final = _FOOTER.size


class Frame(NamedTuple):
    """What stands before a payload."""

    kind: bytes
    number: int
    items: int
    raw: int
    length: int

    def pack(self) -> bytes:
        """Its bytes."""
        return _FRAME.pack(*self)

    @classmethod
    def unpack(cls, head: bytes) -> "Frame":
        """The frame that these bytes open; they are FRAME_HEAD_BYTES."""
        return cls(*_FRAME.unpack(head))


class Footer(NamedTuple):
    """The end of a file. `item_bytes` is by DynamoDB's rules; `length` is that of the file."""

    number: int
    items: int
    item_bytes: int
    length: int
    digest: bytes = b""

    def before_digest(self) -> bytes:
        """The bytes of the footer on which the digest lies too."""
        return _BEFORE_DIGEST.pack(FOOTER, *self[:4])

    def pack(self) -> bytes:
        """Its bytes."""
        return _FOOTER.pack(FOOTER, *self, ENDING)

    @classmethod
    def unpack(cls, end: bytes) -> "Footer | None":
        """The footer in the last FOOTER_BYTES of a file; None if there is none."""
        if len(end) != FOOTER_BYTES:
            return None
        kind, *members, ending = _FOOTER.unpack(end)
        return cls(*members) if (kind, ending) == (FOOTER, ENDING) else None


def check(before: bytes, head: bytes, payload: bytes) -> bytes:
    """The check of a frame that follows one whose check is `before`; START before the header."""
    hasher = blake2b(head, key=before, digest_size=CHECK_BYTES)
    hasher.update(payload)
    return hasher.digest()
