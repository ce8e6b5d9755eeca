"""The endpoint that an apply makes things at: boto3's clients, and their errors in words.

Where it is: the URL that was given, the variables and profiles that boto3 heeds, or port 8000 here. It is AWS
only if that was said, with `aws` or with a profile.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from stator.apply.errors import ApplyError, Refused, Stopped
from stator.formats.extras import need

DEFAULT_URL: Final = "http://127.0.0.1:8000"
AWS: Final = "aws"
EXTRA: Final = "apply"
NO_ACCOUNT: Final = "000000000000"
_REGION_DEFAULT: Final = "us-east-1"
_VARIABLES: Final = ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL")
_UNKNOWN: Final = ("UnknownOperationException", "UnknownOperation", "InvalidAction", "NotImplemented")
_PAUSE_SECONDS: Final = 0.05  # before a state is looked at a second time; then longer, up to
_PAUSE_SECONDS_MAX: Final = 5.0
_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 60
_ATTEMPTS_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Address:
    """Which endpoint: a URL, or AWS; with boto3's profile and region."""

    url: str | None = None
    profile: str | None = None
    region: str | None = None

    def named_url(self) -> str | None:
        """The URL that clients are to use; None where boto3 knows it, be it AWS's or that of a profile."""
        if self.url is not None:
            return None if self.url == AWS else self.url.rstrip("/")
        named = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), None)
        if named is not None:
            return named.rstrip("/")
        return None if self.profile else DEFAULT_URL


def is_loopback(url: str) -> bool:
    """Whether a URL is one of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Endpoint:
    """Clients of one endpoint. `stop` ends what waits. Everything raises ApplyError."""

    def __init__(self, address: Address) -> None:
        boto3, self._errors = need("boto3", EXTRA), need("botocore.exceptions", EXTRA)
        self.stop = threading.Event()
        self._clients: dict[str, Any] = {}
        self._unsupported: set[str] = set()
        self._url = address.named_url()
        self._is_aws = address.url == AWS
        try:
            self._session = boto3.Session(profile_name=address.profile)
            self.region: str = address.region or self._session.region_name or _REGION_DEFAULT
            self.url: str = self._client("dynamodb").meta.endpoint_url
        except (self._errors.BotoCoreError, ValueError) as error:
            raise ApplyError(str(error).rstrip(".")) from None

    def call(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
        """The reply to a request; `operation` is the name of boto3's method. Raises Refused, Stopped."""
        if self.stop.is_set():
            raise Stopped
        client = self._client(service)
        try:
            reply: dict[str, Any] = getattr(client, operation)(**request)
        except self._errors.ClientError as error:
            told = error.response.get("Error", {})
            name = client.meta.method_to_api_mapping[operation]
            raise Refused(name, told.get("Code", "?"), told.get("Message", "")) from None
        except self._errors.ParamValidationError as error:
            name = client.meta.method_to_api_mapping[operation]
            problem = " ".join(str(error).split()).removeprefix("Parameter validation failed: ")
            raise Refused(name, "ParamValidation", problem) from None
        except (self._errors.HTTPClientError, self._errors.ConnectionError) as error:
            raise ApplyError(f"{client.meta.endpoint_url} does not answer: {error}".rstrip(".")) from None
        except self._errors.BotoCoreError as error:
            raise ApplyError(str(error).rstrip(".")) from None
        return reply

    def ask(self, service: str, operation: str, **request: Any) -> dict[str, Any] | None:
        """The same; None if the endpoint does not have the operation, which is asked only once."""
        key = f"{service}.{operation}"
        if key in self._unsupported:
            return None
        try:
            return self.call(service, operation, **request)
        except Refused as refusal:
            if refusal.code not in _UNKNOWN:
                raise
            self._unsupported.add(key)
            return None

    def pages(
        self, service: str, operation: str, member: str, token: tuple[str, str], **request: Any
    ) -> list[Any]:
        """What the pages of a list have under `member`. `token`: its names in a reply and in a request."""
        found: list[Any] = []
        while True:
            reply = self.ask(service, operation, **request)
            if reply is None:
                return found
            found += reply.get(member) or []
            if not reply.get(token[0]):
                return found
            request[token[1]] = reply[token[0]]

    def until(self, done: Callable[[], bool]) -> None:
        """Wait until something is so. Raises Stopped."""
        pause = _PAUSE_SECONDS
        while not done():
            if self.stop.wait(pause):
                raise Stopped
            pause = min(pause * 1.5, _PAUSE_SECONDS_MAX)

    @cached_property
    def account(self) -> str:
        """The account, 12 digits; zeros at an endpoint that does not know accounts."""
        try:
            reply = self.ask("sts", "get_caller_identity")
        except Refused:
            if self._is_aws:
                raise
            reply = None
        return str((reply or {}).get("Account") or NO_ACCOUNT)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()

    def _client(self, service: str) -> Any:
        client = self._clients.get(service)
        if client is None:
            client = self._clients[service] = self._session.client(
                service,
                region_name=self.region,
                endpoint_url=self._url,
                config=self._config(),
                **self._keys(),
            )
        return client

    def _config(self) -> Any:
        return need("botocore.config", EXTRA).Config(
            ignore_configured_endpoint_urls=self._is_aws,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS_MAX},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
        )

    def _keys(self) -> dict[str, str]:
        """Keys for a server that checks none; other endpoints get none that are not theirs."""
        if self._session.get_credentials() is not None:
            return {}
        if self._url is None or not is_loopback(self._url):
            raise ApplyError(f"there are no AWS credentials for {self._url or 'AWS'}")
        return {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
