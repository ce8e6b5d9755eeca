"""Asking a running server, as any client of DynamoDB asks it: one signed request, one reply.

The credentials are those of the environment, as the SDKs name them, or any: so it asks a server that checks
them, or DynamoDB itself. Only the standard library is used, so that a command starts at once.
"""

import hashlib
import hmac
import http.client
import json
import os
import ssl
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

DEFAULT: Final = "http://127.0.0.1:8000"

_TARGET: Final = "DynamoDB_20120810"
_SERVICE: Final = "dynamodb"
_TYPE: Final = "application/x-amz-json-1.0"
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SIGNED: Final = "content-type;host;x-amz-date;x-amz-target"


class EndpointError(Exception):
    """There is no good reply; the text says why, and `name` is AWS's name of the error, if it is one."""

    def __init__(self, text: str, name: str | None = None) -> None:
        super().__init__(text)
        self.name = name


class Credentials(NamedTuple):
    """What requests are signed with."""

    key: str
    secret: str
    token: str | None
    region: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Credentials":
        """Those of the environment; a server that checks none takes any."""
        return cls(
            environment.get("AWS_ACCESS_KEY_ID") or "local",
            environment.get("AWS_SECRET_ACCESS_KEY") or "local",
            environment.get("AWS_SESSION_TOKEN") or None,
            environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1",
        )


class Endpoint:
    """A server at a URL."""

    def __init__(self, url: str, *, timeout: float = 60.0) -> None:
        """Raises EndpointError if `url` is none. `timeout` is in seconds, for each part of an exchange."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise EndpointError(f"{url!r} is no endpoint; one looks like {DEFAULT}.")
        self.url = url
        self._host = parts.hostname
        self._port = port
        self._tls = parts.scheme == "https"
        self._netloc = parts.netloc.rpartition("@")[2]
        self._timeout = timeout

    def ask(self, operation: str, request: dict[str, Any]) -> Any:
        """The reply to a request. Raises EndpointError."""
        body = json.dumps(request).encode()
        headers = signed(operation, body, self._netloc, Credentials.of(os.environ), time.gmtime())
        connection = self._connection()
        try:
            connection.request("POST", "/", body, headers)
            reply = connection.getresponse()
            status, text = reply.status, reply.read()
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise EndpointError(f"no answer from {self.url}: {reason}.") from None
        finally:
            connection.close()
        return self._answer(status, text)

    def _answer(self, status: int, text: bytes) -> Any:
        try:
            answer = json.loads(text)
        except ValueError:
            raise EndpointError(f"{self.url} answers as no DynamoDB does (status {status}).") from None
        if status == 200:
            return answer
        name = str(answer.get("__type", "")).rpartition("#")[2] or str(status)
        message = answer.get("message") or answer.get("Message") or "no reason was given"
        raise EndpointError(f"{name}: {message}", name)

    def _connection(self) -> http.client.HTTPConnection:
        if not self._tls:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=context)


def signed(
    operation: str, body: bytes, host: str, credentials: Credentials, now: time.struct_time
) -> dict[str, str]:
    """The headers of a request, signed with AWS's Signature Version 4."""
    date, day = time.strftime("%Y%m%dT%H%M%SZ", now), time.strftime("%Y%m%d", now)
    headers = {
        "content-type": _TYPE,
        "host": host,
        "x-amz-date": date,
        "x-amz-target": f"{_TARGET}.{operation}",
    }
    names = _SIGNED
    if credentials.token is not None:
        headers["x-amz-security-token"] = credentials.token
        names = ";".join(sorted(headers))
    fields = "".join(f"{name}:{headers[name]}\n" for name in names.split(";"))
    canonical = f"POST\n/\n\n{fields}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{credentials.region}/{_SERVICE}/aws4_request"
    to_sign = f"{_ALGORITHM}\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    headers["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.key}/{scope}, SignedHeaders={names}, "
        f"Signature={_hmac(key, to_sign).hex()}"
    )
    return headers


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
