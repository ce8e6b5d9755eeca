"""Errors of AWS have a meaning, and what has none tells the client nothing."""

import pytest
from botocore import exceptions as botocore
from services.common.errors import (
    CLIENT_ERRORS,
    LOCAL_ERRORS,
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    ServiceError,
    Unavailable,
    translate,
    was_retried,
)

VARIABLES = {"endpoint": "E", "region": "R", "credentials": "C", "table": "T"}


def answered(code: str, retries: int = 0) -> botocore.ClientError:
    return botocore.ClientError(
        {"Error": {"Code": code, "Message": "details"}, "ResponseMetadata": {"RetryAttempts": retries}},
        "GetItem",
    )


@pytest.mark.parametrize("code", list(CLIENT_ERRORS))
def test_every_error_of_the_table(code: str) -> None:
    meaning = CLIENT_ERRORS[code]
    found = translate(answered(code), VARIABLES)
    assert type(found) is meaning.error
    assert found.message.startswith(meaning.message)
    assert "details" not in found.message
    if isinstance(found, Unavailable) and meaning.subject:
        assert found.variable == VARIABLES[meaning.subject]


@pytest.mark.parametrize(
    ("error", "variable"),
    [
        (botocore.NoCredentialsError(), "C"),
        (botocore.PartialCredentialsError(provider="env", cred_var="x"), "C"),
        (botocore.NoRegionError(), "R"),
        (botocore.EndpointConnectionError(endpoint_url="http://x"), "E"),
        (botocore.ReadTimeoutError(endpoint_url="http://x"), "E"),
        (botocore.ConnectTimeoutError(endpoint_url="http://x"), "E"),
        (botocore.ConnectionClosedError(endpoint_url="http://x"), "E"),
        (botocore.SSLError(endpoint_url="http://x", error="x"), "E"),
        (botocore.ProxyConnectionError(proxy_url="http://x"), "E"),
    ],
)
def test_what_never_came_back(error: Exception, variable: str) -> None:
    found = translate(error, VARIABLES)
    assert isinstance(found, Unavailable)
    assert found.body()["variable"] == variable
    assert "http://x" not in found.message


def test_the_rows_of_local_errors_are_reached() -> None:
    for number, (kind, _) in enumerate(LOCAL_ERRORS):
        assert not any(issubclass(kind, earlier) for earlier, _ in LOCAL_ERRORS[:number])


@pytest.mark.parametrize("error", [answered("ValidationException"), answered("New"), ValueError("details")])
def test_what_has_no_meaning(error: Exception) -> None:
    found = translate(error, VARIABLES)
    assert (type(found), found.status, found.error) == (ServiceError, 500, "internal")
    assert "details" not in found.message


def test_retries() -> None:
    assert was_retried(answered("x", 1))
    assert not was_retried(answered("x"))


def test_bodies() -> None:
    assert NotFound("order", 7).body() == {"error": "not_found", "message": "There is no order 7."}
    assert Conflict("Taken.").body() == {"error": "conflict", "message": "Taken."}
    assert Unavailable("Gone.").body() == {"error": "unavailable", "message": "Gone."}
    assert Unavailable("Gone.", "X").body() == {
        "error": "unavailable",
        "message": "Gone. Check X.",
        "variable": "X",
    }
    assert Invalid(FieldError("a", "is bad"), FieldError("b", "is worse")).body() == {
        "error": "invalid",
        "message": "a: is bad; b: is worse",
        "fields": [{"field": "a", "message": "is bad"}, {"field": "b", "message": "is worse"}],
    }
