"""Records and their actions: refund, cancel, block, unblock. Nothing is shown before the gateway said it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import OpenPage, Portal


async def test_a_refund_is_shown_in_progress_until_the_host_answers(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await _paid(open_page, portal, "captured")
    await page.locator("summary", has_text="Rembourser").click()
    await page.fill("#f-refund-reason", "Article rendu")
    await page.get_by_role("button", name="Rembourser ce montant").click()
    notice = page.locator(".notice", has_text="Remboursement de")
    await expect(notice.locator(".pill")).to_have_text("en cours")
    await expect(notice.locator(".pill")).to_have_text("approuvée", timeout=8000)
    # The record says no less than the notice above it.
    await expect(page.locator(".record-facts")).to_contain_text("Remboursé")


async def test_the_address_of_a_record_tells_of_its_own_refunds_only(
    open_page: OpenPage, portal: Portal
) -> None:
    other = (await portal.control(pay="captured"))["paid"]
    page = await _paid(open_page, portal, "captured")
    await page.goto(f"{page.url}?refund={other['id']}")
    await expect(page.locator("#record-title")).to_be_visible()
    await expect(page.locator(".notice", has_text="Remboursement de")).to_have_count(0)


async def test_the_same_refund_form_sent_twice_refunds_once(open_page: OpenPage, portal: Portal) -> None:
    page = await _paid(open_page, portal, "captured")
    await page.locator("summary", has_text="Rembourser").click()
    await page.fill("#f-refund-reason", "Article rendu")
    # What a double click, an impatient reload or a resent form would do: the very same body twice.
    addresses = await page.evaluate("""async () => {
        const form = document.querySelector("form[action$='/refund']");
        const send = () => fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        return (await Promise.all([send(), send()])).map((answer) => new URL(answer.url).searchParams.get("refund"));
    }""")
    assert addresses[0] is not None
    assert addresses[0] == addresses[1]


async def test_a_refund_that_cannot_be_is_explained_and_the_input_kept(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await _paid(open_page, portal, "captured")
    await page.locator("summary", has_text="Rembourser").click()
    await page.fill("#f-refund-amount", "99999999,00")
    await page.fill("#f-refund-reason", "Article rendu")
    await page.get_by_role("button", name="Rembourser ce montant").click()
    await expect(page.locator("#e-refund-amount")).to_contain_text("dépasse ce qui a été capturé")
    await expect(page.locator("#f-refund-amount")).to_have_value("99999999,00")
    await expect(page.locator("#f-refund-reason")).to_have_value("Article rendu")


async def test_an_action_that_is_not_possible_says_why(open_page: OpenPage, portal: Portal) -> None:
    page = await _paid(open_page, portal, "declined")
    # One sentence for all that cannot be done, and no act that would be refused.
    await expect(page.locator(".acts")).to_contain_text(
        "Refusée : le client n’est pas débité, il n’y a rien à rendre."
    )
    await expect(page.locator(".acts").get_by_role("button")).to_have_count(0)


async def test_a_cancellation_asks_for_a_reason_and_shows_the_new_state(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await _paid(open_page, portal, "approved")
    await page.locator("summary", has_text="Annuler").click()
    await page.get_by_role("button", name="Annuler ce paiement").click()
    await expect(page.locator("#e-cancel-reason")).to_be_visible()
    await page.fill("#f-cancel-reason", "Erreur de montant")
    await page.get_by_role("button", name="Annuler ce paiement").click()
    await expect(page.locator("#record-title .pill")).to_have_text("annulée")


async def test_diagnosis_hops_messages_and_entries_are_there(open_page: OpenPage, portal: Portal) -> None:
    page = await _paid(open_page, portal, "unknown")
    await expect(page.locator(".diagnosis")).to_contain_text("L'acquéreur n'a pas répondu")
    await expect(page.locator(".hops .failed")).to_contain_text("Acquéreur")
    await page.locator(".message summary").first.click()
    await expect(page.locator(".message table").first).to_contain_text("497010••••••")
    await expect(page.locator("tfoot .num")).to_have_text("0,00\u00a0€")


async def test_blocking_names_its_effect_asks_for_a_reason_and_can_be_found_again(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await open_page("/terminals?query=T0000007")
    await page.click("table.terminals tbody tr")
    panel = page.locator("#panel")
    await panel.locator("summary", has_text="Bloquer ce terminal").click()
    await expect(panel).to_contain_text("Les paiements de ce terminal seront refusés dès maintenant")
    await panel.locator("button.danger").click()
    await expect(panel.locator(".field-error")).to_be_visible()
    await panel.locator("input[name=reason]").fill("Terminal volé")
    await panel.locator("button.danger").click()
    await expect(panel.locator("#record-title .pill")).to_have_text("bloqué")
    await page.goto(f"{portal.url}/blocks")
    await expect(page.locator("table")).to_contain_text("Terminal volé")
    await page.get_by_role("link", name="T0000007").click()
    await page.locator("summary", has_text="Débloquer").click()
    await page.fill("input[name=reason]", "Terminal retrouvé")
    await page.get_by_role("button", name="Débloquer", exact=True).click()
    await expect(page.locator("#record-title .pill")).to_have_text("actif")
    await expect(page.locator(".timeline")).to_contain_text("Terminal retrouvé")


async def test_a_form_from_elsewhere_does_nothing(open_page: OpenPage, portal: Portal) -> None:
    page = await _paid(open_page, portal, "approved")
    before = (await portal.control())["posts"]
    status = await page.evaluate("""async () => (await fetch(location.pathname + "/cancel", {
        method: "POST", body: new URLSearchParams({ csrf: "0".repeat(64), reason: "nothing" }) })).status""")
    assert status == 403
    assert (await portal.control())["posts"] == before


async def test_a_refund_that_was_taken_leaves_its_form_closed_and_empty(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await _paid(open_page, portal, "captured")
    address = page.url
    first = await _key(page, "refund")
    await _refund(page, "1,00", "Article rendu")
    await expect(page.locator(".notice", has_text="Remboursement de")).to_be_visible()
    await _settled(page)
    await _nothing_is_left(page, "#f-refund-reason")
    assert await _key(page, "refund") != first
    await page.reload()
    await _nothing_is_left(page, "#f-refund-reason")
    await page.goto(f"{portal.url}/terminals")
    await page.goto(address)
    await _nothing_is_left(page, "#f-refund-reason")
    await page.go_back()
    await page.go_forward()
    await _nothing_is_left(page, "#f-refund-reason")


async def test_a_button_that_was_pressed_keeps_its_place_and_width(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await _paid(open_page, portal, "captured")
    await page.locator("summary", has_text="Rembourser").click()
    await page.fill("#f-refund-reason", "Article rendu")
    await page.evaluate("addEventListener('submit', (event) => event.preventDefault(), true)")
    await page.route("**/refund", lambda route: route.abort())
    button = page.locator("form[action$='/refund'] .primary")
    before = await button.bounding_box()
    await page.evaluate(
        "document.addEventListener('htmx:beforeRequest', (event) => event.preventDefault(), true)"
    )
    await button.click()
    await expect(button).to_have_text("Envoi…")
    assert await button.bounding_box() == before


async def test_enter_twice_in_a_form_refunds_once(open_page: OpenPage, portal: Portal) -> None:
    page = await _paid(open_page, portal, "captured")
    before = await _refunds(portal)
    await page.locator("summary", has_text="Rembourser").click()
    await page.fill("#f-refund-amount", "1,00")
    await page.fill("#f-refund-reason", "Article rendu")
    await page.press("#f-refund-reason", "Enter")
    await page.keyboard.press("Enter")
    await expect(page.locator(".notice", has_text="Remboursement de")).to_be_visible()
    await _settled(page)
    await page.keyboard.press("Enter")
    assert len(await _refunds(portal) - before) == 1


async def test_a_block_that_was_taken_leaves_no_form_to_send_again(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await open_page("/terminals?query=T0000009")
    address = await page.locator("table.terminals tbody tr a").first.get_attribute("href")
    await page.goto(f"{portal.url}{address}")
    await page.locator("summary", has_text="Bloquer ce terminal").click()
    await page.fill(".acts input[name=reason], form[action$='/block'] input[name=reason]", "Terminal volé")
    await page.locator("button.danger").click()
    await expect(page.locator("#record-title .pill")).to_have_text("bloqué")
    await expect(page.locator("h1")).to_have_count(1)
    await _settled(page)
    await page.locator("summary", has_text="Débloquer").click()
    await page.fill("input[name=reason]", "Terminal retrouvé")
    await page.get_by_role("button", name="Débloquer", exact=True).click()
    await expect(page.locator("#record-title .pill")).to_have_text("actif")
    await _settled(page)
    await _nothing_is_left(page, "form[action$='/block'] input[name=reason]")
    await page.goto(f"{portal.url}/terminals")
    await page.goto(f"{portal.url}{address}")
    await _nothing_is_left(page, "form[action$='/block'] input[name=reason]")


async def test_a_refund_that_was_refused_keeps_what_was_typed_with_a_new_key(
    open_page: OpenPage, portal: Portal
) -> None:
    page = await _paid(open_page, portal, "captured")
    address, first = page.url, await _key(page, "refund")
    await _refund(page, "99999999,00", "Article rendu")
    await expect(page.locator("#e-refund-amount")).to_be_visible()
    await page.goto(f"{portal.url}/terminals")
    await page.goto(address)
    await expect(page.locator("#f-refund-reason")).to_have_value("Article rendu")
    await expect(page.locator(".kept-draft")).to_have_count(1)
    assert await _key(page, "refund") != first


@pytest.mark.parametrize("answered", [None, 503, 422])
async def test_a_refund_without_a_known_end_is_sent_again_with_its_own_key(
    open_page: OpenPage, portal: Portal, answered: int | None
) -> None:
    page = await _paid(open_page, portal, "captured")
    address, first = page.url, await _key(page, "refund")
    before = await _refunds(portal)

    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        if answered is None:
            await route.abort()
        else:
            # A page that does not know what became of it shows the form with its key; one that failed shows none.
            kept = f'<input type="hidden" name="idempotency_key" value="{first}">' if answered == 422 else ""
            body = f'<article class="record"><form method="post">{kept}</form></article>'
            await route.fulfill(status=answered, content_type="text/html", body=body)

    await page.route("**/refund", lose_the_answer)
    await _refund(page, "1,00", "Article rendu")
    await expect(page.locator("form[action$='/refund'][data-sent]")).to_have_count(0)
    await _settled(page)
    await page.unroute("**/refund")
    await page.goto(address)
    await expect(page.locator("#f-refund-reason")).to_have_value("Article rendu")
    assert await _key(page, "refund") == first
    await page.get_by_role("button", name="Rembourser ce montant").click()
    await expect(page.locator(".notice", has_text="Remboursement de")).to_be_visible()
    assert await _refunds(portal) - before == {f"refund {first}"}
    await _settled(page)
    await _nothing_is_left(page, "#f-refund-reason")


async def _refund(page: Page, amount: str, reason: str) -> None:
    await page.locator("summary", has_text="Rembourser").click()
    await page.fill("#f-refund-amount", amount)
    await page.fill("#f-refund-reason", reason)
    await page.get_by_role("button", name="Rembourser ce montant").click()


async def _refunds(portal: Portal) -> set[str]:
    return {sent for sent in (await portal.control())["posts"] if sent.startswith("refund ")}


async def _key(page: Page, act: str) -> str:
    return await page.locator(f"form[action$='/{act}'] input[name=idempotency_key]").input_value()


async def _settled(page: Page) -> None:
    """Wait longer than htmx takes between putting a part in and saying that it stands."""
    await page.wait_for_timeout(200)


async def _nothing_is_left(page: Page, field: str) -> None:
    await expect(page.locator(".kept-draft")).to_have_count(0)
    await expect(page.locator(field)).to_have_value("")
    await expect(page.locator("details.act[open]")).to_have_count(0)


async def _paid(open_page: OpenPage, portal: Portal, state: str) -> Page:
    paid = (await portal.control(pay=state))["paid"]
    return await open_page(f"/transactions/{paid['id']}")
