"""Keep a set of children alive: start them, restart the dead with growing patience, stop them in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from deploy.local import proc
from deploy.local.child import ManagedChild
from deploy.local.errors import LocalError

_BACKOFF_FIRST_S = 0.2
_BACKOFF_MAX_S = 5.0
# A child that worked this long is taken to be healthy, and its next restart is quick again.
_BACKOFF_FORGET_S = 20.0
_READY_TIMEOUT_S = 60.0
_WATCH_EVERY_S = 0.1

ChildState = Literal["stopped", "starting", "ready", "restarting"]


@dataclass(frozen=True)
class StackEvent:
    """Something that a person may want to be told: a kind, whom it concerns, and one fact, for programs in English."""

    kind: Literal["starting", "ready", "died", "restarted", "restart-failed", "stopping", "note"]
    name: str
    detail: str = ""
    seconds: float = 0.0
    error: LocalError | None = None


@dataclass
class Watched:
    """One child and what became of it so far."""

    child: ManagedChild
    stop_order: int
    state: ChildState = "stopped"
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    restarts: int = 0
    watcher: asyncio.Task[None] | None = None


class Supervisor:
    """Watches children on one event loop and reports through two callbacks that must not block."""

    def __init__(self, *, on_event: Callable[[StackEvent], None], on_change: Callable[[], None]) -> None:
        self.watched: dict[str, Watched] = {}
        self._on_event = on_event
        self._on_change = on_change

    def add(self, child: ManagedChild, *, stop_order: int) -> None:
        """Take charge of a child that has not been started."""
        self.watched[child.name] = Watched(child, stop_order)

    async def start(self, name: str) -> None:
        """Start the child, wait until it is ready and watch it from then on. Raises: LocalError."""
        watched = self.watched[name]
        if watched.watcher is not None:
            return
        self._enter(watched, "starting")
        self._on_event(StackEvent("starting", name))
        await self._bring_up(watched)
        self._on_event(StackEvent("ready", name))
        watched.watcher = asyncio.create_task(self._watch(watched), name=f"watch {name}")

    async def stop(self, name: str) -> None:
        """Stop the child and let it rest. Harmless when it does not run."""
        watched = self.watched[name]
        if watched.watcher is not None:
            watched.watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watched.watcher
            watched.watcher = None
        if watched.state == "stopped":
            return
        self._on_event(StackEvent("stopping", name))
        await watched.child.stop()
        self._enter(watched, "stopped")

    async def stop_all(self) -> None:
        """Stop everything, one rank after the other, even when something in between fails."""
        failures: list[BaseException] = []
        for rank in sorted({watched.stop_order for watched in self.watched.values()}):
            names = [name for name, watched in self.watched.items() if watched.stop_order == rank]
            outcomes = await asyncio.gather(*map(self.stop, names), return_exceptions=True)
            failures += [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failures:
            raise failures[0]

    async def _bring_up(self, watched: Watched) -> None:
        await watched.child.start()
        self._on_change()
        await watched.child.wait_ready(timeout_s=_READY_TIMEOUT_S)
        self._enter(watched, "ready")

    async def _watch(self, watched: Watched) -> None:
        wait_s = _BACKOFF_FIRST_S
        loop = asyncio.get_running_loop()
        ready_at = loop.time()
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            if watched.child.pid is not None:
                continue
            if loop.time() - ready_at > _BACKOFF_FORGET_S:
                wait_s = _BACKOFF_FIRST_S
            name = watched.child.name
            self._enter(watched, "restarting")
            self._on_event(StackEvent("died", name, watched.child.last_end, wait_s))
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, _BACKOFF_MAX_S)
            watched.restarts += 1
            try:
                await self._bring_up(watched)
            except LocalError as error:
                self._on_event(StackEvent("restart-failed", name, error.what("en"), error=error))
                # One that runs without ever becoming ready is started afresh as well.
                await watched.child.stop()
                continue
            ready_at = loop.time()
            self._on_event(StackEvent("restarted", name))

    def _enter(self, watched: Watched, state: ChildState) -> None:
        watched.state = state
        watched.since = datetime.now(UTC)
        self._on_change()


def ticks_of(child: ManagedChild) -> int | None:
    """Return the start of the child's process, or None when it does not run."""
    return None if child.pid is None else proc.start_ticks(child.pid)
