"""Run the agents' portal: `python -m portals.agent`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import uvloop

from observability.logs import configure_logs
from observability.loop_lag import LoopLag
from observability.serving import HttpServer, make_server
from portals.agent.app import create_app, make_kit
from portals.agent.settings import SettingMalformed, Settings, from_environment
from portals.kit.kit import Kit
from portals.kit.sealing import SecretUnusable
from portals.kit.static import AssetsMissing

STOP_S = 3.0
_EX_UNAVAILABLE = 69  # sysexits.h: the address is taken, or is not ours.
_EX_CONFIG = 78  # sysexits.h: something is wrong with the configuration


def main() -> int:
    """Serve until SIGTERM or SIGINT; the exit code says whether the configuration was usable."""
    try:
        configure_logs(process="portal", level=os.environ.get("GUICHET_LOG_LEVEL", "info"))
        settings = from_environment()
        kit = make_kit(settings)
    except (SettingMalformed, AssetsMissing, SecretUnusable, ValueError) as error:
        sys.stderr.write(f"portal: {error}\n")
        return _EX_CONFIG
    try:
        # One process serves: granian's supervisor would double the memory for nothing.
        server = make_server(create_app(kit), host=settings.host, port=settings.port)
    except OSError as error:
        sys.stderr.write(f"portal: cannot serve on {settings.host}:{settings.port}: {error.strerror}\n")
        return _EX_UNAVAILABLE
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(server, settings, kit))
    return 0


async def _serve(server: HttpServer, settings: Settings, kit: Kit) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve())
    sys.stdout.write(f"portal listening on http://{settings.host}:{settings.port}\n")
    sys.stdout.flush()
    lag = LoopLag.start()
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        # Open live feeds would keep the server from ending; browsers come back to the next one by themselves.
        kit.streams.close()
        server.stop()
        await asyncio.wait({serving}, timeout=STOP_S)
    finally:
        stopping.cancel()
        lag.stop()


if __name__ == "__main__":
    raise SystemExit(main())
