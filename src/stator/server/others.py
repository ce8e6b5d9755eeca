"""What answers requests to other AWS services: imported with the first one, since few servers get any."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from stator.base.errors import ApiError
from stator.base.ids import RequestIds
from stator.protocol.http import Request
from stator.protocol.pipeline import ReadyReply
from stator.server.config import Settings

if TYPE_CHECKING:
    from stator.protocol.services.front import Front
    from stator.protocol.services.recognition import Asked
    from stator.tables.database import Database


class OthersHere:
    """Answers them in this process, which has to be the one that writes."""

    def __init__(self, database: "Database", settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._front: Front | None = None

    def __call__(self, request: Request) -> ReadyReply | Awaitable[Any] | None:
        """The reply, or an awaitable that raises it; None if the request is for no such service."""
        if _asked(request) is None:
            return None
        if self._front is None:
            from stator.protocol.services.front import Front

            strict = self._settings.auth_headers == "strict"
            self._front = Front(self._database, RequestIds(), region=self._settings.region, strict=strict)
        return self._front.answer(request)


class OthersElsewhere:
    """Has them answered by the process that writes; `relay` raises its reply, or what kept it from one."""

    def __init__(self, relay: Callable[[Request], Awaitable[Any]]) -> None:
        self._relay = relay
        self._ids = RequestIds()

    def __call__(self, request: Request) -> Awaitable[Any] | None:
        """An awaitable that raises the reply; None if the request is for no such service."""
        asked = _asked(request)
        return None if asked is None else self._relayed(request, asked)

    async def _relayed(self, request: Request, asked: "Asked") -> Any:
        try:
            return await self._relay(request)
        except ApiError as error:  # The writer is gone; DynamoDB's clients are told in another form.
            from stator.protocol.services.front import refusal

            raise refusal(asked, error, self._ids.next()) from None


def _asked(request: Request) -> "Asked | None":
    from stator.protocol.services.recognition import recognised

    return recognised(request)
