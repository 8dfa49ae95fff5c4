"""`python -m gateway`: the HTTP API on one address, one process, one event loop."""

import asyncio
import contextlib
import signal
import sys
from typing import Final

import structlog
import uvloop

from core.bus import Bus, BusUnreachable
from core.contracts.subjects import inbox_prefix
from gateway.app import serve
from gateway.settings import ConfigurationRefused, Settings, settings_from
from observability.logs import configure_logs
from observability.loop_lag import LoopLag
from observability.metrics import BUS_CONNECTED, BUS_MESSAGES, BUS_RECONNECTS
from observability.serving import make_server

STOP_TIMEOUT_S: Final = 10.0
EXIT_CONFIGURATION: Final = 2
EXIT_BUS: Final = 4
EXIT_SERVER: Final = 5

_log = structlog.get_logger("gateway")


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    try:
        settings = settings_from()
    except ConfigurationRefused as error:
        sys.stderr.write(f"gateway: {error}\n")
        return EXIT_CONFIGURATION
    configure_logs(process="gateway", level=settings.log_level)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_run(settings))
    except BusUnreachable as error:
        sys.stderr.write(f"gateway: {error}\n")
        return EXIT_BUS
    except KeyboardInterrupt:
        return 0


async def _run(settings: Settings) -> int:
    bus = await Bus.connect(
        settings.nats_url, name=f"gateway-{settings.instance}", inbox_prefix=inbox_prefix("gateway")
    )
    BUS_CONNECTED.watch(lambda: float(bus.connected))
    BUS_MESSAGES.watch(lambda: bus.published, "out")
    BUS_MESSAGES.watch(lambda: bus.received, "in")
    BUS_RECONNECTS.watch(lambda: bus.reconnects)
    try:
        server = make_server(serve(bus, settings.proxies), host=settings.host, port=settings.port)
    except OSError as error:
        sys.stderr.write(f"gateway: cannot serve on {settings.host}:{settings.port}: {error.strerror}\n")
        await bus.close()
        return EXIT_SERVER
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    lag = LoopLag.start()
    _log.info("gateway_started", host=settings.host, port=settings.port)
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            with contextlib.suppress(Exception):
                await serving
            sys.stderr.write(f"gateway: cannot serve on {settings.host}:{settings.port}\n")
            return EXIT_SERVER
        _log.info("gateway_stopping")
        server.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(serving, STOP_TIMEOUT_S)
        return 0
    finally:
        lag.stop()
        stopping.cancel()
        await bus.close()


if __name__ == "__main__":
    raise SystemExit(main())
