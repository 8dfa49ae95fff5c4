"""Run the agents' portal: `python -m portals.agent`."""

from __future__ import annotations

import os
import sys
from typing import Final

from observability.logs import configure_logs
from observability.process import SettingRefused, fail, log_level_of, run_process, stop_asked
from observability.serving import CannotServe, HttpServer, make_server, serve_until
from portals.agent.app import create_app, make_kit
from portals.agent.settings import settings_from
from portals.kit.kit import Kit
from portals.kit.sealing import SecretUnusable
from portals.kit.static import AssetsMissing

STOP_S = 3.0
# sysexits.h: 78, something is wrong with the configuration; 69, the address is taken, or is not ours.
EXITS: Final = {SettingRefused: 78, AssetsMissing: 78, SecretUnusable: 78, ValueError: 78, CannotServe: 69}


def main() -> int:
    """Serve until SIGTERM or SIGINT; the exit code says whether the configuration was usable."""
    try:
        configure_logs(process="portal", level=log_level_of(os.environ))
        settings = settings_from(os.environ)
        kit = make_kit(settings)
        # One process serves: granian's supervisor would double the memory for nothing.
        server = make_server(create_app(kit), host=settings.host, port=settings.port)
    except tuple(EXITS) as error:
        return fail("portal", error, EXITS)
    sys.stdout.write(f"portal listening on http://{settings.host}:{settings.port}\n")
    sys.stdout.flush()
    return run_process("portal", lambda: _serve(server, kit), {CannotServe: EXITS[CannotServe]})


async def _serve(server: HttpServer, kit: Kit) -> None:
    # Open live feeds would keep the server from ending; browsers come back to the next one by themselves.
    await serve_until(stop_asked(), server, stop_timeout_s=STOP_S, stopping=kit.streams.close)


if __name__ == "__main__":
    raise SystemExit(main())
