"""The live list in Chromium while payments come: its longest task, and whether its heap stays flat.

The browser is the one named by GUICHET_CHROMIUM, else the system's. The session is sealed into the portal's own
cookie: how agents log in is not measured here.
"""

import asyncio
import os
import shutil
from typing import Any, Final

import msgspec
from playwright.async_api import CDPSession, Page, async_playwright

from deploy.local.stack import LocalStack
from observability.secret_files import load_or_make_secret
from perf.bench.driving import Note, Payments, seed_terminals
from portals.agent.session import AgentSession
from portals.kit.sealing import Sealer
from portals.kit.session import seal_session

EVENTS_PER_S: Final = 300.0
LONGEST_TASK_MS_MAX: Final = 100.0
HEAP_GROWTH_MIB_MAX: Final = 8.0
_TERMINALS: Final = 500
_SETTLE_S: Final = 15.0
_MINUTE_S: Final = 60.0
_CHROMIUMS: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")

# The browser tells of tasks from 50 ms on; only the worst is kept, so that watching costs no memory.
_OBSERVE: Final = """
window.guichetTasks = { longest: 0, count: 0 };
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) {
    window.guichetTasks.count++;
    window.guichetTasks.longest = Math.max(window.guichetTasks.longest, task.duration);
  }
}).observe({ type: "longtask" });
"""


class LiveReport(msgspec.Struct):
    """What the page did. `longest_task_ms` 0: none of 50 ms or more."""

    longest_task_ms: float
    long_tasks: int
    heap_growth_mib: float
    heap_mib: list[float]  # after a collection, at the beginning and after each minute
    rows: int
    rows_changed: bool
    payments_per_s: float
    minutes: float
    within_targets: bool


async def watch_live(stack: LocalStack, token: str, *, minutes: float, note: Note) -> LiveReport | None:
    """Watch the page for so long; None without a Chromium."""
    executable = os.environ.get("GUICHET_CHROMIUM") or next(
        (path for name in _CHROMIUMS if (path := shutil.which(name))), None
    )
    if executable is None:
        return None
    await seed_terminals(stack, _TERMINALS)
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        url = f"http://{stack.address('portal')}"
        await context.add_cookies([_session_cookie(stack, token, url)])
        page = await context.new_page()
        paying = asyncio.create_task(
            Payments(stack).at_rate(
                EVENTS_PER_S,
                terminals=_TERMINALS,
                seconds=minutes * _MINUTE_S + _SETTLE_S + 5,
                warmup_s=0,
            )
        )
        try:
            return await _watch(page, url, paying, minutes=minutes, note=note)
        finally:
            paying.cancel()
            await asyncio.gather(paying, return_exceptions=True)
            await browser.close()


async def _watch(
    page: Page, url: str, paying: asyncio.Task[dict[str, Any]], *, minutes: float, note: Note
) -> LiveReport:
    await page.goto(f"{url}/transactions")
    await page.wait_for_selector("[data-connection=live]", timeout=30_000)
    # The list fills up first: what it holds afterwards is all that it may hold.
    await asyncio.sleep(_SETTLE_S)
    await page.evaluate(_OBSERVE)
    devtools = await page.context.new_cdp_session(page)
    heap = [await _heap_mib(devtools)]
    first = await page.locator("#rows tr").first.get_attribute("data-id")
    left_s = minutes * _MINUTE_S
    while left_s > 0:
        await asyncio.sleep(min(_MINUTE_S, left_s))
        left_s -= _MINUTE_S
        heap.append(await _heap_mib(devtools))
        note(f"heap {heap[-1]} MiB")
    tasks = await page.evaluate("window.guichetTasks")
    rows = await page.locator("#rows tr").count()
    last = await page.locator("#rows tr").first.get_attribute("data-id")
    paid = await paying
    growth = round(heap[-1] - heap[0], 2)
    longest = round(float(tasks["longest"]), 1)
    return LiveReport(
        longest_task_ms=longest,
        long_tasks=int(tasks["count"]),
        heap_growth_mib=growth,
        heap_mib=heap,
        rows=rows,
        rows_changed=first != last,
        payments_per_s=round(float(paid["per_s"]), 1),
        minutes=minutes,
        within_targets=longest <= LONGEST_TASK_MS_MAX and growth <= HEAP_GROWTH_MIB_MAX and first != last,
    )


async def _heap_mib(devtools: CDPSession) -> float:
    await devtools.send("HeapProfiler.collectGarbage")
    usage: dict[str, Any] = await devtools.send("Runtime.getHeapUsage")
    return round(float(usage["usedSize"]) / 2**20, 2)


def _session_cookie(stack: LocalStack, token: str, url: str) -> Any:
    sealer = Sealer(load_or_make_secret(stack.data_dir / "secrets" / "portal-cookies"))
    session = AgentSession(
        token=token,
        agent_id="agt_bench",
        name="Mesure",
        email="bench0@guichet.example",
        role="administrator",
        locale="fr",
        departments=[],
        expires_at="",
        permissions=["transactions.read"],
    )
    return {
        "name": f"guichet_agent_session_{sealer.mark}",
        "value": seal_session(sealer, session),
        "url": url,
    }
