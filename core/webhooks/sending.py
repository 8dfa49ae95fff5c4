"""One message over HTTPS: to addresses of the Internet only, without redirects, bounded in time and bytes.

What became of a message is its answer's status: a receiver that has sent the head of its answer has the message.
"""

import asyncio
import ipaddress
import socket
import ssl
import unicodedata
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, cast
from urllib.parse import urlsplit

import httpcore

from core.contracts.webhooks import WebhookOutcome
from core.values.card_numbers import hide_possible_card_numbers
from core.webhooks.model import ANSWER_CHARACTERS_MAX, Answered
from core.webhooks.rules import fault_of_url, may_connect, retry_after_s

TIMEOUT_S: Final = 15.0
"""Until the status and the headers of an answer are there."""
REST_TIMEOUT_S: Final = 2.0
"""For the rest of an answer, which is only shown: the status has said what became of the message."""
ANSWER_BYTES_MAX: Final = 4_096
CONNECTIONS_MAX: Final = 128
_KEEPALIVE_S: Final = 30.0
_RESOLVERS: Final = 8
_GONE: Final = 410


class AddressRefused(Exception):
    """A name stands for an address that messages may not go to."""


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that it has looked at itself: a name cannot stand for another one a moment later."""

    def __init__(self, *, loopback: bool) -> None:
        self._loopback = loopback
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())
        # Of their own, so that a silent name server holds up nothing else.
        self._resolvers = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolver")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers. Raises: AddressRefused, when any of them may not be connected to."""
        addresses = await self._resolve(host, port)
        if not all(
            may_connect(ipaddress.ip_address(each.partition("%")[0]), loopback=self._loopback)
            for each in addresses
        ):
            raise AddressRefused
        failed: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address,
                    port,
                    timeout=timeout,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        """AsyncNetworkBackend."""
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Let the threads end."""
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    async def _resolve(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(
                self._resolvers, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            )
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name is not known") from error
        return list(dict.fromkeys(str(each[4][0]) for each in found))


class Sender:
    """Keeps connections to receivers open for the next message."""

    def __init__(
        self, *, loopback: bool, timeout_s: float = TIMEOUT_S, tls: ssl.SSLContext | None = None
    ) -> None:
        self._loopback = loopback
        self._timeout_s = timeout_s
        self._network = CheckedNetwork(loopback=loopback)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or ssl.create_default_context(),
            max_connections=CONNECTIONS_MAX,
            keepalive_expiry=_KEEPALIVE_S,
            network_backend=self._network,
        )

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Send one message and say what became of it; nothing that a receiver does raises."""
        if fault_of_url(url, loopback=self._loopback) is not None:
            return Answered("address_refused")
        try:
            async with asyncio.timeout(self._timeout_s) as deadline:
                return await self._exchange(url, headers, body, deadline)
        except AddressRefused:
            return Answered("address_refused")
        except (TimeoutError, httpcore.TimeoutException):
            return Answered("timed_out")
        except (httpcore.ConnectError, httpcore.NetworkError, OSError) as error:
            return Answered("tls_failed" if _is_tls(error) else "unreachable")
        except (httpcore.ProtocolError, ValueError):
            return Answered("malformed")

    async def close(self) -> None:
        """Close every connection."""
        self._network.close()
        await self._pool.aclose()

    async def _exchange(
        self, url: str, headers: Mapping[str, str], body: bytes, deadline: asyncio.Timeout
    ) -> Answered:
        async with self._pool.stream(
            "POST",
            url,
            headers={
                "host": urlsplit(url).netloc,
                "user-agent": "Guichet-Webhooks/1",
                "content-type": "application/json",
                "accept-encoding": "identity",
                **headers,
            },
            content=body,
        ) as response:
            # Above the bound of the rest, with time to close: what a receiver has said is not lost to a slow end of it.
            deadline.reschedule(asyncio.get_running_loop().time() + 2 * REST_TIMEOUT_S)
            began = await _began(response)
            asked = {name.lower(): value for name, value in response.headers}.get(b"retry-after", b"")
            return Answered(
                _outcome_of(response.status),
                response.status,
                _shown(began),
                # A date is held against the machine's clock, as the receiver's own is.
                retry_after_s(asked.decode("latin-1").strip(), now=datetime.now(UTC)),
            )


async def _began(response: httpcore.Response) -> bytes:
    """Return how a body begins, as far as it comes: one that drips, breaks off or is malformed changes no status."""
    began = bytearray()
    with suppress(
        TimeoutError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError
    ):
        async with asyncio.timeout(REST_TIMEOUT_S):
            async for chunk in response.aiter_stream():
                began += chunk
                if len(began) >= ANSWER_BYTES_MAX:
                    break
    return bytes(began)


def _outcome_of(status: int) -> WebhookOutcome:
    if 200 <= status <= 299:
        return "accepted"
    if 300 <= status <= 399:
        return "redirected"
    return "gone" if status == _GONE else "refused"


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _shown(began: bytes) -> str:
    """Return how an answer began as one line: no control characters, no card number."""
    text = began[: 4 * ANSWER_CHARACTERS_MAX].decode("utf-8", "replace")
    plain = " ".join("".join(" " if unicodedata.category(each)[0] == "C" else each for each in text).split())
    return hide_possible_card_numbers(plain)[:ANSWER_CHARACTERS_MAX]
