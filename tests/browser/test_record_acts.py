"""An act of a record opens over the page, moves nothing under the pointer, and works where no script runs."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.invented import identifier

STORE = f"/stores/{identifier('sto', 4)}"


async def _places(page: Page) -> list[object]:
    """Return where the sections and the buttons of a record stand."""
    places: list[object] = await page.evaluate(
        """() => [...document.querySelectorAll(".record .part, .record-facts, .record-head summary, .record-head a")]
          .map((one) => one.getBoundingClientRect()).map(({ x, y, width, height }) => [x, y, width, height].join())"""
    )
    return places


async def test_an_act_opens_over_the_page_and_moves_nothing(open_page: OpenPage) -> None:
    page = await open_page(STORE)
    before = await _places(page)
    await page.locator("summary", has_text="Bloquer ce magasin").click()
    dialog = page.locator("dialog:modal")
    await expect(dialog).to_contain_text("seront refusés dès maintenant")
    assert await page.evaluate("document.activeElement.name") == "reason", "one can type at once"
    assert await _places(page) == before
    await page.keyboard.type("vol")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert await page.evaluate("document.activeElement.textContent") == "Bloquer ce magasin"
    await page.keyboard.press("Enter")
    await expect(page.locator("dialog:modal input[name=reason]")).to_have_value("vol")
    await page.get_by_role("button", name="Fermer").click()
    await expect(dialog).to_have_count(0)
    assert await _places(page) == before


async def test_a_refused_act_is_open_again_with_its_error_and_what_was_typed(open_page: OpenPage) -> None:
    for scripts in (True, False):
        page = await open_page(STORE, scripts=scripts)
        await page.locator("summary", has_text="Bloquer ce magasin").click()
        act = page.locator(".record-head dialog")
        await act.locator("input[name=reason]").fill("x")
        await act.locator("button.danger").click()
        await expect(act.locator(".field-error")).to_be_visible()
        await expect(act.locator("input[name=reason]")).to_have_value("x")
        assert await page.locator("dialog:modal").count() == int(scripts)


async def test_an_identifier_is_copied_without_blanks_and_it_is_said(open_page: OpenPage) -> None:
    page = await open_page(STORE)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copier : SIRET")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".record [role=status][data-copied]")).to_have_text("Copié")
    assert await page.evaluate("navigator.clipboard.readText()") == "12345678900014"
    assert await button.evaluate("(one) => getComputedStyle(one, '::after').content") == '"Copié"'


async def test_beside_a_list_a_record_is_one_column_and_alone_it_takes_the_width(open_page: OpenPage) -> None:
    columns = "getComputedStyle(document.querySelector('.record-body')).gridTemplateColumns.split(' ').length"
    page = await open_page(f"/stores?open={identifier('sto', 4)}")
    assert await page.evaluate(columns) == 1
    page = await open_page(STORE)
    assert await page.evaluate(columns) == 2
    page = await open_page(STORE, width=2560, height=1300)
    share = "document.querySelector('.record-parts').getBoundingClientRect().right / innerWidth"
    assert await page.evaluate(share) > 0.9
