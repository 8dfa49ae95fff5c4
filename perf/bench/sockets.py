"""`guichet bench sockets`: what an idle terminal costs edge in memory, and what thousands of them cost the payments.

Each transport gets an edge of its own, just restarted and warmed by a handful of terminals, so that idle ones do not
settle in memory that others left. The payments are measured beside the idle terminals first, then without them.
"""

import asyncio
import os
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from deploy.local import proc
from deploy.local.errors import LocalError
from deploy.local.stack import LocalStack
from deploy.sandbox.simulators.load import LOAD_TERMINAL_FIRST, load_terminals
from perf.bench.driving import Note, Payments, metric_of, seed_terminals
from perf.bench.idle import IdleTerminals, raise_descriptor_limit

PROCESSES = ("core-engine", "core-desk", "core-worker", "edge", "acquirer")
PAYING_TERMINALS = 500
WARMING_TERMINALS = 8
# A certificate and its key take longer to make and read than a handshake; edge lets a terminal in four times.
SOCKETS_PER_TERMINAL = {"tcp": 1, "tls": 4}
WARMUP_S = 3.0
SETTLE_S = 3.0
HANG_UP_TIMEOUT_S = 30.0

KIB_EACH_MAX = {"tcp": 8.0, "tls": 60.0}
P99_RATIO_MAX = 2.0


class Held(msgspec.Struct):
    """One transport: memory is proportional (PSS) and resident (RSS), a terminal's share of the difference."""

    transport: str
    sockets: int
    still_open: int  # after the load, by edge's own count
    kib_each: float
    rss_kib_each: float
    edge_mib_before: float
    edge_mib_after: float
    p99_ms_without: float
    p99_ms_with: float
    p99_ratio: float
    p50_ms_without: float
    p50_ms_with: float
    edge_us_per_payment_without: float  # CPU of edge, all that it did meanwhile
    edge_us_per_payment_with: float
    no_answer: int
    opened_in_s: float
    within_targets: bool


class SocketsReport(msgspec.Struct):
    """The figures of both transports."""

    within_targets: bool
    rate_per_s: float
    seconds: float
    cores: int
    measured_at: str
    transports: list[Held]


async def bench_sockets(*, sockets: int, rate_per_s: float, seconds: float, note: Note) -> SocketsReport:
    """Run the benchmark; the stack and its data are gone afterwards. Raises: LocalError."""
    raise_descriptor_limit(sockets + PAYING_TERMINALS)
    folder = Path(tempfile.mkdtemp(prefix="gb-"))
    try:
        async with LocalStack(folder, processes=PROCESSES, log_level="warning") as stack:
            note(f"seeding {PAYING_TERMINALS + sockets} terminals")
            await seed_terminals(stack, PAYING_TERMINALS + sockets)
            run = _Run(stack, note, sockets=sockets, rate_per_s=rate_per_s, seconds=seconds)
            transports = [await run.hold("tcp"), await run.hold("tls")]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return SocketsReport(
        within_targets=all(held.within_targets for held in transports),
        rate_per_s=rate_per_s,
        seconds=seconds,
        cores=os.cpu_count() or 0,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        transports=transports,
    )


class _Run:
    def __init__(
        self, stack: LocalStack, note: Note, *, sockets: int, rate_per_s: float, seconds: float
    ) -> None:
        self._stack = stack
        self._note = note
        self._rate_per_s = rate_per_s
        self._seconds = seconds
        self._payments = Payments(stack)
        self._sockets = sockets

    async def hold(self, transport: str) -> Held:
        """Measure one transport. Raises: LocalError."""
        stack = self._stack
        each = SOCKETS_PER_TERMINAL[transport]
        identities = load_terminals(LOAD_TERMINAL_FIRST + PAYING_TERMINALS, -(-self._sockets // each))
        count = len(identities) * each
        port, authority = ("edge-tls", stack.authority()) if transport == "tls" else ("edge", None)
        idle = IdleTerminals(("127.0.0.1", stack.port(port)), authority)
        if authority is not None:
            self._note(f"making {len(identities)} certificates")
            await asyncio.to_thread(idle.prepare, identities)
        await stack.restart("edge")
        await self._payments.at_rate(100, terminals=WARMING_TERMINALS, seconds=2, warmup_s=0)
        await asyncio.sleep(SETTLE_S)
        before = self._memory()
        self._note(f"{transport}: {count} sockets sign on")
        began = time.monotonic()
        try:
            await asyncio.to_thread(idle.open, identities, each=each)
            opened_in_s = time.monotonic() - began
            await asyncio.sleep(SETTLE_S)
            after = self._memory()
            self._note(f"{transport}: {self._rate_per_s:g} payments a second beside them")
            beside = await self._pay()
            await asyncio.sleep(1)
            still_open = int(await self._open_sockets(transport))
        finally:
            await asyncio.to_thread(idle.close)
        await self._wait_hung_up(transport)
        self._note(f"{transport}: the same without them")
        without = await self._pay()
        kib_each = (after[0] - before[0]) / count
        ratio = beside["p99_ms"] / without["p99_ms"] if without["p99_ms"] else 0.0
        return Held(
            transport=transport,
            sockets=count,
            still_open=still_open,
            kib_each=round(kib_each, 2),
            rss_kib_each=round((after[1] - before[1]) / count, 2),
            edge_mib_before=round(before[0] / 1024, 1),
            edge_mib_after=round(after[0] / 1024, 1),
            p99_ms_without=without["p99_ms"],
            p99_ms_with=beside["p99_ms"],
            p99_ratio=round(ratio, 2),
            p50_ms_without=without["p50_ms"],
            p50_ms_with=beside["p50_ms"],
            edge_us_per_payment_without=round(without["edge_cpu_s"] / without["sent"] * 1e6, 1),
            edge_us_per_payment_with=round(beside["edge_cpu_s"] / beside["sent"] * 1e6, 1),
            no_answer=without["no_answer"] + beside["no_answer"],
            opened_in_s=round(opened_in_s, 1),
            within_targets=still_open >= count
            and kib_each < KIB_EACH_MAX[transport]
            and 0 < ratio <= P99_RATIO_MAX,
        )

    async def _pay(self) -> dict[str, Any]:
        before = self._stack.cpu_seconds()["edge"]
        paid = await self._payments.at_rate(
            self._rate_per_s, terminals=PAYING_TERMINALS, seconds=self._seconds, warmup_s=WARMUP_S
        )
        paid["edge_cpu_s"] = self._stack.cpu_seconds()["edge"] - before
        return paid

    def _memory(self) -> tuple[int, int]:
        """Return PSS and RSS of edge in KiB."""
        pid = self._stack.pid("edge")
        if pid is None:
            raise LocalError("edge-not-running")
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return proc.memory_pss_kib(pid), pages * os.sysconf("SC_PAGE_SIZE") // 1024

    async def _open_sockets(self, transport: str) -> float:
        return await metric_of(
            self._stack, "edge-health", f'guichet_edge_connections{{transport="{transport}"}}'
        )

    async def _wait_hung_up(self, transport: str) -> None:
        give_up_at = time.monotonic() + HANG_UP_TIMEOUT_S
        while await self._open_sockets(transport) and time.monotonic() < give_up_at:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        # Core notes who left; that is not the payments' doing.
        await asyncio.sleep(SETTLE_S)
