"""A merchant's first day, each role at its own screen: from the shop that registers it to the hotline that unblocks it.
And a customer's: from the mail that proves the address to a password that was forgotten.

Nobody types an address or an id of ours: each finds on the home page, or by the search, what the one before has done.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from deploy.cli.common import Common
from deploy.cli.exchange import Where, session
from deploy.local.postgres import OWNER_ROLE
from deploy.local.stack import LocalStack
from deploy.sandbox.demonstration.numbers import siren, siret
from deploy.sandbox.simulators.cards import card_named
from deploy.sandbox.simulators.terminal import Terminal
from portals.assets.build import build
from tests.browser.conftest import log_in
from tests.support.customers import add_order

SIREN = siren(4242)
TRADE_NAME, STORE = "Fromagerie du Marché", "Fromagerie des Halles"
TERMINAL = "T0900001"
# A settlement account with valid check digits that no other merchant of the demonstration has.
IBAN = "FR76 3000 2005 5000 0421 5784 545"

PAPER = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

Desks = Callable[[str], Awaitable[Page]]


@pytest.fixture(scope="module")
async def stack(short_folder: Path) -> AsyncIterator[LocalStack]:
    """Everything that `guichet up` starts, but the fleet."""
    build()
    async with LocalStack(short_folder / "story", log_level="warning") as running:
        yield running


@pytest.fixture
async def desks(stack: LocalStack, browser: Browser) -> AsyncIterator[Desks]:
    """Log in one agent of the demonstration, in a browser of their own, in French."""
    contexts: list[BrowserContext] = []
    url = f"http://{stack.address('portal')}"
    password = (stack.data_dir / "secrets" / "demo-password").read_text().strip()

    async def desk(name: str) -> Page:
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=url)
        contexts.append(context)
        context.set_default_timeout(20_000)
        await context.add_cookies([{"name": "guichet_language", "value": "fr", "url": url}])
        page = await context.new_page()
        await log_in(page, url, email=f"{name}@guichet.example", password=password)
        return page

    # Seven processes share this machine with the browser: a step may take its time, none may take for ever.
    expect.set_options(timeout=8_000)
    yield desk
    expect.set_options(timeout=5_000)
    for context in contexts:
        await context.close()


async def test_a_merchant_is_registered_validated_contracted_equipped_paid_and_unblocked(
    stack: LocalStack, desks: Desks
) -> None:
    seller = await desks("vendeur")
    await _begin_and_leave_half_way(seller)
    await _come_back_and_submit(seller)
    sales = await desks("commercial")
    await _validate(sales)
    back_office = await desks("backoffice")
    await _make_the_contract(back_office)
    await _sign_and_activate(back_office)
    technician = await desks("technicien")
    acceptor = await _assign_a_terminal(technician)
    await _set_options_and_put_into_service(technician)
    where = Where(terminal=TERMINAL, acceptor=acceptor)
    async with session(Common(data=stack.data_dir), where) as terminal:
        assert await _pay(terminal, 12_50) == "00"
        await _block(technician)
        assert await _pay(terminal, 7_30) == "66"
        hotline = await desks("hotline")
        await _diagnose(hotline)
        await _unblock_by_a_repair(hotline)
        await hotline.get_by_role("link", name="Transactions", exact=True).click()
        await expect(hotline.locator("[data-connection]")).to_have_attribute("data-connection", "live")
        assert await _pay(terminal, 5_10) == "00"
    row = hotline.locator("#rows tr", has_text="5,10").first
    await expect(row.locator(".pill")).to_have_text("approuvée")
    await expect(row).to_contain_text(STORE)


async def _begin_and_leave_half_way(page: Page) -> None:
    await page.get_by_role("link", name="Nouveau commerçant").click()
    await _fill(page, "Enseigne ou nom commercial", TRADE_NAME)
    await _fill(page, "SIREN", SIREN[:-1] + str((int(SIREN[-1]) + 1) % 10))
    await page.get_by_role("button", name="Ouvrir le dossier").click()
    # The last digit is wrong: the page says so beside the field, and keeps what was typed.
    await expect(page.locator("[id='e-merchant.siren']")).to_contain_text("Relisez-le sur le Kbis")
    await expect(page.get_by_label("Enseigne ou nom commercial")).to_have_value(TRADE_NAME)
    await _fill(page, "SIREN", SIREN)
    await _go_on(page, "Société et compte")
    await _fill(page, "Raison sociale", f"{TRADE_NAME} SARL")
    await page.get_by_label("Forme juridique").select_option("SARL")
    await _fill_address(page, "12 rue des Halles", "75001", "Paris")
    await page.locator("[id='f-company.iban']").fill(IBAN)
    await _go_on(page, "Magasins")
    await _fill(page, "Nom du magasin", STORE)
    await expect(page.locator("#wizard-saved")).to_contain_text("Enregistré")
    await _home(page)


async def _come_back_and_submit(page: Page) -> None:
    row = await _waiting(page, "Dossiers d’entrée", TRADE_NAME, "à compléter")
    await row.get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Magasins", exact=True)).to_be_visible()
    await expect(page.get_by_label("Nom du magasin")).to_have_value(STORE)
    await _fill(page, "SIRET", siret(SIREN, 1))
    await _fill(page, "Code d’activité carte (MCC)", "5451")
    await _fill_address(page, "14 rue des Halles", "75001", "Paris")
    await _go_on(page, "Contacts")
    await page.locator("[id='f-contacts.0.name']").fill("Jeanne Roy")
    await page.locator("[id='f-contacts.0.role']").select_option(label="Gérant")
    await page.locator("[id='f-contacts.0.phone']").fill("01 42 33 44 55")
    await page.locator("[id='f-contacts.0.email']").fill("jeanne@fromagerie.example")
    await _go_on(page, "Services")
    await page.get_by_label("TPE PAX").check()
    await _fill(page, "Nombre de terminaux", "1")
    await _go_on(page, "Pièces")
    await page.get_by_label("RIB : À demander").check()
    await page.get_by_label("Pièce", exact=True).select_option(label="RIB")
    await page.locator("#f-file").set_input_files(
        {"name": "rib.pdf", "mimeType": "application/pdf", "buffer": PAPER}
    )
    await page.get_by_role("button", name="Déposer").click()
    await expect(page.get_by_label("RIB : Reçu")).to_be_checked()
    await _go_on(page, "Vérification")
    await expect(page.locator("main")).to_contain_text("Le dossier est complet.")
    await page.get_by_role("button", name="Soumettre au commercial").click()
    await _told(page, "Le dossier est chez le commercial")
    await _home(page)
    await expect(page.locator("main")).not_to_contain_text(TRADE_NAME)


async def _validate(page: Page) -> None:
    row = await _waiting(page, "Dossiers d’entrée", TRADE_NAME, "à valider")
    await row.get_by_role("link").click()
    paper = await page.get_by_role("link", name="RIB", exact=True).get_attribute("href")
    assert paper is not None
    assert await (await page.request.get(paper)).body() == PAPER
    await page.get_by_role("button", name="Valider").click()
    await _told(page, "Le dossier est validé")
    await page.get_by_role("button", name="Transmettre au back office").click()
    await _told(page, "Le back office voit le dossier")


async def _make_the_contract(page: Page) -> None:
    row = await _waiting(page, "Dossiers d’entrée", TRADE_NAME, "contrat à faire")
    await row.get_by_role("link").click()
    await page.get_by_role("link", name="Préparer le contrat").click()
    # What the shop noted as wanted is ticked already.
    await expect(page.get_by_label(f"{STORE} · TPE PAX")).to_be_checked()
    await page.get_by_role("button", name="Enregistrer le brouillon").click()
    await _told(page, "Le brouillon est créé.")
    await page.get_by_role("link", name="Figer et préparer la signature").click()
    await _fill(page, "Motif", "Relu avec la cliente")
    await page.get_by_role("button", name="Figer et préparer la signature").click()
    address = await page.get_by_role("link", name="PDF · Français").get_attribute("href")
    assert address is not None
    paper = await page.request.get(address)
    assert paper.headers["content-type"] == "application/pdf"
    assert (await paper.body()).startswith(b"%PDF-")
    await _home(page)


async def _sign_and_activate(page: Page) -> None:
    row = await _waiting(page, "Contrats à signer ou activer", TRADE_NAME, "à signer")
    await row.get_by_role("link").click()
    await page.get_by_role("link", name="Signer").click()
    await _fill(page, "Nom du signataire", "Jeanne Roy")
    await _fill(page, "Fonction", "Gérante")
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Signer", exact=True).click()
    await _told(page, "La signature est enregistrée.")
    await page.get_by_role("link", name="Activer").click()
    await _fill(page, "Motif", "Signé, pièces reçues")
    await page.get_by_role("button", name="Activer").click()
    await _told(page, "Le contrat est en vigueur.")
    await _home(page)
    row = await _waiting(page, "Dossiers d’entrée", TRADE_NAME, "contrat à faire")
    await row.get_by_role("link").click()
    await page.get_by_role("button", name="Terminer le dossier").click()
    await _told(page, "Le dossier est terminé.")


async def _assign_a_terminal(page: Page) -> str:
    """Assign one to the store that waits; return the acceptor number that is to be typed into it."""
    row = await _waiting(page, "Terminaux à installer", STORE, "à assigner")
    await row.get_by_role("link").click()
    await _fill(page, "Numéro du terminal", TERMINAL)
    await _fill(page, "Modèle", "PAX A920Pro")
    await page.locator("#f-serial").fill("1850-090001")
    await page.get_by_role("button", name="Assigner").click()
    await expect(page.locator("#record-title")).to_contain_text("non activé")
    acceptor = await page.locator("dl.facts div", has_text="Numéro d’accepteur").locator("code").inner_text()
    await _told(page, f"terminal {TERMINAL}, accepteur {acceptor}")
    return acceptor


async def _set_options_and_put_into_service(page: Page) -> None:
    await _home(page)
    row = await _waiting(page, "Terminaux à installer", STORE, "à mettre en service")
    await row.get_by_role("link").click()
    await page.locator("summary", has_text="Régler les options").click()
    await page.get_by_label("Proposer un pourboire").check()
    await _fill(page, "Pourboire maximal, en %", "10")
    await _fill(page, "Plafond sans contact", "50")
    await page.get_by_label("Autoriser la pré-autorisation").check()
    await page.get_by_role("button", name="Enregistrer les options").click()
    await _told(page, "Les options sont enregistrées.")
    facts = page.locator("dl.facts")
    await expect(facts.locator("div", has_text="Plafond sans contact")).to_contain_text("50,00\u00a0€")
    await expect(facts.locator("div", has_text="Pourboire")).to_contain_text("≤ 10 %")
    await expect(facts.locator("div", has_text="Pré-autorisation")).to_contain_text("oui")
    await page.locator("summary", has_text="Mettre en service").click()
    await page.get_by_role("button", name="Mettre en service").click()
    await _told(page, "Le terminal est en service")


async def _block(page: Page) -> None:
    await page.locator("summary", has_text="Bloquer ce terminal").click()
    await page.locator("form[action$='/block'] input[name=reason]").fill("Signalé perdu par le magasin")
    await page.locator("form[action$='/block'] button.danger").click()
    await expect(page.locator("#record-title .pill")).to_have_text("bloqué")


async def _diagnose(page: Page) -> None:
    """Find the terminal by Ctrl-K, then read why its last payment was declined."""
    await expect(page.locator("main")).to_contain_text("Signalé perdu par le magasin")
    await page.keyboard.press("Control+k")
    await page.keyboard.type(TERMINAL)
    await expect(page.locator("#palette [role=option]", has_text=TERMINAL).first).to_contain_text(STORE)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("#record-title")).to_contain_text(TERMINAL)
    declined = page.locator("ul.related li", has_text="7,30")
    await expect(declined).to_contain_text("refusée")
    await declined.get_by_role("link").click()
    await expect(page.locator(".diagnosis")).to_contain_text("bloqué")
    await page.locator(".record-head").get_by_role("link", name=TERMINAL).click()
    await expect(page.locator("#record-title .pill")).to_have_text("bloqué")


async def _unblock_by_a_repair(page: Page) -> None:
    await page.locator("summary", has_text="Réparer").click()
    await page.get_by_role("link", name="Débloquer et reparamétrer").click()
    await _fill(page, "Motif", "Retrouvé par le magasin")
    await _fill(page, "Commentaire", "Essai demandé au magasin")
    await page.get_by_role("button", name="Lancer la réparation").click()
    await _told(page, "Réparation faite")
    await page.locator("main a.button.primary").click()
    await expect(page.locator("#record-title .pill")).not_to_have_text("bloqué")


async def _told(page: Page, words: str) -> None:
    """Check that the page confirms what was just done."""
    await expect(page.locator("main .notice[role=status]", has_text=words)).to_be_visible()


async def _home(page: Page) -> None:
    await page.get_by_role("link", name="Accueil", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Bonjour")


async def _waiting(page: Page, section: str, name: str, status: str) -> Locator:
    """Return the row of the home page that asks this agent to act."""
    row = page.get_by_role("region", name=section).locator("tbody tr", has_text=name)
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text(status)
    return row


async def _go_on(page: Page, step: str) -> None:
    await page.get_by_role("button", name="Enregistrer et continuer").click()
    await expect(page.locator("#step-title")).to_have_text(step)


async def _fill_address(page: Page, street: str, postcode: str, city: str) -> None:
    await _fill(page, "Rue", street)
    await _fill(page, "Code postal", postcode)
    await _fill(page, "Ville", city)


async def _fill(page: Page, label: str, value: str) -> None:
    await page.locator("main").get_by_label(label).first.fill(value)


async def _pay(terminal: Terminal, amount_minor: int) -> str | None:
    """Make one purchase and return the response code of its answer."""
    card = card_named("approve-visa")
    payment = await terminal.pay(card.pan, amount_minor, partial_ok=True, expiry=card.expiry)
    return payment.exchange.code


async def test_a_customer_connects_for_the_first_time_sees_the_schedule_and_forgets_the_password(
    stack: LocalStack, browser: Browser
) -> None:
    email = "chloe.petit@client.example"
    owner = await asyncpg.connect(stack.database_url(OWNER_ROLE))
    await add_order(owner, email, name="Chloé Petit")
    await owner.close()
    url = f"http://localhost:{stack.port('space')}"
    context = await browser.new_context(
        viewport={"width": 360, "height": 740}, base_url=url, locale="fr-FR", color_scheme="light"
    )
    context.set_default_timeout(20_000)
    page = await context.new_page()
    await page.goto("/")
    await page.get_by_role("link", name="Première connexion").click()
    await page.get_by_label("L’adresse e-mail de votre commande").fill(email.upper())
    await page.get_by_role("button", name="Recevoir le lien").click()
    await expect(page.get_by_role("heading", name="Consultez votre messagerie")).to_be_visible()
    await page.goto(await _link_in_mail(stack, browser, email, "Votre première connexion"))
    await _choose(page, "girafe")
    await expect(page.locator("#e-new_password")).to_contain_text("une majuscule, un chiffre")
    await _choose(page, "Girafe-Neige7")
    await expect(page.locator("h1")).to_contain_text("Prochain prélèvement : 42,65 €")
    await expect(page.locator(".debits tr", has_text="Prélèvement n° 1")).to_contain_text("réglé")
    await page.get_by_role("button", name="Se déconnecter").click()
    await page.get_by_role("link", name="Mot de passe oublié").click()
    await page.get_by_label("Votre adresse e-mail").fill(email)
    await page.get_by_role("button", name="Recevoir le lien").click()
    await page.goto(await _link_in_mail(stack, browser, email, "Choisissez un nouveau mot de passe"))
    await _choose(page, "Hibou-Soleil8")
    await expect(page.locator("h1")).to_contain_text("Prochain prélèvement")
    await page.get_by_role("button", name="Se déconnecter").click()
    await page.get_by_label("Adresse e-mail").fill(email)
    await page.get_by_label("Mot de passe", exact=True).fill("Hibou-Soleil8")
    await page.get_by_role("button", name="Se connecter").click()
    await expect(page.get_by_role("heading", name="Vos échéanciers en cours")).to_be_visible()
    await context.close()


async def _choose(page: Page, password: str) -> None:
    await page.locator("#f-new_password").evaluate("field => field.removeAttribute('minlength')")
    await page.get_by_label("Nouveau mot de passe").fill(password)
    await page.locator("form.stack button.primary").click()


async def _link_in_mail(stack: LocalStack, browser: Browser, email: str, subject: str) -> str:
    """Find the newest mail to somebody in the mailbox, and return the link in it."""
    context = await browser.new_context()
    page = await context.new_page()
    row = page.locator("tr", has_text=email).filter(has_text=subject)
    async with asyncio.timeout(40):
        while True:
            await page.goto(f"http://{stack.address('mailbox')}/")
            if await row.count():
                break
            await asyncio.sleep(0.3)
    await row.first.get_by_role("link").click()
    text = await page.locator("pre").inner_text()
    await context.close()
    return re.findall(rf"http://localhost:{stack.port('space')}/\S+", text)[0]
