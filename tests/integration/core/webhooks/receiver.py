"""A merchant's system: answers as a test tells it to, and keeps what it was sent."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass
class Message:
    """One request as it came."""

    head: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Sends `answer`, after a pause, to everything; None: never answers."""

    answer: bytes | None = OK
    pause_s: float = 0.0
    messages: list[Message] = field(default_factory=list)
    arrivals: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    connections: int = 0
    at_once: int = 0
    at_once_most: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take messages until the connection ends."""
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().strip().split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)
                }
                body = await reader.readexactly(int(headers["content-length"]))
                self.messages.append(Message(first, headers, body))
                self.arrivals.put_nowait(None)
                self.at_once += 1
                self.at_once_most = max(self.at_once_most, self.at_once)
                await asyncio.sleep(self.pause_s if self.answer is not None else 3600)
                self.at_once -= 1
                writer.write(self.answer or b"")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(receiver: Receiver, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Let a receiver listen on a port of its own."""
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
