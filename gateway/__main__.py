"""`python -m gateway`: the HTTP API on one address, one process, one event loop."""

import os
from typing import Final

import structlog

from core.bus import Bus, BusUnreachable
from core.contracts.subjects import inbox_prefix
from gateway.app import serve
from gateway.settings import Settings, settings_from
from observability.logs import configure_logs
from observability.process import SettingRefused, fail, run_process, stop_asked, watch_bus
from observability.serving import CannotServe, make_server, serve_until

STOP_TIMEOUT_S: Final = 10.0
EXITS: Final = {SettingRefused: 2, BusUnreachable: 4, CannotServe: 5}

_log = structlog.get_logger("gateway")


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    try:
        settings = settings_from(os.environ)
    except SettingRefused as error:
        return fail("gateway", error, EXITS)
    configure_logs(process="gateway", level=settings.log_level)
    return run_process("gateway", lambda: _run(settings), EXITS)


async def _run(settings: Settings) -> None:
    stop = stop_asked()
    bus = await Bus.connect(
        settings.nats_url, name=f"gateway-{settings.instance}", inbox_prefix=inbox_prefix("gateway")
    )
    watch_bus(bus)
    try:
        server = make_server(serve(bus, settings.proxies), host=settings.host, port=settings.port)
        _log.info("gateway_started", host=settings.host, port=settings.port)
        await serve_until(
            stop, server, stop_timeout_s=STOP_TIMEOUT_S, stopping=lambda: _log.info("gateway_stopping")
        )
    finally:
        await bus.close()


if __name__ == "__main__":
    raise SystemExit(main())
