"""AWS's complaints about signatures, word for word and in AWS's order."""

from urllib.parse import urlencode

import pytest

from harness.wire import AUTHORIZATION, DATE, Reply, call

from .conftest import Ask

INVALID = "InvalidSignatureException"
INCOMPLETE = "IncompleteSignatureException"
NO_TOKEN = ("MissingAuthenticationTokenException", "Request is missing Authentication Token")
BOTH = (INVALID, "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")

QUERY = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "AKIDEXAMPLE/20260719/eu-west-3/dynamodb/aws4_request",
    "X-Amz-Signature": "5d" * 32,
    "X-Amz-SignedHeaders": "host;x-amz-date",
    "X-Amz-Date": DATE,
}
NO_CREDENTIAL = "Authorization header requires 'Credential' parameter. "
NO_SIGNATURE = "Authorization header requires 'Signature' parameter. "
NO_SIGNED_HEADERS = "Authorization header requires 'SignedHeaders' parameter. "
NO_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "


def by_query(ask: Ask, parts: dict[str, str], **headers: str | None) -> Reply:
    data = call("Echo", **{"authorization": None, "x_amz_date": None, **headers})
    return ask(data.replace(b"POST / ", f"POST /?{urlencode(parts)} ".encode()))


@pytest.mark.parametrize(
    ("header", "date", "expected"),
    [
        (None, DATE, NO_TOKEN),
        ("", DATE, NO_TOKEN),
        ("Basic abc", DATE, NO_TOKEN),
        ("AWS3-HMAC Credential=a, Signature=b, SignedHeaders=c", DATE, NO_TOKEN),
        ("AWS4-", None, (INCOMPLETE, NO_CREDENTIAL + NO_SIGNATURE + NO_SIGNED_HEADERS + NO_DATE)),
        ("AWS4-HMAC-SHA256", DATE, (INCOMPLETE, NO_CREDENTIAL + NO_SIGNATURE + NO_SIGNED_HEADERS)),
        ("AWS4-HMAC-SHA256 Signature=b", DATE, (INCOMPLETE, NO_CREDENTIAL + NO_SIGNED_HEADERS)),
        ("AWS4-HMAC-SHA256 Credential=a,Signature=", DATE, (INCOMPLETE, NO_SIGNATURE + NO_SIGNED_HEADERS)),
        ("AWS4-HMAC-SHA256 Credential=a, Signature=b, SignedHeaders=c", None, (INCOMPLETE, NO_DATE)),
    ],
)
def test_a_header_must_be_whole(
    ask: Ask, ask_strictly: Ask, header: str | None, date: str | None, expected: tuple[str, str]
) -> None:
    name, text = expected
    tail = f"Authorization={header}" if name == INCOMPLETE else ""
    for asking in (ask, ask_strictly):
        reply = asking(call("Echo", authorization=header, x_amz_date=date)).checked()
        assert (reply.status, reply.error) == (400, (name, text + tail))


def test_a_date_header_will_do(ask: Ask) -> None:
    assert ask(call("Echo", x_amz_date=None, date=DATE)).status == 200


@pytest.mark.parametrize("missing", [[name] for name in QUERY] + [list(QUERY)[1:], []])
def test_a_query_must_be_whole(ask: Ask, missing: list[str]) -> None:
    reply = by_query(ask, {name: "" if name in missing else value for name, value in QUERY.items()})
    if missing:
        texts = [f"AWS query-string parameters must include '{name}'. " for name in missing]
        assert reply.error == (INCOMPLETE, "".join(texts) + "Re-examine the query-string parameters.")
    else:
        assert reply.json == {"request": {}, "region": "eu-west-3", "host": "stator.test:8000"}


def test_a_query_without_an_algorithm_is_no_signature(ask: Ask) -> None:
    assert by_query(ask, {name: QUERY[name] for name in QUERY if name != "X-Amz-Algorithm"}).error == NO_TOKEN


@pytest.mark.parametrize("header", [AUTHORIZATION, "", "Basic abc"])
@pytest.mark.parametrize("algorithm", ["AWS4-HMAC-SHA256", ""])
def test_one_form_excludes_the_other(ask: Ask, header: str, algorithm: str) -> None:
    assert by_query(ask, QUERY | {"X-Amz-Algorithm": algorithm}, authorization=header).error == BOTH


def header_of(
    credential: str = "AKID/20260719/us-east-1/dynamodb/aws4_request",
    signed: str = "host;x-amz-date",
    algorithm: str = "AWS4-HMAC-SHA256",
) -> str:
    return f"{algorithm} Credential={credential}, SignedHeaders={signed}, Signature=abc"


NO_ISO = "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601"
OTHER_DAY = (
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
    f"'b' != '20260719', from '{DATE}'. "
)


@pytest.mark.parametrize(
    ("header", "date", "name", "text"),
    [
        (header_of("a"), "201", INCOMPLETE, NO_ISO.format("201")),
        (header_of("a"), "20261350T101112Z", INCOMPLETE, NO_ISO.format("20261350T101112Z")),
        (
            header_of("a"),
            "Sun, 19 Jul 2026 10:11:12 GMT",
            INCOMPLETE,
            NO_ISO.format("Sun, 19 Jul 2026 10:11:12 GMT"),
        ),
        (
            header_of("a", "x"),
            "20260719T095819Z",
            INVALID,
            "Signature expired: 20260719T095819Z is now earlier than 20260719T095820Z "
            "(20260719T101320Z - 15 min.)",
        ),
        (
            header_of("a", "x"),
            "20260719T102821Z",
            INVALID,
            "Signature not yet current: 20260719T102821Z is still later than 20260719T102820Z "
            "(20260719T101320Z + 15 min.)",
        ),
        (
            header_of("a", "x-host", "AWS4-X"),
            DATE,
            INVALID,
            "'Host' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            header_of("a/b", algorithm="AWS4-HMAC-SHA25"),
            DATE,
            INCOMPLETE,
            "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25' (only AWS4-HMAC-SHA256 for now). Authorization="
            + header_of("a/b", algorithm="AWS4-HMAC-SHA25"),
        ),
        (
            header_of("a/b/c/d"),
            DATE,
            INCOMPLETE,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            "got 'a/b/c/d'",
        ),
        (
            header_of("a/b/c/d/e"),
            DATE,
            INVALID,
            "Credential should be scoped to a valid region, not 'c'. "
            "Credential should be scoped to correct service: 'dynamodb'. "
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. " + OTHER_DAY,
        ),
        (header_of("a/b/eu-west-1/dynamodb/aws4_request"), DATE, INVALID, OTHER_DAY),
    ],
)
def test_strictly_the_scope_must_be_right(
    ask: Ask, ask_strictly: Ask, header: str, date: str, name: str, text: str
) -> None:
    data = call("Echo", authorization=header, x_amz_date=date)
    assert ask_strictly(data).checked().error == (name, text)
    assert ask(data).status == 200


@pytest.mark.parametrize("date", ["20260719T095820Z", DATE, "20260719T102820Z"])
@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-2", "us-gov-west-1"])
def test_strictly_a_right_scope_passes(ask_strictly: Ask, date: str, region: str) -> None:
    header = header_of(f"AKID/20260719/{region}/dynamodb/aws4_request", "Host;x-amz-date")
    assert ask_strictly(call("Echo", authorization=header, x_amz_date=date)).status == 200


def test_strictly_a_query_may_sign(ask_strictly: Ask) -> None:
    assert by_query(ask_strictly, QUERY).status == 200
    reply = by_query(ask_strictly, QUERY | {"X-Amz-Algorithm": "AWS4-X"})
    assert reply.error == (
        INCOMPLETE,
        "Unsupported AWS 'algorithm': 'AWS4-X' (only AWS4-HMAC-SHA256 for now). "
        "Re-examine the query-string parameters.",
    )


@pytest.mark.parametrize(
    ("credential", "region"),
    [
        ("a/b/eu-west-3/dynamodb/aws4_request", "eu-west-3"),
        ("a/b/local/dynamodb/aws4_request", "local"),
        ("a/b/bad region/x", "us-east-1"),
        ("a/b//x", "us-east-1"),
        ("a", "us-east-1"),
    ],
)
def test_the_region_is_that_of_the_scope(ask: Ask, credential: str, region: str) -> None:
    for _ in range(2):
        header = header_of(credential)[:-3] + "5d" * 32
        assert ask(call("Echo", authorization=header)).json == {
            "request": {},
            "region": region,
            "host": "stator.test:8000",
        }
