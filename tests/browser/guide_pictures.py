"""Take the pictures of the advisers' guides from a whole running demonstration, in both languages.

`python -m tests.browser.guide_pictures`; they are written to docs/images/guide. Each is of a page as it is, found as its
reader finds it: by the customer's space and by the agents' orders.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from portals.assets.build import build
from tests.browser.conftest import log_in
from tests.browser.processes import find_chromium

IMAGES: Final = Path(__file__).resolve().parents[2] / "docs" / "images" / "guide"
WIDE, PHONE = (1180, 820), (390, 780)
UNPAID, CARD = "BR-2026-0764", "BR-2026-0960"
AGENT: Final = "superviseur@guichet.example"
STARTED_WAIT_S: Final = 180


async def main() -> None:
    """Start everything, wait until customers have bought, take each picture, stop it."""
    build()
    with tempfile.TemporaryDirectory(prefix="gg-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "d"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "deploy.cli.main", "up", "--data", str(data), "--json"),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(STARTED_WAIT_S):
                addresses = (await _event(process, "ready", "addresses"))["addresses"]
                await _event(process, "purchases-made", "count")
            password = (data / "secrets" / "demo-password").read_text().strip()
            async with async_playwright() as driver:
                browser = await driver.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
                for language in ("fr", "en"):
                    (IMAGES / language).mkdir(parents=True, exist_ok=True)
                    await _of_customers(browser, addresses["space"], password, language)
                    await _of_agents(browser, addresses["portal"], password, language)
                await browser.close()
        finally:
            process.terminate()
            await process.wait()


async def _event(process: asyncio.subprocess.Process, name: str, holds: str) -> dict[str, Any]:
    assert process.stdout is not None
    async for line in process.stdout:
        event = json.loads(line) if line.startswith(b"{") else {}
        if event.get("event") == name and holds in event:
            return event
    raise SystemExit(f"the demonstration ended before it said {name}")


async def _context(browser: Browser, url: str, size: tuple[int, int], language: str) -> BrowserContext:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="fr-FR" if language == "fr" else "en-GB",
        ignore_https_errors=True,
    )
    await context.add_cookies([{"name": "guichet_language", "value": language, "url": url}])
    return context


async def _of_customers(browser: Browser, url: str, password: str, language: str) -> None:
    context = await _context(browser, url, PHONE, language)
    page = await context.new_page()
    await page.goto(f"{url}/login")
    await page.locator("#f-email").fill("odette.martin@client.example")
    await page.locator("#f-password").fill(password)
    await page.locator("button.primary").click()
    await page.wait_for_selector(".now")
    await page.goto(f"{url}/?lang={language}")
    await _take(page, language, "home")
    await _open_schedule(page, url, UNPAID)
    unpaid = page.url
    await _take(page, language, "unpaid")
    await page.goto(f"{unpaid}/settle")
    await _take(page, language, "settle")
    await page.goto(f"{unpaid}/card")
    await _take(page, language, "card-refused")
    await _open_schedule(page, url, CARD)
    await _take(page, language, "schedule")
    await context.close()


async def _open_schedule(page: Page, url: str, reference: str) -> None:
    await page.goto(f"{url}/schedules")
    order_id = await page.locator("article.schedule", has_text=reference).get_attribute("id")
    await page.goto(f"{url}/schedules/{order_id}")


async def _of_agents(browser: Browser, url: str, password: str, language: str) -> None:
    context = await _context(browser, url, WIDE, language)
    page = await context.new_page()
    await log_in(page, url, email=AGENT, password=password)
    await page.goto(f"{url}/orders")
    await page.locator("a", has_text=UNPAID).first.click()
    await page.wait_for_load_state()
    await _take(page, language, "order")
    await context.close()


async def _take(page: Page, language: str, name: str) -> None:
    await page.wait_for_timeout(400)
    file = IMAGES / language / f"{name}.png"
    await page.screenshot(path=file, animations="disabled")
    sys.stdout.write(f"{language}/{file.name} {file.stat().st_size // 1024} KiB\n")


if __name__ == "__main__":
    asyncio.run(main())
