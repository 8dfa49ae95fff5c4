"""Customers: first connection, log in, forgotten password, addresses, second factors (CUS-1 to CUS-3)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from pyotp.totp import TOTP

from tests.support.authenticator import SoftwareKey
from tests.support.customers import PASSWORD, add_order, register, token_of_mail
from tests.support.desk import SPACE_URL, DeskStack

OTHER_PASSWORD = "Chat-Perché-42!"


@pytest.fixture
async def anyone(desk_stack: DeskStack, rows: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a session."""
    del rows  # A clean slate of failures.
    async with httpx.AsyncClient(base_url=desk_stack.gateway_url, timeout=30) as client:
        yield client


def _address() -> str:
    return f"{secrets.token_hex(5)}@exemple.example"


async def _log_in(
    client: httpx.AsyncClient, email: str, password: str = PASSWORD, **more: Any
) -> httpx.Response:
    return await client.post("/v1/customers/sessions", json={"email": email, "password": password, **more})


async def _confirm(customer: httpx.AsyncClient, password: str = PASSWORD) -> None:
    assert (await customer.post("/v1/me/access/confirmation", json={"password": password})).status_code == 204


async def test_a_first_connection_asks_for_the_address_of_an_order_and_a_mailed_proof(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email = _address()
    await add_order(rows, email, name="Chloé Martin")
    asked = await anyone.post("/v1/customers/links", json={"email": f"  {email.upper()} "})
    assert (asked.status_code, asked.content) == (204, b"")
    # Before the proof there is no customer, whatever password is tried.
    assert (await _log_in(anyone, email)).json()["code"] == "invalid_credentials"
    token = await token_of_mail(rows, email, "customer_first_connection")
    shown = (await anyone.post("/v1/customers/links/lookup", json={"token": token})).json()
    assert (shown["purpose"], shown["email"]) == ("first_connection", email)
    choice = {"token": token, "new_password": PASSWORD}
    chosen = await anyone.post("/v1/customers/links/acceptance", json=choice)
    assert chosen.status_code == 201, chosen.text
    async with desk_stack.client(chosen.json()["token"]) as customer:
        me = (await customer.get("/v1/me")).json()
        assert (me["name"], me["email"], me["locale"]) == ("Chloé Martin", email, "fr")
        assert [(one["email"], one["is_main"]) for one in me["emails"]] == [(email, True)]
    again = await anyone.post("/v1/customers/links/acceptance", json=choice)
    assert (again.status_code, again.json()["code"]) == (410, "link_ended")
    assert (await _log_in(anyone, email)).status_code == 201


async def test_the_answer_is_the_same_for_an_address_of_nobody(
    anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    buyer, nobody = _address(), _address()
    await add_order(rows, buyer)
    answers = [await anyone.post("/v1/customers/links", json={"email": one}) for one in (buyer, nobody)]
    assert len({(one.status_code, one.content) for one in answers}) == 1
    written = await rows.fetch("SELECT recipient FROM mail WHERE recipient = ANY($1)", [buyer, nobody])
    assert [row["recipient"] for row in written] == [buyer]
    guesses = [await _log_in(anyone, one, "Wrong-Password-1") for one in (buyer, nobody)]
    bodies = [{name: one.json()[name] for name in ("code", "title", "detail")} for one in guesses]
    assert bodies[0] == bodies[1]
    # Both are counted alike: the sixth wish for one address waits.
    for one in (buyer, nobody):
        asked = [await anyone.post("/v1/customers/links", json={"email": one}) for _ in range(5)]
        assert [answer.status_code for answer in asked] == [204] * 4 + [429]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Ab1!xyz", "password_too_simple"),
        ("sanschiffre-ICI", "password_too_simple"),
        ("sansmajuscule-1", "password_too_simple"),
        ("SANSMINUSCULE-1", "password_too_simple"),
        ("SansSpecial12", "password_too_simple"),
        ("Azerty123!", "password_common"),
        ("P@ssw0rd1", "password_common"),
        ("Bonjour2024!", "password_common"),
        ("Aa1!" + "x" * 1_024, "password_too_long"),
    ],
)
async def test_a_weak_password_is_refused_and_the_link_stays_good(
    anyone: httpx.AsyncClient, rows: asyncpg.Connection, password: str, code: str
) -> None:
    email = _address()
    await add_order(rows, email)
    await anyone.post("/v1/customers/links", json={"email": email})
    token = await token_of_mail(rows, email, "customer_first_connection")
    refused = await anyone.post(
        "/v1/customers/links/acceptance", json={"token": token, "new_password": password}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert await rows.fetchval("SELECT count(*) FROM customer_email WHERE email = $1", email) == 0
    taken = await anyone.post(
        "/v1/customers/links/acceptance", json={"token": token, "new_password": "Eté-plu8"}
    )
    assert taken.status_code == 201, taken.text


async def test_a_newer_link_ends_the_older_and_one_of_two_at_once_is_used(
    anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email = _address()
    await add_order(rows, email)
    tokens = []
    for _ in range(2):
        await anyone.post("/v1/customers/links", json={"email": email})
        tokens.append(await token_of_mail(rows, email, "customer_first_connection"))
    choices = [{"token": token, "new_password": PASSWORD} for token in tokens]
    older = await anyone.post("/v1/customers/links/acceptance", json=choices[0])
    assert older.json()["code"] == "link_ended"
    both = await asyncio.gather(
        *(anyone.post("/v1/customers/links/acceptance", json=choices[1]) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in both) == [201, 410]


async def test_a_stranger_who_asks_ends_no_link_and_keeps_nobody_waiting(
    anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email = _address()
    await add_order(rows, email)
    await register(anyone, rows, email)
    await anyone.post("/v1/customers/links", json={"email": email})
    token = await token_of_mail(rows, email, "customer_password")
    # All addresses of one subscriber are one asker.
    answers = [
        (
            await anyone.post(
                "/v1/customers/links",
                json={"email": email},
                headers={"X-Forwarded-For": f"2001:db8:1:2::{n:x}"},
            )
        ).status_code
        for n in range(1, 8)
    ]
    assert answers == [204] * 5 + [429] * 2
    theirs = await token_of_mail(rows, email, "customer_password")
    assert theirs != token
    assert (await anyone.post("/v1/customers/links/lookup", json={"token": token})).status_code == 200
    assert (await anyone.post("/v1/customers/links", json={"email": email})).status_code == 204
    newer = await token_of_mail(rows, email, "customer_password")
    older = await anyone.post("/v1/customers/links/lookup", json={"token": token})
    assert older.json()["code"] == "link_ended"
    # Both stand, whoever reads the mail: of two at once one chooses, and no other is good afterwards.
    both = await asyncio.gather(
        *(
            anyone.post(
                "/v1/customers/links/acceptance", json={"token": each, "new_password": OTHER_PASSWORD}
            )
            for each in (newer, theirs)
        )
    )
    assert sorted(answer.status_code for answer in both) == [201, 410]


async def test_a_mailbox_is_not_flooded_by_many_askers(
    anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email = _address()
    answers = [
        (
            await anyone.post(
                "/v1/customers/links", json={"email": email}, headers={"X-Forwarded-For": f"198.51.100.{n}"}
            )
        ).status_code
        for n in range(1, 18)
    ]
    assert answers == [204] * 15 + [429] * 2
    del rows


async def test_a_forgotten_password_is_chosen_again_and_other_sessions_end(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email = _address()
    await add_order(rows, email)
    before = await register(anyone, rows, email)
    await anyone.post("/v1/customers/links", json={"email": email})
    token = await token_of_mail(rows, email, "customer_password")
    shown = (await anyone.post("/v1/customers/links/lookup", json={"token": token})).json()
    assert shown["purpose"] == "password"
    chosen = await anyone.post(
        "/v1/customers/links/acceptance", json={"token": token, "new_password": OTHER_PASSWORD}
    )
    assert chosen.status_code == 201, chosen.text
    async with desk_stack.client(before) as former:
        assert (await former.get("/v1/me")).json()["code"] == "session_ended"
    assert (await _log_in(anyone, email)).status_code == 401
    assert (await _log_in(anyone, email, OTHER_PASSWORD)).status_code == 201
    told = await rows.fetchval(
        "SELECT count(*) FROM mail WHERE recipient = $1 AND template = 'customer_password_changed'", email
    )
    assert told == 1


async def test_a_change_of_the_password_ends_links_that_wait(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email = _address()
    await add_order(rows, email)
    session = await register(anyone, rows, email)
    await anyone.post("/v1/customers/links", json={"email": email})
    token = await token_of_mail(rows, email, "customer_password")
    async with desk_stack.client(session) as customer:
        change = {"password": PASSWORD, "new_password": OTHER_PASSWORD}
        assert (await customer.post("/v1/me/access/password", json=change)).status_code == 204
    used = await anyone.post(
        "/v1/customers/links/acceptance", json={"token": token, "new_password": PASSWORD}
    )
    assert used.json()["code"] == "link_ended"


async def test_guesses_wait_and_a_remembered_browser_does_not(
    anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email = _address()
    await add_order(rows, email)
    await register(anyone, rows, email)
    remembered = (await _log_in(anyone, email, device="")).json()
    life = await rows.fetchval("SELECT max(expires_at - created_at) FROM customer_session")
    assert life == timedelta(days=30)
    codes = [(await _log_in(anyone, email, f"Guess-{n}-word")).status_code for n in range(7)]
    assert codes == [401] * 5 + [429] * 2
    assert (await _log_in(anyone, email)).status_code == 429
    assert (await _log_in(anyone, email, device=remembered["device"])).status_code == 201


async def test_a_session_ends_after_thirty_idle_minutes_unless_the_browser_is_remembered(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email = _address()
    await add_order(rows, email)
    plain = await register(anyone, rows, email)
    remembered = (await _log_in(anyone, email, device="")).json()["token"]
    await rows.execute("UPDATE customer_session SET last_seen_at = now() - interval '31 minutes'")
    for token, status in ((plain, 401), (remembered, 200)):
        async with desk_stack.client(token) as customer:
            assert (await customer.get("/v1/me")).status_code == status
            # What changes an access asks for the password again, however long the browser is remembered.
            await rows.execute("UPDATE customer_session SET confirmed_at = now() - interval '11 minutes'")
            if status == 200:
                refused = await customer.post("/v1/me/access/totp")
                assert refused.json()["code"] == "confirmation_needed"


async def test_a_second_factor_is_the_customers_choice(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email = _address()
    await add_order(rows, email)
    async with desk_stack.client(await register(anyone, rows, email)) as customer:
        shown = (await customer.post("/v1/me/access/totp")).json()
        code = TOTP(shown["secret"]).now()
        added = await customer.post(
            "/v1/me/access/totp/confirmation", json={"factor": shown["factor"], "code": code}
        )
        assert added.status_code == 201, added.text
        codes = added.json()["recovery_codes"]
        assert len(codes) == 10
        begun = await _log_in(anyone, email)
        assert (begun.status_code, begun.json()["code"]) == (401, "second_factor_required")
        step = {"pending": begun.json()["pending"], "recovery_code": codes[0]}
        assert (await anyone.post("/v1/customers/sessions/second-factor", json=step)).status_code == 201
        # A link proves the mail alone: the second factor is asked for all the same.
        await anyone.post("/v1/customers/links", json={"email": email})
        token = await token_of_mail(rows, email, "customer_password")
        chosen = await anyone.post(
            "/v1/customers/links/acceptance", json={"token": token, "new_password": OTHER_PASSWORD}
        )
        assert (chosen.status_code, chosen.json()["code"]) == (401, "second_factor_required")
    step = {"pending": chosen.json()["pending"], "recovery_code": codes[1]}
    opened = await anyone.post("/v1/customers/sessions/second-factor", json=step)
    async with desk_stack.client(opened.json()["token"]) as customer:
        factor = (await customer.get("/v1/me/access")).json()["factors"][0]["id"]
        assert (await customer.delete(f"/v1/me/access/factors/{factor}")).status_code == 204
        access = (await customer.get("/v1/me/access")).json()
        assert (access["factors"], access["recovery_codes_left"]) == ([], 0)
    assert (await _log_in(anyone, email, OTHER_PASSWORD)).status_code == 201


async def test_a_customers_passkey_is_bound_to_the_space(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email = _address()
    await add_order(rows, email)
    key = SoftwareKey(SPACE_URL, "localhost")
    async with desk_stack.client(await register(anyone, rows, email)) as customer:
        options = (await customer.post("/v1/me/access/passkey-options")).json()["public_key"]
        added = await customer.post("/v1/me/access/passkeys", json={"credential": key.create(options)})
        assert added.status_code == 201, added.text
    begun = (await _log_in(anyone, email)).json()
    options = await anyone.post("/v1/customers/sessions/passkey-options", json={"pending": begun["pending"]})
    step = {"pending": begun["pending"], "passkey": key.get(options.json()["public_key"])}
    opened = await anyone.post("/v1/customers/sessions/second-factor", json=step)
    assert opened.status_code == 201, opened.text


async def test_a_further_address_is_proved_in_the_session_that_asked_for_it(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email, further, stranger = _address(), _address(), _address()
    for one in (email, stranger):
        await add_order(rows, one)
    session, other = await register(anyone, rows, email), await register(anyone, rows, stranger)
    async with desk_stack.client(session) as customer, desk_stack.client(other) as another:
        asked = await customer.post("/v1/me/emails", json={"email": further.upper()})
        assert asked.status_code == 200, asked.text
        assert asked.json()["waiting"] == [further]
        assert [one["email"] for one in asked.json()["emails"]] == [email]
        token = await token_of_mail(rows, further, "customer_email_proof")
        assert (await another.post("/v1/me/emails/proof", json={"token": token})).status_code == 410
        me = (await customer.post("/v1/me/emails/proof", json={"token": token})).json()
        assert {one["email"] for one in me["emails"]} == {email, further}
        assert (await customer.post("/v1/me/emails/proof", json={"token": token})).status_code == 410
        known = await customer.post("/v1/me/emails", json={"email": further})
        assert known.json()["code"] == "email_known"
        # Each address lets in; the main one changes, and the former is told.
        assert (await _log_in(anyone, further)).status_code == 201
        ids = {one["email"]: one["id"] for one in me["emails"]}
        main = (await customer.post(f"/v1/me/emails/{ids[further]}/main")).json()
        assert main["email"] == further
        told = await rows.fetchval(
            "SELECT count(*) FROM mail WHERE recipient = $1 AND template = 'customer_main_email_changed'",
            email,
        )
        assert told == 1
        stays = await customer.delete(f"/v1/me/emails/{ids[further]}")
        assert stays.json()["code"] == "main_email_stays"
        assert (await customer.delete(f"/v1/me/emails/{ids[email]}")).status_code == 204
        assert (await _log_in(anyone, email)).status_code == 401


async def test_two_accesses_of_one_person_become_one_unless_a_second_factor_guards_the_other(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    first, second, guarded = _address(), _address(), _address()
    for one in (first, second, guarded):
        await add_order(rows, one)
    sessions = {one: await register(anyone, rows, one) for one in (first, second, guarded)}
    async with desk_stack.client(sessions[guarded]) as customer:
        shown = (await customer.post("/v1/me/access/totp")).json()
        code = TOTP(shown["secret"]).now()
        await customer.post("/v1/me/access/totp/confirmation", json={"factor": shown["factor"], "code": code})
    async with desk_stack.client(sessions[first]) as customer:
        for one in (second, guarded):
            assert (await customer.post("/v1/me/emails", json={"email": one})).status_code == 200
        token = await token_of_mail(rows, guarded, "customer_email_proof")
        refused = await customer.post("/v1/me/emails/proof", json={"token": token})
        assert (refused.status_code, refused.json()["code"]) == (409, "email_has_access")
        token = await token_of_mail(rows, second, "customer_email_proof")
        me = (await customer.post("/v1/me/emails/proof", json={"token": token})).json()
        assert {one["email"] for one in me["emails"]} == {first, second}
    async with desk_stack.client(sessions[second]) as joined:
        assert (await joined.get("/v1/me")).status_code == 401
    assert (await _log_in(anyone, second)).status_code == 201


async def test_of_two_who_prove_each_other_s_address_at_once_one_takes_both(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    addresses = [_address(), _address()]
    for one in addresses:
        await add_order(rows, one)
    sessions = [await register(anyone, rows, one) for one in addresses]
    tokens: list[str] = []
    for session, other in zip(sessions, reversed(addresses), strict=True):
        async with desk_stack.client(session) as customer:
            assert (await customer.post("/v1/me/emails", json={"email": other})).status_code == 200
        tokens.append(await token_of_mail(rows, other, "customer_email_proof"))

    async def prove(session: str, token: str) -> httpx.Response:
        async with desk_stack.client(session) as customer:
            return await customer.post("/v1/me/emails/proof", json={"token": token})

    # Both have begun and wait: whoever holds themselves first would now wait for the other.
    async with rows.transaction():
        await rows.fetch("SELECT FROM customer_email WHERE email = ANY($1) FOR UPDATE", addresses)
        proofs = [asyncio.create_task(prove(*each)) for each in zip(sessions, tokens, strict=True)]
        async with asyncio.timeout(20):
            both_wait = "SELECT count(*) >= 2 FROM pg_locks WHERE NOT granted"
            while not await rows.fetchval(both_wait):  # noqa: ASYNC110 -- The desk's own process.
                await asyncio.sleep(0.02)
    answers = await asyncio.gather(*proofs)
    assert sorted(each.status_code for each in answers) == [200, 401], [each.text for each in answers]
    (taken,) = (each.json() for each in answers if each.status_code == 200)
    assert {each["email"] for each in taken["emails"]} == set(addresses)
    # Nobody is shut out: either address leads to the access that stands.
    for one in addresses:
        assert (await _log_in(anyone, one)).status_code == 201
    joined = "SELECT count(*) FROM customer_event WHERE kind = 'customer.joined' AND facts ->> 'into' = $1"
    assert await rows.fetchval(joined, taken["id"]) == 1


async def test_profile_and_sessions_are_the_customers_own(
    desk_stack: DeskStack, anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    email = _address()
    await add_order(rows, email)
    session = await register(anyone, rows, email)
    elsewhere = (await _log_in(anyone, email)).json()["token"]
    async with desk_stack.client(session) as customer:
        changed = await customer.patch("/v1/me", json={"name": "  Camille   Petit ", "locale": "en"})
        assert (changed.json()["name"], changed.json()["locale"]) == ("Camille Petit", "en")
        assert (await customer.get("/v1/me")).json()["name"] == "Camille Petit"
        hostile = await customer.patch("/v1/me", json={"name": "Camille\u202etiteP"})
        assert hostile.status_code == 422, hostile.text
        places = (await customer.get("/v1/me/access")).json()["sessions"]
        (other,) = [one["id"] for one in places if not one["current"]]
        assert (await customer.delete(f"/v1/me/access/sessions/{other}")).status_code == 204
    async with desk_stack.client(elsewhere) as ended:
        assert (await ended.get("/v1/me")).status_code == 401
    async with desk_stack.client(session) as customer:
        assert (await customer.delete("/v1/me/session")).status_code == 204
        assert (await customer.get("/v1/me")).status_code == 401


async def test_a_malformed_address_is_refused_and_nothing_is_written(
    anyone: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    before = await rows.fetchval("SELECT count(*) FROM customer_link")
    for email in ("not an address", "a@b", "<script>@example.fr x", f"{'a' * 65}@exemple.example"):
        refused = await anyone.post("/v1/customers/links", json={"email": email})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request"), email
    assert await rows.fetchval("SELECT count(*) FROM customer_link") == before
