"""A nats-py client for JetStream and control: what is not a hot path and wants the whole protocol."""

import asyncio
import ssl

import nats
import nats.errors
import structlog
from nats.aio.client import Client

from core.bus.errors import BusUnreachable

RECONNECT_WAIT_S = 0.5
PING_INTERVAL_S = 5
FIRST_CONNECTION_TIMEOUT_S = 10
CONNECT_TIMEOUT_S = 2
PENDING_BYTES_MAX = 8 * 1024 * 1024

_log = structlog.get_logger("core.bus.control")


async def connect_control(
    url: str,
    *,
    name: str,
    inbox_prefix: str,
    tls: ssl.SSLContext | None = None,
    first_connection_timeout_s: float = FIRST_CONNECTION_TIMEOUT_S,
) -> Client:
    """Return a connected client that reconnects for ever.

    Raises: BusUnreachable when the first connection does not come about in time.
    """

    async def on_error(error: Exception) -> None:
        _log.warning("bus_error", client=name, error=type(error).__name__)

    async def on_disconnected() -> None:
        _log.warning("bus_disconnected", client=name)

    async def on_reconnected() -> None:
        _log.info("bus_reconnected", client=name)

    try:
        async with asyncio.timeout(first_connection_timeout_s):
            return await nats.connect(
                url.split(","),
                name=name,
                inbox_prefix=inbox_prefix,
                tls=tls,
                error_cb=on_error,
                disconnected_cb=on_disconnected,
                reconnected_cb=on_reconnected,
                allow_reconnect=True,
                max_reconnect_attempts=-1,
                reconnect_time_wait=RECONNECT_WAIT_S,
                ping_interval=PING_INTERVAL_S,
                max_outstanding_pings=2,
                connect_timeout=CONNECT_TIMEOUT_S,
                pending_size=PENDING_BYTES_MAX,
            )
    except (OSError, TimeoutError, nats.errors.Error) as error:
        raise BusUnreachable(type(error).__name__) from error
