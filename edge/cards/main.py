"""Composition root of the card frame: settings, keys, bus, listeners, health pages, graceful stop."""

import asyncio
import os
from typing import Final

import httpx
import structlog

from core.bus import Bus, BusUnreachable
from core.contracts.subjects import inbox_prefix
from edge.cards.answers import Parts
from edge.cards.app import serve
from edge.cards.asked import Asked
from edge.cards.attempts import Attempts
from edge.cards.codes import SecurityCodes
from edge.cards.desk import Desk
from edge.cards.issuers import Issuers
from edge.cards.settings import Settings, settings_from
from edge.keys import KeysRefused, SoftwareSecurityModule
from observability.health import HealthPages
from observability.logs import configure_logs
from observability.process import (
    SettingRefused,
    fail,
    keep_what_stands,
    run_process,
    stop_asked,
    watch_bus,
)
from observability.serving import CannotServe, HttpServer, ServerCertificate, make_server, serve_all_until

STOP_TIMEOUT_S: Final = 5.0
EXPIRE_EVERY_S: Final = 5.0
ISSUER_CONNECTIONS_MAX: Final = 64
EXITS: Final = {
    SettingRefused: 2,
    KeysRefused: 2,
    ValueError: 2,
    BusUnreachable: 4,
    CannotServe: 5,
    OSError: 5,
}
_LOOPBACK: Final = "127.0.0.1"

_log = structlog.get_logger("edge.cards")


async def run(settings: Settings) -> None:
    """Start, serve until SIGTERM or SIGINT, stop. Raises: KeysRefused, BusUnreachable, SettingRefused, CannotServe."""
    stop = stop_asked()
    keys = SoftwareSecurityModule.open_folder(settings.keys_dir)
    bus = await Bus.connect(settings.nats_url, name=settings.instance, inbox_prefix=inbox_prefix("cards"))
    # What stands in the environment for other programs is not for this one: no proxy sees a number.
    client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=ISSUER_CONNECTIONS_MAX))
    health: HealthPages | None = None
    expiring: asyncio.Task[None] | None = None
    try:
        now = asyncio.get_running_loop().time
        codes = SecurityCodes(now)
        desk = Desk(bus=bus, keys=keys, codes=codes, frame=settings.instance)
        issuers = Issuers(
            keys=keys,
            frame_url=settings.frame_url,
            directory_url=settings.directory_url,
            signer=settings.signer,
            client=client,
        )
        app = serve(Parts(desk, Attempts(now), issuers, settings.proxies), frame_url=settings.frame_url)
        # Plain HTTP is for this machine only: what is typed must not cross a network in clear.
        servers = [make_server(app, host=_LOOPBACK, port=settings.port)]
        if settings.tls is not None:
            certificate = ServerCertificate(settings.tls.certificate, settings.tls.key)
            servers.append(
                make_server(app, host=settings.bind, port=settings.tls_port, certificate=certificate)
            )
        health = await HealthPages.start(port=settings.health_port, ready=lambda: {"bus": bus.connected})
        watch_bus(bus)
        asked = Asked(bus=bus, keys=keys, codes=codes, issuers=issuers, frame=settings.instance)
        keep_what_stands()
        expiring = asyncio.create_task(_expire(codes))
        _log.info("card_frame_started", instance=settings.instance, ports=_ports(servers))
        await serve_all_until(
            stop,
            servers,
            stop_timeout_s=STOP_TIMEOUT_S,
            stopping=lambda: _stopping(asked, settings),
        )
    finally:
        if expiring is not None:
            expiring.cancel()
        await bus.close()
        await client.aclose()
        if health is not None:
            await health.close()


def _stopping(asked: Asked, settings: Settings) -> None:
    asked.stop()
    _log.info("card_frame_stopping", instance=settings.instance)


def _ports(servers: list[HttpServer]) -> list[int]:
    return [each.listening_port for each in servers]


async def _expire(codes: SecurityCodes) -> None:
    while True:
        await asyncio.sleep(EXPIRE_EVERY_S)
        codes.expire()


def main() -> int:
    """Run the card frame; return the exit code."""
    try:
        settings = settings_from(os.environ)
        configure_logs(process=settings.instance, level=settings.log_level)
    except (SettingRefused, ValueError) as error:
        return fail("edge.cards", error, EXITS)
    return run_process("edge.cards", lambda: run(settings), EXITS)
