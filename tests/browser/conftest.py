"""A real Chromium on the real portal, before the stand-in of the gateway.

Without a Chromium these tests are skipped, in one visible line; with CI=true that is a failure.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from deploy.sandbox.demonstration.access import demonstration_code
from portals.assets.build import build
from tests.browser.processes import find_chromium, free_port, running_module
from tests.browser.stand_in import PASSWORD
from tests.support.plain_http import NO_AUTHORITIES

_HERE = Path(__file__).parent
_NO_CHROMIUM = "browser tests: no Chromium found; install the package chromium or set GUICHET_CHROMIUM"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a browser, and say once when there is none."""
    here = [item for item in items if _HERE in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.browser)
    if not here or find_chromium():
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(_NO_CHROMIUM)
    config.stash[_MISSING] = True
    for item in here:
        item.add_marker(pytest.mark.skip(reason=_NO_CHROMIUM))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the one line."""
    if config.stash.get(_MISSING, False):
        terminalreporter.write_line(f"SKIPPED {_NO_CHROMIUM}", yellow=True)


_MISSING: pytest.StashKey[bool] = pytest.StashKey()


@dataclass(frozen=True)
class Portal:
    """The portal under test and the stand-in behind it."""

    url: str
    gateway_url: str

    async def control(self, **scene: Any) -> dict[str, Any]:
        """Set the stand-in's scene and return what it has seen."""
        async with httpx.AsyncClient(trust_env=False, verify=NO_AUTHORITIES) as client:
            answer = await client.post(f"{self.gateway_url}/_control", json=scene)
            answer.raise_for_status()
            return answer.json()


@pytest.fixture(scope="session")
async def portal_servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Portal]:
    """Both servers, for the session."""
    build()
    gateway_port, portal_port = free_port(), free_port()
    gateway_url, portal_url = f"http://127.0.0.1:{gateway_port}", f"http://127.0.0.1:{portal_port}"
    environment = {
        "GUICHET_HTTP_PORT": str(portal_port),
        "GUICHET_GATEWAY_URL": gateway_url,
        "GUICHET_SECRET_FILE": str(tmp_path_factory.mktemp("portal") / "secret"),
    }
    async with (
        running_module(
            ["tests.browser.stand_in", str(gateway_port)], ready_url=f"{gateway_url}/health/ready"
        ),
        running_module(["portals.agent"], ready_url=f"{portal_url}/health/ready", environment=environment),
    ):
        yield Portal(portal_url, gateway_url)


@pytest.fixture
async def portal(portal_servers: Portal) -> AsyncIterator[Portal]:
    """The portal on a calm scene."""
    await portal_servers.control(scenario="normal", rate=0)
    yield portal_servers
    await portal_servers.control(scenario="normal", rate=0)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, for the session."""
    async with async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield chromium
        await chromium.close()


OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
async def logged_in(browser: Browser, portal_servers: Portal) -> Any:
    """The cookies of an agent who logged in by the form."""
    context = await browser.new_context(locale="fr-FR")
    page = await context.new_page()
    await log_in(page, portal_servers.url)
    state = await context.storage_state()
    await context.close()
    return state


@pytest.fixture
async def open_page(browser: Browser, portal: Portal, logged_in: Any) -> AsyncIterator[OpenPage]:
    """Open an address as a logged-in agent; a script error or a refused resource fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    async def open_it(
        path: str,
        *,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        locale: str = "fr",
        anonymous: bool = False,
        scripts: bool = True,
    ) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            storage_state=None if anonymous else logged_in,
            java_script_enabled=scripts,
            locale="fr-FR" if locale == "fr" else "en-GB",
        )
        await context.add_cookies([{"name": "guichet_language", "value": locale, "url": portal.url}])
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        await page.goto(portal.url + path)
        return page

    yield open_it
    for context in contexts:
        await context.close()
    assert complaints == []


async def log_in(
    page: Page, url: str, *, email: str = "hotline@guichet.example", password: str = PASSWORD
) -> None:
    """Log in by the forms and wait for the page behind them; a real gateway asks for the second factor."""
    await page.goto(f"{url}/login")
    await page.fill("#f-email", email)
    await page.fill("#f-password", password)
    await page.click("form.stack button")
    await page.wait_for_selector("header.top, #f-code")
    while await page.locator("#f-code").count():
        await page.fill("#f-code", await _codes.next(password, email))
        await page.click("form:has(#f-code) button")
        await page.wait_for_selector("header.top, #e-code")


class _Codes:
    """Codes of the demonstration's agents. Each time step is used once, so a third log in within a minute waits."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str], int] = {}

    async def next(self, password: str, email: str) -> str:
        """Return a code that was not used yet, at most one step ahead of the clock."""
        while True:
            present = int(time.time()) // 30
            step = max(present, self._used.get((password, email), 0) + 1)
            if step <= present + 1:
                self._used[password, email] = step
                return demonstration_code(password, email, ahead=step - present)
            await asyncio.sleep(30 - time.time() % 30)


_codes = _Codes()
