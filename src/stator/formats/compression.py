"""Compressed streams: GZIP from the standard library, ZSTD from the extra `formats`, NONE.

A stream that is not compressed as it should be fails when it is read, with OSError or EOFError; the readers
of the formats turn both into a `BadRow`.
"""

import gzip
import io
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Final, cast

from stator.formats.extras import need

SUFFIXES: Final = {"GZIP": ".gz", "ZSTD": ".zst", "NONE": ""}


class _Errors(io.RawIOBase):
    """A stream whose library's own errors are OSErrors."""

    def __init__(self, stream: Any, errors: tuple[type[Exception], ...]) -> None:
        self._stream = stream
        self._errors = errors

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except self._errors as error:
            raise OSError(str(error)) from None
        buffer[: len(data)] = data
        return len(data)


def reader(stream: BinaryIO, kind: str) -> BinaryIO:
    """A stream of what `stream` holds compressed; `kind` is GZIP, ZSTD or NONE.

    Several compressed files one after the other are one. Raises MissingExtra for ZSTD without its library.
    """
    return _READERS[kind](stream)


def _buffered(stream: Any, *errors: type[Exception]) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Errors(stream, errors), 128 * 1024))


def _gzip(stream: BinaryIO) -> BinaryIO:
    return _buffered(gzip.GzipFile(fileobj=stream), zlib.error)


def _zstd(stream: BinaryIO) -> BinaryIO:
    library = need("zstandard", "formats")
    decompressor = library.ZstdDecompressor(max_window_size=1 << 27)
    return _buffered(decompressor.stream_reader(stream, read_across_frames=True), library.ZstdError)


_READERS: Final[dict[str, Callable[[BinaryIO], BinaryIO]]] = {
    "GZIP": _gzip,
    "ZSTD": _zstd,
    "NONE": lambda stream: stream,
}


def writer(stream: BinaryIO, kind: str) -> BinaryIO:
    """A stream that compresses into `stream` what it is given; to be closed, which leaves `stream` open.

    Equal data make equal bytes: GZIP's header has no time. Raises MissingExtra for ZSTD without its library.
    """
    return _WRITERS[kind](stream)


class _Uncompressed(io.BufferedIOBase):
    """The same bytes, with an end that does not close the stream below."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._stream.write(data)


def _write_zstd(stream: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, need("zstandard", "formats").ZstdCompressor().stream_writer(stream, closefd=False))


_WRITERS: Final[dict[str, Callable[[BinaryIO], BinaryIO]]] = {
    "GZIP": lambda stream: cast(
        BinaryIO, gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0, compresslevel=6)
    ),
    "ZSTD": _write_zstd,
    "NONE": lambda stream: cast(BinaryIO, _Uncompressed(stream)),
}
