"""Suggestions as one types: a combobox by keyboard and by pointer, and a plain page without scripts."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import OpenPage


async def test_suggestions_are_a_combobox(open_page: OpenPage) -> None:
    page = await open_page("/blocks")
    field = page.get_by_role("combobox", name="Rechercher")
    await page.keyboard.press("Control+k")
    await expect(field).to_be_focused()
    await page.keyboard.type("de")
    options = page.get_by_role("option")
    await expect(options.first).to_be_visible()
    await expect(field).to_have_attribute("aria-expanded", "true")
    await expect(page.get_by_role("group", name="Magasins")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    marked = await field.get_attribute("aria-activedescendant")
    assert marked == await options.first.get_attribute("id")
    await page.keyboard.press("ArrowUp")
    await expect(options.last).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("listbox")).to_be_hidden()
    await expect(field).to_have_attribute("aria-expanded", "false")
    await expect(field).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(options.first).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.type(" ")
    await expect(options.first).to_be_visible()
    await page.keyboard.press("ArrowDown")
    target = await options.first.get_attribute("data-href")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{target}")
    assert page.url.endswith(target or "?")


async def test_enter_without_a_choice_searches_and_no_hit_says_what_to_try(open_page: OpenPage) -> None:
    page = await open_page("/blocks")
    await page.keyboard.press("/")
    await page.keyboard.type("zzzz")
    await expect(page.get_by_role("listbox")).to_contain_text("Rien ne correspond")
    await page.keyboard.press("Enter")
    await expect(page.locator(".empty")).to_contain_text("Cherchez par nom, SIREN")


async def test_the_search_is_a_plain_page_without_scripts(open_page: OpenPage) -> None:
    page = await open_page("/blocks", scripts=False)
    await page.get_by_role("searchbox").fill("a")
    await page.get_by_role("searchbox").press("Enter")
    first = page.locator(".hits a").first
    await expect(first).to_be_visible()
    href = await first.get_attribute("href")
    await first.click()
    assert page.url.endswith(href or "?")
