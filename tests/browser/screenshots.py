"""Take the pictures of the README from a whole running stack: `python -m tests.browser.screenshots`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from deploy.local.stack import LocalStack
from portals.assets.build import build
from tests.browser.conftest import log_in
from tests.browser.processes import find_chromium

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
WARM_UP_S = 25
WIDE, PHONE = (1280, 800), (360, 740)


async def main() -> None:
    """Start everything with its fleet, let payments flow, take each picture."""
    build()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gt-", ignore_cleanup_errors=True) as folder:
        async with (
            LocalStack(Path(folder) / "s", fleet=True, log_level="warning") as stack,
            async_playwright() as driver,
        ):
            await asyncio.sleep(WARM_UP_S)
            browser = await driver.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
            url = f"http://{stack.address('portal')}"
            password = (stack.data_dir / "secrets" / "demo-password").read_text().strip()
            await _take_all(browser, url, password)
            await browser.close()


async def _take_all(browser: Browser, url: str, password: str) -> None:
    page = await _page(browser, url, WIDE, dark=False)
    await page.goto(f"{url}/login")
    await _take(page, "login")
    await log_in(page, url, email="superviseur@guichet.example", password=password)
    await page.goto(f"{url}/transactions")
    await page.wait_for_timeout(2500)
    await _take(page, "transactions")
    declined = await page.locator("#rows tr:has(.pill.bad)").first.get_attribute("data-id")
    cookies = await page.context.storage_state()
    for name, path, size, dark in (
        ("transactions-panel-dark", f"/transactions?open={declined}", WIDE, True),
        ("transaction", f"/transactions/{declined}", WIDE, False),
        ("transactions-phone", "/transactions", PHONE, False),
        ("transaction-phone-dark", f"/transactions/{declined}", PHONE, True),
        ("terminals-dark", "/terminals", WIDE, True),
    ):
        shown = await _page(browser, url, size, dark=dark)
        await shown.context.add_cookies(cookies.get("cookies", []))  # pyright: ignore[reportArgumentType]
        await shown.goto(url + path)
        await shown.wait_for_timeout(1500)
        await _take(shown, name)
        await shown.context.close()


async def _page(browser: Browser, url: str, size: tuple[int, int], *, dark: bool) -> Page:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
    )
    await context.add_cookies([{"name": "guichet_language", "value": "fr", "url": url}])
    return await context.new_page()


async def _take(page: Page, name: str) -> None:
    file = IMAGES / f"{name}.png"
    await page.screenshot(path=file, animations="disabled")
    sys.stdout.write(f"{file.name} {file.stat().st_size // 1024} KiB\n")


if __name__ == "__main__":
    asyncio.run(main())
