"""The whole of it: a terminal pays, the agent sees it live, opens it, blocks the terminal, the next payment is refused."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Browser, FrameLocator, Page, StorageState, expect

from core.contracts.orders import OrderId
from deploy.cli.common import Common
from deploy.cli.exchange import Where, session
from deploy.local import proc
from deploy.local.loopback import http_get
from deploy.local.postgres import OWNER_ROLE
from deploy.local.python_process import CHECKOUT
from deploy.local.stack import LocalStack
from deploy.local.subjects import ALLOWANCES
from deploy.sandbox.simulators.cards import card_named, make_pan
from deploy.sandbox.simulators.terminal import Terminal
from portals.assets.build import build
from tests.browser.accessibility import barriers
from tests.browser.conftest import log_in
from tests.support.bus_subjects import covers
from tests.support.customers import add_card, add_order
from tests.support.memory import files_that_hold, finds_in_memory

AGENT = "superviseur@guichet.example"
CUSTOMER = "karim.belaid@client.example"


@pytest.fixture(scope="module")
async def stack(short_folder: Path) -> AsyncIterator[LocalStack]:
    """Everything that `guichet up` starts, but the fleet."""
    build()
    async with LocalStack(short_folder / "whole", log_level="warning") as running:
        yield running


@pytest.fixture(scope="module")
async def logged_in(stack: LocalStack, browser: Browser) -> StorageState:
    """The cookies of an agent who logged in once, with a code: each code is good for one log in only."""
    password = (stack.data_dir / "secrets" / "demo-password").read_text().strip()
    url = f"http://{stack.address('portal')}"
    context = await browser.new_context(base_url=url)
    # The agents of the seed speak either language; this test reads French.
    await context.add_cookies([{"name": "guichet_language", "value": "fr", "url": url}])
    await log_in(await context.new_page(), url, email=AGENT, password=password)
    state = await context.storage_state()
    await context.close()
    return state


@pytest.fixture
async def desk(stack: LocalStack, browser: Browser, logged_in: StorageState) -> AsyncIterator[Page]:
    """A page of that agent, in French."""
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900},
        base_url=f"http://{stack.address('portal')}",
        storage_state=logged_in,
    )
    yield await context.new_page()
    await context.close()


async def test_a_payment_is_seen_live_and_opened_and_after_a_block_the_next_is_refused(
    stack: LocalStack, desk: Page
) -> None:
    await desk.goto("/transactions")
    await expect(desk.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    # The terminal stays signed on: a block must stop its next payment, not its next sign-on.
    async with session(Common(data=stack.data_dir), Where(terminal="T0000001")) as terminal:
        assert await _pay(terminal, 12_50) == "00"
        row = desk.locator("#rows tr", has_text="12,50").first
        await expect(row.locator(".pill")).to_have_text("approuvée", timeout=5000)
        await row.click()
        panel = desk.locator("#panel")
        await expect(panel.locator("#record-title")).to_contain_text("12,50")
        await expect(panel.locator(".diagnosis")).to_be_visible()
        await expect(panel.locator(".hops li")).not_to_have_count(0)
        await expect(panel.locator(".message")).not_to_have_count(0)
        await expect(panel.locator("tfoot .num")).to_have_text("0,00\u00a0€")
        await panel.locator(".record-head a[href^='/terminals/']").click()
        await desk.locator("summary", has_text="Bloquer ce terminal").click()
        await desk.fill("form[action$='/block'] input[name=reason]", "Essai de blocage")
        await desk.locator("form[action$='/block'] button.danger").click()
        await expect(desk.locator("#record-title .pill")).to_have_text("bloqué")
        assert await _pay(terminal, 7_30) != "00"
        await desk.goto("/transactions")
        row = desk.locator("#rows tr", has_text="7,30").first
        await expect(row.locator(".pill")).to_have_text("refusée", timeout=5000)
        await expect(row.locator(".c-reason")).to_have_text("Terminal bloqué")
        await _unblock(desk)
        assert await _pay(terminal, 5_10) == "00"


async def test_a_cancellation_reaches_the_acquirer(stack: LocalStack, desk: Page) -> None:
    await desk.goto("/transactions")
    await expect(desk.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    async with session(Common(data=stack.data_dir), Where(terminal="T0000002")) as terminal:
        assert await _pay(terminal, 31_40) == "00"
    await desk.locator("#rows tr", has_text="31,40").first.click()
    await desk.locator("summary", has_text="Annuler").click()
    await desk.fill("#f-cancel-reason", "Essai d'annulation")
    await desk.get_by_role("button", name="Annuler ce paiement").click()
    await expect(desk.locator("#record-title .pill")).to_have_text("annulée")


@pytest.mark.parametrize(
    "path", ["/", "/transactions", "/terminals", "/stores", "/blocks?all=1", "/search?q=T0000001"]
)
async def test_pages_on_real_records_are_accessible(desk: Page, path: str) -> None:
    answer = await desk.goto(path)
    assert answer is not None
    assert answer.status == 200
    assert await barriers(desk) == []


async def test_a_customer_changes_the_card_on_a_phone_first_refused_then_accepted(
    stack: LocalStack, browser: Browser
) -> None:
    """S2.29 to S2.32: the last debit is on 3 October 2027, so that 09/27 is refused and 10/27 is taken."""
    order = await _order_by_card(stack)
    async with _space(stack, browser, scripts=True) as page:
        await page.goto(f"/schedules/{order}")
        await expect(page.locator(".card-box")).to_contain_text("0014")
        await page.locator(".card-box").get_by_role("link", name="Modifier").click()
        await expect(page.locator(".dialog")).to_contain_text(re.compile(r"3\s+oct\.\s+2027"))
        assert await barriers(page) == []
        await page.get_by_role("button", name="Saisir ma nouvelle carte").click()
        frame = page.frame_locator("iframe")
        await _type(frame, card_named("approve-visa").pan, "09/27")
        await expect(frame.locator(".problems")).to_contain_text("expire avant le dernier prélèvement")
        await _type(frame, card_named("approve-visa").pan, "10/27")
        await expect(page.locator("h1")).to_contain_text("Votre carte est changée")
        await expect(page.locator(".dialog")).to_contain_text("1111")
        assert await barriers(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.get_by_role("link", name="Voir l’échéancier").click()
        await expect(page.locator(".card-box")).to_contain_text("1111")


async def test_a_challenge_is_cancelled_then_confirmed_without_a_script(
    stack: LocalStack, browser: Browser
) -> None:
    order = await _order_by_card(stack)
    async with _space(stack, browser, scripts=False) as page:
        for button, said in (("Annuler", "n’a pas été changée"), ("Confirmer", "Votre carte est changée")):
            await page.goto(f"/schedules/{order}/card")
            await page.get_by_role("button", name="Saisir ma nouvelle carte").click()
            await _type(page.frame_locator("iframe"), card_named("challenge-visa").pan, "12/30")
            await page.get_by_role("button", name="Aller chez ma banque").click()
            code = await page.locator(".sandbox").inner_text()
            await page.locator("#code").fill("".join(sign for sign in code if sign.isdigit()))
            await page.get_by_role("button", name=button, exact=True).click()
            await page.get_by_role("button", name="Continuer").click()
            await expect(page.locator("h1")).to_contain_text(said)
        await page.goto(f"/schedules/{order}")
        await expect(page.locator(".card-box")).to_contain_text("4015")


async def _order_by_card(stack: LocalStack) -> str:
    """Let a customer of the demonstration have a purchase that is paid by a card, the last time on 3 October 2027."""
    owner = await asyncpg.connect(stack.database_url(OWNER_ROLE))
    try:
        order = await add_order(owner, CUSTOMER)
        await add_card(owner, order)
        await owner.execute(
            "UPDATE instalment SET due_on = CASE number WHEN 2 THEN $2::date ELSE '2027-10-03' END"
            " WHERE order_id = $1 AND number > 1",
            order,
            date.today() + timedelta(days=20),  # noqa: DTZ011 -- Far enough from any midnight.
        )
        await owner.execute(
            "INSERT INTO service (store_id, kind, acquirer_id, active)"
            " SELECT store_id, 'ecommerce', 1, true FROM purchase_order WHERE id = $1"
            " ON CONFLICT (store_id, kind) DO UPDATE SET active = true",
            order,
        )
    finally:
        await owner.close()
    return OrderId(order.bytes).text


@asynccontextmanager
async def _space(stack: LocalStack, browser: Browser, *, scripts: bool) -> AsyncIterator[Page]:
    """A phone on which that customer is logged in, in French."""
    password = (stack.data_dir / "secrets" / "demo-password").read_text().strip()
    context = await browser.new_context(
        viewport={"width": 360, "height": 780},
        base_url=f"http://localhost:{stack.port('space')}",
        locale="fr-FR",
        java_script_enabled=scripts,
    )
    page = await context.new_page()
    await page.goto("/login")
    await page.locator("#f-email").fill(CUSTOMER)
    await page.locator("#f-password").fill(password)
    await page.locator("button.primary").click()
    await expect(page.locator(".now")).to_be_visible()
    yield page
    await context.close()


async def _type(frame: FrameLocator, number: str, expiry: str) -> None:
    for label, typed in (
        ("Numéro de carte", number),
        ("Date d’expiration", expiry),
        ("Code de sécurité", "123"),
    ):
        await frame.get_by_label(label).fill(typed)
    await frame.get_by_role("button", name="Enregistrer cette carte").click()


async def _pay(terminal: Terminal, amount_minor: int) -> str | None:
    """Make one purchase and return the response code of its answer."""
    card = card_named("approve-visa")
    payment = await terminal.pay(card.pan, amount_minor, partial_ok=True, expiry=card.expiry)
    return payment.exchange.code


async def _unblock(page: Page) -> None:
    await page.goto("/blocks")
    await page.get_by_role("link", name="T0000001").first.click()
    await page.locator("summary", has_text="Débloquer").click()
    await page.fill("form[action$='/unblock'] input[name=reason]", "Fin de l'essai")
    await page.get_by_role("button", name="Débloquer", exact=True).click()
    await expect(page.locator("#record-title .pill")).not_to_have_text("bloqué")


async def test_every_process_listens_to_what_its_login_may_hear_and_to_nothing_else(
    stack: LocalStack,
) -> None:
    answer = await http_get(stack.port("nats-monitoring"), "/connz?auth=1&subs=1")
    assert answer is not None
    heard: dict[str, set[str]] = {}
    for connection in answer.json()["connections"]:
        heard.setdefault(connection["authorized_user"], set()).update(connection["subscriptions_list"])
    assert set(heard) == {allowance.user for allowance in ALLOWANCES}
    for allowance in ALLOWANCES:
        assert [
            subject for subject in heard[allowance.user] if not covers(allowance.subscribe, subject)
        ] == []
        # What a login may hear and no process listens to is a right too many.
        unheard = [
            pattern
            for pattern in allowance.subscribe
            if not any(covers((pattern,), subject) for subject in heard[allowance.user])
        ]
        assert unheard == [], allowance.user


# The shop of the sandbox: a customer on a small phone buys in three.


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[Page]:
    """A phone of a customer who reads French."""
    context = await browser.new_context(viewport={"width": 360, "height": 780}, locale="fr-FR")
    yield await context.new_page()
    await context.close()


async def _to_payment(stack: LocalStack, page: Page, *, email: str = "odette@client.example") -> None:
    """Fill a basket of 110,40 € and order it in three."""
    await page.goto(f"http://localhost:{stack.port('shop')}/")
    assert await barriers(page) == []
    await page.get_by_role("button", name="Lampe de lecture").click()
    await expect(page.get_by_role("status")).to_contain_text("Ajouté au panier : Lampe de lecture")
    await page.get_by_role("button", name="Plaid en laine").click()
    await page.get_by_role("link", name="Panier (2)").click()
    await expect(page.locator(".plan")).to_have_count(3)
    assert await barriers(page) == []
    await page.locator("input[name=plan][value='3x']").check()
    await page.get_by_label("Nom et prénom").fill("Odette Martin")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_role("button", name="Passer au paiement").click()
    await expect(page.locator("h1")).to_contain_text("Payer aujourd’hui 38,46")
    # The frame is as high as what is in it, however soon it has told so.
    await expect(page.locator("iframe.card")).to_have_attribute("style", re.compile(r"height: [4-9]\d\dpx"))
    await _assert_fits(page)


async def _type_card(page: Page, number: str) -> None:
    frame = page.frame_locator("iframe.card")
    await frame.get_by_label("Numéro de carte").fill(number)
    await frame.get_by_label("Date d’expiration").fill("12/30")
    await frame.get_by_label("Code de sécurité").fill("123")
    await frame.get_by_role("button").click()


async def _assert_thanked(page: Page) -> None:
    await expect(page.locator("h1")).to_have_text("Merci, votre premier paiement est fait", timeout=20_000)
    states = page.locator("tbody td:nth-child(4)")
    await expect(states).to_have_text(["réglé", "à venir", "à venir"])
    assert await barriers(page) == []
    await _assert_fits(page)


async def _assert_fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_customer_whom_the_bank_knows_buys_in_three(stack: LocalStack, phone: Page) -> None:
    await _to_payment(stack, phone)
    assert await barriers(phone) == []
    await _type_card(phone, card_named("approve-cb").pan)
    await _assert_thanked(phone)
    link = phone.get_by_role("link", name="Suivre mes échéances dans mon espace")
    space = f"http://localhost:{stack.port('space')}/first-connection?email=odette%40client.example"
    await expect(link).to_have_attribute("href", space)
    # Whoever comes back to the page, or presses the button twice, buys nothing a second time.
    await phone.reload()
    await _assert_thanked(phone)
    await link.click()
    await expect(phone.locator("#f-email")).to_have_value("odette@client.example")


async def test_a_customer_whom_the_bank_asks_confirms_and_buys_in_three(
    stack: LocalStack, phone: Page
) -> None:
    await _to_payment(stack, phone)
    await _type_card(phone, card_named("challenge").pan)
    await expect(phone.locator("h1")).to_have_text("Confirmez que c’est bien vous", timeout=20_000)
    told = await phone.locator(".sandbox").inner_text()
    await phone.get_by_label("Code reçu par SMS").fill("".join(filter(str.isdigit, told)))
    await phone.get_by_role("button", name="Confirmer", exact=True).click()
    await _assert_thanked(phone)


async def test_a_customer_who_cancels_and_is_declined_is_told_why_and_pays_by_another_card(
    stack: LocalStack, phone: Page
) -> None:
    await _to_payment(stack, phone)
    await _type_card(phone, card_named("challenge").pan)
    await phone.get_by_role("button", name="Annuler").click()
    await expect(phone.locator("#why")).to_contain_text("Vous n’avez pas confirmé", timeout=20_000)
    await _type_card(phone, card_named("insufficient-funds").pan)
    await expect(phone.locator("#why")).to_contain_text("la provision ne suffit pas", timeout=20_000)
    assert await barriers(phone) == []
    await _type_card(phone, card_named("approve-visa").pan)
    await _assert_thanked(phone)


async def test_without_a_script_the_card_is_typed_on_a_page_of_its_own(
    stack: LocalStack, browser: Browser
) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="en-GB")
    page = await context.new_page()
    await page.goto(f"http://localhost:{stack.port('shop')}/")
    await page.get_by_role("button", name="Oak desk").click()
    await page.goto(f"http://localhost:{stack.port('shop')}/basket")
    await page.get_by_role("button", name="Go to payment").click()
    await expect(page.get_by_role("alert")).to_contain_text("Type your name.")
    await page.get_by_label("Name").fill("Odette")
    await page.get_by_label("E-mail").fill("odette.en@client.example")
    await page.get_by_role("button", name="Go to payment").click()
    await page.get_by_role("link", name="Open the page for the card").click()
    await page.get_by_label("Card number").fill(card_named("approve-cb").pan)
    await page.get_by_label("Expiry date").fill("12/30")
    await page.get_by_label("Security code").fill("123")
    await page.get_by_role("button").click()
    await expect(page.locator("h1")).to_have_text("Thank you, your first payment is made", timeout=20_000)
    await context.close()


@pytest.mark.parametrize(
    ("card", "state", "code"),
    [("approve-cb", "paid", 0), ("challenge", "paid", 0), ("insufficient-funds", "declined", 1)],
)
async def test_a_purchase_from_the_command_line_goes_through_the_same_doors(
    stack: LocalStack, card: str, state: str, code: int
) -> None:
    told = await _guichet("buy", "--data", str(stack.data_dir), "--card", card, "--plan", "4x", "--json")
    assert told.returncode == code, told.stderr
    order = json.loads(told.stdout)
    assert (order["payment"]["state"], len(order["instalments"])) == (state, 4)


async def test_a_purchase_that_cannot_be_is_refused_in_words(stack: LocalStack) -> None:
    data = ("--data", str(stack.data_dir), "--lang", "en")
    for asked, said in (
        (("--amount", "0.05", "--plan", "10x"), "amount"),
        (("--plan", "99x"), "is not offered today"),
        (("--card", "expired", "--email", "nobody"), "customer.email"),
        (("--card", "approve-amex"), "not accepted"),
    ):
        told = await _guichet("buy", *data, *asked)
        assert told.returncode == 1, told.stdout
        assert said in told.stderr, told.stderr


async def _guichet(*words: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "deploy.cli.main", *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def test_a_number_that_was_typed_is_nowhere_but_where_cards_are_opened(
    stack: LocalStack, phone: Page
) -> None:
    number = make_pan("497010", 718_281_828)
    needles = _forms_of(number)
    await _to_payment(stack, phone)
    await _type_card(phone, number)
    await _assert_thanked(phone)
    owner = await asyncpg.connect(stack.database_url("guichet_owner"))
    try:
        tables = await owner.fetch(
            "SELECT c.relname AS name FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relnamespace = 'public'::regnamespace"
        )
        written = "".join(each.decode("latin-1") for each in needles[:1])
        for table in tables:
            for form in (written, written.encode().hex()):
                count = await owner.fetchval(
                    f'SELECT count(*) FROM "{table["name"]}" AS t WHERE t::text LIKE $1',  # noqa: S608
                    f"%{form}%",
                )
                assert count == 0, table["name"]
    finally:
        await owner.close()
    # Files: those of PostgreSQL and its log of writes, streams, books, mails, and what every process logs.
    assert files_that_hold(stack.data_dir, needles) == []
    # Who opens a card may have it in memory, and who is not ours: its bank and its acquirer.
    opening = {"edge", "edge-cards", "bank", "acquirer"}
    running = {name: stack.pid(name) for name in stack.names}
    holding = [
        name
        for name in stack.names
        if name not in opening
        for pid in _whole(stack, name)
        if finds_in_memory(pid, needles)
    ]
    assert holding == []
    # A connection of PostgreSQL may end meanwhile; a process that did would have been passed over.
    assert {name: stack.pid(name) for name in stack.names} == running
    assert len(stack.names) - len(opening) > 8


async def test_the_search_finds_a_number_that_is_there(tmp_path: Path) -> None:
    number = make_pan("497010", 314_159_265)
    needles = _forms_of(number)
    (tmp_path / "log").write_bytes(b"x" * 1000 + bytes.fromhex(number) + b"x")
    assert files_that_hold(tmp_path, needles) == ["log"]
    assert files_that_hold(tmp_path, _forms_of(make_pan("497010", 1_618))) == []
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import sys; kept = sys.stdin.readline(); print('ready', flush=True); sys.stdin.readline()",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write(number.encode() + b"\n")
    await holder.stdout.readline()
    try:
        assert finds_in_memory(holder.pid, needles)
        assert not finds_in_memory(holder.pid, _forms_of(make_pan("497010", 1_618)))
    finally:
        holder.stdin.close()
        await holder.wait()


def _forms_of(number: str) -> list[bytes]:
    """Return a number as text, in groups of four, in two bytes a sign, and two digits a byte."""
    grouped = " ".join(number[place : place + 4] for place in range(0, len(number), 4))
    return [number.encode(), grouped.encode(), number.encode("utf-16-le"), bytes.fromhex(number)]


def _whole(stack: LocalStack, name: str) -> list[int]:
    """Return a process with those that it has started."""
    pid = stack.pid(name)
    assert pid is not None, name
    return [pid, *proc.descendants(pid)]
