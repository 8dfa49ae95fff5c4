"""The socket under a bus, and where servers are."""

import asyncio
from typing import NamedTuple, Protocol, cast
from urllib.parse import unquote, urlsplit

import structlog

from core.bus.errors import WireMalformed
from core.bus.wire import ServerInfo, WireReader

_log = structlog.get_logger("core.bus")


class Server(NamedTuple):
    """One address of the cluster, and who we are there."""

    host: str
    port: int
    user: str | None
    password: str | None
    secure: bool


def server_of(url: str) -> Server:
    """Return the parts of nats://user:password@host:port. Raises: ValueError."""
    parts = urlsplit(url.strip())
    if parts.scheme not in {"nats", "tls"} or not parts.hostname:
        raise ValueError("a bus URL looks like nats://user:password@host:4222")
    return Server(
        host=parts.hostname,
        port=parts.port or 4222,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        secure=parts.scheme == "tls",
    )


class Owner(Protocol):
    """The bus that a link belongs to."""

    def message(self, sid: bytes, subject: bytes, reply: bytes, payload: bytes) -> None:
        """WireSink."""

    def no_responders(self, sid: bytes, subject: bytes) -> None:
        """WireSink."""

    def ping(self) -> None:
        """WireSink."""

    def pong(self) -> None:
        """WireSink."""

    def error(self, text: str) -> None:
        """WireSink."""

    def lost(self, link: "Link") -> None:
        """The socket is gone, or is not to be believed any more."""

    def set_paused(self, paused: bool) -> None:
        """Whether the server takes nothing just now."""


class Link(asyncio.Protocol):
    """The socket under a bus: one per connection attempt, so that a late callback cannot touch its successor."""

    def __init__(self, bus: Owner) -> None:
        loop = asyncio.get_running_loop()
        self.greeted: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.info_line = ServerInfo()
        self.transport: asyncio.Transport = None  # pyright: ignore[reportAttributeAccessIssue]
        self._bus = bus
        self._reader = WireReader(self)
        self._feed = self._reader.feed
        # The busiest call of the process goes straight to the bus.
        self.message = bus.message
        self.no_responders = bus.no_responders
        self.ping = bus.ping
        self.pong = bus.pong
        self.error = bus.error

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance, but by shape.
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._feed(data)
        except WireMalformed as error:
            _log.warning("bus_wire_malformed", problem=str(error))
            self._bus.lost(self)

    def info(self, info: ServerInfo) -> None:
        """WireSink."""
        self.info_line = info
        if not self.greeted.done():
            self.greeted.set_result(None)

    def pause_writing(self) -> None:
        self._bus.set_paused(True)

    def resume_writing(self) -> None:
        self._bus.set_paused(False)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.greeted.done():
            self.greeted.set_exception(exc or ConnectionResetError("closed before the greeting"))
            self.greeted.exception()
        if not self.lost.done():
            self.lost.set_result(None)
        self._bus.lost(self)
