"""The bell is one's own, the journal of mail hides what opens something, a brand must be readable."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx

from core.notifications.api import add_notices, queue_mail
from core.values.ids import encode_id
from tests.support.desk import DeskStack

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="8" height="8"/></svg>'


async def client_of(stack: DeskStack, email: str) -> httpx.AsyncClient:
    return stack.client(await stack.log_in(email))


async def queued(rows: asyncpg.Connection, **changed: Any) -> str:
    await queue_mail(
        rows,  # pyright: ignore[reportArgumentType]
        **{
            "template": "agent_invitation",
            "to": "claire.dubreuil@guichet.example",
            "locale": "fr",
            "facts": {"name": uuid.uuid4().hex, "link": "http://desk.example/invitation/one-time"},
            **changed,
        },
    )
    made = await rows.fetchval("SELECT id FROM mail ORDER BY id DESC LIMIT 1")
    assert made is not None
    return encode_id("mail", made.bytes)


async def test_the_journal_masks_people_and_hides_what_opens_something(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    mail_id = await queued(rows)
    async with await client_of(desk_stack, "admin@guichet.example") as admin:
        detail = (await admin.get(f"/v1/mail/{mail_id}")).json()
        assert detail["mail"]["recipient"] == "c•••@guichet.example"
        assert "one-time" not in detail["text"]
        assert "•••" in detail["text"]
        listed = (await admin.get("/v1/mail", params={"state": "waiting", "query": "claire"})).json()
        assert mail_id in [one["id"] for one in listed["data"]]
        again = await admin.post(f"/v1/mail/{mail_id}/resend", json={})
        assert (again.status_code, again.json()["code"]) == (409, "mail_still_waiting")
        await rows.execute(
            "UPDATE mail SET state = 'sent', sent_at = now(), facts = facts - 'link' WHERE state = 'waiting'"
        )
        gone = await admin.post(f"/v1/mail/{mail_id}/resend", json={})
        assert (gone.status_code, gone.json()["code"]) == (409, "mail_not_resendable")
    async with await client_of(desk_stack, "hotline@guichet.example") as hotline:
        assert (await hotline.get("/v1/mail")).status_code == 403


async def test_a_sent_mail_is_sent_again_once_for_one_key(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    facts = {
        "store": "Ondine",
        "amount": "12,50 €",
        "date": "22/11/2026",
        "card": "CB ··0014",
        "reference": "R",
    }
    to = f"{uuid.uuid4().hex}@guichet.example"
    mail_id = await queued(rows, template="receipt", facts=facts, to=to)
    await rows.execute("UPDATE mail SET state = 'sent', sent_at = now() WHERE recipient = $1", to)
    async with await client_of(desk_stack, "admin@guichet.example") as admin:
        for _ in range(2):
            answer = await admin.post(
                f"/v1/mail/{mail_id}/resend", json={}, headers={"Idempotency-Key": f"again-{mail_id}"}
            )
            assert answer.status_code == 202, answer.text
    states = await rows.fetch("SELECT state FROM mail WHERE recipient = $1 ORDER BY id", to)
    assert [row["state"] for row in states] == ["sent", "waiting"]
    newest = await rows.fetchrow(
        "SELECT kind, facts ->> 'sent_mail' AS sent FROM action ORDER BY seq DESC LIMIT 1"
    )
    again: Any = await rows.fetchval("SELECT id FROM mail WHERE recipient = $1 AND state = 'waiting'", to)
    assert newest is not None
    assert tuple(newest) == ("mail.resent", encode_id("mail", again.bytes))


async def test_a_bell_that_asks_does_not_keep_a_session_alive(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    agent_id = await rows.fetchval("SELECT id FROM agent WHERE email = 'juridique@guichet.example'")
    assert agent_id is not None
    async with await client_of(desk_stack, "juridique@guichet.example") as legal:
        await add_notices(
            rows,  # pyright: ignore[reportArgumentType]
            agent_ids=[agent_id.bytes],
            kind="request_assigned",
            facts={"code": "X", "title": "T", "by": "B"},
            link="/requests/X",
            at=datetime.now(UTC),
        )
        await rows.execute(
            "UPDATE session SET last_seen_at = now() - interval '10 min' WHERE agent_id = $1", agent_id
        )
        before = await rows.fetchval("SELECT max(last_seen_at) FROM session WHERE agent_id = $1", agent_id)
        assert (await legal.get("/v1/notices/unread")).json()["unread"] >= 1
        assert (
            await rows.fetchval("SELECT max(last_seen_at) FROM session WHERE agent_id = $1", agent_id)
            == before
        )
        await rows.execute(
            "UPDATE session SET last_seen_at = now() - interval '16 min' WHERE agent_id = $1", agent_id
        )
        assert (await legal.get("/v1/notices/unread")).status_code == 401


async def test_nobody_reads_or_marks_another_s_notices(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    agent_id = await rows.fetchval("SELECT id FROM agent WHERE email = 'commercial@guichet.example'")
    assert agent_id is not None
    await add_notices(
        rows,  # pyright: ignore[reportArgumentType]
        agent_ids=[agent_id.bytes],
        kind="request_mention",
        facts={"title": "secret de Karim"},
        at=datetime.now(UTC),
    )
    notice = await rows.fetchval(
        "SELECT id FROM notice WHERE agent_id = $1 ORDER BY id DESC LIMIT 1", agent_id
    )
    assert notice is not None
    async with await client_of(desk_stack, "vendeur@guichet.example") as seller:
        assert "secret de Karim" not in (await seller.get("/v1/notices")).text
        await seller.post("/v1/notices/read", json={"ids": [encode_id("notice", notice.bytes)]})
    assert await rows.fetchval("SELECT read_at FROM notice WHERE id = $1", notice) is None


async def test_a_brand_is_refused_with_its_reason_and_worn_by_its_host_alone(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    body = {
        "name": "Banque des Flots",
        "host": "flots.example",
        "accent_light": "#7a1f4b",
        "accent_dark": "#f0a8c8",
        "logo": base64.b64encode(SVG).decode(),
        "revision": 0,
    }
    async with await client_of(desk_stack, "admin@guichet.example") as admin:
        pale = await admin.post("/v1/brands", json={**body, "accent_light": "#ffcc00"})
        assert (pale.status_code, pale.json()["errors"][0]["field"]) == (422, "accent_light")
        script = base64.b64encode(SVG.replace(b"<rect", b"<script/><rect")).decode()
        armed = await admin.post("/v1/brands", json={**body, "logo": script})
        assert armed.json()["errors"][0]["field"] == "logo"
        assert await rows.fetchval("SELECT count(*) FROM brand WHERE host = 'flots.example'") == 0
        made = await admin.post("/v1/brands", json=body)
        assert made.status_code == 200, made.text
        changes = {"logo": None, "name": "Flots", "revision": made.json()["revision"]}
        kept = await admin.post("/v1/brands", json={**body, **changes})
        assert kept.json()["id"] == made.json()["id"]
        assert kept.json()["logo"] == body["logo"]
        async with httpx.AsyncClient(base_url=desk_stack.gateway_url) as anybody:
            seen = (await anybody.get("/v1/brand", params={"host": "FLOTS.example:8443"})).json()
            assert (seen["name"], seen["light"]["accent"]) == ("Flots", "#7a1f4b")
            assert (await anybody.get("/v1/brand", params={"host": "autre.example"})).json()["name"] == ""
            assert (await anybody.get("/v1/brands")).status_code == 401
        assert (await admin.delete(f"/v1/brands/{made.json()['id']}")).status_code == 204
        assert (await admin.delete(f"/v1/brands/{made.json()['id']}")).status_code == 404
    async with await client_of(desk_stack, "backoffice@guichet.example") as back_office:
        assert (await back_office.post("/v1/brands", json=body)).status_code == 403
