"""A DynamoDB endpoint, whichever it is: requests signed by botocore, replies as their bytes are.

Replies are not taken apart by botocore: an item stays the JSON text that it is. So it can be written to a
file without being parsed, several times as fast, and nothing of it is lost on the way.

A request that may succeed later (throttled, a failing server, a broken connection) is sent again, with
exponential back-off and full jitter. All requests made here may be sent twice.
"""

import os
import random
import socket
import threading
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from stator.formats.extras import need

DEFAULT_URL: Final = "http://127.0.0.1:8000"
AWS: Final = "aws"
ATTEMPTS_MAX: Final = 12
FIRST_ATTEMPTS_MAX: Final = 3  # as long as nobody has ever answered: there may be nobody
BACKOFF_SECONDS: Final = 0.05  # at most this before the first repetition, then twice as much each time
BACKOFF_SECONDS_MAX: Final = 20.0
_REGION_DEFAULT: Final = "us-east-1"
_VARIABLES: Final = ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL")
_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 60
_CONNECTIONS_MAX: Final = 64
# A body that waits for the acknowledgement of its head costs 40 ms a request.
_SOCKET_OPTIONS: Final = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
_TARGET: Final = "DynamoDB_20120810."
_LATER: Final = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
    }
)

T = TypeVar("T")


class TransferError(Exception):
    """Why a transfer ends before it is done, in one sentence without a full stop."""


class Stopped(Exception):
    """The transfer was told to stop."""


class Refused(TransferError):
    """What the endpoint answered to a request that it does not do."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation} was refused: {code}: {message}".rstrip(".: "))
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """Which endpoint: a URL, or AWS; with boto3's profile and region."""

    url: str | None = None
    profile: str | None = None
    region: str | None = None


class _Failure(msgspec.Struct):
    type_: str = msgspec.field(default="", name="__type")
    message: str = ""
    Message: str = ""


class Endpoint:
    """A connection to an endpoint, for several threads. `stop` ends what waits. Raises TransferError."""

    def __init__(self, address: Address) -> None:
        self._boto3 = need("boto3", "transfer")
        self._sessions = need("botocore.httpsession", "transfer")
        self._errors = need("botocore.exceptions", "transfer")
        self.stop = threading.Event()
        self._answered = False
        try:
            session = self._boto3.Session(profile_name=address.profile)
            self.region: str = address.region or session.region_name or _REGION_DEFAULT
            # boto3 knows AWS's addresses, and those of configuration files.
            config = need("botocore.config", "transfer").Config(
                ignore_configured_endpoint_urls=address.url == AWS
            )
            client = session.client(
                "dynamodb", region_name=self.region, endpoint_url=_url(address), config=config
            )
        except (self._errors.BotoCoreError, ValueError) as error:
            raise TransferError(str(error).rstrip(".")) from None
        self.url: str = client.meta.endpoint_url
        client.close()
        self._credentials = session.get_credentials() or self._dummy()
        self._session = self._sessions.URLLib3Session(
            verify=os.environ.get("AWS_CA_BUNDLE") or True,
            proxies=need("botocore.utils", "transfer").get_environ_proxies(self.url),
            timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            max_pool_connections=_CONNECTIONS_MAX,
            socket_options=_SOCKET_OPTIONS,
        )
        self._auth = need("botocore.auth", "transfer").SigV4Auth
        self._request = need("botocore.awsrequest", "transfer").AWSRequest

    def call(self, operation: str, request: Any, reply: type[T]) -> T:
        """The reply to a request, decoded as `reply`. Raises Refused, TransferError and Stopped."""
        body = msgspec.json.encode(request)
        for attempt in range(ATTEMPTS_MAX):
            if self.stop.is_set():
                raise Stopped
            try:
                status, content = self._send(operation, body)
            except (self._errors.HTTPClientError, self._errors.ConnectionError) as error:
                failure = TransferError(f"{self.url} does not answer: {error}".rstrip("."))
                if not self._answered and attempt == FIRST_ATTEMPTS_MAX - 1:
                    break
            else:
                self._answered = True
                if status == 200:
                    return self._decoded(content, reply)
                failure = _failure(operation, status, content)
                if status < 500 and not (isinstance(failure, Refused) and failure.code in _LATER):
                    break
            if attempt < ATTEMPTS_MAX - 1:
                self.back_off(attempt)
        raise failure

    def back_off(self, attempt: int) -> None:
        """Wait before one more attempt, the longer the more there were. Raises Stopped."""
        longest = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2 ** min(attempt, ATTEMPTS_MAX))
        self.wait(random.uniform(0, longest))

    def wait(self, seconds: float) -> None:
        """Wait. Raises Stopped."""
        if self.stop.wait(seconds):
            raise Stopped

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(self, operation: str, body: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": _TARGET + operation}
        request = self._request(method="POST", url=self.url + "/", data=body, headers=headers)
        try:
            credentials = self._credentials.get_frozen_credentials()
        except self._errors.BotoCoreError as error:
            raise TransferError(str(error).rstrip(".")) from None
        self._auth(credentials, "dynamodb", self.region).add_auth(request)
        response = self._session.send(request.prepare())
        return response.status_code, response.content

    def _decoded(self, content: bytes, reply: type[T]) -> T:
        try:
            return msgspec.json.decode(content, type=reply)
        except msgspec.DecodeError as error:
            raise TransferError(f"{self.url} answers what DynamoDB does not: {error}") from None

    def _dummy(self) -> Any:
        """Keys for a server that checks none; other endpoints get none that are not theirs."""
        if not _is_loopback(self.url):
            raise TransferError(f"there are no AWS credentials for {self.url}")
        return need("botocore.credentials", "transfer").Credentials("local", "local")


def _url(address: Address) -> str | None:
    """The URL that was given, by hand or by the variables that AWS's programs heed; None for AWS itself."""
    if address.url is not None:
        return None if address.url == AWS else address.url.rstrip("/")
    named = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), None)
    if named is not None:
        return named.rstrip("/")
    return None if address.profile else DEFAULT_URL


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _failure(operation: str, status: int, content: bytes) -> TransferError:
    try:
        failure = msgspec.json.decode(content, type=_Failure)
    except msgspec.DecodeError:
        return TransferError(f"{operation} was answered with status {status}")
    code = failure.type_.rpartition("#")[2] or f"status {status}"
    return Refused(operation, code, failure.message or failure.Message)
