"""What a request says of its signature, and the checks on that, in AWS's order.

A request is signed by its Authorization header or by its query string; both are read into one `Claim`. The
checks are data: a tuple of functions, the first that returns an error ends it. Whether the signature is
right is another question, which needs the access key's secret.

Source: docs/protocol.md, "Authentication checks", steps 1 to 9.
"""

import calendar
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from stator.base.errors import ApiError

SERVICE: Final = "dynamodb"
TERMINATOR: Final = "aws4_request"
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SKEW_SECONDS: Final = 15 * 60
_BASIC_FORMAT: Final = "%Y%m%dT%H%M%SZ"
_BASIC_DATE: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_REGION: Final = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_REGION_IN_NAMES: Final = re.compile(r"[A-Za-z0-9-]{1,64}")

# The parts that each form needs, in the order in which AWS misses them.
_HEADER_PARTS: Final = ("Credential", "Signature", "SignedHeaders")
_QUERY_PARTS: Final = ("Algorithm", "Credential", "Signature", "SignedHeaders", "Date")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its signature: the parts of either form, by name without `X-Amz-`."""

    header: str | None
    in_query: bool
    parts: Mapping[str, str]

    @property
    def tail(self) -> str:
        """How AWS ends its complaint about a missing or unknown part."""
        return "Re-examine the query-string parameters." if self.in_query else f"Authorization={self.header}"

    @property
    def scope(self) -> list[str]:
        """The credential's elements: key id, date, region, service, terminator."""
        return self.parts.get("Credential", "").split("/")

    def region(self, default: str) -> str:
        """The region of the credential's scope, if it is one that may stand in names."""
        scope = self.scope
        return scope[2] if len(scope) > 2 and _REGION_IN_NAMES.fullmatch(scope[2]) else default


def read_claim(headers: Mapping[bytes, bytes], query: bytes) -> Claim:
    """Read what a request, of these header fields and this query string, says of its signature."""
    header = headers.get(b"authorization")
    parameters = _query_parts(query) if b"X-Amz-" in query else {}
    if header is None or "Algorithm" in parameters:
        text = header.decode("latin-1") if header is not None else None
        return Claim(text, "Algorithm" in parameters, parameters)
    text = header.decode("latin-1")
    algorithm, _, rest = text.partition(" ")
    parts = {"Algorithm": algorithm}
    for assignment in rest.split(","):
        name, _, value = assignment.strip().partition("=")
        parts.setdefault(name, value)
    date = headers.get(b"x-amz-date") or headers.get(b"date")
    if date is not None:
        parts["Date"] = date.decode("latin-1")
    return Claim(text, False, parts)


def _query_parts(query: bytes) -> dict[str, str]:
    from urllib.parse import parse_qsl  # few requests are signed in this way

    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return {name.removeprefix("X-Amz-"): value for name, value in pairs if name.startswith("X-Amz-")}


def _not_both(claim: Claim, _now: float) -> ApiError | None:
    if not (claim.in_query and claim.header is not None):
        return None
    return _invalid(
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
    )


def _signed(claim: Claim, _now: float) -> ApiError | None:
    if claim.in_query or (claim.header is not None and claim.header.startswith("AWS4-")):
        return None
    return ApiError("MissingAuthenticationTokenException", "Request is missing Authentication Token")


def _complete(claim: Claim, _now: float) -> ApiError | None:
    if claim.in_query:
        missing = [
            f"AWS query-string parameters must include 'X-Amz-{name}'. "
            for name in _QUERY_PARTS
            if not claim.parts.get(name)
        ]
    else:
        missing = [
            f"Authorization header requires '{name}' parameter. "
            for name in _HEADER_PARTS
            if not claim.parts.get(name)
        ]
        if not claim.parts.get("Date"):
            missing.append(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            )
    return _incomplete("".join(missing) + claim.tail) if missing else None


def _date_readable(claim: Claim, _now: float) -> ApiError | None:
    date = claim.parts["Date"]
    if _BASIC_DATE.fullmatch(date) and _seconds(date) is not None:
        return None
    return _incomplete(
        f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )


def _timely(claim: Claim, now: float) -> ApiError | None:
    date = claim.parts["Date"]
    seconds = _seconds(date) or 0
    if seconds < now - _SKEW_SECONDS:
        edge = f"{_basic(now - _SKEW_SECONDS)} ({_basic(now)} - 15 min.)"
        return _invalid(f"Signature expired: {date} is now earlier than {edge}")
    if seconds > now + _SKEW_SECONDS:
        edge = f"{_basic(now + _SKEW_SECONDS)} ({_basic(now)} + 15 min.)"
        return _invalid(f"Signature not yet current: {date} is still later than {edge}")
    return None


def _host_signed(claim: Claim, _now: float) -> ApiError | None:
    if "host" in claim.parts["SignedHeaders"].lower().split(";"):
        return None
    return _invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.")


def _algorithm_known(claim: Claim, _now: float) -> ApiError | None:
    algorithm = claim.parts["Algorithm"]
    if algorithm == _ALGORITHM:
        return None
    return _incomplete(
        f"Unsupported AWS 'algorithm': '{algorithm}' (only {_ALGORITHM} for now). {claim.tail}"
    )


def _credential_whole(claim: Claim, _now: float) -> ApiError | None:
    if len(claim.scope) == 5:
        return None
    return _incomplete(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        f"got '{claim.parts['Credential']}'"
    )


def _scope_right(claim: Claim, _now: float, expected: str = SERVICE) -> ApiError | None:
    _, day, region, service, terminator = claim.scope
    date = claim.parts["Date"]
    wrong = ""
    if not _REGION.fullmatch(region):
        wrong += f"Credential should be scoped to a valid region, not '{region}'. "
    if service != expected:
        wrong += f"Credential should be scoped to correct service: '{expected}'. "
    if terminator != TERMINATOR:
        wrong += f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'. "
    if day != date[:8]:
        wrong += (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{day}' != '{date[:8]}', from '{date}'. "
        )
    return _invalid(wrong) if wrong else None


Check = Callable[[Claim, float], ApiError | None]

# Steps 1 to 3: is there a signature at all?
FORM_CHECKS: Final[tuple[Check, ...]] = (_not_both, _signed, _complete)
# Steps 4 to 9: could it be a right one?
SCOPE_CHECKS: Final[tuple[Check, ...]] = (
    _date_readable,
    _timely,
    _host_signed,
    _algorithm_known,
    _credential_whole,
    _scope_right,
)


def scope_checks(service: str) -> tuple[Check, ...]:
    """Steps 4 to 9 for another service than DynamoDB."""
    return (*SCOPE_CHECKS[:-1], partial(_scope_right, expected=service))


def check(claim: Claim, now: float, checks: tuple[Check, ...]) -> None:
    """Raise the error of the first check that the claim fails, at `now` seconds since the epoch."""
    for step in checks:
        error = step(claim, now)
        if error is not None:
            raise error


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidSignatureException", message)


def _incomplete(message: str) -> ApiError:
    return ApiError("IncompleteSignatureException", message)


def _seconds(date: str) -> float | None:
    """Seconds since the epoch of a date in basic format; None if it is no date."""
    try:
        return calendar.timegm(time.strptime(date, _BASIC_FORMAT))
    except ValueError:
        return None


def _basic(seconds: float) -> str:
    return time.strftime(_BASIC_FORMAT, time.gmtime(seconds))
