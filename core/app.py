"""Composition root of core: settings, durability check, bus, one role, health, graceful stop.

Environment: GUICHET_DATABASE_URL, GUICHET_NATS_URL, GUICHET_HEALTH_PORT (default 0: chosen by the system),
GUICHET_INSTANCE (default: the role). A role is imported only in the process that plays it, so memory stays small.
"""

import argparse
import asyncio
import contextlib
import importlib
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import asyncpg
import structlog
import uvloop

from core.bus import Bus, BusUnreachable
from core.contracts.subjects import inbox_prefix
from core.db.durability import DatabaseNotDurable, check_durability
from core.roles.context import RoleContext, RunningRole, Settings, StartRole
from core.values.clock import to_unix_us
from observability.health import HealthPages
from observability.logs import configure_logs
from observability.loop_lag import LoopLag
from observability.metrics import (
    BUS_CALLBACK_ERRORS,
    BUS_CONNECTED,
    BUS_MESSAGES,
    BUS_RECONNECTS,
    BUS_REFUSED,
)

ROLES: Final = ("engine", "desk", "worker")
DATABASE_WAIT_S: Final = 30.0
_DATABASE_RETRY_S: Final = 0.25
STOP_TIMEOUT_S: Final = 10.0
_INSTANCE = re.compile(r"[a-z0-9-]{1,32}")

EXIT_CONFIGURATION: Final = 2
EXIT_DATABASE: Final = 3
EXIT_BUS: Final = 4

_log = structlog.get_logger("core.app")


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present in UTC."""
        return datetime.now(UTC)

    def unix_us(self) -> int:
        """Return microseconds since 1970."""
        return to_unix_us(datetime.now(UTC))


class ConfigurationRefused(Exception):
    """A setting is missing or malformed; the message names it and never its value."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one role until SIGTERM or SIGINT; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m core")
    parser.add_argument("--role", choices=ROLES, required=True)
    role: str = parser.parse_args(arguments).role
    configure_logs(process=f"core-{role}", level=os.environ.get("GUICHET_LOG_LEVEL", "info"))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(settings_from(os.environ, role), os.environ))
    except ConfigurationRefused as error:
        return _fail(str(error), EXIT_CONFIGURATION)
    except (DatabaseNotDurable, DatabaseUnreachable) as error:
        return _fail(str(error), EXIT_DATABASE)
    except BusUnreachable as error:
        return _fail(str(error), EXIT_BUS)
    except KeyboardInterrupt:
        return 0
    return 0


def settings_from(environment: Mapping[str, str], role: str) -> Settings:
    """Return the settings of this process.

    Raises: ConfigurationRefused.
    """
    port = environment.get("GUICHET_HEALTH_PORT", "0")
    if not port.isdigit() or int(port) > 65535:
        raise ConfigurationRefused("GUICHET_HEALTH_PORT is not a port")
    instance = environment.get("GUICHET_INSTANCE", role)
    if not _INSTANCE.fullmatch(instance):
        raise ConfigurationRefused("GUICHET_INSTANCE takes 1 to 32 lower-case letters, digits and dashes")
    return Settings(
        role=role,
        database_url=_required(environment, "GUICHET_DATABASE_URL"),
        nats_url=_required(environment, "GUICHET_NATS_URL"),
        health_port=int(port),
        instance=instance,
    )


async def run(settings: Settings, environment: Mapping[str, str]) -> None:
    """Start the role, serve until told to stop, stop it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
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


class DatabaseUnreachable(Exception):
    """No connection to PostgreSQL within the bound."""


async def _serve(settings: Settings, bus: Bus, running: RunningRole, stop: asyncio.Event) -> None:
    def ready() -> dict[str, bool]:
        missing = running.not_ready()
        return {"bus": bus.connected, settings.role: not missing} | dict.fromkeys(missing, False)

    BUS_CONNECTED.watch(lambda: float(bus.connected))
    BUS_MESSAGES.watch(lambda: bus.published, "out")
    BUS_MESSAGES.watch(lambda: bus.received, "in")
    BUS_RECONNECTS.watch(lambda: bus.reconnects)
    BUS_REFUSED.watch(lambda: bus.refused)
    BUS_CALLBACK_ERRORS.watch(lambda: bus.callback_errors)
    pages = await HealthPages.start(port=settings.health_port, ready=ready)
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


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise ConfigurationRefused(f"{name} is not set")
    return value


def _fail(line: str, code: int) -> int:
    sys.stderr.write(f"core: {line}\n")
    return code
