"""The upper bound: uvloop, httptools, and a reply that was made before the request came."""

import asyncio
import signal
import sys
from typing import Final, cast

import httptools
import uvloop

from benchmarks.bare import ITEM

REPLY: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n%b"
    % (len(ITEM), ITEM)
)


class Protocol(asyncio.Protocol):
    """Answers whatever is a whole request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """What httptools calls at the end of a request."""
        self._transport.write(REPLY)


async def main(port: int) -> None:
    """Serve until told to stop."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    server = await loop.create_server(Protocol, "127.0.0.1", port)
    await stopping.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
