"""`guichet bench desk`: how long an agent waits, over a large estate, of the gateway.

Real HTTP to the gateway, several agents of different scopes at once; then an export of everything, and the live
list in a browser. The stack is the benchmark's own; `search_p95_ms` and `lists_p95_ms` are the worst p95 of a kind.
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg
import httpx
import msgspec

from deploy.local import proc
from deploy.local.errors import LocalError
from deploy.local.postgres import OWNER_ROLE
from deploy.local.stack import LocalStack
from perf.bench.desk_calls import Call, lists, searches, since
from perf.bench.desk_live import LiveReport, watch_live
from perf.bench.driving import Note

SHARED_BUFFERS_MIB: Final = 512
AGENTS_AT_ONCE: Final = 8
TARGET_MS: Final = 200.0
EXPORT_MEMORY_MIB_MAX: Final = 200.0
PAUSE_S: Final = 1.0  # between two calls of one agent: a person at work asks every five to ten seconds
RUSH_PAUSE_S: Final = (
    0.1  # beside it, told and not judged: what is left when as many calls come as the cores bear
)
RUSH_ROUNDS: Final = 3
_WARMUPS: Final = 2
_REQUEST_TIMEOUT_S: Final = 30.0
_EXPORT_TIMEOUT_S: Final = 1_200.0
_PROCESSES: Final = ("core-engine", "core-desk", "core-worker", "edge", "acquirer", "gateway", "portal")


class Sizes(NamedTuple):
    """How much there is."""

    transactions: int
    merchants: int
    terminals: int


class Timing(msgspec.Struct):
    """One kind of call by one kind of agents."""

    name: str
    scope: str
    calls: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    failed: int


class DeskReport(msgspec.Struct):
    """The first keys are the contract of the benchmark; None is: not measured, and `notes` says why."""

    search_p95_ms: float
    lists_p95_ms: float
    slowest: str
    export_rows_per_s: float | None
    export_memory_mib: float | None
    longest_task_ms: float | None
    heap_growth_mib: float | None
    within_targets: bool
    rush_p95_ms: float  # of all calls, at RUSH_PAUSE_S
    rush_calls_per_s: float
    sizes: dict[str, int]
    seed_seconds: float
    timings: list[Timing]
    live: LiveReport | None
    notes: list[str]
    cores: int
    measured_at: str


class _Agent(NamedTuple):
    """Somebody who asks, and how much of the country they see."""

    scope: str
    token: str


async def bench_desk(
    *, sizes: Sizes, rounds: int, minutes: float, export: bool, keep: Path | None, note: Note
) -> DeskReport:
    """Run the whole benchmark; the stack and its data are gone afterwards."""
    folder = keep or Path(tempfile.mkdtemp(prefix="gb-"))
    try:
        async with LocalStack(
            folder,
            processes=_PROCESSES,
            shared_buffers_mib=SHARED_BUFFERS_MIB,
            log_level="warning",
        ) as stack:
            return await _Run(stack, note).run(sizes, rounds=rounds, minutes=minutes, export=export)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


class _Run:
    """One benchmark on one running stack."""

    def __init__(self, stack: LocalStack, note: Note) -> None:
        self._stack = stack
        self._note = note
        self._notes: list[str] = []

    async def run(self, sizes: Sizes, *, rounds: int, minutes: float, export: bool) -> DeskReport:
        """Seed, measure calls, an export, the live list."""
        started = time.perf_counter()
        await self._seed(sizes)
        seed_seconds = round(time.perf_counter() - started, 1)
        owner = await asyncpg.connect(self._stack.database_url(OWNER_ROLE))
        try:
            agents = await _open_sessions(owner)
            sought = await searches(owner)
        finally:
            await owner.close()
        searched = await self._measure("search", sought, agents, rounds, PAUSE_S)
        listed = await self._measure("lists", lists(), agents, rounds, PAUSE_S)
        began = time.perf_counter()
        rushed = await self._measure("a rush", [*sought, *lists()], agents, RUSH_ROUNDS, RUSH_PAUSE_S)
        rush_s = time.perf_counter() - began
        exported = await self._export(agents[0].token) if export else None
        live = None
        if minutes > 0:
            self._note(f"the live list at 300 events a second for {minutes:g} min")
            live = await watch_live(self._stack, agents[0].token, minutes=minutes, note=self._note)
            if live is None:
                self._notes.append("live: no Chromium here")
        report = self._report(sizes, seed_seconds, searched, listed, exported, live)
        report.rush_p95_ms = max(one.p95_ms for one in rushed)
        turns = (RUSH_ROUNDS + _WARMUPS) / RUSH_ROUNDS
        report.rush_calls_per_s = round(sum(one.calls for one in rushed) * turns / rush_s, 1)
        return report

    async def _seed(self, sizes: Sizes) -> None:
        self._note(f"seeding {sizes.transactions} transactions, {sizes.merchants} merchants")
        words = [f"--{name}={value}" for name, value in sizes._asdict().items()]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "deploy.sandbox.demonstration.volume",
            *words,
            env={
                **os.environ,
                "GUICHET_OWNER_DATABASE_URL": self._stack.database_url(OWNER_ROLE),
            },
            stdout=asyncio.subprocess.DEVNULL,
        )
        if await process.wait() != 0:
            raise LocalError("estate-failed")

    async def _measure(
        self, title: str, calls: Sequence[Call], agents: Sequence[_Agent], rounds: int, pause_s: float
    ) -> list[Timing]:
        """Return a row for each call and scope: every agent asks for everything, in turn, all at once."""
        self._note(f"{title}: {len(calls)} calls, {len(agents)} agents at once, {rounds} rounds")
        taken: dict[tuple[str, str], list[float]] = {}
        failed: dict[tuple[str, str], int] = {}

        async def ask_everything(number: int, agent: _Agent) -> None:
            async with httpx.AsyncClient(
                base_url=f"http://{self._stack.address('gateway')}",
                headers={"Authorization": f"Bearer {agent.token}"},
                timeout=_REQUEST_TIMEOUT_S,
                trust_env=False,
            ) as client:
                # Nor do people click in step.
                await asyncio.sleep(pause_s * number / len(agents))
                for turn in range(-_WARMUPS, rounds):
                    for step in range(len(calls)):
                        # Each agent begins elsewhere, so that not all of them ask for one thing at a time.
                        call = calls[(step + number * 3) % len(calls)]
                        key = (call.name, agent.scope)
                        await asyncio.sleep(pause_s)
                        started = time.perf_counter()
                        answer = await client.get(call.path, params=call.parameters(turn + number))
                        if turn < 0:
                            continue
                        if answer.status_code == httpx.codes.OK:
                            taken.setdefault(key, []).append((time.perf_counter() - started) * 1000)
                        elif answer.status_code != httpx.codes.FORBIDDEN:
                            failed[key] = failed.get(key, 0) + 1

        await asyncio.gather(*(ask_everything(n, agent) for n, agent in enumerate(agents)))
        asked = {name for name, _ in (*taken, *failed)}
        self._notes += [f"{call.name}: not permitted to anyone" for call in calls if call.name not in asked]
        return [
            _timing(name, scope, taken.get((name, scope), []), failed.get((name, scope), 0))
            for name, scope in sorted({*taken, *failed})
        ]

    async def _export(self, token: str) -> tuple[float, float] | None:
        """Return rows a second and the worker's highest memory over an export of everything."""
        self._note("exporting every transaction")
        async with httpx.AsyncClient(
            base_url=f"http://{self._stack.address('gateway')}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_REQUEST_TIMEOUT_S,
            trust_env=False,
        ) as client:
            started = time.perf_counter()
            body = {"format": "csv", "filter": {"from": since(40)}}
            made = await client.post(
                "/v1/exports", json=body, headers={"Idempotency-Key": secrets.token_hex(8)}
            )
            if made.status_code >= httpx.codes.BAD_REQUEST:
                self._notes.append(f"export: {made.status_code} {made.text[:200]}")
                return None
            address, highest = f"/v1/exports/{made.json()['id']}", 0.0
            while time.perf_counter() - started < _EXPORT_TIMEOUT_S:
                highest = max(highest, self._worker_mib())
                state = (await client.get(address)).json()
                if state.get("state") == "done":
                    rows = int(state.get("rows_done") or 0)
                    return round(rows / (time.perf_counter() - started), 1), round(highest, 1)
                if state.get("state") in ("failed", "expired", "cancelled"):
                    self._notes.append(f"export: {state.get('state')}")
                    return None
                await asyncio.sleep(0.2)
        self._notes.append("export: not finished in time")
        return None

    def _worker_mib(self) -> float:
        pid = self._stack.pid("core-worker")
        # Between two reads it may have been started again.
        with contextlib.suppress(OSError):
            return 0.0 if pid is None else proc.memory_pss_kib(pid) / 1024
        return 0.0

    def _report(
        self,
        sizes: Sizes,
        seed_seconds: float,
        searched: list[Timing],
        listed: list[Timing],
        exported: tuple[float, float] | None,
        live: LiveReport | None,
    ) -> DeskReport:
        timings = [*searched, *listed]
        slowest = max(timings, key=lambda one: one.p95_ms)
        search_p95, lists_p95 = (max(one.p95_ms for one in part) for part in (searched, listed))
        return DeskReport(
            search_p95_ms=search_p95,
            lists_p95_ms=lists_p95,
            slowest=f"{slowest.name} ({slowest.scope}): {slowest.p95_ms} ms",
            export_rows_per_s=None if exported is None else exported[0],
            export_memory_mib=None if exported is None else exported[1],
            longest_task_ms=None if live is None else live.longest_task_ms,
            heap_growth_mib=None if live is None else live.heap_growth_mib,
            within_targets=max(search_p95, lists_p95) < TARGET_MS
            and not any(one.failed for one in timings)
            and (exported is None or exported[1] < EXPORT_MEMORY_MIB_MAX)
            and (live is None or live.within_targets),
            rush_p95_ms=0.0,
            rush_calls_per_s=0.0,
            sizes=sizes._asdict(),
            seed_seconds=seed_seconds,
            timings=sorted(timings, key=lambda one: -one.p95_ms),
            live=live,
            notes=[*dict.fromkeys(self._notes)],
            cores=os.cpu_count() or 0,
            measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )


async def _open_sessions(owner: asyncpg.Connection) -> list[_Agent]:
    """Make agents who see different parts of the country, and sessions for them; two of each scope."""
    busiest = await owner.fetchval(
        "SELECT store_id FROM attempt_key GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    scopes: list[tuple[str, list[str] | None, list[Any] | None]] = [
        ("the whole country", None, None),
        ("a large department", ["75"], None),
        ("the smallest department", ["48"], None),
        ("one store", None, [busiest]),
    ]
    made: list[_Agent] = []
    for number in range(AGENTS_AT_ONCE):
        scope, departments, stores = scopes[number % len(scopes)]
        agent = await owner.fetchval(
            "INSERT INTO agent (email, name, password_hash, role) VALUES ($1, $2, '', 'administrator') RETURNING id",
            f"bench{number}@guichet.example",
            f"Mesure {number}",
        )
        await owner.execute(
            "INSERT INTO agent_grant (agent_id, role, departments, stores) VALUES ($1, 'administrator', $2, $3)",
            agent,
            departments,
            stores,
        )
        token = secrets.token_urlsafe(32)
        await owner.execute(
            "INSERT INTO session (token_hash, agent_id, expires_at) VALUES ($1, $2, now() + interval '11 hours')",
            hashlib.sha256(token.encode()).digest(),
            agent,
        )
        made.append(_Agent(scope, token))
    return made


def _timing(name: str, scope: str, taken_ms: list[float], failed: int) -> Timing:
    taken_ms.sort()

    def percentile(share: float) -> float:
        return round(taken_ms[min(int(len(taken_ms) * share), len(taken_ms) - 1)], 1) if taken_ms else 0.0

    return Timing(name, scope, len(taken_ms), percentile(0.5), percentile(0.95), percentile(0.99), failed)


def desk_markdown(report: DeskReport) -> str:
    """Return the report for people."""
    sizes = ", ".join(f"{count:,} {name}" for name, count in report.sizes.items())
    lines = [
        "# How long an agent waits",
        "",
        f"`guichet bench desk`, {report.measured_at}, {report.cores} cores for everything, {sizes}.",
        (
            f"Seeded in {report.seed_seconds} s. {AGENTS_AT_ONCE} agents at once, two of each scope, each"
            f" {PAUSE_S:g} s after its last answer; real HTTP."
        ),
        "",
        "| | measured | target |",
        "|---|---|---|",
        f"| search, worst p95 | {report.search_p95_ms} ms | {TARGET_MS:g} ms |",
        f"| lists, worst p95 | {report.lists_p95_ms} ms | {TARGET_MS:g} ms |",
        (
            f"| the worst p95 in a rush, {report.rush_calls_per_s} calls a second on the same cores | "
            f"{report.rush_p95_ms} ms | |"
        ),
        f"| export | {_shown(report.export_rows_per_s)} rows/s | |",
        f"| the worker's memory meanwhile | {_shown(report.export_memory_mib)} MiB | {EXPORT_MEMORY_MIB_MAX:g} MiB |",
        f"| live list, longest task | {_shown(report.longest_task_ms)} ms | 100 ms |",
        f"| live list, growth of the heap | {_shown(report.heap_growth_mib)} MiB | flat |",
        "",
        f"Slowest: {report.slowest}.",
        *(f"Not measured: {line}." for line in report.notes),
        "",
        "| call | scope | calls | p50 ms | p95 ms | p99 ms | failed |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {t.name} | {t.scope} | {t.calls} | {t.p50_ms} | {t.p95_ms} | {t.p99_ms} | {t.failed} |"
            for t in report.timings
        ),
    ]
    return "\n".join(lines) + "\n"


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:,}"
