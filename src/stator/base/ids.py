"""Identifiers, handed to whoever needs them, so that a test can make them repeatable."""

import random
import uuid
from typing import Final, Protocol

_REQUEST_ID_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_REQUEST_ID_LENGTH: Final = 52
_BASE: Final = len(_REQUEST_ID_ALPHABET)


class Ids(Protocol):
    """A source of identifiers."""

    def table_id(self) -> str:
        """A UUID for a new table."""
        ...

    def secret(self) -> bytes:
        """Sixteen bytes that nobody can guess."""
        ...


class RandomIds:
    """Identifiers from a random source: the system's, or a seeded one in tests."""

    def __init__(self, source: random.Random | None = None) -> None:
        self._random = source or random.SystemRandom()

    def table_id(self) -> str:
        """A UUID for a new table."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def secret(self) -> bytes:
        """Sixteen bytes that nobody can guess."""
        return self._random.getrandbits(128).to_bytes(16, "big")


class RequestIds:
    """Request ids in AWS's form: 52 characters of `[0-9A-Z]`.

    The first part is random per process and the rest counts, because an id has to be unique but not secret,
    and drawing one from a random source would cost a request several microseconds.
    """

    def __init__(self) -> None:
        seed = random.SystemRandom().getrandbits(200)
        digits = []
        for _ in range(_REQUEST_ID_LENGTH - 8):
            seed, digit = divmod(seed, _BASE)
            digits.append(_REQUEST_ID_ALPHABET[digit])
        self._prefix = "".join(digits)
        self._count = 0

    def next(self) -> str:
        """A new request id."""
        self._count += 1
        return f"{self._prefix}{self._count:08d}"
