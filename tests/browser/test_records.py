"""Records and their actions: refund, cancel, block, unblock. Nothing is shown before the gateway said it."""

from __future__ import annotations

from playwright.async_api import Page, expect

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


async def _paid(open_page: OpenPage, portal: Portal, state: str) -> Page:
    paid = (await portal.control(pay=state))["paid"]
    return await open_page(f"/transactions/{paid['id']}")
