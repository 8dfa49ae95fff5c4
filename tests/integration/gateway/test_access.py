"""Getting in: second factors, known devices, invitations, one's own access."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from pyotp.totp import TOTP

from deploy.sandbox.demonstration.access import demonstration_code
from tests.support.authenticator import SoftwareKey
from tests.support.desk import PASSWORD, PORTAL_URL, DeskStack

EMAIL = "juridique@guichet.example"
NEW_PASSWORD = "sept girafes rangent la neige"


@pytest.fixture
async def anyone(desk_stack: DeskStack, rows: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a session, and agents whose codes were not used yet."""
    await rows.execute("UPDATE agent_factor SET last_step = 0")
    await rows.execute("TRUNCATE recovery_code")
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as client:
        yield client


async def _begin(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD, **more})
    assert answer.status_code == 401, answer.text
    return answer.json()


async def _guess(client: httpx.AsyncClient, number: int, **more: Any) -> int:
    guess = {"email": EMAIL, "password": f"guess {number}", **more}
    return (await client.post("/v1/sessions", json=guess)).status_code


async def _invite(desk_stack: DeskStack, rows: asyncpg.Connection, body: dict[str, Any]) -> str:
    """Invite and return the token of the link in the mail."""
    async with desk_stack.client(await desk_stack.log_in()) as admin:
        answer = await admin.post("/v1/agents/invitations", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json().keys() == {"agent", "expires_at"}  # The link is for the one invited alone.
    link = await rows.fetchval("SELECT facts ->> 'link' FROM mail ORDER BY id DESC LIMIT 1")
    return str(link).rpartition("/")[2]


async def test_a_password_alone_opens_nothing_and_the_second_step_opens_a_session_once(
    desk_stack: DeskStack, anyone: httpx.AsyncClient
) -> None:
    begun = await _begin(anyone)
    assert begun["code"] == "second_factor_required"
    assert begun["factors"] == ["totp"]
    assert begun["title"] == "Second facteur demandé"
    async with desk_stack.client(begun["pending"]) as client:
        assert (await client.get("/v1/sessions/current")).status_code == 401
    step = {"pending": begun["pending"], "code": demonstration_code(PASSWORD, EMAIL)}
    opened = await anyone.post("/v1/sessions/second-factor", json=step)
    assert opened.status_code == 201, opened.text
    again = await anyone.post("/v1/sessions/second-factor", json=step)
    assert (again.status_code, again.json()["code"]) == (401, "log_in_expired")


async def test_a_code_works_once_however_many_try_it_at_once(anyone: httpx.AsyncClient) -> None:
    asked = {"email": EMAIL, "password": PASSWORD, "code": demonstration_code(PASSWORD, EMAIL)}
    answers = await asyncio.gather(*(anyone.post("/v1/sessions", json=asked) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]
    assert {a.json()["code"] for a in answers if a.status_code == 401} == {"second_factor_refused"}


async def test_wrong_second_factors_are_counted_as_wrong_passwords_are(anyone: httpx.AsyncClient) -> None:
    codes = []
    for number in range(7):
        begun = await _begin(anyone)
        answer = await anyone.post(
            "/v1/sessions/second-factor", json={"pending": begun["pending"], "code": f"{number:06d}"}
        )
        codes.append(answer.status_code)
    assert codes == [401] * 5 + [429] * 2


async def test_a_pending_token_ends_after_five_minutes(
    anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    begun = await _begin(anyone)
    life = await rows.fetchval("SELECT max(expires_at) - max(created_at) FROM pending_login")
    assert life == timedelta(minutes=5)
    await rows.execute("UPDATE pending_login SET expires_at = now()")
    step = {"pending": begun["pending"], "code": demonstration_code(PASSWORD, EMAIL)}
    answer = await anyone.post("/v1/sessions/second-factor", json=step)
    assert answer.json()["code"] == "log_in_expired"


async def test_a_strangers_guesses_do_not_lock_a_known_browser_out(anyone: httpx.AsyncClient) -> None:
    begun = await _begin(anyone, device="")
    step = {"pending": begun["pending"], "code": demonstration_code(PASSWORD, EMAIL)}
    device = (await anyone.post("/v1/sessions/second-factor", json=step)).json()["device"]
    guesses = [await _guess(anyone, number) for number in range(6)]
    assert guesses == [401] * 5 + [429]
    known = await anyone.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD, "device": device})
    assert known.json()["code"] == "second_factor_required"
    stranger = await anyone.post(
        "/v1/sessions", json={"email": "admin@guichet.example", "password": "guess", "device": device}
    )
    assert stranger.json()["code"] == "invalid_credentials"
    # A stolen device buys five guesses of its own and no more; one was spent on somebody else and did not count.
    guesses = [await _guess(anyone, number, device=device) for number in range(6)]
    assert guesses == [401] * 5 + [429]


async def test_secrets_are_sealed_and_recovery_codes_are_hashed(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    async with desk_stack.client(await desk_stack.log_in(EMAIL)) as client:
        codes = (await client.post("/v1/access/recovery-codes")).json()["codes"]
        assert len(set(codes)) == 10
        stored = str([dict(row) for row in await rows.fetch("SELECT code_hash FROM recovery_code")])
        assert all(code.replace("-", "") not in stored for code in codes)
    begun = await _begin(anyone)
    assert begun["factors"] == ["totp", "recovery_code"]
    step = {"pending": begun["pending"], "recovery_code": codes[0].lower().replace("-", " ")}
    assert (await anyone.post("/v1/sessions/second-factor", json=step)).status_code == 201
    step["pending"] = (await _begin(anyone))["pending"]
    used = await anyone.post("/v1/sessions/second-factor", json=step)
    assert used.json()["code"] == "second_factor_refused"


async def test_a_passkey_is_added_and_opens_a_session_for_its_own_challenge_only(
    desk_stack: DeskStack, anyone: httpx.AsyncClient
) -> None:
    key = SoftwareKey(PORTAL_URL, "localhost")
    elsewhere = SoftwareKey("https://evil.example", "localhost")
    async with desk_stack.client(await desk_stack.log_in(EMAIL)) as client:
        for one, status in ((elsewhere, 422), (key, 201)):
            options = (await client.post("/v1/access/passkey-options")).json()["public_key"]
            added = await client.post(
                "/v1/access/passkeys", json={"credential": one.create(options), "name": "Clé USB"}
            )
            assert added.status_code == status, added.text
        begun = await _begin(anyone)
        assert "passkey" in begun["factors"]
        pending = {"pending": begun["pending"]}
        options = (await anyone.post("/v1/sessions/passkey-options", json=pending)).json()["public_key"]
        newer = (await anyone.post("/v1/sessions/passkey-options", json=pending)).json()["public_key"]
        stale = await anyone.post("/v1/sessions/second-factor", json={**pending, "passkey": key.get(options)})
        assert stale.json()["code"] == "second_factor_refused"
        newer = (await anyone.post("/v1/sessions/passkey-options", json=pending)).json()["public_key"]
        opened = await anyone.post("/v1/sessions/second-factor", json={**pending, "passkey": key.get(newer)})
        assert opened.status_code == 201, opened.text
        factor = added.json()["factor"]
        assert (factor["kind"], factor["name"]) == ("passkey", "Clé USB")
        assert (await client.delete(f"/v1/access/factors/{factor['id']}")).status_code == 204
        (last,) = (await client.get("/v1/access")).json()["factors"]
        refused = await client.delete(f"/v1/access/factors/{last['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_factor")


async def test_changes_of_credentials_want_the_password_again_after_ten_minutes(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    async with desk_stack.client(await desk_stack.log_in(EMAIL)) as client:
        await rows.execute("UPDATE session SET confirmed_at = now() - interval '10 minutes'")
        refused = await client.post("/v1/access/totp")
        assert (refused.status_code, refused.json()["code"]) == (403, "confirmation_needed")
        wrong = await client.post("/v1/access/confirmation", json={"password": "not it"})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "password")
        assert (await client.post("/v1/access/confirmation", json={"password": PASSWORD})).status_code == 204
        assert (await client.post("/v1/access/totp")).status_code == 201


async def test_a_new_password_is_long_and_not_common_and_ends_the_other_sessions(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    old_hash = await rows.fetchval("SELECT password_hash FROM agent WHERE email = $1", EMAIL)
    other = await desk_stack.log_in(EMAIL)
    async with desk_stack.client(await desk_stack.log_in(EMAIL)) as client:
        for weak, why in (
            ("court", "password_too_short"),
            ("Motdepasse2026!", "password_common"),
            ("aaaaaaaaaaaaaa", "password_common"),
            ("x" * 1025, "password_too_long"),
            (PASSWORD, "password_same"),
        ):
            refused = await client.post(
                "/v1/access/password", json={"password": PASSWORD, "new_password": weak}
            )
            assert (refused.status_code, refused.json()["code"]) == (422, why)
        try:
            taken = await client.post(
                "/v1/access/password", json={"password": PASSWORD, "new_password": NEW_PASSWORD}
            )
            assert taken.status_code == 204, taken.text
            assert (await client.get("/v1/access")).status_code == 200
        finally:
            await rows.execute("UPDATE agent SET password_hash = $2 WHERE email = $1", EMAIL, old_hash)
    async with desk_stack.client(other) as client:
        assert (await client.get("/v1/access")).status_code == 401
    kinds = await rows.fetch("SELECT kind FROM action WHERE kind LIKE 'credential.%'")
    assert "credential.password_changed" in {row["kind"] for row in kinds}


async def test_an_agent_sees_their_sessions_ends_one_and_signs_out_everywhere(desk_stack: DeskStack) -> None:
    first, second = await desk_stack.log_in(EMAIL), await desk_stack.log_in(EMAIL)
    async with desk_stack.client(first) as client, desk_stack.client(second) as other:
        listed = (await client.get("/v1/access")).json()["sessions"]
        assert [one["current"] for one in listed].count(True) == 1
        mine = next(one for one in (await other.get("/v1/access")).json()["sessions"] if one["current"])
        assert mine["browser"] == "Python"
        assert (await client.delete(f"/v1/access/sessions/{mine['id']}")).status_code == 204
        assert (await other.get("/v1/access")).status_code == 401
        assert (await client.delete(f"/v1/access/sessions/{mine['id']}")).status_code == 404
        assert (await client.delete("/v1/access/sessions")).status_code == 204
        assert (await client.get("/v1/access")).status_code == 401


async def test_nobody_ends_or_removes_what_is_another_agents(desk_stack: DeskStack) -> None:
    async with (
        desk_stack.client(await desk_stack.log_in(EMAIL)) as client,
        desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as other,
    ):
        theirs = (await other.get("/v1/access")).json()
        for kind, path in (("factors", "factors"), ("sessions", "sessions")):
            answer = await client.delete(f"/v1/access/{path}/{theirs[kind][0]['id']}")
            assert answer.status_code == 404
        assert (await other.get("/v1/access")).status_code == 200


async def test_an_invited_agent_chooses_a_password_and_sees_nothing_before_adding_a_factor(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    body = {"email": "Nouvelle@guichet.example", "name": "Ana Nouvel", "role": "hotline"}
    token = await _invite(desk_stack, rows, body)
    who = await anyone.post("/v1/invitations/lookup", json={"token": token})
    assert who.json()["email"] == "nouvelle@guichet.example"
    chosen = {"token": token, "new_password": "court"}
    assert (await anyone.post("/v1/invitations/acceptance", json=chosen)).status_code == 422
    chosen["new_password"] = NEW_PASSWORD
    accepted = await anyone.post("/v1/invitations/acceptance", json=chosen)
    assert accepted.status_code == 201, accepted.text
    session = accepted.json()["session"]
    assert session["enrolling"]
    await rows.execute(
        "INSERT INTO agent_grant (agent_id, role)"
        " SELECT id, 'hotline' FROM agent WHERE email = 'nouvelle@guichet.example'"
    )
    again = await anyone.post("/v1/invitations/acceptance", json=chosen)
    assert (again.status_code, again.json()["code"]) == (404, "invitation_ended")
    async with desk_stack.client(session["token"]) as client:
        assert (await client.get("/v1/transactions")).status_code == 403
        started = (await client.post("/v1/access/totp")).json()
        wrong = await client.post(
            "/v1/access/totp/confirmation", json={"factor": started["factor"], "code": "abc"}
        )
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "code")
        code = TOTP(started["secret"]).at(datetime.now(UTC))
        added = await client.post(
            "/v1/access/totp/confirmation", json={"factor": started["factor"], "code": code}
        )
        assert added.status_code == 201, added.text
        assert len(added.json()["recovery_codes"]) == 10
        assert (await client.get("/v1/transactions")).status_code == 200
    sealed = await rows.fetch("SELECT secret FROM agent_factor WHERE secret IS NOT NULL")
    assert all(started["secret"].encode() not in row["secret"] for row in sealed)


async def test_a_newer_invitation_replaces_the_older_and_keeps_the_second_factor(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    async with desk_stack.client(await desk_stack.log_in(EMAIL)) as client:
        agent = (await client.get("/v1/sessions/current")).json()["agent"]["id"]
    old_hash = await rows.fetchval("SELECT password_hash FROM agent WHERE email = $1", EMAIL)
    first = await _invite(desk_stack, rows, {"agent": agent})
    second = await _invite(desk_stack, rows, {"agent": agent})
    assert (await anyone.post("/v1/invitations/lookup", json={"token": first})).status_code == 404
    accepted = await anyone.post(
        "/v1/invitations/acceptance", json={"token": second, "new_password": NEW_PASSWORD}
    )
    await rows.execute("UPDATE agent SET password_hash = $2 WHERE email = $1", EMAIL, old_hash)
    assert accepted.json() == {"session": None}


async def test_an_invitation_sent_twice_by_one_form_is_one_mail_whose_link_stands(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    body = {"email": "double@example.com", "name": "Dora Double", "role": "hotline", "locale": "fr"}
    async with desk_stack.client(await desk_stack.log_in()) as admin:
        answers = [
            await admin.post(
                "/v1/agents/invitations", json=body, headers={"Idempotency-Key": "invite Dora once"}
            )
            for _ in range(2)
        ]
    assert [answer.status_code for answer in answers] == [201, 201], answers[1].text
    assert answers[0].json() == answers[1].json()
    links = await rows.fetch("SELECT facts ->> 'link' AS link FROM mail WHERE recipient = $1", body["email"])
    (token,) = [row["link"].rpartition("/")[2] for row in links]
    looked_up = await anyone.post("/v1/invitations/lookup", json={"token": token})
    assert looked_up.json()["name"] == "Dora Double"


async def test_only_who_may_write_agents_invites_and_bad_fields_are_named(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    body = {"email": "nope", "name": " ", "role": "emperor", "locale": "de"}
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as client:
        assert (await client.post("/v1/agents/invitations", json=body)).status_code == 403
    async with desk_stack.client(await desk_stack.log_in()) as client:
        refused = await client.post("/v1/agents/invitations", json=body)
        assert {e["field"] for e in refused.json()["errors"]} == {"email", "name", "role", "locale"}
        known = await client.post(
            "/v1/agents/invitations", json={"email": EMAIL, "name": "Autre", "role": "legal"}
        )
        assert (known.status_code, known.json()["code"]) == (409, "agent_known")
    assert await rows.fetchval("SELECT count(*) FROM agent WHERE email = 'nope'") == 0


async def test_the_live_feed_of_a_disabled_agent_ends(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    token = await desk_stack.log_in("technicien@guichet.example")
    disable = "UPDATE agent SET disabled_at = now() WHERE email = 'technicien@guichet.example'"
    try:
        async with (
            desk_stack.client(token) as client,
            asyncio.timeout(60),
            client.stream("GET", "/v1/events") as feed,
        ):
            assert feed.status_code == 200
            await rows.execute(disable)
            text = "".join([line async for line in feed.aiter_lines()])
        assert "session_ended" in text
    finally:
        await rows.execute("UPDATE agent SET disabled_at = NULL")
