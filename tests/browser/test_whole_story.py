"""The whole story of a purchase in instalments, as its customer lives it, on a phone and on a desk.

Bought in three in the sandbox shop, seen in the space, its card changed; then the clock is moved: a debit fails until it is
unpaid, it is settled in three, the second part fails, the rest is settled. An adviser answers in the chat.

`make pages ARGS=--pictures=FOLDER` keeps a picture of each station. Sums are worked out here by hand, from prices of the shop.
"""

from __future__ import annotations

import asyncio
import calendar
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest
from playwright.async_api import Browser, FrameLocator, Locator, Page, expect

from core.values.clock import PARIS
from deploy.cli.agent_api import agent_api
from deploy.cli.clock import move
from deploy.cli.collect import is_under_way
from deploy.cli.common import Common
from deploy.local.postgres import OWNER_ROLE
from deploy.local.stack import LocalStack
from deploy.sandbox.simulators.cards import card_named
from portals.assets.build import build
from tests.browser.accessibility import barriers
from tests.browser.conftest import log_in
from tests.browser.paint import PAINTED, Paints
from tests.browser.space import Space, open_the_chat
from tests.support.customers import PASSWORD
from tests.support.plain_http import NO_AUTHORITIES

pytestmark = pytest.mark.pages_long

# A blanket of 45,50, a teapot of 38,90 and bowls of 23,56: 107,96 in three is 36,00 + 35,98 + 35,98, both odd cents in the first.
# The fee of 1,5 % is 1,6194, so 1,62, and is paid at once: 36,00 + 1,62 = 37,62.
PRICE, FEE, FIRST, PART = "107,96 €", "1,62 €", "37,62 €", "35,98 €"
# What failed is 35,98; in three it is 12,00 + 11,99 + 11,99. Of it 12,00 are paid, 35,98 - 12,00 = 23,98 are left.
SETTLED_FIRST, SETTLED_PART, REST = "12,00 €", "11,99 €", "23,98 €"

# Tried again 2, 5 and 9 days after the first time (docs/collecting.md), then unpaid. Instalments are 30 days apart.
DUE, RETRIES = 30, (2, 5, 9)
OLD, NEW, OTHER = card_named("approve-cb"), card_named("approve-visa"), card_named("approve-mastercard")
MONTHS: Final = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
    *("août", "septembre", "octobre", "novembre", "décembre"),
)
STEP_S: Final = 60.0


@pytest.fixture(scope="module")
async def stack(short_folder: Path) -> AsyncIterator[LocalStack]:
    """Everything that `guichet up` starts, but the fleet."""
    build()
    async with LocalStack(short_folder / "customer", log_level="warning") as running:
        yield running


@pytest.mark.parametrize("width", [360, 1280])
async def test_a_purchase_in_three_is_made_followed_settled_and_talked_about(
    stack: LocalStack, browser: Browser, width: int, request: pytest.FixtureRequest
) -> None:
    folder = request.config.getoption("pictures", default=None)
    async with _walking(stack, browser, width, Path(folder) if folder else None) as walk:
        expect.set_options(timeout=15_000)
        try:
            await _buy(walk)
            await _connect_for_the_first_time(walk)
            await _see_the_schedule(walk)
            await _change_the_card(walk)
            await _fail_until_unpaid(walk)
            await _settle_in_three(walk)
            await _fail_the_second_part(walk)
            await _settle_the_rest(walk)
            await _talk_to_an_adviser(walk)
        finally:
            expect.set_options(timeout=5_000)
    walk.paints.show(request.config, f"largest paint at {width} px")


class Walk:
    """A customer's browser, and what moves the world around it."""

    def __init__(self, stack: LocalStack, browser: Browser, page: Page, folder: Path | None) -> None:
        self.stack = stack
        self.browser = browser
        self.page = page
        self.folder = folder
        assert page.viewport_size is not None
        self.width = page.viewport_size["width"]
        self.email = f"suzanne.{self.width}@client.example"
        self.today = datetime.now(PARIS).date()
        self.paints = Paints()
        self.order = ""
        self._taken = 0

    async def look(self, name: str, page: Page | None = None) -> None:
        """Look at what stands open: it fits, axe finds nothing serious, its paint is noted, its picture is kept."""
        page = page or self.page
        assert await barriers(page) == [], name
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        await self.paints.note(page, name)
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._taken += 1
            file = self.folder / f"{self.width}-{self._taken:02d}-{name}.png"
            await page.screenshot(path=file, animations="disabled", full_page=True)

    def day(self, days: int) -> date:
        """Return the day that is so many days after the purchase."""
        return self.today + timedelta(days=days)

    async def let_pass(self, to: date) -> None:
        """Move the clock to a day, and wait until what is due on it is collected."""
        async with agent_api(Common(data=self.stack.data_dir)) as api, asyncio.timeout(STEP_S):
            await move(api, to=to, now=datetime.now(UTC))
            # As long as a worker may live at the time before.
            await asyncio.sleep(1)
            report = await api.get("/v1/collecting")
            while is_under_way(report):
                await asyncio.sleep(0.3)
                report = await api.get("/v1/collecting")

    async def let_bank(self, behaviour: str) -> None:
        """Let the acquirer answer so for the card that pays from now on."""
        url = f"http://{self.stack.address('acquirer-control')}/behaviour"
        async with httpx.AsyncClient(trust_env=False, verify=NO_AUTHORITIES) as client:
            (await client.put(url, json={"cards": {NEW.pan: behaviour}})).raise_for_status()

    async def see(self, path: str) -> None:
        """Open a page of the space."""
        await self.page.goto(f"http://localhost:{self.stack.port('space')}{path}")

    def row(self, name: str) -> Locator:
        """Return the row of a debit or a part."""
        return self.page.locator(".debits tr", has_text=name)


@asynccontextmanager
async def _walking(
    stack: LocalStack, browser: Browser, width: int, folder: Path | None
) -> AsyncIterator[Walk]:
    context = await browser.new_context(viewport={"width": width, "height": 780}, locale="fr-FR")
    context.set_default_timeout(20_000)
    await context.add_init_script(PAINTED)
    walk = Walk(stack, browser, await context.new_page(), folder)
    try:
        yield walk
    finally:
        async with agent_api(Common(data=stack.data_dir)) as api:
            await move(api, real=True, now=datetime.now(UTC))
        await walk.let_bank("approve")
        await context.close()


async def _buy(walk: Walk) -> None:
    page = walk.page
    await page.goto(f"http://localhost:{walk.stack.port('shop')}/")
    await walk.look("shop")
    await page.get_by_role("button", name="Plaid en laine").click()
    await page.get_by_role("button", name="Théière").click()
    await page.get_by_role("button", name="Bols").click()
    await page.get_by_role("link", name="Panier (3)").click()
    await page.locator("input[name=plan][value='3x']").check()
    await expect(page.locator("main")).to_contain_text(PRICE)
    await page.get_by_label("Nom et prénom").fill("Suzanne Aubert")
    await page.get_by_label("E-mail").fill(walk.email)
    await walk.look("basket")
    await page.get_by_role("button", name="Passer au paiement").click()
    await expect(page.locator("h1")).to_contain_text(f"Payer aujourd’hui {FIRST}")
    await expect(page.locator("iframe.card")).to_have_attribute("style", re.compile(r"height: [4-9]\d\dpx"))
    await walk.look("payment")
    await _type(page.frame_locator("iframe.card"), OLD.pan, "12/30", button=None)
    await expect(page.locator("h1")).to_have_text("Merci, votre premier paiement est fait", timeout=30_000)
    rows = page.locator("tbody tr")
    for number, (days, amount, state) in enumerate(
        ((0, FIRST, "réglé"), (DUE, PART, "à venir"), (2 * DUE, PART, "à venir"))
    ):
        for said in (amount, state, _in_words(walk.day(days))):
            await expect(rows.nth(number)).to_contain_text(said)
    await walk.look("thanks")


async def _connect_for_the_first_time(walk: Walk) -> None:
    page = walk.page
    await page.get_by_role("link", name="Suivre mes échéances dans mon espace").click()
    await expect(page.locator("#f-email")).to_have_value(walk.email)
    await walk.look("first-connection")
    await page.get_by_role("button", name="Recevoir le lien").click()
    await expect(page.get_by_role("heading", name="Consultez votre messagerie")).to_be_visible()
    await walk.look("mail-sent")
    await page.goto(await _link_sent(walk))
    await page.get_by_label("Nouveau mot de passe").fill(PASSWORD)
    await walk.look("password")
    await page.locator("form.stack button.primary").click()
    await expect(page.locator(".now h1")).to_have_text(
        f"Prochain prélèvement : {PART} le {_in_words(walk.day(DUE))}, pour votre achat chez Belle Rive Distribution SAS."
    )


async def _see_the_schedule(walk: Walk) -> None:
    page = walk.page
    await expect(page.locator(".now")).to_contain_text(
        f"Par la carte qui se termine par {OLD.pan[-4:]}. Vous n’avez rien à faire."
    )
    await walk.look("home")
    await page.get_by_role("link", name="Voir l’échéancier").first.click()
    walk.order = page.url.rpartition("/")[2]
    facts = page.locator(".schedule .facts")
    await expect(facts).to_contain_text(PRICE)
    await expect(facts).to_contain_text(FEE)
    for number, (amount, state) in enumerate(((FIRST, "réglé"), (PART, "à venir"), (PART, "à venir")), 1):
        await expect(walk.row(f"Prélèvement n° {number}")).to_contain_text(amount)
        await expect(walk.row(f"Prélèvement n° {number}")).to_contain_text(state)
    await walk.look("schedule")


async def _change_the_card(walk: Walk) -> None:
    """First a card that ends before the last debit, and one of a brand that is not taken; then one that is good."""
    page = walk.page
    await page.locator(".card-box").get_by_role("link", name="Modifier").click()
    await walk.look("card-rules")
    await page.get_by_role("button", name="Saisir ma nouvelle carte").click()
    frame = page.frame_locator("iframe")
    await _type(frame, NEW.pan, f"{walk.today:%m/%y}")
    await expect(frame.locator(".problems")).to_contain_text("expire avant le dernier prélèvement")
    await walk.look("card-refused")
    await _type(frame, NEW.pan, "12/30")
    await expect(page.locator("h1")).to_contain_text("Votre carte est changée")
    await expect(page.locator(".dialog")).to_contain_text(
        f"La carte qui se termine par {NEW.pan[-4:]} remplace celle qui se terminait par {OLD.pan[-4:]}"
    )
    await walk.look("card-changed")


async def _fail_until_unpaid(walk: Walk) -> None:
    page = walk.page
    await walk.let_bank("insufficient-funds")
    await walk.let_pass(walk.day(DUE))
    await walk.see("/")
    told = page.locator(".now")
    await expect(told).to_contain_text(f"Nous n’avons pas pu prélever {PART}")
    await expect(told).to_contain_text(
        f"Nous réessaierons à partir du {_in_words(walk.day(DUE + RETRIES[0]))}."
    )
    await expect(told).to_contain_text("Vérifiez que votre compte est approvisionné.")
    await expect(walk.row("Prélèvement n° 2")).to_contain_text("refusé")
    await walk.look("debit-failed")
    await page.goto(f"http://localhost:{walk.stack.port('space')}/contact/assistant")
    await page.get_by_label("Votre question").fill("Quand allez-vous me prélever ?")
    await page.get_by_role("button", name="Demander").click()
    await expect(page.locator(".by-assistant").last).to_contain_text(f"{walk.day(DUE + RETRIES[0]):%d/%m/%Y}")
    await walk.look("assistant-debit-failed")
    for days in RETRIES:
        await walk.let_pass(walk.day(DUE + days))
    await walk.see("/")
    await expect(told).to_contain_text(f"Nous n’avons pas pu prélever {PART}")
    await expect(walk.row("Prélèvement n° 2")).to_contain_text("impayé")
    await expect(page.locator(".schedule .status")).to_contain_text("impayé")
    await walk.look("unpaid")
    # The card cannot be changed now, and it is said where the button was.
    await walk.see(f"/schedules/{walk.order}")
    await expect(page.locator(".card-box .why")).to_contain_text("régularisez-le d’abord")
    await walk.look("unpaid-schedule")


async def _settle_in_three(walk: Walk) -> None:
    page = walk.page
    await walk.let_bank("approve")
    today = walk.day(DUE + RETRIES[-1])
    await page.locator(".schedule header").get_by_role("link", name="Régulariser").click()
    ways = page.locator(".way")
    await expect(ways.nth(0)).to_contain_text(f"aujourd’hui, soit {PART}")
    await expect(ways.nth(2)).to_contain_text(f"{SETTLED_FIRST} aujourd’hui, puis")
    await expect(ways.nth(2)).to_contain_text(_short(_months_later(today, 1)))
    await expect(ways.nth(2)).to_contain_text(_short(_months_later(today, 2)))
    await walk.look("settle")
    await page.get_by_label("Je paie en 3 fois").check()
    await page.get_by_role("button", name="Payer avec ma carte").click()
    popped = page.locator(".pop-in")
    await _answered(page)
    await expect(popped).to_contain_text(f"Votre paiement de {SETTLED_FIRST} a bien été accepté")
    await expect(popped).to_contain_text(
        f"Prochaine mensualité : {SETTLED_PART} le {_in_words(_months_later(today, 1))}."
    )
    await walk.look("settle-accepted")
    await popped.get_by_role("link", name="Fermer").click()
    await expect(page.locator(".schedule .status")).to_contain_text("en cours de régularisation")
    for number, (amount, state) in enumerate(
        ((SETTLED_FIRST, "réglé"), (SETTLED_PART, "à venir"), (SETTLED_PART, "à venir")), 1
    ):
        await expect(walk.row(f"Mensualité n° {number}")).to_contain_text(amount)
        await expect(walk.row(f"Mensualité n° {number}")).to_contain_text(state)
    await walk.look("being-settled")
    await walk.see("/")
    # What comes next is the last instalment, and no part of the settlement; 35,98 + 11,99 + 11,99 are left.
    await expect(page.locator(".now")).to_contain_text(
        f"Prochain prélèvement : {PART} le {_in_words(walk.day(2 * DUE))}. Il reste 59,96 € à payer en tout."
    )
    await walk.look("being-settled-home")


async def _fail_the_second_part(walk: Walk) -> None:
    """The last instalment is collected as if nothing had been; then a bank refuses the part for good."""
    page = walk.page
    await walk.let_pass(walk.day(2 * DUE))
    await walk.see(f"/schedules/{walk.order}")
    await expect(walk.row("Prélèvement n° 3")).to_contain_text("réglé")
    await walk.let_bank("lost")
    await walk.let_pass(_months_later(walk.day(DUE + RETRIES[-1]), 1))
    await walk.see("/")
    await expect(page.locator(".now")).to_contain_text(f"Nous n’avons pas pu prélever {REST}")
    await walk.look("part-failed")
    await walk.see(f"/schedules/{walk.order}")
    await expect(page.locator(".schedule .status")).to_contain_text("impayé")
    await expect(page.locator(".schedule .facts")).to_contain_text(REST)
    await expect(walk.row("Mensualité n° 2")).to_contain_text("impayé")
    await walk.look("part-failed-schedule")


async def _settle_the_rest(walk: Walk) -> None:
    """By another card: the bank of the one that stands will never say yes."""
    page = walk.page
    await page.locator(".schedule header").get_by_role("link", name="Régulariser").click()
    await expect(page.locator("main")).to_contain_text(f"Pour régulariser votre impayé de {REST}")
    await expect(page.locator(".way").nth(0)).to_contain_text(f"aujourd’hui, soit {REST}")
    await expect(page.get_by_role("button", name="Payer avec ma carte")).to_have_count(0)
    await expect(page.locator("main").get_by_text("payez avec une autre carte")).to_have_count(1)
    await walk.look("settle-rest")
    await page.get_by_label("Je paie en 1 fois").check()
    await page.get_by_role("button", name="Payer avec une autre carte").click()
    await walk.look("settle-other-card")
    await page.get_by_role("link", name="Saisir ma carte").click()
    await walk.look("settle-card-page")
    await _type(page.locator("body"), OTHER.pan, "12/30", button=None)
    await expect(page.locator(".pop-in")).to_contain_text(f"Confirmez pour payer {REST} aujourd’hui")
    await walk.look("settle-confirm")
    await page.get_by_role("button", name=f"Payer {REST}").click()
    await _answered(page)
    popped = page.locator(".pop-in")
    await expect(popped).to_contain_text(f"Votre paiement de {REST} a bien été accepté")
    await expect(popped).to_contain_text("cet impayé est bien régularisé")
    await walk.look("rest-settled")
    await walk.see("/")
    await expect(page.locator(".now")).to_contain_text("Tout est réglé : vous n’avez plus rien à payer.")
    await walk.look("all-settled")
    await walk.see(f"/schedules/{walk.order}")
    await expect(page.locator(".schedule .status")).to_contain_text("soldé")
    await expect(page.locator(".schedule .facts")).to_contain_text(PART)
    await walk.look("settled-schedule")


async def _talk_to_an_adviser(walk: Walk) -> None:
    page, stack = walk.page, walk.stack
    owner = await asyncpg.connect(stack.database_url(OWNER_ROLE))
    await open_the_chat(Space("", owner))
    await owner.close()
    await walk.see("/contact")
    await walk.look("contact")
    await page.get_by_role("link", name="Parler à un conseiller").click()
    await walk.look("chat-closed-yet")
    await page.get_by_role("button", name="Parler à un conseiller").click()
    await expect(page.locator("[data-standing]")).to_contain_text("Nous cherchons un conseiller")
    await _say(page, "Bonjour, ai-je encore quelque chose à payer ?")
    await walk.look("chat-waiting")
    url = f"http://{stack.address('portal')}"
    context = await walk.browser.new_context(viewport={"width": walk.width, "height": 780}, base_url=url)
    await context.add_cookies([{"name": "guichet_language", "value": "fr", "url": url}])
    desk = await context.new_page()
    password = (stack.data_dir / "secrets" / "demo-password").read_text().strip()
    await log_in(desk, url, email="hotline@guichet.example", password=password)
    await desk.goto("/conversations")
    await walk.look("desk-conversations", desk)
    await desk.locator("main").get_by_role("link", name="Chat").first.click()
    await desk.get_by_role("button", name="Prendre en charge").click()
    # What was said to the assistant before comes with it.
    said = desk.locator(".by-customer .said")
    await expect(said).to_have_text(
        ["Quand allez-vous me prélever ?", "Bonjour, ai-je encore quelque chose à payer ?"]
    )
    await expect(page.locator("[data-standing]")).to_contain_text("Inès Marchand est là")
    await _say(desk, "Bonjour, non : tout est réglé.")
    await expect(page.locator(".by-agent .said")).to_have_text("Bonjour, non : tout est réglé.")
    await _say(page, "Merci !")
    await expect(desk.locator(".by-customer .said").last).to_have_text("Merci !")
    await walk.look("chat", page)
    await walk.look("desk-chat", desk)
    await page.get_by_role("button", name="Terminer le chat").click()
    await expect(page.locator(".notice")).to_contain_text("Le chat est terminé")
    await walk.look("chat-ended")
    await context.close()


async def _say(page: Page, text: str) -> None:
    await page.locator("#f-text").fill(text)
    await page.locator("#f-text").press("Enter")
    await expect(page.locator(".said").last).to_have_text(text)


async def _type(
    frame: FrameLocator | Locator, number: str, expiry: str, *, button: str | None = "Enregistrer cette carte"
) -> None:
    typed = {"Numéro de carte": number, "Date d’expiration": expiry, "Code de sécurité": "123"}
    for label, value in typed.items():
        await frame.get_by_label(label).fill(value)
    await frame.get_by_role("button", name=button).click()


async def _answered(page: Page) -> None:
    """Wait until the bank has answered; the page says where to look again."""
    async with asyncio.timeout(STEP_S):
        while True:
            await expect(page.locator(".pop-in")).to_be_visible()
            again = page.locator(".pop-in").get_by_role("link", name="Actualiser")
            if not await again.count():
                return
            await again.click()


async def _link_sent(walk: Walk) -> str:
    """Return the link of the newest mail, as its mailbox shows it."""
    context = await walk.browser.new_context()
    page = await context.new_page()
    row = page.locator("tr", has_text=walk.email).filter(has_text="Votre première connexion")
    async with asyncio.timeout(STEP_S):
        while True:
            await page.goto(f"http://{walk.stack.address('mailbox')}/")
            if await row.count():
                break
            await asyncio.sleep(0.3)
    await row.first.get_by_role("link").click()
    text = await page.locator("pre").inner_text()
    await context.close()
    return re.findall(rf"http://localhost:{walk.stack.port('space')}/\S+", text)[0]


def _months_later(day: date, count: int) -> date:
    """Return the same day of a later month, or its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _in_words(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def _short(day: date) -> re.Pattern[str]:
    return re.compile(rf"{day.day}(er)?\s+{MONTHS[day.month - 1][:3]}\w*\.?\s+{day.year}")
