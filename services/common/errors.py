"""What can go wrong, and what a client is told.

A service raises the errors of this module; botocore's are translated by the tables below. Every failure is
answered in one form:

    {"error": "invalid", "message": "...", "fields": [{"field": "quantity", "message": "..."}],
     "variable": "DYNAMODB_ENDPOINT", "request_id": "..."}

of which `fields` and `variable` are there only where they help.
"""

import http
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from botocore import exceptions as botocore


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of a request; the field is a path like `address.city`."""

    field: str
    message: str


class ServiceError(Exception):
    """A failure that the client is told about."""

    status = http.HTTPStatus.INTERNAL_SERVER_ERROR
    error = "internal"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def body(self) -> dict[str, Any]:
        """What the reply says."""
        return {"error": self.error, "message": self.message}


class NotFound(ServiceError):
    """There is no such thing."""

    status = http.HTTPStatus.NOT_FOUND
    error = "not_found"

    def __init__(self, kind: str, identifier: object) -> None:
        super().__init__(f"There is no {kind} {identifier}.")


class Conflict(ServiceError):
    """The state does not allow it."""

    status = http.HTTPStatus.CONFLICT
    error = "conflict"


class Invalid(ServiceError):
    """The request is wrong; every wrong field is listed."""

    status = http.HTTPStatus.BAD_REQUEST
    error = "invalid"

    def __init__(self, *wrong: FieldError) -> None:
        super().__init__("; ".join(f"{each.field}: {each.message}" for each in wrong))
        self.fields = wrong

    def body(self) -> dict[str, Any]:
        """What the reply says."""
        return {**super().body(), "fields": [asdict(each) for each in self.fields]}


class Unavailable(ServiceError):
    """The database cannot be used now; `variable` is the one to check, if there is one."""

    status = http.HTTPStatus.SERVICE_UNAVAILABLE
    error = "unavailable"

    def __init__(self, message: str, variable: str | None = None) -> None:
        super().__init__(message if variable is None else f"{message} Check {variable}.")
        self.variable = variable

    def body(self) -> dict[str, Any]:
        """What the reply says."""
        named = {} if self.variable is None else {"variable": self.variable}
        return {**super().body(), **named}


# Errors of AWS.


class Meaning(NamedTuple):
    """What an error of AWS means here: an error of ours, and the setting to check, by its subject."""

    error: type[ServiceError]
    message: str
    subject: str | None = None


_REFUSED = Meaning(Unavailable, "The database does not accept the credentials.", "credentials")
_BUSY = Meaning(Unavailable, "The database is busy; try again.")
_RACE = Meaning(Conflict, "Somebody else changed it at the same time; try again.")
_ABSENT = Meaning(Unavailable, "The table is not there, or not active yet.", "table")
_UNREACHABLE = Meaning(Unavailable, "The database cannot be reached.", "endpoint")

# By the error's code.
CLIENT_ERRORS: Final[Mapping[str, Meaning]] = {
    "ConditionalCheckFailedException": _RACE,
    "TransactionCanceledException": _RACE,
    "TransactionConflictException": _RACE,
    "TransactionInProgressException": _RACE,
    "ReplicatedWriteConflictException": _RACE,
    "ResourceNotFoundException": _ABSENT,
    "ProvisionedThroughputExceededException": _BUSY,
    "ThrottlingException": _BUSY,
    "RequestLimitExceeded": _BUSY,
    "LimitExceededException": _BUSY,
    "InternalServerError": _BUSY,
    "ServiceUnavailable": _BUSY,
    "AccessDeniedException": Meaning(
        Unavailable, "The database does not allow it: the policy of the credentials lacks it.", "credentials"
    ),
    "UnrecognizedClientException": _REFUSED,
    "InvalidSignatureException": _REFUSED,
    "IncompleteSignatureException": _REFUSED,
    "MissingAuthenticationTokenException": _REFUSED,
    "ExpiredTokenException": _REFUSED,
}
# By the first class that fits; what never reached a server, or never came back.
LOCAL_ERRORS: Final[tuple[tuple[type[Exception], Meaning], ...]] = (
    (botocore.NoCredentialsError, Meaning(Unavailable, "There are no credentials.", "credentials")),
    (
        botocore.PartialCredentialsError,
        Meaning(Unavailable, "A part of the credentials is missing.", "credentials"),
    ),
    (
        botocore.CredentialRetrievalError,
        Meaning(Unavailable, "The credentials cannot be fetched.", "credentials"),
    ),
    (botocore.TokenRetrievalError, Meaning(Unavailable, "The credentials have expired.", "credentials")),
    (botocore.NoRegionError, Meaning(Unavailable, "There is no region.", "region")),
    (botocore.HTTPClientError, _UNREACHABLE),  # refused, timed out, closed
    (botocore.ConnectionError, _UNREACHABLE),
)


def code_of(error: BaseException) -> str | None:
    """The code of an error that the database answered, such as `ResourceNotFoundException`."""
    if isinstance(error, botocore.ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return None


def was_retried(error: botocore.ClientError) -> bool:
    """Whether the request was sent more than once; an earlier try may then have done its work."""
    metadata: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    return int(metadata.get("RetryAttempts", 0)) > 0


def translate(error: Exception, variables: Mapping[str, str]) -> ServiceError:
    """Our error for one of botocore's; `variables` are the settings' names by subject.

    The subjects are endpoint, table, credentials and region. What has no meaning here is a fault of the
    service, of which the client learns no details.
    """
    code = code_of(error)
    meaning = _find(error, LOCAL_ERRORS) if code is None else CLIENT_ERRORS.get(code)
    if meaning is None:
        return ServiceError("The service failed; its log says why.")
    if issubclass(meaning.error, Unavailable):
        return meaning.error(meaning.message, variables.get(meaning.subject or ""))
    return meaning.error(meaning.message)


def _find(error: Exception, rows: Iterable[tuple[type[Exception], Meaning]]) -> Meaning | None:
    return next((meaning for kind, meaning in rows if isinstance(error, kind)), None)
