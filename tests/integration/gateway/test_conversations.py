"""What customers write to us, what the assistant answers, and the agents who take over (CUS-5, S2.43 to S2.47)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from core.contracts.conversations import ConversationId
from core.contracts.customers import CustomerId
from core.contracts.orders import OrderId
from core.conversations.talks.mine import MESSAGES_MAX, SAID_MAX
from core.conversations.talks.store import lock_customer
from core.identity.api import SessionEnded
from tests.support.customers import add_order, register, token_of_mail
from tests.support.desk import DeskStack


@pytest.fixture
async def email(rows: asyncpg.Connection) -> str:
    address = f"{secrets.token_hex(5)}@exemple.example"
    await add_order(rows, address)
    return address


@pytest.fixture
async def customer(
    desk_stack: DeskStack, rows: asyncpg.Connection, email: str
) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as anyone:
        token = await register(anyone, rows, email)
    async with desk_stack.client(token, **{"Accept-Language": "fr"}) as client:
        yield client


@pytest.fixture
async def admin(desk_stack: DeskStack) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        yield client


@pytest.fixture
async def hotline(desk_stack: DeskStack) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as client:
        yield client


async def written(customer: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    body = {"subject": "Une facture", "text": "Bonjour,\noù est ma facture ?"} | changes
    answer = await customer.post("/v1/me/messages", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def asked(customer: httpx.AsyncClient, text: str) -> dict[str, Any]:
    answer = await customer.post("/v1/me/assistant", json={"text": text})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_conversations_follow_whoever_joins_their_accesses(
    desk_stack: DeskStack, customer: httpx.AsyncClient, hotline: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    other = f"{secrets.token_hex(5)}@exemple.example"
    await add_order(rows, other)
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as anyone:
        session = await register(anyone, rows, other)
    async with desk_stack.client(session, **{"Accept-Language": "fr"}) as second:
        form = await written(second)
        was = (await second.get("/v1/me")).json()["id"]
        said = await asked(second, "Où en est\nmon échéancier ?")
        # A chat with people, whatever the hours are now.
        await rows.execute(
            "UPDATE conversation SET channel = 'chat', state = 'waiting' WHERE id = $1",
            UUID(bytes=bytes(ConversationId.read(said["conversation"]))),
        )
    await asked(customer, "Bonjour")
    assert (await customer.post("/v1/me/emails", json={"email": other})).status_code == 200
    proof = await token_of_mail(rows, other, "customer_email_proof")
    joined = await customer.post("/v1/me/emails/proof", json={"token": proof})
    assert joined.status_code == 200, joined.text
    mine = (await customer.get("/v1/me/conversations")).json()["data"]
    assert {form["id"], said["conversation"]} < {each["id"] for each in mine}
    # Both talked: the chat of the one that was joined is answered by mail, to where the person is written to now.
    path = f"/v1/conversations/{said['conversation']}"
    assert (await hotline.post(f"{path}/take", json={})).status_code == 200
    answered = (await hotline.post(f"{path}/answer", json={"text": "Le voici."})).json()
    me = (await customer.get("/v1/me")).json()
    assert (answered["customer"]["email"], answered["channel"]) == (me["email"], "form")
    mail = await rows.fetchval(
        "SELECT facts FROM mail WHERE recipient = $1 AND template = 'contact_answered'", me["email"]
    )
    assert "Où en est mon échéancier ?" in (mail or "")
    # What was on its way from the old session is written by nobody, and not where nobody would find it.
    with pytest.raises(SessionEnded):
        await lock_customer(rows, bytes(CustomerId.read(was)))


async def test_what_talks_with_the_assistant_ends_where_the_person_talks_elsewhere(
    desk_stack: DeskStack, customer: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    other = f"{secrets.token_hex(5)}@exemple.example"
    await add_order(rows, other)
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as anyone:
        session = await register(anyone, rows, other)
    async with desk_stack.client(session) as second:
        said = await asked(second, "Bonjour")
    mine = await asked(customer, "Bonjour")
    await customer.post("/v1/me/emails", json={"email": other})
    proof = await token_of_mail(rows, other, "customer_email_proof")
    assert (await customer.post("/v1/me/emails/proof", json={"token": proof})).status_code == 200
    states = {
        each["id"]: each["state"] for each in (await customer.get("/v1/me/conversations")).json()["data"]
    }
    assert (states[said["conversation"]], states[mine["conversation"]]) == ("ended", "assistant")


async def test_a_form_is_kept_confirmed_by_mail_and_answered_by_mail(
    customer: httpx.AsyncClient, hotline: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    order = await rows.fetchrow("SELECT id, reference FROM purchase_order WHERE email = $1", email)
    assert order is not None
    made = await written(customer, order=OrderId(order["id"].bytes).text)
    waiting = (await hotline.get("/v1/conversations", params={"limit": "200"})).json()["data"]
    assert made["id"] in [each["id"] for each in waiting]
    path = f"/v1/conversations/{made['id']}"
    early = await hotline.post(f"{path}/answer", json={"text": "Bonjour"})
    assert (early.status_code, early.json()["code"]) == (409, "conversation_elsewhere")
    assert (await hotline.post(f"{path}/take", json={})).json()["state"] == "taken"
    answered = (await hotline.post(f"{path}/answer", json={"text": "L'enseigne vous l'envoie."})).json()
    assert [each["author"] for each in answered["said"]] == ["customer", "agent"]
    assert (answered["customer"]["email"], answered["order_reference"]) == (email, order["reference"])
    assert (await hotline.post(f"{path}/end", json={})).json()["state"] == "ended"
    seen = (await customer.get(f"/v1/me/conversations/{made['id']}")).json()
    assert [each["text"] for each in seen["messages"]][1] == "L'enseigne vous l'envoie."
    mails = await rows.fetch(
        "SELECT template, facts FROM mail WHERE recipient = $1 AND template LIKE 'contact_%' ORDER BY id",
        email,
    )
    assert [mail["template"] for mail in mails] == ["contact_received", "contact_answered"]
    assert order["reference"] in mails[0]["facts"]
    kinds = await rows.fetch(
        "SELECT kind FROM action WHERE target_kind = 'conversation' AND target_id = $1::uuid ORDER BY id",
        await rows.fetchval("SELECT id FROM conversation ORDER BY id DESC LIMIT 1"),
    )
    assert [each["kind"].partition(".")[2] for each in kinds] == ["taken", "answered", "ended"]


async def test_of_two_agents_who_take_it_one_has_it_and_may_pass_it_on(
    customer: httpx.AsyncClient, hotline: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    path = f"/v1/conversations/{(await written(customer))['id']}"
    both = await asyncio.gather(*(one.post(f"{path}/take", json={}) for one in (hotline, admin)))
    assert sorted(each.status_code for each in both) == [200, 409]
    holder, other = (hotline, admin) if both[0].status_code == 200 else (admin, hotline)
    shown = (await holder.get(path)).json()
    for act in ("answer", "end", "pass-on"):
        body = {"answer": {"text": "x"}, "end": {}, "pass-on": {"reason": "pas le mien"}}[act]
        assert (await other.post(f"{path}/{act}", json=body)).status_code == 409
    nobody = await holder.post(
        f"{path}/pass-on", json={"reason": "à un autre", "agent": "agt_00000000000000000000000000"}
    )
    assert (nobody.status_code, nobody.json()["errors"][0]["field"]) == (422, "agent")
    colleague = shown["colleagues"][0]["id"]
    passed = await holder.post(f"{path}/pass-on", json={"reason": "à un autre", "agent": colleague})
    assert passed.json()["taken_by"]["id"] == colleague
    assert (await holder.post(f"{path}/end", json={})).status_code == 409


async def test_the_assistant_answers_from_entries_and_own_rows_and_hands_over_what_was_said(
    customer: httpx.AsyncClient, hotline: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    entry = await asked(customer, "Comment régulariser un impayé ?")
    assert entry["kind"] == "entries"
    published = {row["answer_fr"] for row in await rows.fetch("SELECT answer_fr FROM faq_version")}
    assert set(entry["text"].split("\n\n")) <= published
    fact = await asked(customer, "Combien me reste-t-il à payer ?")
    assert (fact["kind"], fact["sources"][0]["kind"]) == ("facts", "order")
    assert "85,30" in fact["text"]
    nothing = await asked(customer, "Quelle est la capitale de l'Australie ?")
    assert (nothing["kind"], nothing["sources"]) == ("nothing", [])
    talk = nothing["conversation"]
    assert (await hotline.get(f"/v1/conversations/{talk}")).status_code == 404
    assert (await hotline.post(f"/v1/conversations/{talk}/take", json={})).status_code == 404
    handed = await written(customer, with_assistant=True)
    assert handed["id"] == talk
    shown = (await hotline.get(f"/v1/conversations/{talk}")).json()
    assert [each["author"] for each in shown["said"]] == ["customer", "assistant"] * 3 + ["customer"]
    assert (await asked(customer, "mot de passe oublié"))["conversation"] != talk


async def test_nobody_sees_or_names_what_is_of_another_customer(
    desk_stack: DeskStack, customer: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    made = await written(customer)
    other = f"{secrets.token_hex(5)}@exemple.example"
    order = await add_order(rows, other)
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as anyone:
        token = await register(anyone, rows, other)
    async with desk_stack.client(token) as stranger:
        assert (await stranger.get(f"/v1/me/conversations/{made['id']}")).status_code == 404
        assert (await stranger.get("/v1/me/conversations")).json()["data"] == []
    refused = await customer.post(
        "/v1/me/messages",
        json={"subject": "Une facture", "text": "Bonjour", "order": OrderId(order.bytes).text},
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "order")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": "  "}, "subject"),
        ({"subject": "x" * 121}, "subject"),
        ({"text": " \n "}, "text"),
        ({"text": "x" * 2_001}, "text"),
        ({"text": "ma carte 4111 1111 1111 1111"}, "text"),
        ({"order": "ord_1"}, "order"),
    ],
)
async def test_a_form_that_cannot_be_kept_is_refused_and_nothing_is_written(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, changes: dict[str, Any], field: str
) -> None:
    before = await rows.fetchval("SELECT count(*) FROM conversation")
    body = {"subject": "Une facture", "text": "Bonjour"} | changes
    refused = await customer.post("/v1/me/messages", json=body)
    assert refused.status_code == 422, refused.text
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert await rows.fetchval("SELECT count(*) FROM conversation") == before


async def test_a_form_is_kept_once_under_its_key_and_five_times_an_hour(
    customer: httpx.AsyncClient, rows: asyncpg.Connection, email: str
) -> None:
    body = {"subject": "Une facture", "text": "<b>Bonjour</b> {text} '; --"}
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    first, again = [await customer.post("/v1/me/messages", json=body, headers=headers) for _ in range(2)]
    assert first.json() == again.json()
    for _ in range(4):
        await written(customer)
    late = await customer.post("/v1/me/messages", json=body)
    assert (late.status_code, late.json()["code"]) == (429, "too_many_messages")
    assert int(late.headers["Retry-After"]) > 0
    mails = await rows.fetchval(
        "SELECT count(*) FROM mail WHERE recipient = $1 AND template = 'contact_received'", email
    )
    assert mails == 5


async def test_a_form_takes_over_no_talk_that_is_full_and_is_one_of_what_an_hour_may_have(
    customer: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    said = await asked(customer, "Bonjour")
    talk = UUID(bytes=bytes(ConversationId.read(said["conversation"])))
    body = {"subject": "Une facture", "text": "Bonjour", "with_assistant": True}
    # One more message fits, and no answer to it.
    await rows.execute("UPDATE conversation SET messages = $2 WHERE id = $1", talk, MESSAGES_MAX - 1)
    full = await customer.post("/v1/me/messages", json=body)
    assert (full.status_code, full.json()["code"]) == (409, "conversation_full")
    assert await rows.fetchval("SELECT state FROM conversation WHERE id = $1", talk) == "assistant"
    await rows.execute("UPDATE conversation SET messages = $2 WHERE id = $1", talk, MESSAGES_MAX - 2)
    # With the question, one less than an hour may have.
    await rows.execute(
        "INSERT INTO conversation_message (conversation_id, number, author, text, sources, at)"
        " SELECT m.conversation_id, 2 + n, 'customer', 'Encore', m.sources, m.at"
        " FROM conversation_message m, generate_series(1, $2::integer) n"
        " WHERE m.conversation_id = $1 AND m.number = 1",
        talk,
        SAID_MAX - 2,
    )
    taken_over = await customer.post("/v1/me/messages", json=body)
    assert (taken_over.status_code, taken_over.json()["id"]) == (201, said["conversation"])
    late = await customer.post("/v1/me/messages", json=body)
    assert (late.status_code, late.json()["code"]) == (429, "too_many_messages")


async def test_an_agent_without_the_right_reads_nothing(
    desk_stack: DeskStack, customer: httpx.AsyncClient
) -> None:
    made = await written(customer)
    async with desk_stack.client(await desk_stack.log_in("commercial@guichet.example")) as sales:
        assert (await sales.get("/v1/conversations")).status_code == 403
        assert (await sales.get(f"/v1/conversations/{made['id']}")).status_code == 403
