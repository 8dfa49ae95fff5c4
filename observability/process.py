"""What every process does alike: read its settings, tell the time, run until it is told to stop, say why it cannot.

A process has one place that reads its environment; what single slices of core read of it, they are handed.
"""

import asyncio
import gc
import re
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from observability import metrics
from observability.client_address import ProxiesMalformed, TrustedProxies

_INSTANCE: Final = re.compile(r"[a-z0-9-]{1,32}")
PORT_MAX: Final = 65_535
_GC_THRESHOLDS: Final = (50_000, 50, 1_000)


class SettingRefused(Exception):
    """A setting is missing or malformed; the message names it and never its value."""


def required(environment: Mapping[str, str], name: str) -> str:
    """Return a setting that has no default. Raises: SettingRefused."""
    value = environment.get(name, "")
    if not value:
        raise SettingRefused(f"{name} is not set")
    return value


def port_of(environment: Mapping[str, str], name: str, *, default: int = 0) -> int:
    """Return a port; 0, where it is the default, lets the system choose. Raises: SettingRefused."""
    text = environment.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or not min(default, 1) <= int(text) <= PORT_MAX:
        raise SettingRefused(f"{name} is not a port")
    return int(text)


def instance_of(environment: Mapping[str, str], *, default: str) -> str:
    """Return what names the process on the bus and in logs. Raises: SettingRefused."""
    instance = environment.get("GUICHET_INSTANCE", default)
    if not _INSTANCE.fullmatch(instance):
        raise SettingRefused("GUICHET_INSTANCE takes 1 to 32 lower-case letters, digits and dashes")
    return instance


def log_level_of(environment: Mapping[str, str]) -> str:
    """Return from which level on is logged."""
    return environment.get("GUICHET_LOG_LEVEL", "info")


def proxies_of(environment: Mapping[str, str], *, default: str) -> TrustedProxies:
    """Return whose word on a client's address is taken. Raises: SettingRefused."""
    try:
        return TrustedProxies.parse(environment.get("GUICHET_TRUSTED_PROXIES", default))
    except ProxiesMalformed as error:
        raise SettingRefused(
            "GUICHET_TRUSTED_PROXIES takes addresses and networks, separated by commas"
        ) from error


def keep_what_stands() -> None:
    """Never look again through what the start of a process made: looking for cycles in it costs more than a payment."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present in UTC."""
        return datetime.now(UTC)

    def unix_us(self) -> int:
        """Return microseconds since 1970."""
        return time.time_ns() // 1_000


def run_process(
    name: str, work: Callable[[], Coroutine[Any, Any, object]], exits: Mapping[type[Exception], int]
) -> int:
    """Run to the end and return the exit code; what `exits` lists is one line, and the code of the first that fits."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(work())
    except KeyboardInterrupt:
        return 0
    except tuple(exits) as error:
        return fail(name, error, exits)
    return 0


def fail(name: str, error: Exception, exits: Mapping[type[Exception], int]) -> int:
    """Say in one line what the process ended for, and return its exit code."""
    said = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
    sys.stderr.write(f"{name}: {said}\n")
    return next(code for kind, code in exits.items() if isinstance(error, kind))


def stop_asked() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set from now on."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


class WatchedBus(Protocol):
    """What the metrics show of a connection to the bus."""

    @property
    def connected(self) -> bool: ...

    published: int
    received: int
    reconnects: int
    refused: int
    callback_errors: int


def watch_bus(bus: WatchedBus) -> None:
    """Show the process's connection to the bus in its metrics."""
    metrics.BUS_CONNECTED.watch(lambda: float(bus.connected))
    metrics.BUS_MESSAGES.watch(lambda: bus.published, "out")
    metrics.BUS_MESSAGES.watch(lambda: bus.received, "in")
    metrics.BUS_RECONNECTS.watch(lambda: bus.reconnects)
    metrics.BUS_REFUSED.watch(lambda: bus.refused)
    metrics.BUS_CALLBACK_ERRORS.watch(lambda: bus.callback_errors)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 -- Windows has none.
    except ImportError:
        return None
    return uvloop.new_event_loop
