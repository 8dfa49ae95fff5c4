"""A portal as a process: configured, listening, and stopped in order."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Final

from litestar.types import ControllerRouterHandler

from observability.logs import configure_logs
from observability.process import SettingRefused, fail, log_level_of, run_process, stop_asked
from observability.secret_files import load_or_make_secret
from observability.serving import CannotServe, HttpServer, make_server, serve_until
from portals.assets.build import DIST
from portals.kit.app import create_app
from portals.kit.face import Face
from portals.kit.gateway import Gateway
from portals.kit.kit import Kit
from portals.kit.sealing import Sealer
from portals.kit.settings import Settings, settings_from
from portals.kit.static import Assets, AssetsMissing

STOP_S = 3.0
# sysexits.h: 78, something is wrong with the configuration; 69, the address is taken, or is not ours.
EXITS: Final = {SettingRefused: 78, AssetsMissing: 78, ValueError: 78, CannotServe: 69}


def make_kit(settings: Settings, face: Face) -> Kit:
    """Return what lives as long as the portal.

    Raises: AssetsMissing, SecretUnusable.
    """
    return Kit(
        face=face,
        institution=settings.institution,
        assets=Assets(DIST),
        sealer=Sealer(load_or_make_secret(settings.secret_file)),
        gateway=Gateway(settings.gateway_url),
        cookies_are_secure=settings.cookies_are_secure,
        proxies=settings.proxies,
    )


def run(
    environment: Mapping[str, str], face: Face, pages: Sequence[ControllerRouterHandler], *, port: int
) -> int:
    """Serve until SIGTERM or SIGINT; the exit code says whether the configuration was usable."""
    name = face.process
    try:
        configure_logs(process=name, level=log_level_of(environment))
        settings = settings_from(environment, port=port, face=f"portal-{face.name}")
        kit = make_kit(settings, face)
        # One process serves: granian's supervisor would double the memory for nothing.
        server = make_server(create_app(kit, pages), host=settings.host, port=settings.port)
    except tuple(EXITS) as error:
        return fail(name, error, EXITS)
    sys.stdout.write(f"{name} listening on http://{settings.host}:{settings.port}\n")
    sys.stdout.flush()
    return run_process(name, lambda: _serve(server, kit), {CannotServe: EXITS[CannotServe]})


async def _serve(server: HttpServer, kit: Kit) -> None:
    # Open live feeds would keep the server from ending; browsers come back to the next one by themselves.
    await serve_until(stop_asked(), server, stop_timeout_s=STOP_S, stopping=kit.streams.close)
