"""`guichet bench authorise`: durable authorisations a second over the whole path, against pgbench.

terminal -> edge -> core -> acquirer simulator -> core -> edge -> terminal, on real sockets, everything durable, with
generator, simulator, NATS and PostgreSQL on the same cores. The stack is the benchmark's own, on free ports.
Windows of the path and of pgbench take turns: each round runs them in the other order than the round before.
"""

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import asyncpg
import msgspec

from deploy.local.binaries import postgres_bin_dir
from deploy.local.loopback import http_get
from deploy.local.stack import LocalStack
from perf.bench.reference import FactSizes, Reference, ReferenceResult, mean_of

PROCESSES = ("core-engine", "core-desk", "core-worker", "edge", "acquirer")
TERMINALS = 500
SHARED_BUFFERS_MIB = 512
FIRST_STAN = 1
ROUNDS = 4
WARMUP_S = 2

Note = Callable[[str], None]


class Latency(msgspec.Struct):
    """One open-loop run at a fixed rate."""

    rate_per_s: float
    answered_per_s: float
    p50_ms: float
    p99_ms: float
    p99_9_ms: float
    no_answer: int


class Round(msgspec.Struct):
    """One window of the path and one of the reference, side by side."""

    durable_per_s: float
    pgbench_per_s: float
    ratio: float


class AuthoriseReport(msgspec.Struct):
    """The first keys are the contract of the benchmark; the rest says how they came about."""

    durable_per_s: float
    pgbench_per_s: float
    ratio: float
    p50_ms_at_1000: float
    p99_ms_at_1000: float
    simulator_delay_ms: float
    lost: int
    doubled: int
    verify: str
    findings: list[Any]  # what each invariant looked at and found
    pgbench_statements_per_s: float
    pgbench_one_statement_per_s: float
    rounds: list[Round]
    in_flight: int
    seconds: float  # of all windows of the path
    codes: dict[str, int]
    no_answer: int
    p50_ms_saturated: float
    p99_ms_saturated: float
    latency: list[Latency]
    cpu_us_per_payment: dict[str, float]
    batch_items: dict[str, float]
    memory_mib: dict[str, float]
    cores: int
    database: dict[str, str]


async def bench_authorise(
    *, seconds: int, in_flight: int, rates: tuple[int, ...], keep: Path | None, note: Note
) -> AuthoriseReport:
    """Run the whole benchmark and return its report; the stack and its data are gone afterwards."""
    folder = keep or Path(tempfile.mkdtemp(prefix="gb-"))
    try:
        async with LocalStack(
            folder, processes=PROCESSES, shared_buffers_mib=SHARED_BUFFERS_MIB, log_level="warning"
        ) as stack:
            return await AuthoriseRun(stack, note).run(seconds=seconds, in_flight=in_flight, rates=rates)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


class AuthoriseRun:
    """One benchmark on one running stack."""

    def __init__(self, stack: LocalStack, note: Note) -> None:
        self._stack = stack
        self._note = note
        self._stan = FIRST_STAN
        self._journals: list[Path] = []

    async def run(self, *, seconds: int, in_flight: int, rates: tuple[int, ...]) -> AuthoriseReport:
        """Seed, saturate in turns with the reference, measure latencies, verify."""
        await self.seed()
        self._note("warming up")
        await self.load("--in-flight", str(in_flight), seconds=4, warmup=0)
        await self.settle()
        reference = await self._reference()
        saturated, against = _Saturated(), list[ReferenceResult]()
        for place in range(ROUNDS):
            self._note(
                f"round {place + 1} of {ROUNDS}: {in_flight} payments in flight, and pgbench in both forms"
            )
            if place % 2:
                against.append(await reference.window(seconds=seconds))
            await self._saturate(saturated, in_flight=in_flight, seconds=seconds)
            if not place % 2:
                against.append(await reference.window(seconds=seconds))
        memory = {name: round(mib, 1) for name, mib in self._stack.memory_pss_mib().items()}
        latency: list[Latency] = []
        for rate in rates:
            self._note(f"{rate} payments a second for {seconds} s")
            at_rate = await self.load("--rate", str(rate), seconds=seconds, warmup=WARMUP_S)
            latency.append(_latency(at_rate, rate))
            await self.settle()
        self._note("verifying")
        verified = await self.verify()
        return self._report(
            saturated,
            against,
            latency,
            verified,
            memory=memory,
            in_flight=in_flight,
            database=await self._durability(),
        )

    async def _saturate(self, into: "_Saturated", *, in_flight: int, seconds: int) -> None:
        cpu, batches = self._stack.cpu_seconds(), await self._batches()
        window = await self.load("--in-flight", str(in_flight), seconds=seconds, warmup=WARMUP_S)
        spent = {name: total - cpu[name] for name, total in self._stack.cpu_seconds().items()}
        into.add(window, spent, batches, await self._batches())
        await self.settle()

    async def seed(self) -> None:
        self._note(f"seeding {TERMINALS} terminals")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "deploy.sandbox.demonstration",
            "--load-terminals",
            str(TERMINALS),
            env={**os.environ, **self._stack.environment("core-engine")},
            stdout=asyncio.subprocess.DEVNULL,
        )
        if await process.wait() != 0:
            raise RuntimeError("the seed failed; its words are above")
        connection = await asyncpg.connect(self._stack.database_url())
        try:
            await connection.execute("ANALYZE")
        finally:
            await connection.close()

    async def load(self, *how: str, seconds: int, warmup: int) -> dict[str, Any]:
        journal = self._stack.data_dir / f"journal-{len(self._journals)}.jsonl"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "deploy.sandbox.simulators.load",
            "--address",
            self._stack.address("edge"),
            "--count",
            str(TERMINALS),
            "--seconds",
            str(seconds),
            "--warmup",
            str(warmup),
            "--stan-from",
            str(self._stan),
            "--journal",
            str(journal),
            "--json",
            *how,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        if process.returncode != 0:
            raise RuntimeError("the load failed; its words are above")
        self._journals.append(journal)
        report: dict[str, Any] = msgspec.json.decode(out)
        self._stan = report["stan_next"]
        return report

    async def settle(self) -> None:
        """Let the relay, the projection and the checkpointer finish, so that one run does not pay for another."""
        connection = await asyncpg.connect(self._stack.database_url())
        try:
            for _ in range(60):
                behind = await connection.fetchval(
                    "SELECT count(*) FROM (SELECT FROM event AS e WHERE (e.txid, e.seq) > ("
                    "SELECT i.to_txid, i.to_seq FROM inbox AS i ORDER BY i.to_txid DESC, i.to_seq DESC LIMIT 1"
                    ") LIMIT 1) AS b"
                )
                if not behind:
                    return
                await asyncio.sleep(0.5)
        finally:
            await connection.close()

    async def _batches(self) -> dict[str, float]:
        answer = await http_get(self._stack.port("core-engine-health"), "/metrics")
        text = answer.text if answer is not None else ""
        found = re.findall(
            r'^guichet_engine_database_transactions_total\{result="(\w+)",step="(\w+)"\} ([0-9.e+]+)$',
            text,
            re.MULTILINE,
        )
        return {f"{step} {result}": float(value) for result, step, value in found}

    async def verify(self) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "deploy.cli.main",
            "verify",
            "--data",
            str(self._stack.data_dir),
            "--drain",
            "30",
            "--json",
            *[word for journal in self._journals for word in ("--journal", str(journal))],
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        return {"ok": process.returncode == 0, "report": msgspec.json.decode(out)}

    async def _reference(self) -> Reference:
        connection = await asyncpg.connect(self._stack.database_url())
        try:
            row = await connection.fetchrow(
                "SELECT avg(length(a.request))::int, avg(length(a.card_ciphertext))::int, "
                "avg(length(e.summary))::int, avg(length(e.detail))::int "
                "FROM (SELECT * FROM attempt ORDER BY id DESC LIMIT 1000) AS a "
                "INNER JOIN event AS e ON e.attempt_id = a.id"
            )
        finally:
            await connection.close()
        sizes = FactSizes(*(value or 0 for value in row or (0, 0, 0, 0)))
        dsn = await self._stack.create_database("guichet_reference")
        return Reference(pgbench=postgres_bin_dir() / "pgbench", dsn=dsn, sizes=sizes)

    async def _durability(self) -> dict[str, str]:
        connection = await asyncpg.connect(self._stack.database_url())
        try:
            rows = await connection.fetch(
                "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', "
                "'full_page_writes', 'data_checksums', 'shared_buffers', 'server_version', 'wal_compression')"
            )
        finally:
            await connection.close()
        return {row["name"]: row["setting"] for row in rows}

    def _report(
        self,
        saturated: "_Saturated",
        against: list[ReferenceResult],
        latency: list[Latency],
        verified: dict[str, Any],
        *,
        memory: dict[str, float],
        in_flight: int,
        database: dict[str, str],
    ) -> AuthoriseReport:
        at_1000 = next((each for each in latency if each.rate_per_s == 1000), None)
        breaches = {finding["name"]: finding["breaches"] for finding in verified["report"]["findings"]}
        reference = mean_of(against)
        windows = saturated.windows
        durable_per_s = fmean(window["approved_per_s"] for window in windows)
        return AuthoriseReport(
            durable_per_s=round(durable_per_s, 1),
            pgbench_per_s=round(reference.per_s, 1),
            ratio=round(durable_per_s / reference.per_s, 3),
            p50_ms_at_1000=at_1000.p50_ms if at_1000 else 0.0,
            p99_ms_at_1000=at_1000.p99_ms if at_1000 else 0.0,
            simulator_delay_ms=0.0,
            lost=breaches.get("V3", -1),
            doubled=breaches.get("V6", -1),
            verify="holds" if verified["ok"] else "breached",
            findings=verified["report"]["findings"],
            pgbench_statements_per_s=round(reference.statements_per_s, 1),
            pgbench_one_statement_per_s=round(reference.one_statement_per_s, 1),
            rounds=[
                Round(
                    durable_per_s=round(window["approved_per_s"], 1),
                    pgbench_per_s=round(each.per_s, 1),
                    ratio=round(window["approved_per_s"] / each.per_s, 3),
                )
                for window, each in zip(windows, against, strict=True)
            ],
            in_flight=in_flight,
            seconds=sum(window["seconds"] for window in windows),
            codes=dict(sum((Counter(window["codes"]) for window in windows), Counter[str]())),
            no_answer=sum(window["no_answer"] for window in windows),
            p50_ms_saturated=round(fmean(window["p50_ms"] for window in windows), 2),
            p99_ms_saturated=max(window["p99_ms"] for window in windows),
            latency=latency,
            cpu_us_per_payment={name: round(us, 1) for name, us in saturated.cpu_us_per_payment().items()},
            batch_items=saturated.batch_items(),
            memory_mib=memory,
            cores=os.cpu_count() or 0,
            database=database,
        )


class _Saturated:
    """What the windows of the path measured, added up."""

    def __init__(self) -> None:
        self.windows: list[dict[str, Any]] = []
        self._cpu_s: defaultdict[str, float] = defaultdict(float)
        self._batches: Counter[str] = Counter()

    def add(
        self,
        window: dict[str, Any],
        cpu_s: dict[str, float],
        batches_before: dict[str, float],
        batches_after: dict[str, float],
    ) -> None:
        """Add one window; counters of batches are those of the engine before and after it."""
        self.windows.append(window)
        for name, seconds in cpu_s.items():
            self._cpu_s[name] += seconds
        for name, total in batches_after.items():
            self._batches[name] += round(total - batches_before.get(name, 0))

    def cpu_us_per_payment(self) -> dict[str, float]:
        """Return each process's microseconds a payment."""
        answered = sum(window["answered"] for window in self.windows)
        generator = fmean(window["cpu_us_per_payment"] for window in self.windows)
        return {**{name: s / answered * 1e6 for name, s in self._cpu_s.items()}, "generator": generator}

    def batch_items(self) -> dict[str, float]:
        """Return items a database transaction, by step."""
        return {
            step: round(self._batches[f"{step} items"] / max(self._batches[f"{step} batches"], 1), 1)
            for step in ("arm", "decide")
        }


def _latency(report: dict[str, Any], rate: int) -> Latency:
    return Latency(
        rate_per_s=rate,
        answered_per_s=round(report["per_s"], 1),
        p50_ms=report["p50_ms"],
        p99_ms=report["p99_ms"],
        p99_9_ms=report["p99_9_ms"],
        no_answer=report["no_answer"],
    )
