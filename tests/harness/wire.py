"""Requests and replies as bytes, for tests that look closer than an SDK does."""

import socket
import zlib
from dataclasses import dataclass
from types import TracebackType

import msgspec

AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260719/eu-west-3/dynamodb/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + "5d" * 32
)
DATE = "20260719T101112Z"
PATIENCE_SECONDS = 20  # how long a test waits before it fails; none waits for it to pass
TOO_LARGE_BODY = b"x" * (16 * 1024 * 1024 + 1)


def call(operation: str, body: bytes | object = b"{}", **headers: str | None) -> bytes:
    """A good request for an operation. Headers (`_` for `-`) are added or replaced, or left out for None."""
    fields: dict[str, str | None] = {
        "host": "stator.test:8000",
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"DynamoDB_20120810.{operation}",
        "x-amz-date": DATE,
        "authorization": AUTHORIZATION,
    }
    fields.update({name.replace("_", "-"): value for name, value in headers.items()})
    return message("POST", "/", fields, body if isinstance(body, bytes) else msgspec.json.encode(body))


def message(
    method: str, url: str, headers: dict[str, str | None], body: bytes = b"", version: str = "1.1"
) -> bytes:
    """A request. It has a Content-Length if it has a body and no other framing."""
    fields = {name: value for name, value in headers.items() if value is not None}
    if body and not {"content-length", "transfer-encoding"} & fields.keys():
        fields["content-length"] = str(len(body))
    lines = [f"{method} {url} HTTP/{version}", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def chunked(*parts: bytes) -> bytes:
    """A chunked body."""
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (*parts, b""))


@dataclass(frozen=True)
class Reply:
    """A reply, its header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes
    version: str = "HTTP/1.1"

    @property
    def json(self) -> object:
        return msgspec.json.decode(self.body)

    @property
    def error(self) -> tuple[str, str | None]:
        """The error's name, without its prefix, and its text."""
        body = msgspec.json.decode(self.body, type=dict[str, object])
        text = body.get("message", body.get("Message"))
        return str(body["__type"]).partition("#")[2], text if text is None else str(text)

    def checked(self) -> "Reply":
        """This, if its checksum is that of its body."""
        assert self.headers["x-amz-crc32"] == str(zlib.crc32(self.body))
        return self


def parse(data: bytes, *, bodiless: bool = False) -> tuple[Reply, bytes] | None:
    """The first reply in `data`, and what follows it; None if it is not whole."""
    head, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    version, status, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        if not rest.startswith(b"0\r\n\r\n"):
            return None
        body, rest = b"", rest[5:]
    else:
        length = 0 if bodiless or status == "100" else int(headers["content-length"])
        if len(rest) < length:
            return None
        body, rest = rest[:length], rest[length:]
    return Reply(int(status), headers, body, version), rest


def parse_one(data: bytes, *, bodiless: bool = False) -> Reply:
    """The one reply that `data` is."""
    parsed = parse(data, bodiless=bodiless)
    assert parsed is not None
    assert parsed[1] == b""
    return parsed[0]


class Wire:
    """A client's socket."""

    def __init__(self, host: str, port: int, receive_bytes: int | None = None) -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_bytes is not None:  # Before connecting, for it to count.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(PATIENCE_SECONDS)
        try:
            self.socket.connect((host, port))
        except OSError:
            self.socket.close()
            raise
        self._received = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def shut(self) -> None:
        """Send no more."""
        self.socket.shutdown(socket.SHUT_WR)

    def reply(self, *, bodiless: bool = False) -> Reply:
        """The next reply."""
        while (parsed := parse(self._received, bodiless=bodiless)) is None:
            part = self.socket.recv(1 << 20)
            if not part:
                raise EOFError(f"closed after {self._received[:200]!r}")
            self._received += part
        reply, self._received = parsed
        return reply

    def ask(self, data: bytes) -> Reply:
        """Send, and take the next reply."""
        self.send(data)
        return self.reply()

    def rest(self) -> bytes:
        """All that comes until the server closes the connection, gently or not."""
        received, self._received = self._received, b""
        try:
            while part := self.socket.recv(1 << 20):
                received += part
        except ConnectionResetError:
            pass
        return received

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
