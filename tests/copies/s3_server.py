"""A small S3 for tests, over HTTP: objects in memory, and as much of the protocol as boto3 uses here.

It stands for a service that is not ours. It checks no signatures; requests of other accounts are denied.
"""

import hashlib
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

OWNER = "000000000000"
_PAGE = 2  # Few objects a page, so that a listing has several.


class S3Server:
    """A server with some empty buckets, while it is entered."""

    def __init__(self, buckets: Iterable[str]) -> None:
        self.buckets: dict[str, dict[str, bytes]] = {name: {} for name in buckets}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.buckets = self.buckets  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "S3Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _error(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code><Message>{code}!</Message></Error>".encode())

    def _handle(self) -> None:
        body = self._body()
        url = urlsplit(self.path)
        bucket, _, key = unquote(url.path).removeprefix("/").partition("/")
        query = parse_qs(url.query, keep_blank_values=True)
        objects = self.server.buckets.get(bucket)  # type: ignore[attr-defined]
        if self.headers.get("x-amz-expected-bucket-owner", OWNER) != OWNER:
            self._error(403, "AccessDenied")
        elif objects is None:
            self._error(404, "NoSuchBucket")
        elif self.command == "POST" and "delete" in query:
            for element in ElementTree.fromstring(body).iter():
                if element.tag.endswith("Key"):
                    objects.pop(element.text, None)
            self._answer(200, b"<DeleteResult/>")
        elif not key:
            self._answer(200, b"" if self.command == "HEAD" else _listing(objects, query))
        elif self.command == "PUT":
            objects[key] = body
            self._answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')
        elif key not in objects:
            self._error(404, "NoSuchKey")
        else:
            self._answer(200, objects[key])

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(parts)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return _unchunked(body) if "aws-chunked" in self.headers.get("Content-Encoding", "") else body

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _handle  # noqa: N815


def _unchunked(body: bytes) -> bytes:
    """The data of a body in AWS's chunks: a line with the size, the data, and so on."""
    data = b""
    while True:
        head, _, body = body.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        if not size:
            return data
        data, body = data + body[:size], body[size + 2 :]


def _listing(objects: dict[str, bytes], query: dict[str, list[str]]) -> bytes:
    prefix = query.get("prefix", [""])[0]
    after = query.get("continuation-token", [""])[0]
    keys = sorted((key for key in objects if key.startswith(prefix)), key=str.encode)
    rest = [key for key in keys if key.encode() > after.encode()]
    page = rest[:_PAGE]
    more = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if len(rest) > _PAGE else ""
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>{len(objects[key])}</Size></Contents>" for key in page
    )
    truncated = "true" if more else "false"
    inside = f"<IsTruncated>{truncated}</IsTruncated>{more}{contents}"
    return f"<ListBucketResult>{inside}</ListBucketResult>".encode()
