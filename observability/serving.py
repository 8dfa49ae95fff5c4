"""How every HTTP server of ours listens: one place for what keeps a slow, idle or greedy client from filling it.

server = make_server(app, host=…, port=…)      # raises CannotServe when the address is taken
await serve_until(stop, server, stop_timeout_s=…)

What closes whom, and who sees to it:

- no request, half a request, or nothing more after an answer: the server, after `IDLE_MAX_S`
- more headers or longer ones than the bounds: the server, with 431. Its buffer may hold more than it was told, so
  what it lets pass is measured again in `Bounded`.
- a body that stops coming: `observability.admission`, which answers 408
- a reader that stops reading: the kernel, after `READER_STALL_MAX_S`. The server takes a whole answer into its own
  memory and has no deadline for handing it over, so nobody above the socket would ever know.
- more requests than are fair: `observability.admission`, with 429 or 503
"""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder  # pyright: ignore[reportPrivateImportUsage]
from granian.server.embed import Server

from observability.loop_lag import LoopLag

BACKLOG: Final = 1_024
CONNECTIONS_MAX: Final = 8_000
"""Above it connections wait unaccepted, so admission answers long before; at most what open files allow."""

IDLE_MAX_S: Final = 10.0
HEADERS_BYTES_MAX: Final = 32 * 1_024
READER_STALL_MAX_S: Final = 30.0

_KEEPALIVE_AFTER_S: Final = 60
_KEEPALIVE_EVERY_S: Final = 15
_KEEPALIVE_TRIES: Final = 4
# A live page of the portal holds two: the browser's and the gateway's.
_FILES_A_CONNECTION: Final = 2
_FILES_BESIDE: Final = 256


STRICT_TRANSPORT: Final = (b"strict-transport-security", b"max-age=31536000")
"""For answers of what browsers find by HTTPS alone. Never of this very machine: a browser would ask all of its ports so."""


class CannotServe(OSError):
    """The address is taken, or is not this machine's; or the server gave up."""


class Bounded:
    """ASGI: answers 431 to a request line and headers that are longer together than `HEADERS_BYTES_MAX`."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and request_head_bytes(scope) > HEADERS_BYTES_MAX:
            await send({"type": "http.response.start", "status": 431, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, receive, send)


def request_head_bytes(scope: Any) -> int:
    """Return how many bytes the request line and the headers had, with what separates them."""
    line = len(scope["method"]) + len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
    return line + sum(len(name) + len(value) + 4 for name, value in scope["headers"])


class ServerCertificate(NamedTuple):
    """PEM files of a server that speaks HTTPS."""

    certificate: Path
    key: Path


class HttpServer(Server):
    """A server of a process, on a socket that gives up on readers who do not read."""

    def __init__(
        self,
        app: Any,
        listening: socket.socket,
        *,
        connections_max: int,
        certificate: ServerCertificate | None = None,
    ) -> None:
        host, port = listening.getsockname()[:2]
        tls: dict[str, Any] = {}
        if certificate is not None:
            tls = {
                "ssl_cert": certificate.certificate,
                "ssl_key": certificate.key,
                "ssl_protocol_min": SSLProtocols.tls12,
            }
        super().__init__(
            Bounded(app),
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            websockets=False,
            backlog=BACKLOG,
            backpressure=connections_max,
            http1_settings=HTTP1Settings(
                header_read_timeout=int(IDLE_MAX_S * 1_000), max_buffer_size=HEADERS_BYTES_MAX
            ),
            log_enabled=True,
            log_level=LogLevels.error,
            log_access=False,
            **tls,
        )
        self.listening_port: int = port
        self._listening = listening

    def _init_shared_socket(self) -> None:
        # Granian's own socket takes no options; connections inherit those of the socket that accepts them.
        self._ssp = None
        self._shd = SocketHolder(self._listening.detach(), False, BACKLOG)  # pyright: ignore[reportCallIssue]


def make_server(
    app: Any, *, host: str, port: int, certificate: ServerCertificate | None = None
) -> HttpServer:
    """Return a server that holds its address already; port 0 takes a free one.

    A handshake that stalls is closed as half a request is. Raises: CannotServe, when the address is taken or is not this
    machine's, or the certificate cannot be read.
    """
    try:
        listening = listen(host, port)
    except OSError as error:
        raise CannotServe(f"cannot serve on {host}:{port}: {error.strerror}") from error
    try:
        return HttpServer(
            app,
            listening,
            connections_max=connections_max(raise_open_files()),
            certificate=certificate,
        )
    except OSError as error:
        listening.close()
        raise CannotServe(f"cannot serve on {host}:{port}: the certificate or key cannot be read") from error


async def serve_until(
    stop: asyncio.Event,
    server: HttpServer,
    *,
    stop_timeout_s: float,
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """Serve until told to stop, call `stopping`, then let answers out for so long at most.

    Raises: CannotServe, when the server ends by itself.
    """
    await serve_all_until(stop, [server], stop_timeout_s=stop_timeout_s, stopping=stopping)


async def serve_all_until(
    stop: asyncio.Event,
    servers: Sequence[HttpServer],
    *,
    stop_timeout_s: float,
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """Serve on several addresses, as `serve_until` does on one. Raises: CannotServe, when one of them ends by itself."""
    serving = {asyncio.create_task(server.serve()): server for server in servers}
    stopped = asyncio.create_task(stop.wait())
    lag = LoopLag.start()
    try:
        await asyncio.wait({*serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            ended, server = next((task, server) for task, server in serving.items() if task.done())
            raise CannotServe(f"the server of port {server.listening_port} ended") from ended.exception()
        stopping()
        for server in servers:
            server.stop()
        await asyncio.wait(serving, timeout=stop_timeout_s)
    finally:
        lag.stop()
        stopped.cancel()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket whose connections end when the peer neither reads nor answers."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (
            # Linux counts from the first byte that finds no room at the reader: the deadline of a write.
            ("TCP_USER_TIMEOUT", int(READER_STALL_MAX_S * 1_000)),
            ("TCP_KEEPIDLE", _KEEPALIVE_AFTER_S),
            ("TCP_KEEPINTVL", _KEEPALIVE_EVERY_S),
            ("TCP_KEEPCNT", _KEEPALIVE_TRIES),
            ("TCP_NODELAY", 1),
        ):
            option = getattr(socket, name, None)
            if option is not None:
                with contextlib.suppress(OSError):
                    listening.setsockopt(socket.IPPROTO_TCP, option, value)
        listening.bind(address)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening


def connections_max(open_files: int) -> int:
    """Return how many connections are accepted at once with so many open files."""
    return max(64, min(CONNECTIONS_MAX, (open_files - _FILES_BESIDE) // _FILES_A_CONNECTION))


def raise_open_files(
    limits: Callable[[int], tuple[int, int]] = resource.getrlimit,
) -> int:
    """Ask for as many open files as the machine grants this process, and return the number."""
    soft, hard = limits(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX * _FILES_A_CONNECTION + _FILES_BESIDE
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
    return soft if soft != resource.RLIM_INFINITY else wanted
