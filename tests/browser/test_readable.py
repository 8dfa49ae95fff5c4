"""Pages of the desk with much to say: whatever is said can be read, at any width, and a figure opens its rows."""

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


@pytest.mark.parametrize(
    ("width", "locale"), [(1440, "fr"), (1180, "fr"), (1024, "en"), (360, "fr"), (2560, "en")]
)
async def test_rows_of_an_order_are_read_whole_and_none_lies_over_another(
    open_page: OpenPage, width: int, locale: str
) -> None:
    page = await open_page(f"/orders/{ORDER}", width=width, locale=locale)
    rows = await page.locator(".part li").count()
    assert rows == 15 + len(TEMPLATES), "each part of the page has its rows"
    assert await page.evaluate(_ROWS) == []
    assert await page.evaluate(_TITLES) == [], "a title is one line"


async def test_a_question_is_read_whole_in_its_list(open_page: OpenPage) -> None:
    page = await open_page("/faq")
    shown, needed = await page.locator("td.c-question").evaluate("(td) => [td.clientWidth, td.scrollWidth]")
    assert shown >= needed
    assert shown > 700, "what is read has the width that nothing else needs"


async def test_figures_of_a_run_open_the_orders_behind_them_and_its_parts_stand_apart(
    open_page: OpenPage,
) -> None:
    page = await open_page("/collecting")
    (day,) = await page.locator("section td:first-child a").all_inner_texts()
    assert day == "12\u00a0févr.\u00a02027"
    run = "/orders?debited_on=2027-02-12&debit_outcome=declined"
    links = await page.locator(".figures a, section td.num a").evaluate_all(
        "(all) => all.map((each) => each.getAttribute('href'))"
    )
    assert links == [
        run,
        "/orders?to_collect=waiting",
        f"{run}&debit_reason=insufficient_funds&debit_brand=visa",
    ]
    gaps = await page.locator(".collecting h2").evaluate_all(
        """(heads) => heads.map((head) => [
            head.getBoundingClientRect().top - head.parentElement.previousElementSibling.getBoundingClientRect().bottom,
            head.nextElementSibling.getBoundingClientRect().top - head.getBoundingClientRect().bottom])"""
    )
    assert len(gaps) == 2
    assert all(before >= 16 and after >= 8 for before, after in gaps), gaps
    sizes = await page.locator(".figures dd").evaluate_all(
        "(all) => all.map((each) => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert all(count > beside for count, beside in zip(sizes[::2], sizes[1::2], strict=True))


async def test_hours_of_contact_are_told_to_the_minute_and_heads_stand_over_their_values(
    open_page: OpenPage,
) -> None:
    page = await open_page("/contact")
    assert "à\u00a009:00" in await page.inner_text("main")
    assert ":00:00" not in await page.inner_text("main")
    sides = await page.locator("table.rows").evaluate_all(
        """(tables) => tables.flatMap((table) => [...table.tHead.rows[0].cells].map((head, place) =>
            [head, table.tBodies[0].rows[0].cells[place]].map((cell) => getComputedStyle(cell).textAlign === "right")))"""
    )
    assert len(sides) == 8
    assert all(head == value for head, value in sides), sides
    middles = await page.locator(".find > :is(label, input)").evaluate_all(
        "(all) => all.map((each) => each.getBoundingClientRect()).map((box) => (box.top + box.bottom) / 2)"
    )
    assert abs(middles[0] - middles[1]) <= 1, "the label is beside its field"
