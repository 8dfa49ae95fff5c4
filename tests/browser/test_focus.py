"""The keyboard goes on where it was: what is put in the place of a part of a page never sends it back to the top."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage, Portal
from tests.browser.invented import identifier

STORE = f"/stores/{identifier('sto', 4)}"
_HAS_FOCUS = "document.activeElement.id || document.activeElement.tagName"


async def _focused(page: Page) -> str:
    return await page.evaluate(_HAS_FOCUS)


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a list"])
async def test_an_act_in_a_dialog_ends_in_a_sentence_that_has_the_focus(
    open_page: OpenPage, *, beside: bool
) -> None:
    page = await open_page(f"/stores?open={identifier('sto', 4)}" if beside else STORE)
    await page.locator("summary", has_text="Bloquer ce magasin").click()
    await page.locator("dialog:modal input[name=reason]").fill("vol signalé")
    await page.keyboard.press("Enter")
    told = page.locator(
        ".notice[role=status]", has_text="Le magasin est bloqué : ses paiements sont refusés."
    )
    await expect(told).to_be_focused()
    await page.locator("summary", has_text="Débloquer ce magasin").first.click()
    await page.locator("dialog:modal input[name=reason]").fill("retrouvé")
    await page.keyboard.press("Enter")
    lifted = page.locator(".notice[role=status]", has_text="Le blocage est levé")
    await expect(lifted).to_be_focused()
    await page.reload()
    await expect(lifted).to_have_count(0)


async def test_what_comes_in_the_place_of_the_focus_gives_it_to_the_same_element_or_to_its_heading(
    open_page: OpenPage,
) -> None:
    page = await open_page(STORE)
    swap = "htmx.ajax('GET', location.pathname, {target: '.record', swap: 'outerHTML'})"
    await page.locator(".record .part a").first.focus()
    assert await _focused(page) == "A"
    await page.evaluate(swap)
    await expect(page.locator("#record-title")).to_be_focused()
    await page.evaluate("document.getElementById('search').focus()")
    await page.evaluate(swap)
    assert await _focused(page) == "search", "what had the focus elsewhere keeps it"


async def test_figures_that_are_counted_again_keep_the_focus_on_their_link(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await open_page("/transactions")
    link = page.locator("#figure-payments")
    await link.focus()
    await page.evaluate("document.querySelector('.figures-of').dataset.before = '1'")
    await expect(page.locator(".figures-of[data-before]")).to_have_count(0, timeout=8_000)
    await expect(link).to_be_focused()


@pytest.mark.parametrize("way", ["Escape", "Enter", "click", "back"])
async def test_a_panel_that_closes_gives_the_focus_back_to_its_row_or_to_the_heading(
    open_page: OpenPage, way: str
) -> None:
    page = await open_page("/stores")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel #record-title")).to_be_focused()
    match way:
        case "Enter":
            await page.locator("#panel-close").focus()
            await page.keyboard.press("Enter")
        case "click":
            await page.locator("#panel-close").click()
        case "back":
            await page.go_back()
        case _:
            await page.keyboard.press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
    assert await page.evaluate("document.activeElement.matches('tr .row-link')")


async def test_a_panel_that_an_address_opened_gives_the_focus_to_its_row_when_it_closes(
    open_page: OpenPage,
) -> None:
    page = await open_page(f"/stores?open={identifier('sto', 4)}")
    await page.locator("#panel-close").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel")).to_be_hidden()
    assert await page.evaluate("document.activeElement.matches('tr .row-link')")
    page = await open_page(f"/stores?open={identifier('sto', 4)}")
    await page.locator("#panel-close").click()
    assert await _focused(page) == "H1", "behind a pointer no row is held"
