"""The card frame in a real browser: in a merchant's page, on a small phone, by keyboard, and without a script."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, BrowserContext, FrameLocator, Page, expect

from core.cards.api import Authentication
from core.contracts.cards import AuthenticationId, CardTokenId
from core.values.ids import uuid7
from deploy.sandbox.simulators.cards import card_named
from observability.small_http import Request, Response, serve
from tests.browser.accessibility import barriers
from tests.browser.processes import free_port
from tests.support.card_frame import GOOD, CardFrame

_orders = itertools.count(100)
LABELS = ("Numéro de carte", "Date d’expiration", "Code de sécurité")

# The page of a merchant: it embeds the address that it is given, and keeps what it is told with who told it.
SHOP = """<!doctype html><html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Boutique</title><h1>Boutique</h1><iframe title="Carte" src="{frame}" style="border:0;width:100%;height:700px"></iframe>
<script>window.told = []; addEventListener("message", (e) => told.push([e.origin, e.data]));</script>"""


@dataclass
class Shop:
    """A page of a merchant, at an origin of its own."""

    port: int

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(self, frame: str, *, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/?frame={quote(frame, safe='')}"


@pytest.fixture(scope="module")
async def shop() -> AsyncIterator[Shop]:
    def answer(request: Request) -> Response:
        if request.path == "/paid":
            return Response(200, b"<!doctype html><title>Pay\xc3\xa9</title><h1>Merci</h1>", "text/html")
        page = SHOP.replace("{frame}", request.query.get("frame", ""))
        return Response(200, page.encode(), "text/html; charset=utf-8")

    port = free_port()
    server = await serve(answer, host="127.0.0.1", port=port)
    yield Shop(port)
    server.close()


@asynccontextmanager
async def window(browser: Browser, **options: Any) -> AsyncIterator[BrowserContext]:
    asked: dict[str, Any] = {"viewport": {"width": 360, "height": 780}}
    context = await browser.new_context(**(asked | options))
    try:
        yield context
    finally:
        await context.close()


async def opened(frame: CardFrame, shop: Shop, **other: Any) -> str:
    asked: dict[str, Any] = {"origin": shop.origin, "return_url": f"{shop.origin}/paid?order=1"}
    return await frame.open(**(asked | other))


async def told(page: Page, kind: str) -> list[Any]:
    """Return what the merchant's page was told of a kind, with who told it."""
    await page.wait_for_function("kind => told.some(([, said]) => said.type === kind)", arg=kind)
    return await page.evaluate("kind => told.filter(([, said]) => said.type === kind)", kind)


async def fill(inside: FrameLocator | Page, **changed: str) -> None:
    typed = GOOD | changed
    for label, name in zip(LABELS, GOOD, strict=True):
        await inside.get_by_label(label).fill(typed[name])


async def test_a_card_that_is_typed_by_keyboard_in_a_merchants_page_becomes_a_token_there(
    browser: Browser, frame: CardFrame, shop: Shop
) -> None:
    async with window(browser, viewport={"width": 320, "height": 640}) as context:
        page = await context.new_page()
        await page.goto(shop.page(await opened(frame, shop)))
        inside = page.frame_locator("iframe")
        await inside.get_by_label(LABELS[0]).focus()
        for typed in GOOD.values():
            await page.keyboard.type(typed)
            await page.keyboard.press("Tab")
        await expect(inside.get_by_label(LABELS[0])).to_have_value("4970 1000 0000 0006")
        await expect(inside.get_by_role("button", name="Payer 42,66")).to_be_focused()
        await page.keyboard.press("Enter")
        ((origin, said),) = await told(page, "token")
        assert origin == frame.url
        assert CardTokenId.read(said["token"])
        await expect(inside.get_by_text("Votre carte est enregistrée.")).to_be_visible()
        assert page.url.startswith(shop.origin + "/?frame=")
        # What was typed is gone from the page.
        for label in LABELS:
            assert await inside.get_by_label(label, exact=True).input_value() == ""
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        heights = [each["height"] for _, each in await told(page, "height")]
        assert all(100 < height < 900 for height in heights)


async def test_no_other_page_can_embed_it(browser: Browser, frame: CardFrame, shop: Shop) -> None:
    async with window(browser) as context:
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        # The same server by another name is another origin.
        await page.goto(shop.page(await opened(frame, shop), host="localhost"))
        await page.wait_for_timeout(300)
        assert any("frame-ancestors" in each for each in complaints)
        assert await page.frame_locator("iframe").locator("form").count() == 0
        assert await page.evaluate("told") == []


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    browser: Browser, frame: CardFrame, shop: Shop
) -> None:
    async with window(browser) as context:
        page = await context.new_page()
        await page.goto(shop.page(await opened(frame, shop)))
        inside = page.frame_locator("iframe")
        await fill(inside, number="4970 1000 0000 0007", expiry="09/27")
        await inside.get_by_role("button").click()
        number = inside.get_by_label(LABELS[0])
        await expect(number).to_have_attribute("aria-invalid", "true")
        await expect(inside.locator("#number-problem")).to_contain_text("Ce n’est pas le numéro d’une carte")
        await expect(inside.locator(".problems")).to_be_focused()
        await expect(number).to_have_value("4970 1000 0000 0007")
        # The link of the summary leads to the field.
        await inside.locator(".problems a").click()
        await expect(number).to_be_focused()
        await number.fill(GOOD["number"])
        await inside.get_by_role("button").click()
        await expect(inside.locator("#expiry-problem")).to_contain_text(
            "avant le dernier prélèvement, le 3 octobre 2027"
        )
        await expect(number).to_have_attribute("aria-invalid", "false")
        assert await barriers(page) == []
        await inside.get_by_label(LABELS[1]).fill("10/27")
        await inside.get_by_role("button").click()
        assert len(await told(page, "token")) == 1


async def test_a_double_click_sends_one_card(browser: Browser, frame: CardFrame, shop: Shop) -> None:
    async with window(browser) as context:
        page = await context.new_page()
        sent: list[str] = []
        page.on("request", lambda each: sent.append(each.url) if each.method == "POST" else None)
        await page.goto(shop.page(await opened(frame, shop)))
        inside = page.frame_locator("iframe")
        await fill(inside)
        await inside.get_by_role("button").dblclick()
        assert len(await told(page, "token")) == 1
        assert len(sent) == 1


async def test_without_a_script_the_merchants_page_is_left_for_its_way_back(
    browser: Browser, frame: CardFrame, shop: Shop
) -> None:
    async with window(browser, java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(shop.page(await opened(frame, shop)))
        inside = page.frame_locator("iframe")
        await fill(inside, code="1")
        await inside.get_by_role("button").click()
        # Now the page of the card stands alone, with what is wrong.
        await expect(page.locator("#code-problem")).to_contain_text("3 chiffres")
        assert await page.get_by_label(LABELS[0]).input_value() == ""
        await expect(page.get_by_label(LABELS[1])).to_have_value("12/30")
        await fill(page)
        await page.get_by_role("button").click()
        await page.wait_for_url(f"{shop.origin}/paid?order=1&card_token=ctk_*")
        await expect(page.get_by_role("heading", name="Merci")).to_be_visible()


async def test_a_page_of_its_own_leads_back_with_the_token_over_https(
    browser: Browser, frame: CardFrame, shop: Shop
) -> None:
    # The development authority is nobody's that a browser knows.
    async with window(browser, ignore_https_errors=True) as context:
        page = await context.new_page()
        await page.goto(await opened(frame, shop, frame_url=frame.tls_url))
        assert page.url.startswith("https://")
        await fill(page)
        await page.get_by_role("button").click()
        await page.wait_for_url(f"{shop.origin}/paid?order=1&card_token=ctk_*")


async def test_a_button_says_what_it_does_and_a_page_of_its_own_has_a_way_back(
    browser: Browser, frame: CardFrame, shop: Shop
) -> None:
    async with window(browser) as context:
        page = await context.new_page()
        # A settlement is confirmed on the page that its card leads back to: nothing is paid here.
        settlement = {"purpose": "settlement", "subject_id": uuid7(unix_ms=2, sequence=1, randomness=0)}
        await page.goto(await opened(frame, shop, **settlement))
        await expect(page.get_by_role("button")).to_have_text("Utiliser cette carte")
        await expect(page.locator(".purpose")).to_contain_text("42,66 €")
        await expect(page.locator(".purpose")).to_contain_text("Rien n’est débité ici")
        tops = [
            await page.get_by_label(label).evaluate("e => e.getBoundingClientRect().top")
            for label in LABELS[1:]
        ]
        assert tops[0] == tops[1], "inputs beside each other stand alike"
        await page.get_by_role("link", name="Revenir sans saisir de carte").click()
        await page.wait_for_url(f"{shop.origin}/paid?order=1")
        # Embedded, the page around it has its own way back; without one to go to there is none.
        await page.goto(shop.page(await opened(frame, shop)))
        inside = page.frame_locator("iframe")
        await expect(inside.get_by_role("button")).to_contain_text("Payer 42,66")
        await expect(inside.locator(".back")).to_be_hidden()
        await page.goto(await opened(frame, shop, return_url=None))
        await expect(page.get_by_role("button")).to_contain_text("Payer 42,66")
        await expect(page.locator(".back")).to_have_count(0)


async def test_a_frame_that_loses_its_server_says_that_nothing_was_debited(
    browser: Browser, frame: CardFrame, shop: Shop
) -> None:
    async with window(browser) as context:
        page = await context.new_page()
        await page.goto(shop.page(await opened(frame, shop)))
        inside = page.frame_locator("iframe")
        await fill(inside)
        await context.set_offline(True)
        await inside.get_by_role("button").click()
        await expect(inside.locator(".problems")).to_contain_text("Rien n’a été débité.")
        await context.set_offline(False)
        await inside.get_by_role("button", name="Payer").click()
        assert len(await told(page, "token")) == 1


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_nobody_is_kept_from_using_it(
    browser: Browser, frame: CardFrame, shop: Shop, language: str, look: Any, width: int
) -> None:
    async with window(
        browser, viewport={"width": width, "height": 800}, color_scheme=look, reduced_motion="reduce"
    ) as context:
        page = await context.new_page()
        used = await opened(frame, shop, language=language)
        await page.goto(used)
        assert await barriers(page) == []
        await page.get_by_role("button").click()
        await expect(page.locator(".problems")).to_be_visible()
        assert await barriers(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        over = await opened(frame, shop, language=language, return_url=None)
        async with frame.client() as client:
            await client.post(over, data=GOOD)
        await page.goto(over)
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await barriers(page) == []


async def challenge(frame: CardFrame, card: str, origin: str, **other: Any) -> Authentication:
    """Type a card and have its bank ask for a challenge."""
    order = uuid7(unix_ms=1, sequence=next(_orders), randomness=0)
    async with frame.client() as client:
        kept = await frame.card(card_named(card).pan, client, order)
    return await frame.authenticate(kept, order, return_url=f"{origin}/paid?order=1", **other)


async def state_of(frame: CardFrame, made: Authentication) -> str:
    found = await frame.authentications.one(frame.pool, made.id)
    assert found is not None
    return found.state


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_holder_confirms_on_the_page_of_the_bank_and_comes_back(
    browser: Browser, frame: CardFrame, shop: Shop, scripts: bool
) -> None:
    made = await challenge(frame, "challenge-visa", shop.origin)
    async with window(
        browser, java_script_enabled=scripts, viewport={"width": 320, "height": 640}
    ) as context:
        page = await context.new_page()
        await page.goto(made.address)
        if not scripts:
            await page.get_by_role("button", name="Aller chez ma banque").click()
        await page.wait_for_url(f"{frame.bank_url}/challenge")
        await expect(page.get_by_text("42,66\u00a0€ à Maison Lumière")).to_be_visible()
        shown = await page.locator(".sandbox").inner_text()
        await page.get_by_label("Code reçu par SMS").fill("wrong")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("Essais restants : 2.")
        if scripts:
            assert await barriers(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        await page.get_by_label("Code reçu par SMS").fill(shown.rstrip(".")[-6:])
        await page.get_by_role("button", name="Confirmer", exact=True).click()
        if not scripts:
            await page.get_by_role("button", name="Continuer").click()
        name = AuthenticationId(made.id).text
        await page.wait_for_url(f"{shop.origin}/paid?order=1&authentication={name}")
        assert await state_of(frame, made) == "authenticated"
        # Back, and on again: the bank's page is over, and the way back is the same.
        await page.goto(made.address)
        await expect(page.get_by_role("heading", name="Merci")).to_be_visible()


async def test_a_holder_who_cancels_comes_back_not_authenticated(
    browser: Browser, frame: CardFrame, shop: Shop
) -> None:
    made = await challenge(frame, "challenge-mastercard", shop.origin, language="en", amount_minor=0)
    async with window(browser, color_scheme="dark") as context:
        page = await context.new_page()
        await page.goto(made.address)
        await expect(page.get_by_text("Nothing is debited now.")).to_be_visible()
        assert await barriers(page) == []
        await page.get_by_role("button", name="Cancel").click()
        await page.wait_for_url(f"{shop.origin}/paid?order=1&authentication=aut_*")
        assert await state_of(frame, made) == "abandoned"
