"""What agents see of orders and do to them: found by what a caller says, within grants, with a reason, in the audit."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from core.contracts.ids import CompanyId
from core.contracts.reasons import Reason
from core.notifications.mail.wording import all_templates
from core.values.clock import paris_date
from core.values.ids import decode_id, encode_id
from tests.integration.gateway.test_administration import People, people
from tests.integration.gateway.test_merchant_orders import act, euros, make, pay, shop, shown
from tests.support.customers import add_card
from tests.support.desk import DeskStack

__all__ = ["people", "shop"]

WHY = {"reason": "the customer called"}


def day(after: int) -> str:
    """Return the day in Paris so many days from now."""
    return (paris_date(datetime.now(UTC)) + timedelta(days=after)).isoformat()


@pytest.fixture
async def agent(desk_stack: DeskStack) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_stack.client(await desk_stack.log_in()) as client:
        yield client


async def found(client: httpx.AsyncClient, **asked: Any) -> list[str]:
    """Return the references of orders that a list shows."""
    return [each["reference"] for each in (await client.get("/v1/orders", params=asked)).json()["data"]]


async def test_an_order_is_found_by_its_number_its_e_mail_its_name_and_the_card(
    shop: httpx.AsyncClient, agent: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    buyer = {"email": "Noel.V@example.com", "name": "Noëlle Vautrin-Öz"}
    mine = (await make(shop, reference="FIND-7781", customer=buyer)).json()
    for words in ("FIND-7781", "find-77", "noel.v@", "Vautrin-Oz", "noelle vautrin"):
        assert await found(agent, query=words) == ["FIND-7781"], words
    others = await found(agent, query="0914")  # of other tests, in the same database
    assert "FIND-7781" not in others
    await rows.execute(
        "WITH k AS (INSERT INTO stored_card (token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand,"
        " stored_at) SELECT uuidv7(), company_id, '\\x00', 1, '497000', '0914', '2911', 2, now() FROM purchase_order"
        " WHERE reference = 'FIND-7781' RETURNING id)"
        " UPDATE purchase_order SET card_id = (SELECT id FROM k) WHERE reference = 'FIND-7781'"
    )
    assert sorted(await found(agent, query="0914")) == sorted(["FIND-7781", *others])
    card = (await agent.get(f"/v1/orders/{mine['id']}")).json()["card"]
    assert card == {"brand": "visa", "last_four": "0914", "expiry": "2911"}


async def test_orders_are_narrowed_by_state_and_company_and_go_on_after_a_page(
    shop: httpx.AsyncClient, agent: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    made = [(await make(shop, reference=f"PAGE-{place}")).json() for place in range(3)]
    await pay(rows, made[1])
    company = made[0]["company"]["id"]
    assert await found(agent, query="PAGE-", state="in_progress", company=company) == ["PAGE-1"]
    assert await found(agent, query="PAGE-", company=CompanyId(bytes(16)).text) == []
    first = (await agent.get("/v1/orders", params={"query": "PAGE-", "limit": 2})).json()
    rest = (await agent.get("/v1/orders", params={"query": "PAGE-", "cursor": first["next_cursor"]})).json()
    assert [each["reference"] for each in first["data"] + rest["data"]] == ["PAGE-2", "PAGE-1", "PAGE-0"]


async def test_the_record_tells_of_each_debit_why_it_failed_and_when_it_is_tried_again(
    shop: httpx.AsyncClient, people: People, rows: asyncpg.Connection
) -> None:
    _, admin = await people.add("administrator")
    order = (await make(shop)).json()
    await rows.execute(
        "INSERT INTO debit (id, instalment_id, order_id, company_id, card_id, terminal_id, stan, business_date, initiator,"
        " amount_minor, run_on, claimed_at, state, reason, ended_at)"
        " SELECT uuidv7(), i.id, o.id, o.company_id, uuidv7(), uuidv7(), n, current_date, 'merchant', i.amount_minor,"
        # The calendar of schedules was moved by two months: that is when they were.
        " (now() AT TIME ZONE 'Europe/Paris')::date + 60 + n, now() - interval '2 days' + n * interval '1 day', 'declined',"
        " $2, now()"
        " FROM purchase_order AS o JOIN instalment AS i ON i.order_id = o.id AND i.number = 2, generate_series(0, 1) AS n"
        " WHERE o.id = $1",
        UUID(bytes=decode_id("order", order["id"])),
        Reason.INSUFFICIENT_FUNDS,
    )
    await rows.execute(
        "UPDATE instalment SET collect_after = now() + interval '63 days' WHERE order_id = $1 AND number = 2",
        UUID(bytes=decode_id("order", order["id"])),
    )
    async with admin:
        record = (await admin.get(f"/v1/orders/{order['id']}")).json()
    last, first = record["debits"]
    assert (last["number"], last["outcome"], last["reason"], last["by"]) == (
        2,
        "declined",
        "insufficient_funds",
        "merchant",
    )
    assert (last["amount"], last["transaction"]) == (euros(42.65), None)
    days = [paris_date(datetime.fromisoformat(each["at"])).isoformat() for each in (first, last)]
    assert days == [day(60), day(61)]
    assert last["next_try"] > last["at"]
    assert first.get("next_try") is None


async def test_an_agent_cancels_with_a_reason_and_the_record_tells_all_of_it(
    shop: httpx.AsyncClient, people: People, rows: asyncpg.Connection
) -> None:
    me, admin = await people.add("administrator")
    order = (await make(shop)).json()
    await pay(rows, order)
    async with admin:
        address = f"/v1/orders/{order['id']}/cancel"
        record = (await admin.post(address, json={"amount": euros(100), **WHY})).json()
        assert shown(record["instalments"]) == [(4_266, "paid"), (0, "cancelled"), (0, "cancelled")]
        (cancellation,) = record["cancellations"]
        assert (cancellation["by"], cancellation["owed_back"]) == ("agent", euros(14.70))
        assert [each["amount"]["amount"] for each in cancellation["before"]] == [4_266, 4_265, 4_265]
        assert [(each["amount"], each["sent_at"]) for each in record["refunds"]] == [(euros(14.70), None)]
        newest = record["events"][0]
        assert (newest["kind"], newest["person"]["id"], newest["reason"]) == ("cancelled", me, WHY["reason"])
        assert [each["kind"] for each in record["events"]][-1] == "made"
        refused = await admin.post(address, json={"amount": euros(30)})
        assert refused.status_code == 422, "no reason"
    facts = await rows.fetchrow(
        "SELECT kind, facts ->> 'amount_minor' AS amount, facts ->> 'reason' AS reason FROM action"
        " WHERE target_kind = 'order' ORDER BY seq DESC LIMIT 1"
    )
    assert facts is not None
    assert tuple(facts) == ("order.cancelled", "10000", WHY["reason"])


async def test_what_an_agent_cancels_is_within_their_grant(
    shop: httpx.AsyncClient, people: People, rows: asyncpg.Connection
) -> None:
    _, bounded = await people.add("administrator", amount_max=2_000)
    _, reader = await people.add("sales")
    _, elsewhere = await people.add("administrator", departments=["90"])
    order = (await make(shop)).json()
    address = f"/v1/orders/{order['id']}/cancel"
    async with bounded, reader, elsewhere:
        above = await bounded.post(address, json={"amount": euros(20.01), **WHY})
        assert (above.status_code, above.json()["code"]) == (403, "order_above_limit"), above.text
        assert await rows.fetchval("SELECT count(*) FROM order_cancellation WHERE amount_minor = 2001") == 0
        assert (await bounded.post(address, json={"amount": euros(20), **WHY})).status_code == 200
        assert (await reader.get(f"/v1/orders/{order['id']}")).status_code == 200
        denied = await reader.post(address, json=WHY)
        assert (denied.status_code, denied.json()["code"]) == (403, "not_permitted")
        assert (await elsewhere.get(f"/v1/orders/{order['id']}")).status_code == 404
        assert (await elsewhere.post(address, json=WHY)).status_code == 404
        assert await found(elsewhere) == []


async def test_an_instalment_moves_between_its_neighbours_and_no_later_than_fifteen_days(
    shop: httpx.AsyncClient, agent: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    order = (await make(shop)).json()
    await pay(rows, order)

    async def move(number: int, due_on: str) -> httpx.Response:
        body = {"number": number, "due_on": due_on, **WHY}
        return await agent.post(f"/v1/orders/{order['id']}/move", json=body)

    moved = (await move(2, day(45))).json()
    assert moved["instalments"][1]["due_on"] == day(45)
    assert (moved["events"][0]["kind"], moved["events"][0]["due_on"]) == ("moved", day(45))
    for number, due_on in ((2, day(46)), (2, day(0)), (3, day(45)), (3, day(76))):
        refused = await move(number, due_on)
        assert [each["field"] for each in refused.json()["errors"]] == ["due_on"], (number, due_on)
    assert (await move(3, day(46))).status_code == 200, "after the one before it"
    assert (await move(2, day(46))).status_code == 422, "not on the day of the one after it"
    paid = await move(1, day(3))
    assert (paid.status_code, paid.json()["code"]) == (409, "instalment_not_upcoming")
    assert [each["field"] for each in (await move(9, day(3))).json()["errors"]] == ["number"]
    said = (await move(2, day(90))).json()["errors"][0]["detail"]
    assert day(1)[8:] in said
    assert (await act(shop, order, "pay-ahead", numbers=[2])).status_code == 200, "the customer may pay ahead"


async def test_an_agent_pauses_an_order_until_a_day_and_resumes_it_with_reasons_in_the_audit(
    shop: httpx.AsyncClient, people: People, rows: asyncpg.Connection
) -> None:
    me, admin = await people.add("administrator")
    order = (await make(shop)).json()
    address = f"/v1/orders/{order['id']}"
    async with admin:

        async def ask(act: str, **body: Any) -> httpx.Response:
            return await admin.post(f"{address}/{act}", json=body)

        waiting = await ask("pause", until=day(5), **WHY)
        assert (waiting.status_code, waiting.json()["code"]) == (409, "order_nothing_to_pause")
        await pay(rows, order)
        none = await ask("resume", **WHY)
        assert (none.status_code, none.json()["code"]) == (409, "order_not_paused")
        for wrong in (day(0), day(61), day(-1), "2026-02-30", "tomorrow"):
            refused = await ask("pause", until=wrong, **WHY)
            assert refused.status_code == 422, wrong
            assert [each["field"] for each in refused.json()["errors"]] == ["until"], wrong
        for incomplete in (
            {"until": day(5)},
            WHY,
            {"until": day(5), "reason": "  "},
            {"until": day(5), **WHY, "for": 1},
        ):
            assert (await ask("pause", **incomplete)).status_code == 422, incomplete
        ours = UUID(bytes=decode_id("order", order["id"]))
        assert await rows.fetchval("SELECT count(*) FROM order_pause WHERE order_id = $1", ours) == 0
        once: dict[str, Any] = {
            "json": {"until": day(60), **WHY},
            "headers": {"Idempotency-Key": "pause-once-of-this-test"},
        }
        paused = (await admin.post(f"{address}/pause", **once)).json()
        assert (paused["pause"]["until"], paused["pause"]["paused_by"]["id"]) == (day(60), me)
        assert paused["next_due_on"] == day(60)
        assert (await admin.post(f"{address}/pause", **once)).json() == paused
        shorter = (await ask("pause", until=day(1), reason="paid its rent")).json()
        assert (shorter["pause"]["until"], shorter["pause"]["reason"]) == (day(1), "paid its rent")
        seen = (await admin.post(f"{address}/customer-view", json={})).json()
        assert seen["paused_until"] == day(1)
        ended = (await ask("resume", reason="called again")).json()
        assert ended.get("pause") is None
        assert [(each["kind"], each["due_on"], each["reason"]) for each in ended["events"][:3]] == [
            ("resumed", None, "called again"),
            ("paused", day(1), "paid its rent"),
            ("paused", day(60), WHY["reason"]),
        ]
        assert (await admin.post(f"{address}/customer-view", json={})).json().get("paused_until") is None
        assert (await ask("pause", until=day(9), **WHY)).json()["next_due_on"] >= day(9)
        ahead = await act(shop, order, "pay-ahead", numbers=[2])
        assert ahead.json()["next_due_on"] == day(9), "what is paid ahead waits, and that is said"
        assert (await ask("cancel", **WHY)).json().get("pause") is None
        over = await ask("resume", **WHY)
        assert (over.status_code, over.json()["code"]) == (409, "order_not_paused")
    acts = await rows.fetch(
        "SELECT kind, facts ->> 'until' AS until FROM action WHERE kind IN ('order.paused', 'order.resumed') ORDER BY seq"
    )
    assert [tuple(each) for each in acts] == [
        ("order.paused", day(60)),
        ("order.paused", day(1)),
        ("order.resumed", day(1)),
        ("order.paused", day(9)),
    ]
    _, reader = await people.add("sales")
    _, elsewhere = await people.add("administrator", departments=["90"])
    async with reader, elsewhere:
        for asked, body in (("pause", {"until": day(5), **WHY}), ("resume", WHY)):
            assert (await reader.post(f"{address}/{asked}", json=body)).status_code == 403, asked
            assert (await elsewhere.post(f"{address}/{asked}", json=body)).status_code == 404, asked


async def test_an_agent_sends_a_message_again_to_the_proved_address_and_no_more_than_three_a_day(
    shop: httpx.AsyncClient, people: People, rows: asyncpg.Connection
) -> None:
    _, admin = await people.add("administrator")
    _, reader = await people.add("sales")
    email = f"again-{secrets.token_hex(4)}@example.com"
    made = (await make(shop, customer={"email": email, "name": "Odette"})).json()
    other = (await make(shop, customer={"email": email, "name": "Odette"})).json()
    address = f"/v1/orders/{made['id']}/resend"
    order = UUID(bytes=decode_id("order", made["id"]))
    facts = dict.fromkeys(all_templates()["debit_paid"].facts, "x")

    async def mail(template: str, state: str = "sent", facts: dict[str, str] = facts) -> str:
        sent: Any = await rows.fetchval(
            "INSERT INTO mail (once, template, recipient, locale, about_kind, about_id, state, sent_at, facts)"
            " VALUES (sha256(uuidv7()::text::bytea), $1, $2, 'fr', 'order', $3, $4, CASE $4 WHEN 'sent' THEN now() END,"
            " $5::text::jsonb) RETURNING id",
            template,
            email,
            order,
            state,
            msgspec.json.encode(facts).decode(),
        )
        return encode_id("mail", sent.bytes)

    async def told(template: str) -> str:
        """Return the mail that told of what happened last."""
        sent = await mail(template)
        await rows.execute(
            "UPDATE order_notice SET state = 'told', mail_id = $3, decided_at = now() WHERE id ="
            " (SELECT max(id::text)::uuid FROM order_notice WHERE order_id = $1 AND kind = $2)",
            order,
            template,
            UUID(bytes=decode_id("mail", sent)),
        )
        return sent

    await pay(rows, made)
    await pay(rows, made, 2)
    receipt = await told("debit_paid")
    async with admin, reader:

        async def resend(message: str, to: str = address, **more: str) -> tuple[int, str]:
            answer = await admin.post(to, json={"message": message, **WHY, **more})
            return answer.status_code, answer.json().get("code", "")

        assert await resend(receipt) == (409, "order_address_not_proved")
        await rows.execute(
            "WITH c AS (INSERT INTO customer (name, password_hash, locale, created_at) VALUES ('O', '-', 'fr', now())"
            " RETURNING id) INSERT INTO customer_email (customer_id, email, is_main, proved_at) SELECT id, $1, true, now() FROM c",
            email,
        )
        assert await resend(await mail("debit_coming")) == (409, "order_message_not_resendable")
        assert await resend(await mail("debit_paid")) == (409, "order_message_not_resendable"), (
            "no notice of it"
        )
        card = dict.fromkeys(all_templates()["card_changed"].facts, "1112")
        assert await resend(await mail("card_changed", facts=card)) == (409, "order_message_not_resendable")
        assert await resend(await mail("debit_paid", "waiting")) == (409, "mail_still_waiting")
        assert (await resend(receipt, f"/v1/orders/{other['id']}/resend"))[0] == 422, "of another order"
        assert (await resend(receipt, email="else@example.com"))[0] == 422, "an agent types no address"
        assert (await admin.post(address, json={"message": receipt})).status_code == 422, "no reason"
        assert (await reader.post(address, json={"message": receipt, **WHY})).status_code == 403
        assert await rows.fetchval("SELECT count(*) FROM order_event WHERE kind = 'message_resent'") == 0
        assert (await resend(receipt))[0] == 200
        await pay(rows, made, 3)
        assert (await resend(receipt))[0] == 200
        assert (
            await act(shop, made, "cancel", amount=euros(100), reason="they were sent back")
        ).status_code == 200
        change = await told("order_changed")
        await rows.execute(
            "UPDATE order_refund SET sent_at = '2026-12-24 12:00+01' WHERE order_id = $1", order
        )
        assert (await resend(change))[0] == 200
        assert await resend(receipt) == (429, "order_messages_too_many")
        record = (await admin.get(f"/v1/orders/{made['id']}")).json()
    again = await rows.fetch(
        "SELECT m.recipient, m.template, m.facts ->> CASE m.template WHEN 'debit_paid' THEN 'left' ELSE 'owed' END AS words"
        " FROM order_event e JOIN mail m ON m.id = e.about_id"
        " WHERE e.order_id = $1 AND e.kind = 'message_resent' ORDER BY e.id",
        order,
    )
    assert [tuple(each) for each in again] == [
        (email, "debit_paid", "Il reste 42,65\u00a0€ à régler pour cette commande."),
        (email, "debit_paid", "Il ne reste rien à régler pour cette commande : merci."),
        (
            email,
            "order_changed",
            "Nous vous devions 100,00\u00a0€ : ce remboursement est parti le 24\u00a0décembre\u00a02026.",
        ),
    ], "as it stands now, not as it was"
    kept = [each["template"] for each in record["messages"] if each["resendable"]]
    assert sorted(kept) == ["card_changed", "debit_paid", "order_changed"]
    assert (record["events"][0]["kind"], record["events"][0]["reason"]) == ("message_resent", WHY["reason"])
    resent = [each["at"] for each in record["events"] if each["kind"] == "message_resent"]
    told_at = [
        record["messages"][place]["told_at"] for place in (0, 2, 3)
    ]  # 1: the change, as it was told first
    assert told_at == resent, "by the calendar of schedules"
    assert await rows.fetchval("SELECT count(*) FROM action WHERE kind = 'order.message_resent'") == 3


async def test_an_order_is_seen_as_its_customer_sees_it_and_the_audit_keeps_who_looked(
    shop: httpx.AsyncClient, agent: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    made = (await make(shop, reference="SEEN-1")).json()
    address = f"/v1/orders/{made['id']}/customer-view"
    assert (await agent.post(address, json={})).status_code == 404, "its customer sees nothing of it yet"
    await rows.execute(
        "UPDATE purchase_order SET state = 'in_progress', activated_at = now() WHERE reference = 'SEEN-1'"
    )
    before: Any = await rows.fetchval("SELECT count(*) FROM action WHERE kind = 'order.seen_as_customer'")
    seen = (await agent.post(address, json={})).json()
    assert (seen["reference"], seen["state"], len(seen["instalments"])) == ("SEEN-1", "in_progress", 3)
    assert (
        await rows.fetchval("SELECT count(*) FROM action WHERE kind = 'order.seen_as_customer'") == before + 1
    )


async def test_orders_of_a_run_are_found_by_how_their_debits_ended(
    shop: httpx.AsyncClient, agent: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    for reference, brand, state, reason in (
        ("RUN-1", 2, "declined", Reason.INSUFFICIENT_FUNDS),
        ("RUN-2", 3, "declined", Reason.INSUFFICIENT_FUNDS),
        ("RUN-3", 2, "approved", Reason.NONE),
    ):
        made = (await make(shop, reference=reference)).json()
        await rows.execute(
            "WITH k AS (INSERT INTO stored_card (token_id, company_id, ciphertext, fingerprint, bin, last_four, expiry, brand,"
            " stored_at) SELECT uuidv7(), company_id, '\\x00', 1, '497000', '0914', '2911', $2, now() FROM purchase_order"
            " WHERE id = $1 RETURNING id)"
            " INSERT INTO debit (id, instalment_id, order_id, company_id, card_id, terminal_id, stan, business_date, initiator,"
            " amount_minor, run_on, state, reason, ended_at) SELECT uuidv7(), i.id, p.id, p.company_id, k.id, uuidv7(), 1,"
            " '2031-05-04', 'merchant', 100, '2031-05-04', $3, $4, now() FROM k, purchase_order AS p"
            " JOIN instalment AS i ON i.order_id = p.id AND i.number = 2 WHERE p.id = $1",
            UUID(bytes=decode_id("order", made["id"])),
            brand,
            state,
            reason,
        )
    run = {"debited_on": "2031-05-04"}
    assert await found(agent, **run) == ["RUN-3", "RUN-2", "RUN-1"]
    declined = run | {"debit_outcome": "declined"}
    assert await found(agent, **declined) == ["RUN-2", "RUN-1"]
    assert await found(agent, **declined, debit_reason="insufficient_funds", debit_brand="visa") == ["RUN-1"]
    assert await found(agent, **declined, debit_reason="expired_card") == []
    assert await found(agent, debited_on="2031-05-05") == []
    for wrong in ({"debited_on": "2031-02-30"}, run | {"debit_reason": "of no kind"}):
        assert (await agent.get("/v1/orders", params=wrong)).status_code == 422, wrong


async def test_the_record_of_an_order_lists_the_mails_about_it(
    shop: httpx.AsyncClient, agent: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    made = (await make(shop, reference="MAILED-1")).json()
    await rows.execute(
        "INSERT INTO mail (once, template, recipient, locale, about_kind, about_id)"
        " SELECT sha256('MAILED-1'), 'debit_paid', 'odette@example.com', 'fr', 'order', id FROM purchase_order"
        " WHERE reference = 'MAILED-1'"
    )
    (message,) = (await agent.get(f"/v1/orders/{made['id']}")).json()["messages"]
    assert (message["template"], message["recipient"], message["state"]) == (
        "debit_paid",
        "o•••@example.com",
        "waiting",
    )


async def test_a_mail_about_an_order_was_told_when_the_calendar_of_schedules_said(
    shop: httpx.AsyncClient, agent: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    made = (await make(shop, reference="MAILED-2")).json()
    await rows.execute(
        "WITH m AS (INSERT INTO mail (once, template, recipient, locale, about_kind, about_id)"
        " SELECT sha256('MAILED-2'), 'debit_paid', 'odette@example.com', 'fr', 'order', id FROM purchase_order"
        " WHERE reference = 'MAILED-2' RETURNING id, about_id)"
        " INSERT INTO order_notice (order_id, kind, about_id, due_at, state, mail_id, decided_at)"
        " SELECT about_id, 'debit_paid', about_id, '2031-05-04 09:00+02', 'told', id, '2031-05-04 09:00+02' FROM m"
    )
    (message,) = (await agent.get(f"/v1/orders/{made['id']}")).json()["messages"]
    assert message["told_at"].startswith("2031-05-04T07:00:00")
    assert not message["made_at"].startswith("2031")


async def test_orders_that_wait_to_be_collected_are_found_as_the_report_counts_them(
    shop: httpx.AsyncClient, agent: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    for reference, after, due_days in (
        ("WAIT-1", None, 1),
        ("WAIT-2", 4, 1),
        ("WAIT-3", -1, 1),
        ("WAIT-4", None, -9),
    ):
        made = (await make(shop, reference=reference)).json()
        order = UUID(bytes=decode_id("order", made["id"]))
        await add_card(rows, order)
        await rows.execute(
            "UPDATE purchase_order SET activated_at = now(), state = 'in_progress',"
            " terminal_id = (SELECT id FROM terminal ORDER BY id LIMIT 1) WHERE id = $1",
            order,
        )
        await rows.execute(
            "UPDATE instalment SET due_on = CASE number WHEN 2 THEN current_date - $2::int ELSE current_date + 90 END,"
            " collect_after = CASE number WHEN 2 THEN now() + make_interval(days => $3) END, state = 'upcoming'"
            " WHERE order_id = $1",
            order,
            due_days,
            after,
        )
    paused = "UPDATE instalment SET paused_until = current_date + 9 FROM purchase_order AS o WHERE o.id = order_id AND reference = $1"
    await rows.execute(paused, "WAIT-3")
    report = (await agent.get("/v1/collecting")).json()
    for which, references in (("due", ["WAIT-1"]), ("waiting", ["WAIT-3", "WAIT-2"])):
        listed = await found(agent, to_collect=which, limit=200)
        assert [each for each in listed if each.startswith("WAIT-")] == references
        # Of other tests, in the same database, too: an order has one instalment of a day.
        assert len(listed) <= report[which]
    assert (await agent.get("/v1/orders", params={"to_collect": "later"})).status_code == 422
    await rows.execute("UPDATE purchase_order SET card_id = NULL WHERE reference LIKE 'WAIT-%'")
