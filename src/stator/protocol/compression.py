"""gzip on the wire: request bodies that carry it, replies that ask for it."""

import zlib
from typing import Final

GZIP_BYTES_MIN: Final = 1024  # a shorter reply would hardly get shorter
_GZIP: Final = 16 + zlib.MAX_WBITS  # zlib's way to say: with gzip's header and checksum
_LEVEL: Final = 1  # JSON shrinks well at any level, and the event loop waits meanwhile


class TooLong(Exception):
    """The unpacked body would be longer than allowed."""


def accepts_gzip(accept_encoding: bytes) -> bool:
    """Whether a client's Accept-Encoding lists gzip, and not with weight zero."""
    for part in accept_encoding.lower().split(b","):
        coding, _, weight = part.partition(b";")
        if coding.strip() in (b"gzip", b"x-gzip"):
            return weight.replace(b" ", b"").rstrip(b"0") not in (b"q=", b"q=0.")
    return False


def gzip(body: bytes) -> bytes:
    """The body, compressed. Equal bodies give equal bytes (no time stamp)."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()


def gunzip(body: bytes, length_max: int) -> bytes:
    """The unpacked body of at most `length_max` bytes; no more than that is ever unpacked.

    Raises TooLong, and zlib.error if the body is not exactly one gzip member (clients send no more, and a
    body of a million empty members would cost its length squared).
    """
    unpacker = zlib.decompressobj(_GZIP)
    unpacked = unpacker.decompress(body, length_max + 1)
    if len(unpacked) > length_max:
        raise TooLong
    if not unpacker.eof or unpacker.unused_data:
        raise zlib.error("not one whole gzip member")
    return unpacked
