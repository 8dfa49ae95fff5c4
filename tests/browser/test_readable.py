"""The page of an order to which much has happened: whatever is said of a row can be read, at any width."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenPage
from tests.browser.invented_desk import ORDER, TEMPLATES

# What overlaps is what two children of a row draw on the same spot; what is cut is wider than its box.
_ROWS = """() => [...document.querySelectorAll(".part li")].flatMap((row) => {
    const boxes = [...row.children].map((each) => {
        const range = document.createRange();
        range.selectNodeContents(each);
        return { text: each.innerText, rects: [...range.getClientRects()], cut: each.scrollWidth > each.clientWidth
            && getComputedStyle(each).overflow === "hidden" && getComputedStyle(each).display !== "inline" };
    });
    const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    const said = boxes.filter((each) => each.cut).map((each) => "cut: " + each.text);
    boxes.forEach((one, place) => boxes.slice(place + 1).forEach((other) => {
        if (one.rects.some((a) => other.rects.some((b) => over(a, b)))) said.push(one.text + " over " + other.text);
    }));
    return said;
})"""
_TITLES = """() => [...document.querySelectorAll(".part li > a[href^='/mail/'], .part li > strong")]
    .filter((each) => each.getClientRects().length > 1 || each.offsetHeight > 30).map((each) => each.innerText)"""


@pytest.mark.parametrize(("width", "locale"), [(1440, "fr"), (1024, "en"), (360, "fr"), (2560, "en")])
async def test_rows_of_an_order_are_read_whole_and_none_lies_over_another(
    open_page: OpenPage, width: int, locale: str
) -> None:
    page = await open_page(f"/orders/{ORDER}", width=width, locale=locale)
    rows = await page.locator(".part li").count()
    assert rows == 15 + len(TEMPLATES), "each part of the page has its rows"
    assert await page.evaluate(_ROWS) == []
    assert await page.evaluate(_TITLES) == [], "a title is one line"
