"""An endpoint that hands out the credentials of a role, as a container has one."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Self


class RoleEndpoint:
    """The endpoint, while it is entered; `token` is the session's."""

    def __init__(self, access_key: str, secret_key: str) -> None:
        self.token = "the-session-token-of-the-role"
        reply = json.dumps(
            {
                "AccessKeyId": access_key,
                "SecretAccessKey": secret_key,
                "Token": self.token,
                "Expiration": "2999-01-01T00:00:00Z",
            }
        ).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_port}/role"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
