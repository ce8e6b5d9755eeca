"""What a reader and the writer say to each other over their link: MessagePack, with its length before it.

A request is a whole operation. The reader has done what is about HTTP: the head, the signature, compression.
The writer does the rest, and its reply is a status and a body.
"""

from typing import Final

import msgspec
from msgspec import Struct


class Ask(Struct, array_like=True, tag=1):
    """Carry out an operation, named by its target, for a caller's region and Host."""

    id: int
    target: str
    region: str
    host: str
    body: bytes


class AskServer(Struct, array_like=True, tag=2):
    """Answer a request to the server itself, of someone who may ask that."""

    id: int
    method: bytes
    url: bytes
    body: bytes
    accept: bytes = b""


class Reply(Struct, array_like=True, tag=3):
    """The answer to any of them; `request_id` is one under which the writer has logged something.

    A reply with a `content_type` is whole: `fields` are further header lines, each ending in CR LF.
    """

    id: int
    body: bytes
    status: int = 200
    request_id: str | None = None
    content_type: str | None = None
    fields: str = ""


class Leave(Struct, array_like=True, tag=4):
    """Leave your snapshot: the log is to be copied."""


class AskOther(Struct, array_like=True, tag=5):
    """Answer a request to another AWS service than DynamoDB: a whole one, as it came."""

    id: int
    method: bytes
    url: bytes
    headers: dict[bytes, bytes]
    body: bytes


Message = Ask | AskServer | Reply | Leave | AskOther

encoder: Final = msgspec.msgpack.Encoder()
decode: Final = msgspec.msgpack.Decoder(Message).decode
