"""Single requests to a DynamoDB endpoint over one kept connection, for seeding and verification.

The standard library's HTTP, and a signature that no server here checks: nothing between harness and peer that
would have to be explained.
"""

import http.client
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

HEADERS: Final = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Date": "20260101T000000Z",
    "Authorization": (
        "AWS4-HMAC-SHA256 Credential=BENCH/20260101/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + "0a" * 32
    ),
}
_TIMEOUT_SECONDS: Final = 60


class Refused(Exception):
    """A reply other than 200; `kind` is the error's short name, such as ValidationException."""

    def __init__(self, status: int, body: bytes) -> None:
        try:
            self.kind = str(json.loads(body)["__type"]).rpartition("#")[2]
        except (ValueError, KeyError, TypeError):
            self.kind = ""
        super().__init__(f"{status} {body[:500].decode(errors='replace')}")


class Client:
    """A connection to an endpoint such as `http://127.0.0.1:8000`; to be used by one thread at a time."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS)

    def send(self, operation: str, request: Mapping[str, Any]) -> bytes:
        """The body of the reply. Raises Refused if it is not a 200."""
        headers = HEADERS | {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        self._connection.request("POST", "/", json.dumps(request).encode(), headers)
        reply = self._connection.getresponse()
        body = reply.read()
        if reply.status != http.client.OK:
            raise Refused(reply.status, body)
        return body

    def call(self, operation: str, request: Mapping[str, Any]) -> Any:
        """The reply, parsed. Raises Refused."""
        return json.loads(self.send(operation, request))

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()
