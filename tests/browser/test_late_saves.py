"""A save that came after a colleague's, in a dialog: it is shown with the newest record, and then it can be saved."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage, Portal, log_in
from tests.browser.invented import identifier

ACCOUNT = f"/accounts/{identifier('acc', 1)}"


async def _open(page: Page, portal: Portal) -> None:
    await log_in(page, portal.url, email="admin@guichet.example")
    await page.goto(portal.url + ACCOUNT)


async def _rename(page: Page, name: str) -> None:
    field = page.locator("#f-name")
    if not await field.is_visible():
        await page.locator("summary", has_text="Renommer").click()
    await field.fill(name)


async def _save(page: Page) -> None:
    await page.locator("form[action$='/edit'] .act-end .primary").click()


async def test_a_late_save_in_a_dialog_is_saved_when_it_is_sent_again(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await open_page("/login", anonymous=True)
    await _open(page, portal)
    await _rename(page, "Mon nom")
    await portal.control(account="Nom de la collègue")
    await _save(page)
    form = page.locator("form[action$='/edit']")
    await expect(form).to_contain_text("Nadia Ferrand")
    await expect(form).to_contain_text("Nom de la collègue")
    await expect(page.locator("#f-name")).to_have_value("Mon nom")
    await expect(page.locator(".kept-draft")).to_have_count(0)
    await _save(page)
    await expect(page.locator("#record-title")).to_have_text("Mon nom")


async def test_a_late_save_can_be_left_and_saved_after_coming_back(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await open_page("/login", anonymous=True)
    await _open(page, portal)
    await _rename(page, "Mon autre nom")
    await portal.control(account="Un nom de la collègue")
    await _save(page)
    await expect(page.locator("form[action$='/edit']")).to_contain_text("Nadia Ferrand")
    await page.reload()
    await expect(page.locator("#f-name")).to_have_value("Mon autre nom")
    await _save(page)
    await expect(page.locator("#record-title")).to_have_text("Mon autre nom")


async def test_what_was_typed_before_a_colleague_s_change_can_be_dropped_whole(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await open_page("/login", anonymous=True)
    await _open(page, portal)
    await _rename(page, "Tapé et laissé")
    await portal.control(account="Encore un nom")
    await page.reload()
    await page.get_by_role("button", name="Effacer cette saisie").click()
    await _rename(page, "Nom choisi")
    await _save(page)
    await expect(page.locator("#record-title")).to_have_text("Nom choisi")
