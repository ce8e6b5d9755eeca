"""The one page that lists everything."""

import html
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from services.demo.programs import SERVICES

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .8rem .4rem 0;"
    "border-bottom:1px solid #ccc}code{background:#eee;padding:.1rem .3rem}"
)


def render(stator: str, addresses: Mapping[str, str]) -> str:
    """The page, for these addresses of services by their names."""
    rows = "".join(
        f"<tr><td><b>{html.escape(service.name)}</b><br>{html.escape(service.about)}</td>"
        f"<td>{_link(addresses[service.name] + service.path)}</td>"
        f'<td><a href="{addresses[service.name]}/docs">OpenAPI</a></td></tr>'
        for service in SERVICES
    )
    command = html.escape(f"aws dynamodb list-tables --endpoint-url {stator}")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Stator: the services</title>'
        f"<style>{_STYLE}</style><h1>The services, on one Stator</h1>"
        f"<table><tr><th>Service<th>What it lists<th>Try it{rows}</table>"
        f"<p>The database, with any keys: <code>{command}</code></p>"
    )


@contextmanager
def served(text: str, port: int) -> Iterator[str]:
    """Serve a page at `/`; its address."""
    body = text.encode()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body) if found else 0))
            self.end_headers()
            self.wfile.write(body if found else b"")

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Page) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def _link(address: str) -> str:
    return f'<a href="{address}">{html.escape(address)}</a>'
