"""What is asked of the server itself, below `/_stator/`: faults that its clients are to meet, and snapshots.

    GET     /_stator/faults        the faults that are set: {"faults": [...]}
    POST    /_stator/faults        sets one (`stator.operations.faults.Fault` as JSON): {"id": ...}
    DELETE  /_stator/faults        clears all: {"cleared": ...}
    DELETE  /_stator/faults/<id>   clears one
            /_stator/snapshots     see `stator.server.snapshots`
    GET     /metrics               see `stator.server.telemetry.scrape`

Only programs of this machine are answered, whatever address the server listens on; to anyone else there is
nothing here. A request that was passed on by a proxy, or sent by a page in a browser, is of anyone else.

While a fault is set, the pipeline serves other handlers. So a server without faults does not even look.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

import msgspec

from stator.operations.faults import Fault, Faults, WrongFault
from stator.operations.registry import Operation
from stator.protocol.http import Request
from stator.protocol.pipeline import RESERVED_PATH, OwnReply
from stator.server.snapshots import Refused, Snapshots

_FOREIGN_FIELDS: Final = (b"origin", b"forwarded", b"x-forwarded-for")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Fault).decode


class Admin:
    """The faults and the snapshots of a process, and requests about them.

    `operations` are what is served without faults; `serve` makes the pipeline serve others; `scrape` answers
    requests for metrics.
    """

    def __init__(
        self,
        operations: Mapping[str, Operation],
        serve: Callable[[Mapping[str, Operation]], None],
        snapshots: Snapshots,
        scrape: Callable[[Request], OwnReply],
    ) -> None:
        self._operations = operations
        self._serve = serve
        self._snapshots = snapshots
        self._scrape = scrape
        self._faults = Faults({each.name for each in operations.values()}, Random())

    def answer(self, request: Request) -> OwnReply | None:
        """The reply to a request to the server itself; None if there is nothing for this client."""
        if not request.url.startswith(RESERVED_PATH):
            return self._scrape(request)
        if not is_local(request):
            return None
        path, _, number = request.url[len(RESERVED_PATH) :].partition(b"/")
        if path == b"snapshots" and not number:
            return self._snapshot(request)
        if path != b"faults":
            return None
        if request.method == b"GET" and not number:
            return _reply({"faults": self._faults.listed()})
        if request.method == b"POST" and not number:
            return self._set(request.body)
        if request.method == b"DELETE":
            return self._clear(number)
        return None

    def _snapshot(self, request: Request) -> OwnReply | None:
        snapshots = self._snapshots
        try:
            if request.method == b"POST":
                return _reply(snapshots.begin(request.body))
        except Refused as error:
            return _reply({"message": str(error)}, status=400)
        if request.method == b"GET":
            return _reply(snapshots.status())
        return _reply(snapshots.give_up()) if request.method == b"DELETE" else None

    def _set(self, body: bytes) -> OwnReply:
        try:
            number = self._faults.set(_decode(body))
        except (msgspec.MsgspecError, UnicodeDecodeError, WrongFault) as error:
            return _reply({"message": str(error)}, status=400)
        self._serve_accordingly()
        return _reply({"id": number})

    def _clear(self, number: bytes) -> OwnReply | None:
        if number and not number.isdigit():
            return None
        cleared = self._faults.clear(int(number) if number else None)
        self._serve_accordingly()
        return _reply({"cleared": cleared})

    def _serve_accordingly(self) -> None:
        from stator.operations.dynamodb.fault_effects import faulty  # Few servers ever need it.

        self._serve(faulty(self._operations, self._faults) if self._faults else self._operations)


def is_local(request: Request) -> bool:
    """Whether a request comes from a program of this machine, and straight from it."""
    from ipaddress import IPv6Address, ip_address

    if any(name in request.headers for name in _FOREIGN_FIELDS):
        return False
    try:
        address = ip_address(request.peer)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback


def _reply(body: dict[str, Any], status: int = 200) -> OwnReply:
    return OwnReply(status, _encode(body))
