"""`guichet bench collect`: instalments debited a second by the daily run, against the card path of the same run.

worker -> edge's host link -> acquirer simulator and back, on real sockets, every commit durable; terminals pay at a steady
rate beside it. Windows of the card path (as `guichet bench authorise` saturates it) stand before and after the run.
"""

import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import asyncpg
import msgspec

from core.db.queries import load
from deploy.local.errors import LocalError
from deploy.local.postgres import ADMIN_ROLE, OWNER_ROLE
from deploy.local.stack import LocalStack
from perf.bench.authorise import PROCESSES, SHARED_BUFFERS_MIB, WARMUP_S, AuthoriseRun
from perf.bench.driving import Note

RATIO_TARGET: Final = 0.8
P99_RATIO_TARGET: Final = 2.0
GROWTH_MIB_MAX: Final = 20.0
"""What a process may take more at the end of a run than when a quarter of it was done."""

STORES: Final = 100
BATCH: Final = 20_000
WINDOWS: Final = 2  # of the card path before the run, and as many behind it
STALLED_AFTER_S: Final = 120.0
LOOKS_EVERY_S: Final = 0.5
GROWING: Final = ("core-engine", "core-worker", "edge")
SQL: Final = load(Path(__file__).with_name("collect.sql"))


class CollectReport(msgspec.Struct):
    """The first keys are the contract of the benchmark. `growth_mib`: from a quarter of the run to its end, by process."""

    collected_per_s: float
    authorise_per_s: float
    ratio: float
    lost: int
    doubled: int
    verify: str
    within_targets: bool
    due: int
    seconds: float
    p99_ms_alone: float
    p99_ms_beside: float
    p99_ratio: float
    beside_per_s: float
    memory_mib_before: dict[str, float]
    memory_mib_after: dict[str, float]
    growth_mib: dict[str, float]
    authorise_windows: list[float]
    cpu_us_per_debit: dict[str, float]  # the terminals beside it included
    findings: list[Any]
    cores: int


class _Collected(msgspec.Struct):
    """What a run took."""

    seconds: float
    cpu_s: dict[str, float]
    early_mib: dict[str, float]
    late_mib: dict[str, float]


async def bench_collect(
    *, due: int, seconds: int, in_flight: int, rate_per_s: float, note: Note
) -> CollectReport:
    """Run the whole benchmark; the stack and its data are gone afterwards. Raises: LocalError."""
    folder = Path(tempfile.mkdtemp(prefix="gb-"))
    try:
        async with LocalStack(
            folder, processes=PROCESSES, shared_buffers_mib=SHARED_BUFFERS_MIB, log_level="warning"
        ) as stack:
            return await _Run(stack, note, due=due, seconds=seconds, in_flight=in_flight).run(rate_per_s)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Run:
    """One benchmark on one running stack."""

    def __init__(self, stack: LocalStack, note: Note, *, due: int, seconds: int, in_flight: int) -> None:
        self._stack = stack
        self._note = note
        self._due = due
        self._seconds = seconds
        self._in_flight = in_flight
        self._card_path = AuthoriseRun(stack, note)

    async def run(self, rate_per_s: float) -> CollectReport:
        """Seed, measure the card path, collect with terminals beside, measure the card path again, verify."""
        await self._card_path.seed()
        self._note("warming up")
        await self._card_path.load("--in-flight", str(self._in_flight), seconds=4, warmup=0)
        await self._card_path.settle()
        owner = await asyncpg.connect(self._stack.database_url(OWNER_ROLE))
        try:
            await self._seed(owner)
            windows = await self._windows()
            self._note(f"{rate_per_s:.0f} terminal payments a second, alone")
            alone = await self._at_rate(rate_per_s, self._seconds)
            before = self._memory()
            self._note(f"collecting {self._due} instalments, with terminals beside")
            beside_s = max(2, int(0.6 * self._due / fmean(windows)) - WARMUP_S)
            collected, beside = await asyncio.gather(
                self._collect(owner), self._at_rate(rate_per_s, beside_s)
            )
            after = self._memory()
            await self._card_path.settle()
            windows += await self._windows()
            self._note("verifying")
            verified = await self._card_path.verify()
            lost: int = await owner.fetchval(SQL.left)
            doubled: int = await owner.fetchval(SQL.doubled)
        finally:
            await owner.close()
        growth = {
            name: round(collected.late_mib[name] - collected.early_mib[name], 1)
            for name in collected.late_mib
        }
        per_s, authorise_per_s = self._due / collected.seconds, fmean(windows)
        p99_ratio = beside["p99_ms"] / alone["p99_ms"] if alone["p99_ms"] else 0.0
        holds = bool(verified["ok"])
        return CollectReport(
            collected_per_s=round(per_s, 1),
            authorise_per_s=round(authorise_per_s, 1),
            ratio=round(per_s / authorise_per_s, 3),
            lost=lost,
            doubled=doubled,
            verify="holds" if holds else "breached",
            within_targets=holds
            and not lost
            and not doubled
            and per_s >= RATIO_TARGET * authorise_per_s
            and p99_ratio <= P99_RATIO_TARGET
            and max(growth[name] for name in GROWING) <= GROWTH_MIB_MAX,
            due=self._due,
            seconds=round(collected.seconds, 2),
            p99_ms_alone=alone["p99_ms"],
            p99_ms_beside=beside["p99_ms"],
            p99_ratio=round(p99_ratio, 2),
            beside_per_s=rate_per_s,
            memory_mib_before=before,
            memory_mib_after=after,
            growth_mib=growth,
            authorise_windows=[round(each, 1) for each in windows],
            cpu_us_per_debit={
                name: round(spent / self._due * 1e6, 1) for name, spent in collected.cpu_s.items()
            },
            findings=verified["report"]["findings"],
            cores=os.cpu_count() or 0,
        )

    async def _seed(self, owner: asyncpg.Connection) -> None:
        self._note(f"writing {self._due} purchases of which an instalment is due")
        await owner.execute(SQL.pause)
        await owner.execute(SQL.services, STORES)
        await owner.execute(SQL.points_of_sale)
        for start in range(0, self._due, BATCH):
            await owner.execute(SQL.purchases, min(BATCH, self._due - start), timeout=300)
        await owner.execute("VACUUM ANALYZE", timeout=300)
        admin = await asyncpg.connect(self._stack.database_url(ADMIN_ROLE))
        try:
            await admin.execute("CHECKPOINT", timeout=300)
        finally:
            await admin.close()

    async def _windows(self) -> list[float]:
        rates: list[float] = []
        for _ in range(WINDOWS):
            self._note(f"the card path: {self._in_flight} payments in flight")
            window = await self._card_path.load(
                "--in-flight", str(self._in_flight), seconds=self._seconds, warmup=WARMUP_S
            )
            rates.append(window["approved_per_s"])
            await self._card_path.settle()
        return rates

    async def _at_rate(self, rate_per_s: float, seconds: int) -> dict[str, Any]:
        return await self._card_path.load("--rate", str(rate_per_s), seconds=seconds, warmup=WARMUP_S)

    async def _collect(self, owner: asyncpg.Connection) -> _Collected:
        """Let the run go and wait for its end. Raises: LocalError."""
        cpu = self._stack.cpu_seconds()
        early: dict[str, float] | None = None
        began = moved_at = time.monotonic()
        await owner.execute(SQL.resume)
        seen = 0
        while seen < self._due:
            await asyncio.sleep(LOOKS_EVERY_S)
            row: Any = await owner.fetchrow(SQL.progress)
            if row["collected"] > seen:
                seen, moved_at = row["collected"], time.monotonic()
            elif time.monotonic() - moved_at > STALLED_AFTER_S:
                raise LocalError("collecting-stalled", collected=seen, due=self._due)
            if early is None and seen >= self._due // 4:
                early = self._memory()
        spent = {name: total - cpu[name] for name, total in self._stack.cpu_seconds().items()}
        late = self._memory()
        return _Collected(moved_at - began, spent, early or late, late)

    def _memory(self) -> dict[str, float]:
        return {name: round(mib, 1) for name, mib in self._stack.memory_pss_mib().items()}
