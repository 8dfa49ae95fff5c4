"""Composition root of edge: settings, keys, bus, host links, terminal listeners, health pages, graceful stop."""

import os
import secrets
from typing import Final

import structlog

from core.bus import Bus, BusUnreachable
from core.contracts.subjects import inbox_prefix
from core.values.ids import AttemptIds
from edge.keys import KeysRefused, SoftwareSecurityModule
from edge.settings import Settings, settings_from
from edge.shell.limits import DRAIN_S
from edge.shell.links import AcquirerLinks
from edge.shell.payments import Payments
from edge.shell.requests import Requests
from edge.shell.server import TerminalServer
from edge.shell.tls import server_context
from observability.health import HealthPages
from observability.logs import configure_logs
from observability.loop_lag import LoopLag
from observability.process import (
    SettingRefused,
    SystemClock,
    fail,
    keep_what_stands,
    run_process,
    stop_asked,
    watch_bus,
)

EXITS: Final = {SettingRefused: 2, KeysRefused: 2, ValueError: 2, BusUnreachable: 4, OSError: 5}
INBOX_PREFIX: Final = inbox_prefix("edge")
_LOOPBACKS: Final = frozenset({"127.0.0.1", "::1", "localhost"})

_log = structlog.get_logger("edge.main")


class Edge:
    """One running edge. `port`, `tls_port` and `health_port` are those that were bound; tls_port 0 is none."""

    def __init__(self, *, bus: Bus, server: TerminalServer, links: list[AcquirerLinks]) -> None:
        self.bus = bus
        self.server = server
        self.links = links
        self.health: HealthPages | None = None
        self.port = 0
        self.tls_port = 0

    @property
    def health_port(self) -> int:
        """Where the health pages are."""
        return self.health.port if self.health is not None else 0

    @classmethod
    async def start(cls, settings: Settings) -> "Edge":
        """Start everything. Raises: KeysRefused, BusUnreachable, SettingRefused, OSError for a taken port."""
        keys = SoftwareSecurityModule.open_folder(settings.keys_dir)
        tls = server_context(settings.tls) if settings.tls is not None else None
        bus = await Bus.connect(settings.nats_url, name=settings.instance, inbox_prefix=INBOX_PREFIX)
        ids = AttemptIds(secrets.randbits(62))
        payments = Payments(bus=bus, keys=keys, ids=ids, edge=settings.instance)
        requests = Requests(bus=bus, keys=keys, ids=ids)
        server = TerminalServer(bus=bus, payments=payments, requests=requests, edge=settings.instance)
        clock = SystemClock()
        links = [AcquirerLinks(one, bus=bus, keys=keys, clock=clock) for one in settings.acquirers]
        edge = cls(bus=bus, server=server, links=links)
        try:
            for link in links:
                link.start()
            # Plain TCP is for development, on this machine only.
            plain = settings.bind if settings.bind in _LOOPBACKS else "127.0.0.1"
            edge.port = await server.listen(host=plain, port=settings.edge_port, tls=None)
            if tls is not None:
                edge.tls_port = await server.listen(host=settings.bind, port=settings.edge_tls_port, tls=tls)
            edge.health = await HealthPages.start(port=settings.health_port, ready=edge.checks)
        except BaseException:
            await edge.stop(drain_s=0)
            raise
        watch_bus(bus)
        return edge

    def checks(self) -> dict[str, bool]:
        """What must hold for edge to be useful. A host link that is down is core's decline, not edge's absence."""
        return {"bus": self.bus.connected}

    async def stop(self, *, drain_s: float = DRAIN_S) -> None:
        """Take nothing new, let answers out, close. Idempotent."""
        await self.server.close(drain_s=drain_s)
        for link in self.links:
            await link.close()
        await self.bus.close()
        if self.health is not None:
            await self.health.close()


async def run(settings: Settings) -> None:
    """Start, serve until SIGTERM or SIGINT, stop."""
    stop = stop_asked()
    edge = await Edge.start(settings)
    keep_what_stands()
    _log.info("edge_started", instance=settings.instance, port=edge.port, tls_port=edge.tls_port)
    lag = LoopLag.start()
    await stop.wait()
    lag.stop()
    _log.info("edge_stopping", instance=settings.instance)
    await edge.stop()


def main() -> int:
    """Run edge; return the exit code."""
    try:
        settings = settings_from(os.environ)
        configure_logs(process=settings.instance, level=settings.log_level)
    except (SettingRefused, ValueError) as error:
        return fail("edge", error, EXITS)
    return run_process("edge", lambda: run(settings), EXITS)
