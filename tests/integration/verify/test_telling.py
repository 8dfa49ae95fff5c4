"""What customers and companies are told (V15): each thing that happened once, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from core.values.ids import encode_id
from tests.integration.verify.conftest import Verification
from tests.integration.verify.payments import Writer

_ORDER = """
    WITH o AS (
        INSERT INTO purchase_order (company_id, reference, plan_id, currency, amount_minor, fee_minor, email, email_key,
            customer_name, language, purchased_on, made_at)
        SELECT $1, 'R1', p.id, 'EUR', 300, 0, 'odette@example.com', 'odette@example.com', 'Odette', 'fr', current_date, now()
        FROM plan AS p WHERE p.code = '3x' RETURNING id
    )
    INSERT INTO instalment (order_id, number, due_on, amount_minor) SELECT id, 1, current_date, 300 FROM o
    RETURNING order_id, id
"""
_ENDPOINT = """
    INSERT INTO webhook_endpoint (id, company_id, url, kinds, made_at, changed_at)
    VALUES (uuidv7(interval '-2 hours'), $1, $2, $3, now() - interval '2 hours', now() - interval '2 hours') RETURNING id
"""
# What happened to the order: it began, and its first instalment was paid and then announced. The trigger makes the notices.
_TOLD = """
    INSERT INTO order_event (order_id, at, kind, by_kind, about_id) VALUES
        ('{order}', now(), 'activated', 'customer', '{order}'), ('{order}', now(), 'instalment_paid', 'run', '{instalment}');
    INSERT INTO order_notice (order_id, kind, about_id, about_key, due_at)
    VALUES ('{order}', 'debit_coming', '{instalment}', '2026-12-01', now());
    WITH m AS (
        INSERT INTO mail (once, template, recipient, locale, about_kind, about_id)
        SELECT sha256(n.id::text::bytea), n.kind, 'odette@example.com', 'fr', 'order', n.order_id
        FROM order_notice AS n WHERE n.kind <> 'debit_paid' RETURNING id, template
    )
    UPDATE order_notice AS n SET state = 'told', mail_id = m.id, decided_at = now() FROM m WHERE m.template = n.kind;
    UPDATE order_notice SET state = 'dropped', decided_at = now() WHERE kind = 'debit_paid';
    WITH v AS (
        INSERT INTO webhook_event (company_id, kind, facts, at, once_key) VALUES
            ('{company}', 'order.activated', '{{}}', now(), replace('{order}', '-', '')),
            ('{company}', 'instalment.paid', '{{}}', now(), replace('{instalment}', '-', '')) RETURNING id, kind
    )
    INSERT INTO webhook_delivery (event_id, endpoint_id, due_at)
    SELECT v.id, w.id, now() FROM v JOIN webhook_endpoint AS w ON w.kinds = '{{}}' OR v.kind = ANY (w.kinds);
"""

# An agent sends the confirmation once more.
_RESENT = """
    WITH m AS (
        INSERT INTO mail (once, template, recipient, locale, about_kind, about_id)
        SELECT sha256('resent'), template, {recipient}, locale, about_kind, about_id FROM mail WHERE template = 'order_confirmed'
        RETURNING id, about_id
    )
    INSERT INTO order_event (order_id, at, kind, by_kind, about_id)
    SELECT m.about_id, now(), 'message_resent', 'agent', {about} FROM m
"""


@dataclass
class Told:
    """An order whose customer and company were told of all that happened to it."""

    order: UUID
    instalment: UUID
    company: UUID


async def told(writer: Writer) -> Told:
    """Write it."""
    made = await writer.connection.fetchrow(_ORDER, writer.company_id)
    assert made is not None
    order, instalment = made
    await writer.connection.fetchval(_ENDPOINT, writer.company_id, "https://all.example/hooks", [])
    await writer.connection.fetchval(
        _ENDPOINT, writer.company_id, "https://paid.example/hooks", ["instalment.paid"]
    )
    await writer.connection.execute(
        _TOLD.format(order=order, instalment=instalment, company=writer.company_id)
    )
    return Told(order, instalment, writer.company_id)


async def breaches(verification: Verification) -> dict[str, int]:
    """Return what of V15 is broken."""
    report = await verification()
    names = ("V15 notices", "V15 mails", "V15 webhooks")
    return {name: report.finding(name).breaches for name in names if report.finding(name).breaches}


async def test_v15_holds_where_everybody_was_told_once(writer: Writer, verification: Verification) -> None:
    await told(writer)
    assert await breaches(verification) == {}
    report = await verification()
    assert [report.finding(f"V15 {name}").checked for name in ("notices", "mails", "webhooks")] == [3, 2, 5]
    await writer.connection.execute(
        "UPDATE order_notice SET state = 'due', mail_id = NULL, decided_at = NULL WHERE kind = 'debit_paid'"
    )
    assert (await verification()).finding("V15 notices").waiting == 1


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("DELETE FROM order_notice WHERE kind = 'debit_paid'", {"V15 notices": 1}),
        ("DELETE FROM order_event WHERE kind = 'activated'", {"V15 notices": 1, "V15 webhooks": 1}),
        (
            "UPDATE order_notice SET about_id = gen_random_uuid() WHERE kind = 'debit_coming'",
            {"V15 notices": 1},
        ),
        (
            "UPDATE order_notice SET kind = 'card_expiring' WHERE kind = 'debit_coming'",
            {"V15 notices": 1, "V15 mails": 1},
        ),
        ("DELETE FROM mail WHERE template = 'debit_coming'", {"V15 notices": 1}),
        (
            "UPDATE order_notice SET state = 'dropped', mail_id = NULL WHERE kind = 'debit_coming'",
            {"V15 mails": 1},
        ),
        (
            (
                "UPDATE order_notice SET mail_id = (SELECT id FROM mail WHERE template = 'order_confirmed')"
                " WHERE kind = 'debit_coming'"
            ),
            {"V15 mails": 2},
        ),
        ("UPDATE mail SET recipient = 'who@else.example' WHERE template = 'debit_coming'", {"V15 mails": 1}),
        ("UPDATE mail SET template = 'unpaid_reminder' WHERE template = 'debit_coming'", {"V15 mails": 1}),
        (
            "UPDATE mail SET about_id = gen_random_uuid() WHERE template = 'debit_coming'",
            {"V15 notices": 1, "V15 mails": 1},
        ),
        (
            (
                "INSERT INTO mail (once, template, recipient, locale, about_kind, about_id) SELECT sha256('again'), template,"
                " recipient, locale, about_kind, about_id FROM mail WHERE template = 'debit_coming'"
            ),
            {"V15 mails": 1},
        ),
        (
            (
                "INSERT INTO mail (once, template, recipient, locale, about_kind, about_id) SELECT sha256('card'),"
                " 'card_changed', recipient, locale, about_kind, about_id FROM mail WHERE template = 'debit_coming'"
            ),
            {"V15 mails": 1},
        ),
        (_RESENT.format(about="m.id", recipient="recipient"), {}),
        (_RESENT.format(about="uuidv7()", recipient="recipient"), {"V15 mails": 1}),
        (_RESENT.format(about="m.id", recipient="'who@else.example'"), {"V15 mails": 1}),
        ("DELETE FROM webhook_event WHERE kind = 'instalment.paid'", {"V15 webhooks": 1}),
        ("UPDATE webhook_event SET once_key = 'another' WHERE kind = 'order.activated'", {"V15 webhooks": 2}),
        ("UPDATE webhook_event SET kind = 'refund.sent' WHERE kind = 'order.activated'", {"V15 webhooks": 2}),
        (
            "DELETE FROM webhook_delivery WHERE event_id = (SELECT id FROM webhook_event WHERE kind = 'order.activated')",
            {"V15 webhooks": 1},
        ),
        (
            (
                "UPDATE webhook_delivery SET state = 'delivered', done_at = now()"
                " WHERE event_id = (SELECT id FROM webhook_event WHERE kind = 'order.activated')"
            ),
            {"V15 webhooks": 1},
        ),
    ],
)
async def test_v15_sees_who_was_not_told_or_was_told_what_never_was(
    writer: Writer, verification: Verification, change: str, broken: dict[str, int]
) -> None:
    await told(writer)
    await writer.connection.execute("ALTER TABLE order_event DISABLE TRIGGER order_event_append_only")
    await writer.connection.execute(change)
    assert await breaches(verification) == broken


async def test_v15_knows_what_was_sent_from_the_journal_once_the_first_mail_is_put_away(
    writer: Writer, verification: Verification
) -> None:
    one = await told(writer)
    connection = writer.connection
    await connection.execute(
        "UPDATE order_notice SET mail_id = uuidv7(interval '-31 days') WHERE kind = 'debit_coming'"
    )
    # The first mail has gone: the one that is there has no notice, as one that was sent once more.
    again: Any = await connection.fetchval("SELECT id FROM mail WHERE template = 'debit_coming'")
    assert await breaches(verification) == {"V15 mails": 1}
    await connection.execute(
        "WITH g AS (INSERT INTO agent (email, name, password_hash, role) SELECT 'm@guichet.example', 'M', '', 'hotline' RETURNING id)"
        " INSERT INTO action (agent_id, at, kind, target_kind, target_id, facts)"
        " SELECT g.id, now(), 'mail.resent', 'mail', uuidv7(interval '-31 days'), jsonb_build_object('sent_mail', $1::text) FROM g",
        encode_id("mail", again.bytes),
    )
    assert await breaches(verification) == {}
    await connection.execute("UPDATE mail SET recipient = 'who@else.example' WHERE id = $1", again)
    assert await breaches(verification) == {"V15 mails": 1}
    await connection.execute(
        "WITH x AS (UPDATE mail SET recipient = 'odette@example.com' WHERE id = $1)"
        " INSERT INTO mail (once, template, recipient, locale, about_kind, about_id)"
        " VALUES (sha256('twice'), 'debit_coming', 'odette@example.com', 'fr', 'order', $2)",
        again,
        one.order,
    )
    assert await breaches(verification) == {"V15 mails": 1}, "another than the one that was sent"


async def test_v15_names_the_order(writer: Writer, verification: Verification) -> None:
    one = await told(writer)
    await writer.connection.execute("DELETE FROM order_notice WHERE kind = 'debit_paid'")
    found = (await verification()).finding("V15 notices")
    assert found.examples == [encode_id("order", one.order.bytes)]


async def test_v15_asks_for_no_mail_and_no_event_whose_time_has_passed(
    writer: Writer, verification: Verification
) -> None:
    await told(writer)
    connection = writer.connection
    await connection.execute("ALTER TABLE order_event DISABLE TRIGGER order_event_append_only")
    await connection.execute(
        "UPDATE order_notice SET mail_id = uuidv7(interval '-31 days') WHERE kind = 'debit_coming';"
        " DELETE FROM mail WHERE template = 'debit_coming';"
        " UPDATE webhook_endpoint SET id = uuidv7(interval '-60 days') WHERE kinds = '{}'"
        " AND NOT EXISTS (SELECT FROM webhook_delivery AS d WHERE d.endpoint_id = webhook_endpoint.id);"
        " UPDATE order_event SET id = uuidv7(interval '-8 days') WHERE kind = 'activated';"
        " DELETE FROM webhook_event WHERE kind = 'order.activated'"
    )
    assert await breaches(verification) == {}


async def test_v15_asks_nothing_of_an_endpoint_that_was_not_there_or_wanted_something_else_then(
    writer: Writer, verification: Verification
) -> None:
    await told(writer)
    added = await writer.connection.fetchval(_ENDPOINT, writer.company_id, "https://new.example/hooks", [])
    assert await breaches(verification) == {"V15 webhooks": 2}
    await writer.connection.execute("UPDATE webhook_endpoint SET changed_at = now() WHERE id = $1", added)
    assert await breaches(verification) == {}
    await writer.connection.execute(
        "UPDATE webhook_endpoint SET changed_at = made_at, removed_at = now() - interval '1 hour' WHERE id = $1",
        added,
    )
    assert await breaches(verification) == {}


async def test_v15_sees_what_was_sent_to_another_company(writer: Writer, verification: Verification) -> None:
    await told(writer)
    other = await writer.connection.fetchval(
        "INSERT INTO company (account_id, legal_name, siren) SELECT account_id, 'Other', '900000025' FROM company RETURNING id"
    )
    await writer.connection.execute("UPDATE webhook_endpoint SET company_id = $1 WHERE kinds <> '{}'", other)
    assert await breaches(verification) == {"V15 webhooks": 1}
