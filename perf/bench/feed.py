"""`guichet bench feed`: how late an event reaches hundreds of listeners, and what that costs the gateway.

Payments go through the whole stack; each decision is an event on the live feed. The lag runs from the moment that
core writes into the event just before it commits (`decided_at`, to the millisecond) to the listener's socket, so the
commit itself is inside. Two agents listen in two languages.
"""

import asyncio
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvloop

from deploy.local.errors import LocalError
from deploy.local.stack import LocalStack
from deploy.sandbox.demonstration.access import demonstration_code
from perf.bench.driving import Note, Payments, seed_terminals
from perf.bench.listeners import Lags, Listener

PROCESSES = ("core-engine", "core-desk", "core-worker", "edge", "acquirer", "gateway")
TERMINALS = 500
# All of them see every department, so every event goes to every listener.
AGENTS = ("superviseur@guichet.example", "hotline@guichet.example")
LOCALES = ("fr", "en")
OPEN_AT_ONCE = 50
WARMUP_S = 3.0
TAIL_S = 3.0
QUIET_S = 2.0

LAG_P99_MS_MAX = 250
GATEWAY_CORES_MAX = 0.5


class FeedReport(msgspec.Struct):
    """Lags are of every event at every listener in the window."""

    within_targets: bool
    listeners: int
    events_per_s: float
    deliveries_per_s: float
    p50_lag_ms: int
    p99_lag_ms: int
    p99_9_lag_ms: int
    gateway_cores: float
    missed: int  # events that a listener should have had and did not
    broken: int  # listeners that were closed on
    payments: int
    seconds: float
    listener_cores: float
    cpu_cores: dict[str, float]
    cores: int
    measured_at: str


class _Window(msgspec.Struct):
    seconds: float = 0.0
    cpu: dict[str, float] = {}
    own_cpu_s: float = 0.0


async def bench_feed(*, listeners: int, rate_per_s: float, seconds: float, note: Note) -> FeedReport:
    """Run the benchmark; the stack and its data are gone afterwards. Raises: LocalError."""
    folder = Path(tempfile.mkdtemp(prefix="gb-"))
    try:
        async with LocalStack(folder, processes=PROCESSES, log_level="warning") as stack:
            note(f"seeding {TERMINALS} terminals")
            await seed_terminals(stack, TERMINALS)
            return await _measure(stack, note, listeners, rate_per_s, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(
    stack: LocalStack, note: Note, count: int, rate_per_s: float, seconds: float
) -> FeedReport:
    tokens = [await _log_in(stack, email) for email in AGENTS]
    note(f"{count} listeners")
    crowd = _Crowd(stack.port("gateway"), tokens, count, seconds, stack.cpu_seconds)
    listening = asyncio.create_task(asyncio.to_thread(crowd.run))
    try:
        await asyncio.to_thread(crowd.connected.wait)
        if listening.done():
            listening.result()
        note(f"{rate_per_s:g} payments a second for {WARMUP_S + seconds + TAIL_S:g} s")
        paid = await Payments(stack).at_rate(
            rate_per_s, terminals=TERMINALS, seconds=WARMUP_S + seconds + TAIL_S, warmup_s=0
        )
    finally:
        crowd.finish.set()
        await listening
    return _report(crowd, paid, count)


def _report(crowd: "_Crowd", paid: dict[str, Any], count: int) -> FeedReport:
    lags, window = crowd.lags, crowd.window
    missed = sum(max(0, paid["answered"] - listener.events) for listener in crowd.listeners)
    cpu = {name: round(used / window.seconds, 3) for name, used in window.cpu.items()}
    p99 = lags.percentile_ms(0.99)
    return FeedReport(
        within_targets=p99 < LAG_P99_MS_MAX
        and cpu["gateway"] < GATEWAY_CORES_MAX
        and not missed
        and not crowd.broken
        and lags.seen > 0,
        listeners=count,
        events_per_s=round(paid["per_s"], 1),
        deliveries_per_s=round(lags.seen / window.seconds, 1),
        p50_lag_ms=lags.percentile_ms(0.5),
        p99_lag_ms=p99,
        p99_9_lag_ms=lags.percentile_ms(0.999),
        gateway_cores=cpu["gateway"],
        missed=missed,
        broken=crowd.broken,
        payments=paid["answered"],
        seconds=round(window.seconds, 1),
        listener_cores=round(window.own_cpu_s / window.seconds, 3),
        cpu_cores=cpu,
        cores=os.cpu_count() or 0,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


class _Crowd:
    """The listeners, on a loop and a thread of their own: what watches the stack does not delay them."""

    def __init__(
        self,
        port: int,
        tokens: list[str],
        count: int,
        seconds: float,
        cpu_seconds: Callable[[], dict[str, float]],
    ) -> None:
        self.lags = Lags()
        self.listeners: list[Listener] = []
        self.connected = threading.Event()
        self.finish = threading.Event()
        self.window = _Window()
        self.broken = 0
        self._port = port
        self._tokens = tokens
        self._count = count
        self._seconds = seconds
        self._cpu_seconds = cpu_seconds

    def run(self) -> None:
        """Connect, measure one window once events come, stay until told to finish. Raises: LocalError."""
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._run())
        finally:
            self.connected.set()

    async def _run(self) -> None:
        await self._open()
        self.connected.set()
        await self._until(lambda: any(listener.events for listener in self.listeners))
        await asyncio.sleep(WARMUP_S)
        if not self.finish.is_set():
            await self._measure()
        await self._until(self.finish.is_set)
        await asyncio.sleep(QUIET_S)
        self.broken = sum(1 for listener in self.listeners if listener.broken)
        for listener in self.listeners:
            listener.close()

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        for start in range(0, self._count, OPEN_AT_ONCE):
            batch: list[Listener] = []
            for number in range(start, min(start + OPEN_AT_ONCE, self._count)):
                locale, token = LOCALES[number % 2], self._tokens[number // 2 % len(self._tokens)]
                listener = Listener(token, locale, self.lags)
                await loop.create_connection(lambda one=listener: one, "127.0.0.1", self._port)
                batch.append(listener)
            try:
                async with asyncio.timeout(30):
                    await asyncio.gather(*(listener.ready for listener in batch))
            except (ConnectionError, TimeoutError) as error:
                raise LocalError("listener-refused", error=error) from error
            self.listeners += batch

    async def _measure(self) -> None:
        before, own, began = self._cpu_seconds(), time.thread_time(), time.monotonic()
        self.lags.counting = True
        await asyncio.sleep(self._seconds)
        self.lags.counting = False
        after = self._cpu_seconds()
        self.window = _Window(
            seconds=time.monotonic() - began,
            cpu={name: after[name] - before[name] for name in after},
            own_cpu_s=time.thread_time() - own,
        )

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds() and not self.finish.is_set():  # noqa: ASYNC110 -- Another thread sets it.
            await asyncio.sleep(0.05)


async def _log_in(stack: LocalStack, email: str) -> str:
    async with httpx.AsyncClient(base_url=f"http://{stack.address('gateway')}") as client:
        password = str(stack.seed["password"])
        asked = {"email": email, "password": password, "code": demonstration_code(password, email)}
        answer = await client.post("/v1/sessions", json=asked)
    if answer.status_code != 201:
        raise LocalError("login-refused", email=email, status=answer.status_code)
    return str(answer.json()["token"])
