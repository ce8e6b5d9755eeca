"""The connection to a DynamoDB endpoint, whichever it is: AWS, Stator, DynamoDB Local.

boto3 retries what is worth it, with exponential back-off and jitter (its standard mode) or by what the
server can take (adaptive). A request whose reply was lost is sent again, so a write must be one that may
happen twice: see `errors.was_retried`.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from services.common.logs import DATABASE, fields
from services.common.settings import DatabaseSettings, SettingsError

REGION_DEFAULT = "us-east-1"
CONNECT_SECONDS_MAX = 3
READ_SECONDS_MAX = 10
# As many as there are threads for requests.
CONNECTIONS_MAX = 40

# What is done to each client when it is made, such as to trace its calls.
Observer = Callable[[Any], None]

_WRITES: Final = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}


@dataclass(frozen=True)
class Database:
    """The clients of one endpoint. `dynamodb` may be used by all threads."""

    settings: DatabaseSettings
    session: Any
    observers: tuple[Observer, ...] = ()

    @cached_property
    def dynamodb(self) -> Any:
        """The client of DynamoDB."""
        return self._client("dynamodb")

    @cached_property
    def streams(self) -> Any:
        """The client of DynamoDB Streams."""
        return self._client("dynamodbstreams")

    @property
    def region(self) -> str:
        """The region that requests are signed for."""
        return str(self.dynamodb.meta.region_name)

    @property
    def endpoint(self) -> str:
        """The address in use."""
        return str(self.dynamodb.meta.endpoint_url)

    def variables(self, table: str) -> dict[str, str]:
        """The variables to check, by subject (see errors.translate); `table` is that of the tables' names."""
        names = self.settings.names
        return {
            "endpoint": names.get("endpoint", "AWS_ENDPOINT_URL"),
            "region": names.get("region", "AWS_REGION"),
            "credentials": f"{names.get('access_key')} and {names.get('secret_key')}",
            "table": table,
        }

    def close(self) -> None:
        """Close the connections."""
        for name in ("dynamodb", "streams"):
            if name in self.__dict__:
                self.__dict__[name].close()

    def _client(self, service: str) -> Any:
        settings = self.settings
        config = Config(
            retries={"mode": settings.retry_mode, "total_max_attempts": settings.attempts_max},
            connect_timeout=CONNECT_SECONDS_MAX,
            read_timeout=READ_SECONDS_MAX,
            max_pool_connections=CONNECTIONS_MAX,
            tcp_keepalive=True,
        )
        region = settings.region or self.session.region_name or REGION_DEFAULT
        try:
            client = self.session.client(
                service, endpoint_url=settings.endpoint, region_name=region, config=config
            )
        except (BotoCoreError, ValueError) as error:  # of a profile, a region or an address
            raise SettingsError(str(error)) from None
        for observe in (log_calls, *self.observers):
            observe(client)
        return client


def connect(settings: DatabaseSettings, *observers: Observer) -> Database:
    """The database of these settings; nothing is sent yet.

    Raises SettingsError for half of the keys, an unknown profile, and whatever else boto3 does not accept.
    """
    keys: dict[str, str | None] = {}
    if bool(settings.access_key) != bool(settings.secret_key):
        present, absent = (
            ("access_key", "secret_key") if settings.access_key else ("secret_key", "access_key")
        )
        names = settings.names
        raise SettingsError(f"{names.get(absent)}: must be set, since {names.get(present)} is")
    if settings.access_key and settings.secret_key:
        keys = {
            "aws_access_key_id": settings.access_key,
            "aws_secret_access_key": settings.secret_key,
            "aws_session_token": settings.session_token,
        }
    elif settings.profile:
        keys = {"profile_name": settings.profile}
    try:
        return Database(settings, boto3.Session(**keys), observers)
    except BotoCoreError as error:
        raise SettingsError(f"{settings.names.get('profile')}: {error}") from None


def actions(operation: str, parameters: Mapping[str, Any]) -> set[str]:
    """The IAM actions that a call needs: its own, or for a transaction those of its parts."""
    if operation == "TransactGetItems":
        return {"dynamodb:GetItem"}
    if operation == "TransactWriteItems":
        kinds = {kind for part in parameters["TransactItems"] for kind in part}
        return {"dynamodb:" + _WRITES.get(kind, "ConditionCheckItem") for kind in kinds}
    return {"dynamodb:" + operation}


def log_calls(client: Any) -> None:
    """Log each call of a client in detail, at level DEBUG: what is asked, and what comes of it."""
    events = client.meta.events

    def asked(params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        context["asked"] = (time.perf_counter(), params)

    def answered(http_response: Any, parsed: Mapping[str, Any], model: Any, context: Any, **_: Any) -> None:
        began, parameters = context.get("asked", (time.perf_counter(), {}))
        metadata = parsed.get("ResponseMetadata", {})
        DATABASE.debug(
            "%s %s",
            model.name,
            parsed.get("Error", {}).get("Code", "done"),
            extra=fields(
                operation=model.name,
                actions=sorted(actions(model.name, parameters)),
                parameters=parameters,
                status=metadata.get("HTTPStatusCode"),
                retries=metadata.get("RetryAttempts", 0),
                count=parsed.get("Count"),
                milliseconds=round((time.perf_counter() - began) * 1000, 2),
            ),
        )

    def failed(exception: Exception, context: Any, **_: Any) -> None:
        _, parameters = context.get("asked", (0, {}))
        DATABASE.debug("no answer", extra=fields(parameters=parameters, exception=type(exception).__name__))

    service = client.meta.service_model.service_id.hyphenize()
    events.register(f"before-parameter-build.{service}", asked)
    events.register(f"after-call.{service}", answered)
    events.register(f"after-call-error.{service}", failed)
