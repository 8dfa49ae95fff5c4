"""`guichet bench space`: how long a customer with many schedules waits for a page of the space, at a steady rate.

Real HTTP to the space, which asks the gateway, which asks the desk. Pages are asked for on the dot, whether the ones
before have come or not, so that a slow answer is not hidden behind the next question.
"""

import asyncio
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp
import asyncpg
import httpx
import msgspec

from core.db.queries import load
from deploy.local.errors import LocalError
from deploy.local.postgres import OWNER_ROLE
from deploy.local.stack import LocalStack
from perf.bench.driving import Note

PROCESSES: Final = ("core-desk", "core-engine", "gateway", "space")
TARGET_MS: Final = 150.0
WEIGHT_KIB_MAX: Final = 100.0
WARMUP_S: Final = 3.0
_EMAIL: Final = "camille.mesure@exemple.example"
_PASSWORD: Final = "Girafe-Neige7"  # noqa: S105 - of a stack that is gone afterwards.
_TIMEOUT_S: Final = 10.0
_ANSWERS_MAX: Final = 500  # under way at once: beyond them it does not keep up, and that is said
_CONNECTIONS: Final = 60  # as of a browser each, a few at a time
_ASSET: Final = re.compile(r'(?:href|src)="(/[^"]+\.(?:css|js|svg|png|woff2)[^"]*)"')
SQL: Final = load(Path(__file__).with_name("space.sql"))


class SpaceReport(msgspec.Struct):
    """The first keys are the contract of the benchmark. A page's weight is what travels at a first visit, without fonts."""

    p95_ms: float
    p50_ms: float
    p99_ms: float
    rate_per_s: float
    failed: int
    within_targets: bool
    schedules: int
    others: int
    seconds: float
    pages: dict[str, dict[str, float]]
    weight_kib: dict[str, float]
    cpu_cores: dict[str, float]
    cores: int
    measured_at: str


async def bench_space(
    *, schedules: int, others: int, rate_per_s: float, seconds: float, note: Note
) -> SpaceReport:
    """Run the benchmark; the stack and its data are gone afterwards. Raises: LocalError."""
    folder = Path(tempfile.mkdtemp(prefix="gb-"))
    try:
        async with LocalStack(folder, processes=PROCESSES, log_level="warning") as stack:
            note(f"seeding {schedules} schedules of a customer, {others} of others")
            owner = await asyncpg.connect(stack.database_url(OWNER_ROLE))
            try:
                await _seed(owner, schedules, others)
                await _register(stack, owner)
            finally:
                await owner.close()
            return await _measure(stack, note, schedules, others, rate_per_s, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _seed(owner: asyncpg.Connection, schedules: int, others: int) -> None:
    await owner.execute(SQL.orders_of, schedules, _EMAIL)
    await owner.execute(SQL.others, others, timeout=300)
    await owner.execute(SQL.instalments_of, timeout=300)
    await owner.execute("ANALYZE")


async def _register(stack: LocalStack, owner: asyncpg.Connection) -> None:
    """Connect for the first time. Raises: LocalError."""
    async with httpx.AsyncClient(base_url=f"http://{stack.address('gateway')}", trust_env=False) as client:
        asked = await client.post("/v1/customers/links", json={"email": _EMAIL})
        link = await owner.fetchval(SQL.link, _EMAIL, "customer_first_connection")
        if asked.status_code != httpx.codes.NO_CONTENT or link is None:
            raise LocalError("space-not-served", status=asked.status_code)
        token = str(link).rpartition("/")[2]
        chosen = await client.post(
            "/v1/customers/links/acceptance", json={"token": token, "new_password": _PASSWORD}
        )
        if chosen.status_code != httpx.codes.CREATED:
            raise LocalError("space-not-served", status=chosen.status_code)


async def _measure(
    stack: LocalStack, note: Note, schedules: int, others: int, rate_per_s: float, seconds: float
) -> SpaceReport:
    address = f"http://{stack.address('space')}"
    async with httpx.AsyncClient(
        base_url=address, follow_redirects=True, timeout=_TIMEOUT_S, trust_env=False
    ) as client:
        pages = await _log_in(client)
        weights = {page: await _weight_kib(client, page) for page in pages}
        cookies = {each.name: each.value or "" for each in client.cookies.jar}
    note(f"{rate_per_s:g} pages a second for {WARMUP_S + seconds:g} s")
    # It costs a tenth of what the pages do, or it would be what is measured.
    async with aiohttp.ClientSession(
        address,
        cookies=cookies,
        timeout=aiohttp.ClientTimeout(_TIMEOUT_S),
        connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
        headers={"Accept-Encoding": "gzip"},
        auto_decompress=False,
    ) as visitors:
        crowd = _Crowd(visitors, pages)
        await crowd.ask(rate_per_s, WARMUP_S)
        crowd.forget()
        before = stack.cpu_seconds()
        began = time.perf_counter()
        await crowd.ask(rate_per_s, seconds)
        lasted = time.perf_counter() - began
        cpu = {name: (used - before.get(name, 0.0)) / lasted for name, used in stack.cpu_seconds().items()}
    every = sorted(each for some in crowd.taken_ms.values() for each in some)
    p95 = _percentile(every, 0.95)
    return SpaceReport(
        p95_ms=p95,
        p50_ms=_percentile(every, 0.5),
        p99_ms=_percentile(every, 0.99),
        rate_per_s=round(len(every) / lasted, 1),
        failed=sum(crowd.failed.values()),
        within_targets=bool(every)
        and p95 < TARGET_MS
        and not crowd.failed
        and max(weights.values()) < WEIGHT_KIB_MAX,
        schedules=schedules,
        others=others,
        seconds=round(lasted, 1),
        pages={
            page: {"p50_ms": _percentile(sorted(taken), 0.5), "p95_ms": _percentile(sorted(taken), 0.95)}
            for page, taken in crowd.taken_ms.items()
        },
        weight_kib=weights,
        cpu_cores={name: round(used, 3) for name, used in cpu.items()},
        cores=os.cpu_count() or 0,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


class _Crowd:
    """Customers who ask for pages, each page in its turn."""

    def __init__(self, visitors: aiohttp.ClientSession, pages: list[str]) -> None:
        self._visitors = visitors
        self._pages = pages
        self.taken_ms: dict[str, list[float]] = {}
        self.failed: Counter[str] = Counter()

    def forget(self) -> None:
        """Begin to count."""
        self.taken_ms.clear()
        self.failed.clear()

    async def ask(self, rate_per_s: float, seconds: float) -> None:
        """Ask so often for so long, and return when all of it is answered."""
        asked: set[asyncio.Task[None]] = set()
        began = time.perf_counter()
        for number in range(round(rate_per_s * seconds)):
            await asyncio.sleep(began + number / rate_per_s - time.perf_counter())
            if len(asked) >= _ANSWERS_MAX:
                self.failed["not_asked"] += 1
                continue
            task = asyncio.create_task(self._ask(self._pages[number % len(self._pages)]))
            asked.add(task)
            task.add_done_callback(asked.discard)
        await asyncio.gather(*asked)

    async def _ask(self, page: str) -> None:
        started = time.perf_counter()
        try:
            async with self._visitors.get(page, allow_redirects=False) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failed[type(error).__name__] += 1
            return
        if answer.status != httpx.codes.OK:
            self.failed[str(answer.status)] += 1
            return
        name = "/schedules/{order}" if page.startswith("/schedules/ord") else page
        self.taken_ms.setdefault(name, []).append((time.perf_counter() - started) * 1000)


async def _log_in(client: httpx.AsyncClient) -> list[str]:
    """Log in as a browser does; return the pages that a customer opens. Raises: LocalError."""
    form = await client.get("/login")
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', form.text))
    home = await client.post("/login", data={**fields, "email": _EMAIL, "password": _PASSWORD})
    if home.status_code != httpx.codes.OK or home.url.path != "/":
        raise LocalError("space-not-served", status=home.status_code)
    listed = (await client.get("/schedules")).text
    orders = re.findall(r'href="(/schedules/ord[^"?#/]+)"', listed)
    if not orders:
        raise LocalError("space-not-served", status=home.status_code)
    return ["/", "/schedules", orders[0], "/schedules/ended"]


async def _weight_kib(client: httpx.AsyncClient, page: str) -> float:
    """Return what travels at a first visit: the page and what it names, packed as it travels, without fonts."""
    answer = await client.get(page)
    named = [each for each in dict.fromkeys(_ASSET.findall(answer.text)) if ".woff2" not in each]
    answers = [answer, *[await client.get(each) for each in named]]
    return round(sum(each.num_bytes_downloaded for each in answers) / 1024, 1)


def _percentile(taken_ms: list[float], share: float) -> float:
    return round(taken_ms[min(int(len(taken_ms) * share), len(taken_ms) - 1)], 1) if taken_ms else 0.0
