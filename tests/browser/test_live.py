"""The live list: arrives, waits, pauses, resumes, never moves under the pointer, bears 300 a second."""

from __future__ import annotations

import asyncio
import json

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import OpenPage, Portal

_TASKS = "disabled-by-default-devtools.timeline"


async def test_a_payment_appears_at_the_top(open_page: OpenPage, portal: Portal) -> None:
    page = await _live(open_page)
    paid = (await portal.control(pay="declined"))["paid"]
    await expect(page.locator("#rows tr").first).to_have_attribute("data-id", paid["id"], timeout=3000)
    await expect(page.locator("#rows tr").first.locator(".pill")).to_have_text("refusée")


async def test_a_row_drawn_here_looks_as_the_server_draws_it(open_page: OpenPage, portal: Portal) -> None:
    page = await _live(open_page)
    paid = (await portal.control(pay="partially_approved"))["paid"]
    row = page.locator(f'tr[data-id="{paid["id"]}"]')
    await expect(row).to_be_visible()
    drawn = [" ".join(text.split()) for text in await row.locator("td").all_text_contents()]
    await page.reload()
    # What is written, not what is laid out; and retried, for the list takes over the rows that came with the page.
    await expect(row.locator("td")).to_have_text(drawn)


@pytest.mark.parametrize("width", [1024, 1440, 1920])
async def test_what_was_asked_beside_what_stands_covers_no_other_column(
    open_page: OpenPage, portal: Portal, width: int
) -> None:
    await portal.control(pay="partially_approved")
    page = await open_page("/transactions", width=width)
    cell = page.locator("td.c-amount:has(.asked)").first
    await expect(cell).to_be_visible()
    inside = """(cell) => {
      const { left, right } = cell.getBoundingClientRect();
      return [...cell.childNodes].every((part) => {
        const range = document.createRange();
        range.selectNodeContents(part);
        const place = range.getBoundingClientRect();
        return place.left >= left && place.right <= right;
      });
    }"""
    assert await cell.evaluate(inside)


async def test_nothing_moves_under_the_pointer_and_what_waits_is_counted(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await _live(open_page)
    top = await page.locator("#rows tr").first.get_attribute("data-id")
    await page.hover("#rows tr >> nth=2")
    for _ in range(3):
        await portal.control(pay="approved")
    await expect(page.locator("#waiting")).to_have_text("3 nouvelles")
    assert await page.locator("#rows tr").first.get_attribute("data-id") == top
    await page.mouse.move(5, 5)
    await expect(page.locator("#rows tr").first).not_to_have_attribute("data-id", top or "")
    await expect(page.locator("#waiting")).to_be_hidden()


async def test_nothing_moves_under_the_keyboard_focus(open_page: OpenPage, portal: Portal) -> None:
    page = await _live(open_page)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    focused = await page.evaluate("document.activeElement.closest('tr').dataset.id")
    await portal.control(pay="approved")
    await expect(page.locator("#waiting")).to_have_text("1 nouvelle")
    assert await page.evaluate("document.activeElement.closest('tr').dataset.id") == focused
    await page.click("#waiting button")
    await expect(page.locator("#waiting")).to_be_hidden()


async def test_a_row_changes_its_state_in_place(open_page: OpenPage, portal: Portal) -> None:
    page = await _live(open_page)
    paid = (await portal.control(pay="approved"))["paid"]
    row = page.locator(f'tr[data-id="{paid["id"]}"]')
    await expect(row.locator(".pill")).to_have_text("approuvée")
    await portal.control(pay="approved")
    await portal.control(change=paid["id"], state="reversed")
    await expect(row.locator(".pill")).to_have_text("annulée")
    await expect(page.locator("#rows tr").nth(1)).to_have_attribute("data-id", paid["id"])


async def test_pause_and_resume_lose_nothing(open_page: OpenPage, portal: Portal) -> None:
    page = await _live(open_page)
    await page.click("#pause")
    await expect(page.locator("[data-connection]")).to_contain_text("En pause")
    ids = [(await portal.control(pay="approved"))["paid"]["id"] for _ in range(5)]
    await expect(page.locator("#waiting")).to_have_text("5 nouvelles")
    await page.click("#pause")
    await page.mouse.move(5, 5)
    for key in ids:
        await expect(page.locator(f'tr[data-id="{key}"]')).to_have_count(1)


async def test_a_cut_feed_resumes_after_the_last_event_without_loss(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await _live(open_page)
    first = (await portal.control(pay="approved"))["paid"]["id"]
    await expect(page.locator(f'tr[data-id="{first}"]')).to_have_count(1)
    await portal.control(drop=True)
    missed = [(await portal.control(pay="approved"))["paid"]["id"] for _ in range(3)]
    for key in missed:
        await expect(page.locator(f'tr[data-id="{key}"]')).to_have_count(1, timeout=8000)
    assert (await portal.control())["last_event_ids"][-1] != ""


async def test_the_panel_opens_beside_the_list_and_back_closes_it(open_page: OpenPage) -> None:
    page = await _live(open_page)
    await page.click("#rows tr >> nth=3")
    await expect(page.locator("#panel #record-title")).to_be_visible()
    assert "open=txn_" in page.url
    await page.go_back()
    await expect(page.locator("#panel")).to_be_hidden()
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel #record-title")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
    await expect(page.locator("#rows .row-link").first).to_be_focused()


async def test_filters_live_in_the_address_and_a_bad_amount_is_named(open_page: OpenPage) -> None:
    page = await _live(open_page)
    await page.select_option("#f-brand", "visa")
    await page.fill("#f-min", "1,5")
    await page.get_by_role("button", name="Filtrer").click()
    await page.wait_for_url("**/transactions?*brand=visa*")
    assert "min=1%2C5" in page.url
    await expect(page.locator("#rows .c-card").filter(has_not_text="Visa")).to_have_count(0)
    await expect(page.locator("#rows .c-card").first).to_contain_text("Visa")
    await page.fill("#f-min", "douze")
    await page.get_by_role("button", name="Filtrer").click()
    await expect(page.locator("#e-min")).to_be_visible()


async def test_history_pages_by_cursor(open_page: OpenPage) -> None:
    page = await open_page("/transactions?period=7d")
    first = await page.locator("#rows tr").first.get_attribute("data-id")
    await page.get_by_role("link", name="Plus anciennes").click()
    await expect(page.locator("#rows tr").first).not_to_have_attribute("data-id", first or "")
    await page.get_by_role("link", name="Début").click()
    await expect(page.locator("#rows tr").first).to_have_attribute("data-id", first or "")


async def test_search_finds_by_reference_and_by_amount(open_page: OpenPage, portal: Portal) -> None:
    page = await _live(open_page)
    paid = (await portal.control(pay="declined"))["paid"]
    await page.keyboard.press("Control+k")
    await page.keyboard.type(paid["rrn"])
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_contain_text("refusée")
    assert page.url.endswith(paid["id"])
    await page.keyboard.press("/")
    await page.keyboard.type("0,01 €")
    await page.keyboard.press("Enter")
    await expect(page.locator(".empty")).to_contain_text("Rien ne correspond")


async def test_three_hundred_events_a_second_keep_the_list_bounded_and_in_order(
    open_page: OpenPage, portal: Portal, browser: Browser
) -> None:
    page = await _live(open_page)
    await page.mouse.move(5, 5)
    before = await page.locator("#rows tr").first.get_attribute("data-id")
    await browser.start_tracing(page=page, categories=[_TASKS])
    await portal.control(rate=300)
    await asyncio.sleep(5)
    drawn_meanwhile = await page.locator("#rows tr").count()
    await portal.control(rate=0)
    events = json.loads(await browser.stop_tracing())["traceEvents"]
    # While it runs only what fills the screen is drawn; the rest follows once it stands still.
    assert drawn_meanwhile <= 60
    await expect(page.locator("#rows tr")).to_have_count(200)
    assert await page.locator("#rows tr").first.get_attribute("data-id") != before
    assert await _is_newest_first(page)
    # How smooth it was is a figure of this machine at this moment: told, and judged by whoever reads it.
    tasks_ms = [event["tdur"] / 1000 for event in events if event["name"] == "RunTask" and "tdur" in event]
    print(f"longest task at 300 events/s: {max(tasks_ms):.0f} ms of processor time")  # noqa: T201 - a report.


async def test_who_scrolls_while_the_list_runs_finds_the_rows_that_follow(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await _live(open_page)
    await page.mouse.move(5, 5)
    await portal.control(rate=300)
    # Asked from outside: a page that lets nothing evaluate text lets no predicate poll either.
    for _ in range(600):
        if await page.evaluate("Boolean(document.querySelectorAll('#rows tr')[30]?.transaction)"):
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("no thirty rows in half a minute")
    await asyncio.sleep(2)
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await expect(page.locator("#rows tr")).to_have_count(200)
    await expect(page.locator("#waiting button")).to_be_visible()
    stands = await page.locator("#rows tr").first.get_attribute("data-id")
    await asyncio.sleep(1)
    assert await page.locator("#rows tr").first.get_attribute("data-id") == stands
    assert await _is_newest_first(page)
    await portal.control(rate=0)
    # By the keyboard: a pointer first scrolls to what it is to press, and at the top the list runs by itself.
    await page.locator("#waiting button").press("Enter")
    await expect(page.locator("#rows tr").first).not_to_have_attribute("data-id", stands or "")
    assert await _is_newest_first(page)


async def test_a_row_that_is_not_drawn_yet_still_changes_its_state(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await _live(open_page)
    await page.mouse.move(5, 5)
    paid = (await portal.control(pay="approved"))["paid"]["id"]
    row = page.locator(f'tr[data-id="{paid}"]')
    await expect(row).to_have_count(1)
    for _ in range(60):
        await portal.control(pay="approved")
    await portal.control(change=paid, state="reversed")
    await expect(row.locator(".pill")).to_have_text("annulée")


@pytest.mark.parametrize("path", ["/", "/transactions", "/terminals", "/stores", "/blocks"])
async def test_an_empty_estate_says_why_and_what_next(open_page: OpenPage, portal: Portal, path: str) -> None:
    await portal.control(scenario="empty")
    page = await open_page(path)
    await expect(page.locator("main .empty:visible, main .muted:visible").first).to_be_visible()


async def _live(open_page: OpenPage) -> Page:
    page = await open_page("/transactions")
    await expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    # The list reads the newest again once the feed is open; after that only the feed adds rows.
    await page.wait_for_timeout(400)
    return page


async def _is_newest_first(page: Page) -> bool:
    """Whether no row is there twice and none stands above a newer one."""
    return await page.locator("#rows tr").evaluate_all(
        """rows => new Set(rows.map(row => row.dataset.id)).size === rows.length
            && rows.every((row, n) => !n || !row.transaction || !rows[n - 1].transaction
                || rows[n - 1].transaction.received_at >= row.transaction.received_at)"""
    )
