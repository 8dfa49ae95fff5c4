"""A whole Guichet under load from simulated terminals, and what a fault run needs of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import nats
from nats.aio.client import Client

from core.verify.model import Report
from deploy.cli.verify import verify_stack
from deploy.local.loopback import http_get
from deploy.local.python_process import PythonProcess
from deploy.local.stack import LocalStack
from deploy.local.subjects import ALLOWANCES, inbox_prefix
from deploy.sandbox.demonstration.store import seed
from deploy.sandbox.simulators.fleet.estate import Estate, Plan
from deploy.sandbox.simulators.fleet.tally import Summary
from deploy.sandbox.simulators.requests import Identity
from tests.support.servers import STAND_IN

PROCESSES = {"edge", "acquirer", "core-engine", "core-desk", "core-worker"}
HOST_DEADLINE_MS = 2_000
TERMINAL_REPLY_TIMEOUT_S = 5.0
BACK_S_MAX = 30.0
DRAIN_S = 60.0
_TERMINALS_PER_STORE = 10


@dataclass(frozen=True)
class Size:
    """How hard a run pushes: terminals of the estate, payments a second, seconds before and after a fault."""

    terminals: int
    rate_per_s: float
    before_s: float
    after_s: float


SHORT = Size(terminals=20, rate_per_s=40.0, before_s=1.5, after_s=1.5)
LONG = Size(terminals=100, rate_per_s=200.0, before_s=5.0, after_s=5.0)


@dataclass
class Outcome:
    """What one row of the matrix came to."""

    row: str
    fault: str
    injected: str
    back_after_s: float | None
    report: Report
    summary: Summary | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """The row as a line of the summary table."""
        back = "-" if self.back_after_s is None else f"{self.back_after_s:.1f}"
        verdicts = " ".join(
            f"{each.name.replace(' ', '-')}:{each.breaches or 'ok'}"
            for each in self.report.findings
            if each.checked
        )
        drained = "" if self.report.drained is not False else f" NOT DRAINED {self.report.left}"
        sent = "" if self.summary is None else f"{self.summary.sent} paid, {self.summary.unknown} unanswered"
        return f"{self.row:>3} | {self.fault:<38} | {self.injected:<34} | {back:>5} | {sent:<28} | {verdicts}{drained}"


class Load:
    """An estate at work beside a fault."""

    def __init__(self, estate: Estate, rate_per_s: float) -> None:
        self.estate = estate
        self._rate_per_s = rate_per_s
        self._task = asyncio.create_task(estate.run())

    @property
    def approved(self) -> int:
        """Payments approved so far."""
        return self.estate.tally.approved

    async def steady(self) -> None:
        """Return once payments flow."""
        assert await self.back_within(BACK_S_MAX) is not None, "no payment was approved in time"

    async def back_within(self, seconds: float) -> float | None:
        """Return after how long at least half of the wanted rate was approved over half a second, or None."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            before, began = self.approved, time.monotonic()
            await asyncio.sleep(0.5)
            if self.approved - before >= 0.25 * self._rate_per_s:
                return began - started
        return None

    async def finish(self) -> Summary:
        """Let payments end, reversals and advices be answered, and return the estate's own account."""
        self.estate.plan.seconds = 0.0
        return await self._task

    async def cancel(self) -> None:
        """End it whatever it does."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class Rig:
    """The stack and its size. One stack serves every row."""

    def __init__(self, stack: LocalStack, size: Size) -> None:
        self.stack = stack
        self.size = size
        self.terminals = [
            Identity(f"T{1_000_001 + n:07d}", f"GCT1{n // _TERMINALS_PER_STORE + 1:011d}")
            for n in range(size.terminals)
        ]
        self._loads: list[Load] = []

    def identity(self, number: int) -> Identity:
        """A terminal of the demonstration, which no load uses: 1 to 12."""
        return Identity(f"T{number:07d}", f"GCT0{(number + 1) // 2:011d}")

    @property
    def journal(self) -> Path:
        return self.stack.data_dir / "fleet" / "journal.jsonl"

    @property
    def stan_file(self) -> Path:
        return self.stack.data_dir / "fleet" / "stans.json"

    def plan(self, **changes: Any) -> Plan:
        """What the terminals do: purchases, holds, refunds, cancellations; every card answers in time."""
        wanted: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.stack.port("edge"),
            "terminals": self.terminals,
            "rate_per_s": self.size.rate_per_s,
            "rough": 0.0,
            "cuts": 0.0,
            "parts": 0.01,
            "resets": 0.005,
            "odd_clocks": 0.7,  # The same in every row: a terminal counts its numbers by its own clock.
            "reply_timeout_s": TERMINAL_REPLY_TIMEOUT_S,
            "reversal_timeout_s": 3.0,
            "journal": self.journal,
            "stan_file": self.stan_file,
        }
        return Plan(**{**wanted, **changes})

    @asynccontextmanager
    async def load(self, **changes: Any) -> AsyncIterator[Load]:
        """Run an estate until `finish`."""
        plan = self.plan(**changes)
        load = Load(Estate(plan), plan.rate_per_s)
        try:
            yield load
        finally:
            await load.cancel()

    async def acquirer(self, **behaviour: Any) -> None:
        """Change the acquirer simulator; only what is named changes."""
        body = json.dumps(behaviour).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.stack.port("acquirer-control"))
        try:
            head = f"PUT /behaviour HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            answer = await asyncio.wait_for(reader.readline(), 5.0)
            assert b" 200 " in answer, answer
        finally:
            writer.close()

    async def metric(self, process: str, name: str) -> float:
        """Return the sum of one metric of a process."""
        answer = await http_get(self.stack.port(f"{process}-health"), "/metrics", timeout_s=3.0)
        assert answer is not None
        lines = answer.text.splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name} ", f"{name}{{"))
        )

    @asynccontextmanager
    async def bus(self, user: str) -> AsyncIterator[Client]:
        """A connection to the bus with the rights of one of its users."""
        client = await nats.connect(
            self.stack.nats_url(user), inbox_prefix=inbox_prefix(user).encode(), name=f"faults-{user}"
        )
        try:
            yield client
        finally:
            await client.close()

    async def fetch(self, query: str, *arguments: Any) -> Any:
        """Return one value of the database, as core may read it."""
        connection = await asyncpg.connect(self.stack.database_url())
        try:
            return await connection.fetchval(query, *arguments)
        finally:
            await connection.close()

    async def arm_fail_point(self, point: str, count: int) -> None:
        """Start the engine again so that it dies at that point; the one that follows it lives."""
        process = self.stack._supervisor.watched["core-engine"].child
        assert isinstance(process, PythonProcess)
        process.environment["GUICHET_FAIL_POINT"] = f"{point}:{count}"
        try:
            await self.stack.restart("core-engine")
        finally:
            del process.environment["GUICHET_FAIL_POINT"]

    async def ready(self) -> None:
        """Wait until everything is ready again."""
        for name in self.stack.names:
            await self.stack.wait_ready(name, timeout_s=60.0)

    async def verify(self) -> Report:
        """Drain, then check everything that this stack has ever done."""
        return await verify_stack(
            self.stack.data_dir, self.stack.database_url(), journals=[], drain_s=DRAIN_S, cards=True
        )


@asynccontextmanager
async def running_rig(folder: Path, size: Size) -> AsyncIterator[Rig]:
    """Start a stack for faults and stop it whatever happens."""
    stack = LocalStack(
        folder,
        processes=PROCESSES,
        extra_environment={"core-engine": {"GUICHET_HOST_DEADLINE_MS": str(HOST_DEADLINE_MS)}},
        allowances=(*ALLOWANCES, STAND_IN),
    )
    async with stack:
        await seed(stack.database_url(), password="only for this run", load_terminals=size.terminals)
        yield Rig(stack, size)


async def until(condition: Callable[[], Awaitable[bool]], *, timeout_s: float) -> None:
    """Look a few times a second until the condition holds. Raises: TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while not await condition():  # noqa: ASYNC110 - what is waited for lies in other processes
            await asyncio.sleep(0.1)
