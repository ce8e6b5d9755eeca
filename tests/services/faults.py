"""An endpoint between a service and the database: it passes requests on, and does to some what it is told."""

import http.client
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


class Asked(NamedTuple):
    """A request that came."""

    operation: str
    headers: dict[str, str]


class Reply(NamedTuple):
    """A reply that is given instead of the database's."""

    status: int
    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})


# What is done to a request: None stands for a connection that is closed without a reply.
Fault = Callable[[Callable[[], Reply]], Reply | None]


def refused(code: str, status: int = 400, **more: Any) -> Fault:
    """The database refuses it with an error."""
    body = json.dumps(
        {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "by the test", **more}
    )
    return lambda _: Reply(status, body.encode())


def reply_lost(passed_on: Callable[[], Reply]) -> None:
    """The database does it, but its reply never comes."""
    passed_on()


def request_lost(_: Callable[[], Reply]) -> None:
    """It never reaches the database."""


@dataclass
class FaultyEndpoint:
    """The endpoint; `faults` happen to the next requests of their operation, one to each, in order."""

    target: str
    faults: dict[str, "deque[Fault]"] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                # A client that was killed may have sent a part.
                reply = endpoint.answer(dict(self.headers), body) if len(body) == length else None
                if reply is None:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def inject(self, operation: str, *faults: Fault) -> None:
        """Do this to the next requests of an operation."""
        self.faults.setdefault(operation, deque()).extend(faults)

    def operations(self) -> list[str]:
        """The operations of the requests that came."""
        return [each.operation for each in self.asked]

    def answer(self, headers: dict[str, str], body: bytes) -> Reply | None:
        """Answer a request."""
        operation = headers.get("X-Amz-Target", "").partition(".")[2]
        self.asked.append(Asked(operation, headers))
        waiting = self.faults.get(operation)
        fault: Fault = waiting.popleft() if waiting else lambda passed_on: passed_on()
        return fault(lambda: self._pass_on(headers, body))

    def _pass_on(self, headers: dict[str, str], body: bytes) -> Reply:
        address = urlsplit(self.target)
        connection = http.client.HTTPConnection(str(address.hostname), address.port or 80)
        try:
            connection.request("POST", "/", body, headers)
            reply = connection.getresponse()
            kept = {name: value for name, value in reply.getheaders() if name.lower() not in _HOP_BY_HOP}
            return Reply(reply.status, reply.read(), kept)
        finally:
            connection.close()
