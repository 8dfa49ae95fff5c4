"""Servers in the test's own loop: the whole host, and a tiny one that answers as a function says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from deploy.sandbox.simulators.acquirer.links import Acquirer, HostSide
from deploy.sandbox.simulators.book import Book
from edge.dialects import DIALECTS
from edge.protocol.field import Message
from edge.protocol.framing import FrameReader, frame
from edge.protocol.message_types import response_mti

CODEC = DIALECTS["ascii1987"]


@asynccontextmanager
async def whole_host(directory: Path) -> AsyncIterator[tuple[Acquirer, int]]:
    """Yield an acquirer and its port."""
    acquirer = Acquirer(Book(directory))
    server = await asyncio.get_running_loop().create_server(lambda: HostSide(acquirer), "127.0.0.1", 0)
    try:
        yield acquirer, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for link in list(acquirer.links):
            link.close()
        acquirer.book.close()


class TinyHost(asyncio.Protocol):
    """Collects what it hears; `answer` returns the fields to add to a mirrored answer, or None for silence."""

    def __init__(self, heard: list[Message], answer: Callable[[Message], Message | None]) -> None:
        self._heard = heard
        self._answer = answer
        self._reader = FrameReader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        for raw in self._reader.feed(data):
            message = CODEC.decode(raw)
            self._heard.append(message)
            added = self._answer(message)
            if added is not None:
                mirrored = {
                    number: message[number] for number in (3, 4, 7, 11, 41, 49, 70) if number in message
                }
                self._transport.write(
                    frame(CODEC.encode({**mirrored, **added, 0: response_mti(str(message[0]))}))
                )


@asynccontextmanager
async def tiny_host(
    answer: Callable[[Message], Message | None],
) -> AsyncIterator[tuple[list[Message], int]]:
    """Yield what was heard and the port."""
    heard: list[Message] = []
    server = await asyncio.get_running_loop().create_server(lambda: TinyHost(heard, answer), "127.0.0.1", 0)
    try:
        yield heard, server.sockets[0].getsockname()[1]
    finally:
        server.close()
