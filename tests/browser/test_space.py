"""The customers' space in a browser before a real gateway: without a script, at 320 px, by axe, in both languages."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import asyncpg
import pytest
from playwright.async_api import Browser, expect

from core.contracts.card_changes import CardChangeId
from core.contracts.orders import OrderId
from core.contracts.reasons import Reason
from core.values.clock import PARIS
from deploy.local.nats import NatsServer
from deploy.local.postgres import PostgresServer
from portals.assets.build import build
from tests.browser.processes import free_port, running_module
from tests.browser.space import Space, assert_usable, connect, context_of, look_at, open_the_chat
from tests.support.customers import PASSWORD, add_card, add_card_change, add_order, refuse_debit
from tests.support.desk import running_desk
from tests.support.servers import fresh_database

WEIGHT_BYTES_MAX = 100 * 1024
LONG_NAME = "Jean-Baptiste de La Tour du Pin Verclause de la Charce"
PAGES = (
    "/",
    "/contact",
    "/contact/write",
    "/contact/assistant",
    "/contact/chat",
    "/schedules",
    "/schedules/ended",
    "/schedules/{order}",
    "/schedules/{order}/card",
    "/profile",
    "/security",
)
OPEN_PAGES = (
    "/contact",
    "/contact?q=carte",
    "/login",
    "/first-connection",
    "/forgotten-password",
    "/link/expired-link-of-yesterday",
)


@pytest.fixture(scope="module")
async def space(
    postgres_server: PostgresServer, nats_server_alone: NatsServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Space]:
    """Desk, gateway and space over a database of their own. No worker runs: mail waits where a test reads it."""
    build()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with (
        fresh_database(postgres_server) as database,
        running_desk(database, nats_server_alone) as stack,
        running_module(
            ["portals.customer"],
            ready_url=f"{url}/health/ready",
            environment={
                "GUICHET_HTTP_PORT": str(port),
                "GUICHET_GATEWAY_URL": stack.gateway_url,
                "GUICHET_SECRET_FILE": str(tmp_path_factory.mktemp("space") / "secret"),
            },
        ),
    ):
        owner = await asyncpg.connect(database.owner_dsn)
        yield Space(url, owner)
        await owner.close()


async def test_everything_but_passkeys_works_without_a_script(space: Space, browser: Browser) -> None:
    email, further = (f"{secrets.token_hex(4)}@exemple.example" for _ in range(2))
    await add_order(space.owner, email, name=LONG_NAME)
    await add_order(space.owner, further, states=("paid",) * 3, state="settled")
    context = await context_of(browser, scripts=False)
    page = await context.new_page()
    await connect(page, space, email)
    await expect(page.locator(".now h1")).to_contain_text("Prochain prélèvement : 42,65 € le 4 décembre 2026")
    await page.get_by_role("link", name="Voir l’échéancier").first.click()
    await expect(page.locator(".debits tbody tr")).to_have_count(3)
    href = await page.get_by_role("link", name="Télécharger en PDF").get_attribute("href")
    paper = await context.request.get(f"{space.url}{href}")
    assert (await paper.body()).startswith(b"%PDF-")
    await page.get_by_role("link", name="Mon profil").click()
    await page.locator("#f-email").fill(further)
    await page.get_by_role("button", name="Recevoir le lien").click()
    await expect(page.locator("main")).to_contain_text("lien envoyé")
    await page.goto(await space.link(further, "customer_email_proof"))
    await page.get_by_role("button", name="Ajouter cette adresse").click()
    await page.get_by_role("link", name="Mes échéanciers").click()
    await page.get_by_role("link", name="Voir mes échéanciers terminés").click()
    await expect(page.locator(".schedule")).to_contain_text(further)
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("h1")).to_have_text("Your ended schedules")
    await page.get_by_role("button", name="Log out").click()
    await page.locator("#f-email").fill(further)
    await page.locator("#f-password").fill(PASSWORD)
    await page.locator("input[name=remember]").check()
    await page.get_by_role("button", name="Log in").click()
    await expect(page.locator(".now")).to_be_visible()
    kept = {each["name"]: each["expires"] for each in await context.cookies()}  # pyright: ignore[reportTypedDictNotRequiredAccess]
    assert any("session" in name and expires > 0 for name, expires in kept.items()), kept
    await context.close()


@pytest.mark.parametrize(("theme", "locale"), [("light", "fr-FR"), ("dark", "en-GB")])
async def test_every_page_is_usable_at_320_px_and_by_axe_and_light(
    space: Space, browser: Browser, theme: str, locale: str
) -> None:
    email = f"{secrets.token_hex(4)}@exemple-aux-longs-noms.example"
    order = await add_order(
        space.owner, email, name=LONG_NAME, states=("paid", "unpaid", "upcoming"), state="unpaid"
    )
    for number in range(6):
        await add_order(
            space.owner,
            email,
            purchased_on=date(2026, 1, 1) + timedelta(days=number),
            parts=(1_280,) * 10,
            states=("paid",) * 9 + ("in_progress",),
            amount_minor=12_800,
        )
    context = await context_of(browser, theme=theme, locale=locale)
    complaints: list[str] = []
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
    for path in OPEN_PAGES:
        await page.goto(space.url + path)
        await assert_usable(page)
    await page.goto(f"{space.url}/first-connection")
    await page.locator("#f-email").fill(email)
    await page.locator("button.primary").click()
    await assert_usable(page)
    await page.goto(await space.link(email, "customer_first_connection"))
    await assert_usable(page)
    await page.locator("#f-new_password").fill("Aaaaaaaa1")
    await page.locator("button.primary").click()
    await assert_usable(page)
    await page.locator("#f-new_password").fill(PASSWORD)
    await page.locator("button.primary").click()
    await expect(page.locator(".now.unpaid")).to_be_visible()
    for path in PAGES:
        await page.goto(space.url + path.format(order=OrderId(order.bytes).text))
        await assert_usable(page)
        await page.set_viewport_size({"width": 1440, "height": 900})
        await assert_usable(page)
        await page.set_viewport_size({"width": 320, "height": 740})
    await page.goto(f"{space.url}/contact/write")
    ground = "(all) => all.map((each) => getComputedStyle(each).backgroundColor)"
    grounds = await page.locator("#f-subject, #f-text").evaluate_all(ground)
    assert (len(grounds), len({*grounds})) == (2, 1), grounds
    # Refusals answer with 4xx, which browsers write into the console.
    assert [one for one in complaints if "status of 4" not in one] == []
    await context.close()


async def test_a_page_and_all_that_it_loads_is_light(space: Space, browser: Browser) -> None:
    email = f"{secrets.token_hex(4)}@exemple.example"
    for number in range(12):
        await add_order(space.owner, email, purchased_on=date(2026, 1, 1) + timedelta(days=number))
    context = await context_of(browser, width=1440)
    page = await context.new_page()
    await connect(page, space, email)
    await page.goto(f"{space.url}/schedules")
    sizes = await page.evaluate(
        "() => performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
        ".map((one) => [one.name, one.encodedBodySize])"
    )
    own = sum(size for name, size in sizes if not name.endswith(".woff2"))
    assert 0 < own < WEIGHT_BYTES_MAX, sizes
    await context.close()


@pytest.mark.parametrize("width", [320, 360, 1440])
async def test_a_person_is_one_tap_away_at_every_width(space: Space, browser: Browser, width: int) -> None:
    email = f"{secrets.token_hex(4)}@exemple.example"
    await add_order(space.owner, email)
    context = await context_of(browser, width=width)
    page = await context.new_page()
    await connect(page, space, email)
    links = page.locator(".space-nav a")
    await expect(links).to_have_count(4)
    for link in await links.all():
        box = await link.bounding_box()
        assert box is not None
        assert box["x"] >= 0, (await link.inner_text(), box)
        assert box["x"] + box["width"] <= width, (await link.inner_text(), box)
        assert box["height"] >= 44, (await link.inner_text(), box)
    await context.close()


async def test_a_change_of_card_that_fails_leads_to_a_person_and_says_whose_card_was_not_taken(
    space: Space, browser: Browser
) -> None:
    email = f"{secrets.token_hex(4)}@exemple.example"
    order = await add_order(space.owner, email)
    context = await context_of(browser, width=360)
    page = await context.new_page()
    await connect(page, space, email)
    customer = await space.owner.fetchval("SELECT customer_id FROM customer_email WHERE email = $1", email)
    assert customer is not None
    typed = await add_card(space.owner, order, last_four="1111")
    change = await add_card_change(space.owner, order, customer, failure="declined")
    await space.owner.execute(
        "UPDATE card_change SET card_id = $2, typed_at = now() WHERE id = $1", change, typed
    )
    address = f"{space.url}/card-changes/{CardChangeId(change.bytes).text}"
    await page.goto(address)
    await expect(page.locator("h1")).to_have_text("Votre carte n’a pas été changée")
    link = page.locator("main").get_by_role("link", name="Nous contacter")
    await expect(link).to_have_attribute("href", "/contact")
    await assert_usable(page)
    await page.goto(f"{address}?card_token=ctk_{'0' * 26}")
    await expect(page.locator("main")).to_contain_text(
        "Celle que vous venez de saisir n’a pas été prise en compte"
    )
    await expect(page.locator("main")).not_to_contain_text("Votre carte est changée")
    await context.close()


@pytest.mark.parametrize("is_open", [True, False])
async def test_the_form_is_never_closed_and_says_when_it_is_answered(
    space: Space, browser: Browser, is_open: bool
) -> None:
    email = f"{secrets.token_hex(4)}@exemple.example"
    await add_order(space.owner, email)
    await space.owner.execute("DELETE FROM opening_exception")
    await space.owner.execute(
        "INSERT INTO opening_exception (day, opens_minute, closes_minute, label_fr, label_en, made_at)"
        " SELECT (now() AT TIME ZONE 'Europe/Paris')::date + n, $1, $2, 'Essai', 'Trial', now()"
        " FROM generate_series(0, 1) AS n",
        0 if is_open else None,
        1440 if is_open else None,
    )
    context = await context_of(browser, width=360)
    page = await context.new_page()
    await connect(page, space, email)
    await page.goto(f"{space.url}/contact")
    form = page.locator(".ways li").filter(has=page.locator("a[href='/contact/write']")).last
    await expect(form.locator(".pill")).to_have_count(0)
    await expect(form).to_contain_text(
        "Réponse le jour même" if is_open else "un conseiller vous répond à la réouverture"
    )
    await expect(page.get_by_role("link", name="+33 1 99 00 00 01")).to_be_visible()
    await assert_usable(page)
    await space.owner.execute("DELETE FROM opening_exception")
    await context.close()


async def test_the_assistant_and_the_form_work_without_a_script(space: Space, browser: Browser) -> None:
    email = f"{secrets.token_hex(4)}@exemple.example"
    await add_order(space.owner, email)
    context = await context_of(browser, scripts=False)
    page = await context.new_page()
    await connect(page, space, email)
    await page.get_by_role("link", name="Nous contacter").click()
    await page.get_by_role("link", name="Interroger l’assistant").click()
    await page.locator("#f-text").fill("Combien me reste-t-il à payer ?")
    await page.get_by_role("button", name="Demander").click()
    await expect(page.locator(".by-assistant")).to_contain_text("il reste 85,30 € à payer")
    await page.goto(f"{space.url}/contact/write")
    await page.locator("#f-subject").fill("Une question")
    await page.get_by_role("button", name="Envoyer").click()
    await expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    await page.locator("#f-text").fill("Bonjour")
    await page.get_by_role("button", name="Envoyer").click()
    await expect(page.locator(".notice")).to_contain_text("Votre message est envoyé")
    await expect(page.locator(".by-customer")).to_have_count(2)
    await context.close()


async def test_a_chat_is_written_and_read_in_the_page_as_it_is_said(space: Space, browser: Browser) -> None:
    await open_the_chat(space)
    email = f"{secrets.token_hex(4)}@exemple.example"
    await add_order(space.owner, email)
    context = await context_of(browser, width=360)
    page = await context.new_page()
    await connect(page, space, email)
    await page.goto(f"{space.url}/contact/chat")
    await page.get_by_role("button", name="Parler à un conseiller").click()
    await expect(page.locator("[data-standing]")).to_contain_text("Nous cherchons un conseiller")
    await page.evaluate("window.stays = true")
    for text in ("Bonjour <b>vous</b>", "Êtes-vous là ?"):
        await page.locator("#f-text").fill(text)
        await page.locator("#f-text").press("Enter")
        await expect(page.locator(".by-customer .said").last).to_have_text(text)
        await expect(page.locator("#f-text")).to_have_value("")
    talk = await space.owner.fetchval(
        "UPDATE conversation SET state = 'taken', messages = 3, agent_seen_at = now(),"
        " taken_by = (SELECT id FROM agent WHERE email = 'hotline@guichet.example')"
        " WHERE customer_id = (SELECT customer_id FROM customer_email WHERE email = $1) RETURNING id",
        email,
    )
    await space.owner.execute(
        "INSERT INTO conversation_message (conversation_id, number, author, agent_id, text, at)"
        " SELECT $1, 3, 'agent', id, 'Bonjour, je regarde.', now() FROM agent WHERE email = 'hotline@guichet.example'",
        talk,
    )
    # Nobody rang for what was written beside the desk: the stream looks by itself within five seconds.
    await expect(page.locator(".by-agent .said")).to_have_text("Bonjour, je regarde.", timeout=20_000)
    await expect(page.locator("[data-standing]")).to_contain_text("Inès Marchand est là")
    assert await page.evaluate("window.stays") is True
    await assert_usable(page)
    await page.get_by_role("button", name="Terminer le chat").click()
    await expect(page.locator(".notice")).to_contain_text("Le chat est terminé")
    await context.close()


async def test_s2_36_to_s2_41_an_unpaid_is_settled_on_a_phone_without_a_script(
    space: Space, browser: Browser
) -> None:
    email = f"{secrets.token_hex(4)}@exemple.example"
    order = await add_order(
        space.owner,
        email,
        amount_minor=20_184,
        parts=(4_266, 15_918),
        states=("paid", "unpaid"),
        state="unpaid",
    )
    await add_card(space.owner, order)
    context = await context_of(browser, width=360, scripts=False)
    page = await context.new_page()
    await connect(page, space, email)
    # S2.36: at the top right of the schedule, where its status is.
    await page.locator(".schedule header").get_by_role("link", name="Régulariser").click()
    await expect(page.locator("main")).to_contain_text("Pour régulariser votre impayé de 159,18 €")
    # S2.37 and S2.38: at once, or in two or three parts, with their sums; one below the other, to be compared line by line.
    ways = page.locator(".way")
    await expect(ways).to_have_count(3)
    await page.set_viewport_size({"width": 1280, "height": 800})
    assert len({(await way.bounding_box() or {}).get("x") for way in await ways.all()}) == 1
    await page.set_viewport_size({"width": 360, "height": 740})
    await expect(ways.nth(0)).to_contain_text("aujourd’hui, soit 159,18 €")
    await expect(ways.nth(1)).to_contain_text("sur 2 mois, soit 79,59 € par mois")
    await expect(ways.nth(2)).to_contain_text("sur 3 mois, soit 53,06 € par mois")
    await look_at(browser, context, page.url)
    await page.get_by_label("Je paie en 3 fois").check()
    await page.get_by_role("button", name="Payer avec ma carte").click()
    # No bank can be asked here, so that the payment is rejected: S2.40 and S2.41.
    popped = page.locator(".pop-in")
    await expect(popped).to_contain_text("Votre paiement de 53,06 € a été rejeté")
    await expect(popped).to_contain_text("Rien n’a été débité")
    assert await popped.get_by_role("link", name="Appeler").get_attribute("href") == "tel:+33199000002"
    await look_at(browser, context, page.url)
    await popped.get_by_role("link", name="Fermer").click()
    await expect(page.locator(".schedule header")).to_contain_text("impayé")
    assert (
        await space.owner.fetchval("SELECT refusal FROM settlement WHERE order_id = $1", order)
        == "authentication_unavailable"
    )
    await context.close()


async def test_a_refused_debit_says_when_it_is_tried_again_and_offers_another_card(
    space: Space, browser: Browser
) -> None:
    email = f"{secrets.token_hex(4)}@exemple.example"
    now = datetime.now(PARIS)
    order = await add_order(space.owner, email, purchased_on=now.date() - timedelta(days=32))
    card = await add_card(space.owner, order)
    await refuse_debit(space.owner, order, 2, Reason.INSUFFICIENT_FUNDS, again=now + timedelta(days=4))
    context = await context_of(browser, width=360, scripts=False)
    page = await context.new_page()
    await connect(page, space, email)
    told = page.locator(".now.debit_failed")
    await expect(told.locator("h1")).to_contain_text("Nous n’avons pas pu prélever 42,65 €")
    await expect(told).to_contain_text("Nous réessaierons à partir du")
    await expect(told).to_contain_text("Vérifiez que votre compte est approvisionné")
    await expect(told).not_to_contain_text("rien à faire")
    again = page.locator(".debits tr.late .state")
    await expect(again).to_contain_text("refusé")
    await expect(again).to_contain_text("nouvel essai le")
    await expect(told.get_by_role("link", name="Modifier ma carte")).to_have_count(0)
    await look_at(browser, context, page.url)
    await space.owner.execute(
        "UPDATE stored_card SET expiry = $2 WHERE id = $1", card, f"{now - timedelta(days=32):%y%m}"
    )
    await page.reload()
    await expect(told).to_contain_text("qui se termine par 0014 ne sera pas valable ce jour-là")
    await space.owner.execute("UPDATE debit SET reason = $2 WHERE order_id = $1", order, Reason.EXPIRED_CARD)
    await page.reload()
    await expect(told).to_contain_text("Votre carte qui se termine par 0014 n’est plus valable")
    await expect(told).not_to_contain_text("Nous réessaierons")
    # The month that is known is not what its bank says.
    await space.owner.execute("UPDATE stored_card SET expiry = '9912' WHERE id = $1", card)
    await page.reload()
    await expect(told).to_contain_text("Votre banque dit que votre carte qui se termine par 0014 a expiré")
    await told.get_by_role("link", name="Modifier ma carte").click()
    await expect(page.get_by_role("button", name="Saisir ma nouvelle carte")).to_be_visible()
    await context.close()


async def test_what_is_being_settled_says_its_next_part_and_what_is_left(
    space: Space, browser: Browser
) -> None:
    email = f"{secrets.token_hex(4)}@exemple.example"
    today = datetime.now(PARIS).date()
    order = await add_order(
        space.owner,
        email,
        parts=(6_398, 6_398),
        states=("paid", "unpaid"),
        state="being_settled",
        purchased_on=today - timedelta(days=50),
    )
    await _settle_in_parts(space, order, "running", (2_133, "paid"), (2_133, "upcoming"), (2_132, "upcoming"))
    context = await context_of(browser, width=360, scripts=False)
    page = await context.new_page()
    await connect(page, space, email)
    told = page.locator(".now.being_settled")
    await expect(told).to_contain_text("Prochaine mensualité : 21,33 € le")
    # As the schedule numbers them, and not by the number that the part has among all that was ever due.
    await expect(told).to_contain_text("(mensualité 2 sur 3)")
    await expect(told).to_contain_text("Il reste 42,65 € à payer en tout")
    await context.close()


async def _settle_in_parts(space: Space, order: uuid.UUID, state: str, *parts: tuple[int, str]) -> None:
    """Let the second instalment of an order be taken over by a settlement in parts."""
    settlement = await space.owner.fetchval(
        "INSERT INTO settlement (order_id, parts, amount_minor, state, asked_at, begun_at, ended_at)"
        " VALUES ($1, $2, $3, $4, now(), now(), CASE $4 WHEN 'running' THEN NULL ELSE now() END) RETURNING id",
        order,
        len(parts),
        sum(amount_minor for amount_minor, _ in parts),
        state,
    )
    await space.owner.execute(
        "UPDATE instalment SET counts = false, replaced_by = $2, state = 'unpaid' WHERE order_id = $1 AND number = 2",
        order,
        settlement,
    )
    for number, (amount_minor, part_state) in enumerate(parts, start=3):
        await space.owner.execute(
            "INSERT INTO instalment (order_id, number, due_on, amount_minor, state, paid_at, settlement_id)"
            " VALUES ($1, $2, current_date, $3, $4, CASE $4 WHEN 'paid' THEN now() END, $5)",
            order,
            number,
            amount_minor,
            part_state,
            settlement,
        )


async def test_each_schedule_has_its_own_card_its_own_act_and_counts_what_is_owed_once(
    space: Space, browser: Browser
) -> None:
    email = f"{secrets.token_hex(4)}@exemple.example"
    today = datetime.now(PARIS).date()
    two = {"amount_minor": 82_017, "parts": (4_266, 77_751)}
    settled = await add_order(space.owner, email, states=("paid", "unpaid"), state="settled", **two)
    await _settle_in_parts(space, settled, "settled", (77_751, "paid"))
    for _ in range(2):
        await add_order(space.owner, email, states=("paid",) * 3, state="settled")
    going = await add_order(space.owner, email, purchased_on=today - timedelta(days=10))
    failed = await add_order(space.owner, email, states=("paid", "unpaid"), state="unpaid", **two)
    await _settle_in_parts(space, failed, "failed", (25_917, "paid"), (25_917, "paid"), (25_917, "unpaid"))
    late = await add_order(space.owner, email, states=("paid", "unpaid", "upcoming"), state="unpaid")
    cards = {going: ("1111", "9912"), failed: ("2222", "9912"), late: ("3333", "2609")}
    for order, (last_four, expiry) in cards.items():
        await add_card(space.owner, order, last_four=last_four, expiry=expiry)
    context = await context_of(browser, width=360, scripts=False)
    page = await context.new_page()
    await connect(page, space, email)
    acts = page.locator(".now .each a")
    await expect(acts).to_have_count(2)
    for act, order, amount in ((acts.nth(0), late, "42,65 €"), (acts.nth(1), failed, "259,17 €")):
        assert await act.get_attribute("href") == f"/schedules/{OrderId(order.bytes).text}/settle"
        await expect(act).to_contain_text(f"Régulariser {amount} chez")
    await expect(page.locator(".card-box")).to_have_count(0)
    for order, (last_four, expiry) in cards.items():
        card = page.locator(f"#{OrderId(order.bytes).text} .facts .long")
        await expect(card).to_contain_text(last_four)
        until = "Valable jusqu’au 12/2099" if expiry == "9912" else "Expirée depuis fin 09/2026"
        await expect(card).to_contain_text(until)
        # An unpaid forbids it: no act is offered that is refused.
        await expect(card.get_by_role("link", name="Modifier ma carte")).to_have_count(int(order == going))
    rows = page.locator(f"#{OrderId(failed.bytes).text}")
    await expect(rows.locator("tr.late")).to_have_count(1)
    await expect(rows.locator("tr.late")).to_contain_text("259,17 €")
    await expect(rows).to_contain_text("Repris par la régularisation")
    await look_at(browser, context, page.url)
    await page.goto(f"{space.url}/schedules/ended")
    folded = page.locator(f"#{OrderId(settled.bytes).text} .fold summary")
    await expect(folded).to_have_text("2 prélèvements réglés sur 2")
    await page.goto(f"{space.url}/schedules/{OrderId(late.bytes).text}")
    box = page.locator(".card-box")
    await expect(box).to_contain_text("Expirée depuis fin 09/2026")
    await expect(box).to_contain_text("régularisez-le d’abord")
    await expect(box.get_by_role("link")).to_have_count(0)
    await context.close()
