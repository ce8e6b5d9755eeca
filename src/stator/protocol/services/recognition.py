"""For which service a request is, and in which of its protocols: told from its head alone where that is said.

    /service/<target prefix>/operation/<name>          CBOR
    X-Amz-Target: <target prefix>.<name>               JSON
    a form, or a query string with an Action           by the scope of its signature, else by its Version

A request of these forms whose signature is for a service that is not served at all is recognised too, so that
its client is told so in words that it understands. All else is for DynamoDB, or for nobody.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from stator.model.services.directory import SERVICES, Service
from stator.protocol.authentication import SERVICE as DYNAMODB
from stator.protocol.authentication import read_claim
from stator.protocol.http import Request

Language = Literal["query", "json", "cbor"]

FORM: Final = b"application/x-www-form-urlencoded"
_JSON: Final = re.compile(rb"application/x-amz-json-(1\.[01])")
_FAULTS: Final = "http://webservices.amazon.com/AWSFault/2005-15-09"  # the namespace of nobody's own errors
_SIGNING: Final = re.compile(r"[a-z0-9-]{2,40}")

_CBOR_PATH: Final = re.compile(rb"/service/([^/?]+)/operation/([^/?]+)/?")
_VERSION: Final = re.compile(rb"(?:^|&)Version=([0-9-]{10})(?:&|$)")

_BY_TARGET: Final = {each.target.encode(): each for each in SERVICES if each.target}
_BY_SIGNING: Final = {each.signing: each for each in SERVICES if each.namespace}
_BY_VERSION: Final = {each.version.encode(): each for each in SERVICES if each.namespace}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is for. Forms name their operation inside: then `operation` is empty."""

    service: Service
    language: Language
    operation: str = ""


def recognised(request: Request) -> Asked | None:
    """What a request is for; None if it is not for one of these services."""
    path, _, query = request.url.partition(b"?")
    if request.method == b"GET":
        return _of_form(request, query, query) if b"Action=" in query else None
    if request.method != b"POST":
        return None
    found = _CBOR_PATH.fullmatch(path)
    if found is not None:
        service = _BY_TARGET.get(found[1])
        if service is not None and service.cbor:
            return Asked(service, "cbor", found[2].decode("latin-1"))
        return None
    prefix, _, name = request.headers.get(b"x-amz-target", b"").rstrip().partition(b".")
    if prefix in _BY_TARGET:
        return Asked(_BY_TARGET[prefix], "json", name.decode("latin-1"))
    kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind == FORM:
        return _of_form(request, query, request.body)
    version = _JSON.fullmatch(kind)
    if version is None or not name:
        return None
    stranger = _stranger(_signing(request, query), version[1].decode())
    return None if stranger is None else Asked(stranger, "json", name.decode("latin-1"))


def _of_form(request: Request, query: bytes, form: bytes) -> Asked | None:
    signing = _signing(request, query)
    service = _BY_SIGNING.get(signing)
    if service is None:
        found = _VERSION.search(form)
        service = _BY_VERSION.get(found[1]) if found is not None else None
    service = service or _stranger(signing)
    return None if service is None else Asked(service, "query")


def _signing(request: Request, query: bytes) -> str:
    """The service in the scope of a request's signature; empty if there is none."""
    scope = read_claim(request.headers, query).scope
    return scope[3] if len(scope) > 3 else ""


def _stranger(signing: str, json: str | None = None) -> Service | None:
    """A service that is not served, by what its signatures are for; None if that is DynamoDB, or nothing."""
    if signing == DYNAMODB or not _SIGNING.fullmatch(signing):
        return None
    return Service(signing, signing, "", json=json, namespace=_FAULTS)
