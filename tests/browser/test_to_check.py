"""What terminals say that cannot be believed is read, understood and closed by a person, in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, StorageState

from deploy.cli.common import Common
from deploy.cli.exchange import Where, session
from deploy.local.stack import LocalStack
from deploy.sandbox.simulators.cards import card_named
from portals.assets.build import build
from tests.browser.accessibility import barriers
from tests.browser.conftest import log_in

AGENT = "superviseur@guichet.example"
LOOKS = [(1440, "light", "fr"), (360, "dark", "en")]


@pytest.fixture(scope="module")
async def stack(short_folder: Path) -> AsyncIterator[LocalStack]:
    """A whole stack whose terminal sent an absurd advice, a reversal of another amount and a date of long ago."""
    build()
    async with LocalStack(short_folder / "check", log_level="warning") as running:
        card = card_named("approve-visa")
        async with session(Common(data=running.data_dir), Where(terminal="T0000001")) as terminal:
            await terminal.advise(card.pan, 99_999_999_99, expiry=card.expiry, approval_code="A12345")
            paid = await terminal.pay(card.pan, 61_00, expiry=card.expiry)
            reversal = terminal.make_reversal(paid.exchange.request)
            reversal[4] = f"{72_00:012d}"
            await terminal.exchange(reversal)
            old = terminal.make_payment("0220", "000000", card.pan, 42_50, expiry=card.expiry)
            old[13] = f"{(datetime.now(UTC).month + 5) % 12 + 1:02d}15"  # Half a year away.
            await terminal.exchange(old)
        yield running


@pytest.fixture(scope="module")
async def logged_in(stack: LocalStack, browser: Browser) -> StorageState:
    """The cookies of a supervisor, who may close what is listed."""
    url = f"http://{stack.address('portal')}"
    context = await browser.new_context(base_url=url)
    password = (stack.data_dir / "secrets" / "demo-password").read_text().strip()
    await log_in(await context.new_page(), url, email=AGENT, password=password)
    state = await context.storage_state()
    await context.close()
    return state


async def shown(
    browser: Browser, stack: LocalStack, state: StorageState, look: tuple[int, str, str], path: str
) -> Page:
    width, scheme, locale = look
    url = f"http://{stack.address('portal')}"
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        base_url=url,
        storage_state=state,
    )
    await context.add_cookies([{"name": "guichet_language", "value": locale, "url": url}])
    page = await context.new_page()
    await page.goto(path)
    return page


@pytest.mark.parametrize("look", LOOKS, ids=["wide-light-fr", "narrow-dark-en"])
async def test_each_row_says_what_happened_and_the_page_is_accessible(
    stack: LocalStack, browser: Browser, logged_in: StorageState, look: tuple[int, str, str]
) -> None:
    page = await shown(browser, stack, logged_in, look, "/to-check")
    said = "\n".join(await page.locator(".approval h2").all_inner_texts())
    for sentence in {
        "fr": (
            "dépasse le plafond",
            "(montant) : rien n’a été annulé",
            "porte une date impossible ou invraisemblable",
        ),
        "en": (
            "above the limit",
            "(amount): nothing was reversed",
            "a date that is impossible or cannot be right",
        ),
    }[look[2]]:
        assert sentence.replace(" :", "\N{NO-BREAK SPACE}:") in said
    assert await page.locator(".approval a[href^='/terminals/ter_']").count() >= 3
    assert await page.locator(".approval a[href^='/transactions/txn_']").count() >= 2
    amounts = await page.locator(".approval p > strong.num").all_inner_texts()
    assert sum(amount.startswith("\N{MINUS SIGN}") for amount in amounts) == 1
    assert await barriers(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await page.context.close()


async def test_the_home_page_counts_the_rows_that_its_link_shows_and_one_is_closed_with_a_reason(
    stack: LocalStack, browser: Browser, logged_in: StorageState
) -> None:
    page = await shown(browser, stack, logged_in, LOOKS[0], "/")
    count = int(await page.locator("#s-to_check .count").inner_text())
    await page.goto("/to-check")
    assert await page.locator("article.approval").count() == count
    first = page.locator("article.approval").first
    await first.locator("summary").last.click()
    await first.locator("button.primary").click()
    await page.wait_for_selector(".field-error")
    form = page.locator("details[open]")
    await form.locator("input[name=reason]").fill("carte 4111 1111 1111 1111 vue")
    assert "4111" not in await page.evaluate("JSON.stringify(sessionStorage)"), "kept with the tab"
    await form.locator("input[name=reason]").fill("vu avec le magasin")
    assert "vu avec le magasin" in await page.evaluate("JSON.stringify(sessionStorage)")
    await form.locator("button.primary").click()
    await page.wait_for_selector(".notice[role=status]")
    assert await page.locator("article.approval").count() == count - 1
    await page.context.close()
