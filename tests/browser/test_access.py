"""Logging in, being sent back, losing the session, losing the gateway."""

from __future__ import annotations

import asyncio

from playwright.async_api import Route, expect

from tests.browser.conftest import OpenPage, Portal
from tests.browser.stand_in import PASSWORD


async def test_a_page_asks_to_log_in_and_then_opens(open_page: OpenPage) -> None:
    page = await open_page("/transactions?brand=visa", anonymous=True)
    await expect(page).to_have_url(
        "".join([page.url.split("/login")[0], "/login?next=/transactions%3Fbrand%3Dvisa"])
    )
    await page.fill("#f-email", "hotline@guichet.example")
    await page.fill("#f-password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Transactions")
    assert page.url.endswith("/transactions?brand=visa")


async def test_a_wrong_password_is_said_beside_the_field_and_the_address_is_kept(open_page: OpenPage) -> None:
    page = await open_page("/login", anonymous=True)
    await page.fill("#f-email", "hotline@guichet.example")
    await page.fill("#f-password", "faux")
    await page.click("form.stack button")
    await expect(page.locator("#e-password")).to_contain_text("ne convient pas")
    await expect(page.locator("[data-takes-focus]")).to_be_focused()
    await expect(page.locator("#f-email")).to_have_value("hotline@guichet.example")
    await expect(page.locator("#f-password")).to_have_value("")


async def test_too_many_attempts_say_how_long_to_wait(open_page: OpenPage) -> None:
    page = await open_page("/login", anonymous=True, locale="en")
    await page.fill("#f-email", "trop@guichet.example")
    await page.fill("#f-password", "x")
    await page.click("form.stack button")
    await expect(page.get_by_role("alert")).to_contain_text("Try again in 4 minutes")


async def test_login_never_leads_to_another_site(open_page: OpenPage) -> None:
    page = await open_page("/login?next=//evil.example/x", anonymous=True)
    await expect(page.locator("input[name=next]")).to_have_value("/")


async def test_the_login_form_works_without_scripts(open_page: OpenPage) -> None:
    page = await open_page("/login?next=/terminals", anonymous=True, scripts=False)
    await page.fill("#f-email", "hotline@guichet.example")
    await page.fill("#f-password", PASSWORD)
    await page.click("form.stack button")
    await expect(page.locator("h1")).to_have_text("Terminaux")
    await page.click("table.terminals .row-link >> nth=0")
    await expect(page.locator("h1")).to_contain_text("T0000000")


async def test_an_ended_session_returns_to_the_same_page_after_login(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await open_page("/terminals")
    await portal.control(scenario="ended")
    await page.goto(f"{portal.url}/stores?query=fnac")
    await expect(page.get_by_role("status")).to_contain_text("Votre session a pris fin")
    await expect(page.locator("input[name=next]")).to_have_value("/stores?query=fnac")


async def test_the_live_list_says_that_the_session_ended(open_page: OpenPage, portal: Portal) -> None:
    page = await open_page("/transactions")
    await expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    await portal.control(scenario="ended", drop=True)
    await expect(page.locator("[data-connection]")).to_have_attribute(
        "data-connection", "ended", timeout=8000
    )
    await expect(page.locator("[data-connection] a")).to_have_text("Se connecter")


async def test_the_live_list_reads_no_page_of_log_in_as_transactions(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await open_page("/stores")
    sent = asyncio.Event()

    async def to_the_log_in(route: Route) -> None:
        await route.fulfill(status=303, headers={"Location": "/login"})
        sent.set()

    await page.route("**/transactions/recent*", to_the_log_in)
    await page.goto(f"{portal.url}/transactions")
    await asyncio.wait_for(sent.wait(), 8)
    await expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")


async def test_a_gateway_that_does_not_answer_gets_a_page_with_a_reference(
    open_page: OpenPage, portal: Portal
) -> None:
    await portal.control(scenario="down")
    page = await open_page("/stores")
    await expect(page.locator("h1")).to_have_text("Le service ne répond pas")
    await expect(page.locator("code")).not_to_be_empty()
    await portal.control(scenario="normal")
    await page.get_by_role("link", name="Réessayer").click()
    await expect(page.locator("h1")).to_have_text("Magasins")


async def test_an_unknown_address_and_an_unknown_record_are_404(open_page: OpenPage, portal: Portal) -> None:
    page = await open_page("/nulle-part")
    await expect(page.locator("h1")).to_have_text("Cette page n’existe pas")
    answer = await page.goto(f"{portal.url}/transactions/txn_00000000000000000000000000")
    assert answer is not None
    assert answer.status == 404


async def test_logging_out_closes_the_desk(open_page: OpenPage, portal: Portal) -> None:
    page = await open_page("/stores")
    await page.click(".tools .menu >> nth=1")
    await page.get_by_role("button", name="Se déconnecter").click()
    await expect(page.locator("h1")).to_have_text("Se connecter")
    await page.goto(f"{portal.url}/stores")
    await expect(page.locator("h1")).to_have_text("Se connecter")


async def test_language_theme_and_row_height_are_kept(open_page: OpenPage) -> None:
    page = await open_page("/terminals")
    for label, attribute, value in (("Sombre", "data-theme", "dark"), ("Serrées", "data-rows", "24")):
        await page.click(".tools .menu >> nth=0")
        await page.get_by_role("button", name=label).click()
        await expect(page.locator("html")).to_have_attribute(attribute, value)
    await page.click(".tools .menu >> nth=0")
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("h1")).to_have_text("Terminals")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
