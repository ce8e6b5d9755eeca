"""A webhook of the test's own: a real HTTP server that keeps what it is sent."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any


class Hook:
    """It answers with the statuses given, in turn, then with 200. Its URL has secrets in it."""

    def __init__(self, statuses: Sequence[int] = ()) -> None:
        self.received: Queue[tuple[dict[str, str], dict[str, Any]]] = Queue()
        self._left = left = list(statuses)
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.put((dict(self.headers), json.loads(body)))
                status = left.pop(0) if left else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://user:secret@127.0.0.1:{self._server.server_address[1]}/hook?token=secret"

    def recover(self) -> None:
        """Answer with 200 from now on."""
        self._left.clear()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def hook(*statuses: int) -> Iterator[Hook]:
    made = Hook(statuses)
    made.start()
    try:
        yield made
    finally:
        made.stop()
