r"""Tokens of transactions: what makes a repeated request harmless.

A transaction that was given a token leaves one row, written with its items:

    period  token   ->   completed  digest
    8       ≤ 144        8          16         bytes

`completed` is microseconds since the epoch; `digest` tells requests apart. A token holds for ten minutes, and
a period is as long as that. So a token that holds is found in this period or the one before (or, if the clock
was set back, in the next), and what is older than both lies at the front of the space, to be cut off.
"""

import struct
from hashlib import blake2b
from typing import Final

from stator.base.limits import CLIENT_TOKEN_SECONDS
from stator.storage.engine import Reader, Transaction
from stator.tables.keyspace import TOKENS, token_key

_ROW: Final = struct.Struct(">q16s")


def digest(parameters: bytes) -> bytes:
    """The digest of a request's parameters, given in a canonical form."""
    return blake2b(parameters, digest_size=16).digest()


def find(reader: Reader, token: str, now: float) -> bytes | None:
    """The digest of the request that completed under a token and still holds; None if there is none."""
    period = _period(now)
    keys = [token_key(each, token) for each in range(max(period - 1, 0), period + 2)]
    for row in reader.get_many(TOKENS, keys):
        if row is not None:
            completed, found = _ROW.unpack(row)
            if now - completed / 1e6 < CLIENT_TOKEN_SECONDS:
                return bytes(found)
    return None


def bind(transaction: Transaction, token: str, request: bytes, now: float) -> None:
    """Let a token stand for the request of that digest, which completes with this transaction."""
    transaction.put(TOKENS, token_key(_period(now), token), _ROW.pack(round(now * 1e6), request))


def trim(transaction: Transaction, now: float, rows: int) -> bool:
    """Delete at most `rows` tokens that no longer hold. True while more may remain."""
    end = token_key(max(_period(now) - 1, 0), "")
    expired = transaction.scan(TOKENS, b"\0", end, limit=rows)
    for key, _ in expired:
        transaction.delete(TOKENS, key)
    return len(expired) == rows


def _period(now: float) -> int:
    return int(now // CLIENT_TOKEN_SECONDS)
