"""Composition root of core: settings, durability check, bus, one role, health, graceful stop.

Environment: GUICHET_DATABASE_URL, GUICHET_NATS_URL, GUICHET_HEALTH_PORT (default 0: chosen by the system),
GUICHET_INSTANCE (default: the role). A role is imported only in the process that plays it, so memory stays small.
"""

import argparse
import asyncio
import contextlib
import importlib
import os
from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg
import structlog

from core.bus import Bus, BusUnreachable
from core.contracts.subjects import inbox_prefix
from core.db.durability import DatabaseNotDurable, check_durability
from core.roles.context import RoleContext, RunningRole, Settings, StartRole
from observability.health import HealthPages
from observability.logs import configure_logs
from observability.loop_lag import LoopLag
from observability.process import (
    SettingRefused,
    SystemClock,
    instance_of,
    keep_what_stands,
    log_level_of,
    port_of,
    required,
    run_process,
    stop_asked,
    watch_bus,
)

ROLES: Final = ("engine", "desk", "worker")
DATABASE_WAIT_S: Final = 30.0
_DATABASE_RETRY_S: Final = 0.25
STOP_TIMEOUT_S: Final = 10.0

_log = structlog.get_logger("core.app")


class DatabaseUnreachable(Exception):
    """No connection to PostgreSQL within the bound."""


EXITS: Final = {SettingRefused: 2, DatabaseNotDurable: 3, DatabaseUnreachable: 3, BusUnreachable: 4}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one role until SIGTERM or SIGINT; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m core")
    parser.add_argument("--role", choices=ROLES, required=True)
    role: str = parser.parse_args(arguments).role
    configure_logs(process=f"core-{role}", level=log_level_of(os.environ))
    return run_process("core", lambda: run(settings_from(os.environ, role), os.environ), EXITS)


def settings_from(environment: Mapping[str, str], role: str) -> Settings:
    """Return the settings of this process. Raises: SettingRefused."""
    return Settings(
        role=role,
        database_url=required(environment, "GUICHET_DATABASE_URL"),
        nats_url=required(environment, "GUICHET_NATS_URL"),
        health_port=port_of(environment, "GUICHET_HEALTH_PORT"),
        instance=instance_of(environment, default=role),
    )


async def run(settings: Settings, environment: Mapping[str, str]) -> None:
    """Start the role, serve until told to stop, stop it."""
    stop = stop_asked()
    await _check_database(settings.database_url)
    bus = await Bus.connect(
        settings.nats_url, name=f"core-{settings.instance}", inbox_prefix=inbox_prefix(settings.role)
    )
    try:
        start: StartRole = importlib.import_module(f"core.roles.{settings.role}").start
        running = await start(RoleContext(settings, bus, SystemClock(), environment))
        try:
            await _serve(settings, bus, running, stop)
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT_S):
                    await running.stop()
    finally:
        await bus.close()


async def _serve(settings: Settings, bus: Bus, running: RunningRole, stop: asyncio.Event) -> None:
    def ready() -> dict[str, bool]:
        missing = running.not_ready()
        return {"bus": bus.connected, settings.role: not missing} | dict.fromkeys(missing, False)

    watch_bus(bus)
    pages = await HealthPages.start(port=settings.health_port, ready=ready)
    keep_what_stands()
    lag = LoopLag.start()
    _log.info("core_started", role=settings.role, instance=settings.instance, health_port=pages.port)
    try:
        await stop.wait()
        _log.info("core_stopping", role=settings.role, instance=settings.instance)
    finally:
        lag.stop()
        await pages.close()


async def _check_database(database_url: str) -> None:
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + DATABASE_WAIT_S
    while True:
        try:
            connection = await asyncpg.connect(database_url, timeout=5)
            break
        except (
            OSError,
            TimeoutError,
            asyncpg.CannotConnectNowError,
            asyncpg.TooManyConnectionsError,
        ) as error:
            if loop.time() > give_up_at:
                raise DatabaseUnreachable(f"PostgreSQL does not answer: {type(error).__name__}") from error
        except (asyncpg.PostgresError, ValueError) as error:
            raise DatabaseUnreachable(f"PostgreSQL refuses this login: {type(error).__name__}") from error
        await asyncio.sleep(_DATABASE_RETRY_S)
    try:
        await check_durability(connection)
    finally:
        await connection.close()
