"""The customers' space in a browser: its rows, who connects to it, and what every page of it has to be."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.accessibility import barriers
from tests.support.customers import PASSWORD


@dataclass(frozen=True)
class Space:
    """The space under test, and its rows."""

    url: str
    owner: asyncpg.Connection

    async def link(self, email: str, template: str) -> str:
        """Return the path of the newest link that was sent to an address."""
        address = await self.owner.fetchval(
            "SELECT facts ->> 'link' FROM mail WHERE recipient = $1 AND template = $2 ORDER BY id DESC LIMIT 1",
            email,
            template,
        )
        return f"{self.url}/{str(address).split('/', 3)[3]}"


async def context_of(
    browser: Browser, *, width: int = 320, scripts: bool = True, **more: str
) -> BrowserContext:
    context = await browser.new_context(
        viewport={"width": width, "height": 740},
        java_script_enabled=scripts,
        locale=more.get("locale", "fr-FR"),
        color_scheme="dark" if more.get("theme") == "dark" else "light",
    )
    context.set_default_timeout(20_000)
    return context


async def connect(page: Page, space: Space, email: str) -> None:
    """Connect for the first time, as people do."""
    await page.goto(f"{space.url}/first-connection")
    await page.locator("#f-email").fill(email)
    await page.locator("button.primary").click()
    await expect(page.locator("h1")).to_contain_text("messagerie")
    await page.goto(await space.link(email, "customer_first_connection"))
    await page.locator("#f-new_password").fill(PASSWORD)
    await page.locator("button.primary").click()
    await expect(page.locator(".now")).to_be_visible()


async def assert_usable(page: Page) -> None:
    assert await barriers(page) == [], page.url
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, (page.url, wide)


async def open_the_chat(space: Space) -> None:
    await space.owner.execute("DELETE FROM opening_exception WHERE channel = 'chat'")
    await space.owner.execute(
        "INSERT INTO opening_exception (channel, day, opens_minute, closes_minute, label_fr, label_en, made_at)"
        " SELECT 'chat', (now() AT TIME ZONE 'Europe/Paris')::date + n, 0, 1440, 'Essai', 'Trial', now()"
        " FROM generate_series(0, 1) AS n"
    )


async def look_at(browser: Browser, context: BrowserContext, url: str) -> None:
    """Look at a page at 320 px as whoever has a script: nothing is wider than it, and axe finds nothing serious."""
    scripted = await context_of(browser)
    await scripted.add_cookies(await context.cookies())  # pyright: ignore[reportArgumentType]
    page = await scripted.new_page()
    await page.goto(url)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth") is True
    assert await barriers(page) == []
    await scripted.close()
