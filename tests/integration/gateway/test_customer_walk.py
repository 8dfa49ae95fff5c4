"""Every endpoint of customers, asked by another customer; and everything that agents do, next to a customer's access."""

from __future__ import annotations

import re
import secrets
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, NamedTuple, get_args

import pytest
from pyotp.totp import TOTP

from core.contracts.card_changes import CardChangeId
from core.contracts.macros import StepName
from core.contracts.operation import AGENTS, Reach
from core.contracts.operations import OPERATIONS
from core.contracts.orders import OrderId
from core.contracts.refusals import Refused
from core.roles.desk import carry_out
from core.values.ids import encode_id
from deploy.local.postgres import PostgresServer
from gateway.operations import shown_as
from tests.architecture.tree import CHECKOUT, shown, tracked_files
from tests.integration.gateway.test_scope_walk import UNSCOPED_TABLES, example_of
from tests.support.customers import PASSWORD, add_card_change, add_order, register
from tests.support.sent_forms import SENDS
from tests.support.walking.endpoints import Endpoint, Wanted, endpoints_of, requests_for
from tests.support.walking.samples import kind_of
from tests.support.walking.world import World, walking_world

FILES: Final = {"GET /me/orders/{order_id}/paper"}
"""Endpoints written by hand: their operations have no route of their own."""
STREAMS: Final = {"GET /me/chat/events"}
"""Endless answers; test_chat.py asks them as another customer."""
OF_CUSTOMERS: Final = {
    **dict.fromkeys(FILES),
    **{shown_as(each): each for each in OPERATIONS if each.http and each.access.reach is Reach.CUSTOMER},
}
ENDS_A_SESSION: Final = {"DELETE /me/session", "DELETE /me/access/sessions", "POST /me/access/password"}
ENDS_THE_AGENTS_SESSION: Final = {"DELETE /access/sessions", "POST /access/password"}


class Walker(NamedTuple):
    """A customer with an order whose card they wanted to change, two addresses, a second factor, and a session elsewhere."""

    token: str
    email: str
    ids: dict[str, bytes]
    words: set[str]


@pytest.fixture(scope="module")
async def world(postgres_server: PostgresServer, short_folder: Path) -> AsyncIterator[World]:
    """One of its own: what is asked here is done."""
    async with walking_world(postgres_server, short_folder / "customers", unscoped=UNSCOPED_TABLES) as made:
        yield made


async def _walker(world: World) -> Walker:
    email = f"{secrets.token_hex(5)}@exemple.example"
    order = await add_order(world.owner, email, name=f"Nom {secrets.token_hex(4)}")
    token = await register(world.client, world.owner, email)
    await world.call(token, "POST", "/v1/customers/sessions", body={"email": email, "password": PASSWORD})
    shown = (await world.call(token, "POST", "/v1/me/access/totp")).json
    body = {"factor": shown["factor"], "code": TOTP(shown["secret"]).now()}
    added = await world.call(token, "POST", "/v1/me/access/totp/confirmation", body=body)
    assert added.status == 201, added.text
    customer = await world.owner.fetchrow(
        "SELECT c.id, c.name, e.id AS email_id FROM customer c JOIN customer_email e ON e.customer_id = c.id"
        " WHERE e.email = $1",
        email,
    )
    assert customer is not None
    further = await world.owner.fetchval(
        "INSERT INTO customer_email (customer_id, email, is_main, proved_at) VALUES ($1, 'b' || $2, false, now())"
        " RETURNING id",
        customer["id"],
        email,
    )
    session = await world.owner.fetchval(
        "SELECT token_hash FROM customer_session WHERE customer_id = $1 ORDER BY created_at DESC LIMIT 1",
        customer["id"],
    )
    factor = await world.owner.fetchval(
        "SELECT id FROM customer_factor WHERE customer_id = $1", customer["id"]
    )
    subject = f"Objet {secrets.token_hex(4)}"
    conversation = await world.owner.fetchval(
        "INSERT INTO conversation (customer_id, channel, state, since, subject, locale, made_at)"
        " VALUES ($1, 'form', 'waiting', now(), $2, 'fr', now()) RETURNING id",
        customer["id"],
        subject,
    )
    reference = await world.owner.fetchval("SELECT reference FROM purchase_order WHERE id = $1", order)
    change = await add_card_change(world.owner, order, customer["id"])
    assert conversation is not None
    assert further is not None
    assert session is not None
    assert factor is not None
    ids = {
        "customer": customer["id"].bytes,
        "customer_email": further.bytes,
        "order": OrderId(order.bytes),
        "card_change": CardChangeId(change.bytes),
        "factor": factor.bytes,
        "session": session[:16],
        "conversation": conversation.bytes,
    }
    words = {encode_id(kind, raw).partition("_")[2] for kind, raw in ids.items()}
    return Walker(token, email, ids, words | {email, customer["name"], reference, subject})


def _requests(world: World, endpoint: Endpoint, ids: dict[str, bytes]) -> list[Wanted]:
    """Return requests about what these identifiers name. Raises: KeyError, for a kind that a walker lacks."""
    sampler = world.sampler
    sampler.records = {**world.records, **ids}
    operation = OF_CUSTOMERS[endpoint.name]
    return list(requests_for(endpoint, sampler, {} if operation is None else operation.example))


def _endpoints(world: World) -> list[Endpoint]:
    found = [
        each for each in endpoints_of(world.app, world.document) if f"{each.path}/".startswith("/v1/me/")
    ]
    assert {each.name for each in found} == set(OF_CUSTOMERS) | STREAMS
    return [each for each in found if each.name not in STREAMS]


async def test_customer_walk_shows_and_changes_nothing_of_another_customer(world: World) -> None:
    theirs, mine = await _walker(world), await _walker(world)
    before = await _rows_of(world, theirs)
    findings: list[str] = []
    for endpoint in _endpoints(world):
        if endpoint.name in ENDS_A_SESSION:
            continue
        for wanted in _requests(world, endpoint, theirs.ids):
            answer = await world.call(
                mine.token, endpoint.method, wanted.path, query=wanted.query, body=wanted.body
            )
            sent = f"{wanted.path} {wanted.query} {wanted.body}"
            if seen := sorted(word for word in theirs.words if word in answer.text and word not in sent):
                findings.append(f"{endpoint.name} shows {seen}")
            ids = [place for place in endpoint.places if kind_of(place) in theirs.ids]
            if ids and answer.status != 404:
                findings.append(
                    f"{endpoint.name} is {answer.status} {answer.code}, not 404: {answer.text[:200]}"
                )
            if answer.status >= 500:
                findings.append(f"{endpoint.name} fails with {answer.status} {answer.code}")
    assert findings == []
    assert await _rows_of(world, theirs) == before


async def test_customer_walk_finds_what_is_ones_own_at_the_same_addresses(world: World) -> None:
    mine = await _walker(world)
    for endpoint in _endpoints(world):
        if endpoint.method == "GET":
            (wanted, *_) = _requests(world, endpoint, mine.ids)
            answer = await world.call(mine.token, "GET", wanted.path, query=wanted.query)
            assert answer.status == 200, (endpoint.name, answer.text)


async def test_customer_walk_lets_nobody_in_without_a_session_nor_into_the_desk(world: World) -> None:
    mine = await _walker(world)
    for endpoint in _endpoints(world):
        (wanted, *_) = _requests(world, endpoint, mine.ids)
        answer = await world.call(
            "x" * 43, endpoint.method, wanted.path, query=wanted.query, body=wanted.body
        )
        assert (answer.status, answer.code) == (401, "session_ended"), endpoint.name
    of_agents = {shown_as(each) for each in OPERATIONS if each.http and each.access.reach in AGENTS}
    for endpoint in endpoints_of(world.app, world.document):
        if endpoint.name in of_agents:
            try:
                wanted = next(requests_for(endpoint, world.sampler, example_of(world, endpoint)))
            except KeyError:
                continue  # test_scope_walk says which record is missing.
            answer = await world.call(
                mine.token, endpoint.method, wanted.path, query=wanted.query, body=wanted.body
            )
            assert (answer.status, answer.code) == (401, "session_ended"), endpoint.name


async def test_no_operation_of_agents_sets_a_customers_password_or_unlocks_an_access(world: World) -> None:
    mine = await _walker(world)
    await world.owner.execute(
        "INSERT INTO login_failure (subject, at) SELECT 'customer-email:' || $1, now() FROM generate_series(1, 5)",
        mine.email,
    )
    token = await world.agent("everywhere", role="administrator", everywhere=True)
    caller = await world.signed_in("everywhere", role="administrator", everywhere=True)
    before = await _access_of_customers(world)
    of_agents = {shown_as(each) for each in OPERATIONS if each.http and each.access.reach in AGENTS}
    asked = 0
    records = {**world.records, **mine.ids}
    for endpoint in endpoints_of(world.app, world.document):
        if (
            endpoint.name in of_agents
            and endpoint.name not in ENDS_THE_AGENTS_SESSION
            and endpoint.method != "GET"
        ):
            sampler = world.sampler
            sampler.records = records
            try:
                wanted = next(requests_for(endpoint, sampler, example_of(world, endpoint)))
            except KeyError:
                continue
            await world.call(token, endpoint.method, wanted.path, query=wanted.query, body=wanted.body)
            asked += 1
    for one in world.served.values():
        if one.operation.access.reach in AGENTS:
            sampler = world.sampler
            sampler.records = records
            try:
                await carry_out(one, caller, sampler.body(one.operation.asked))
            except (Refused, ValueError, LookupError):
                continue
    assert asked > 60
    assert await _access_of_customers(world) == before


def test_no_screen_and_no_macro_of_agents_asks_for_an_operation_of_customers() -> None:
    reaches = {each.name: each.access.reach for each in OPERATIONS}
    asked = {name for name in SENDS.values() if name}
    assert len(asked) > 60
    assert {name for name in asked if reaches[name] not in AGENTS} == set()
    assert not [step for step in get_args(StepName) if "customer" in step or "password" in step]
    pages = [path for path in tracked_files() if shown(path).startswith("portals/agent/")]
    told = re.compile(r"[\"'`]/(?:v1/)?(?:customers/(?:links|sessions)|me)\b")
    assert [shown(path) for path in pages if path.suffix == ".py" and told.search(path.read_text())] == []


def test_only_the_customers_own_statements_write_of_their_access() -> None:
    own = CHECKOUT / "core" / "identity"
    writes = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM)\s+customer(?:_\w+)?\b", re.IGNORECASE)
    found = [
        shown(path)
        for path in tracked_files()
        if path.suffix in (".sql", ".py")
        and shown(path).startswith(("core/", "edge/", "gateway/", "portals/"))
        and "migrations" not in path.parts
        and path.parent != own / "customers"
        and writes.search(path.read_text())
    ]
    assert found == []


async def _rows_of(world: World, walker: Walker) -> dict[str, list[str]]:
    """Return every row of a customer, but when their session was last used."""
    found: dict[str, list[str]] = {}
    for table in ("customer_email", "customer_factor", "customer_recovery_code", "customer_event"):
        rows = await world.owner.fetch(
            f"SELECT md5(t::text) AS hash FROM {table} AS t WHERE customer_id = $1 ORDER BY 1",  # noqa: S608
            _uuid(walker.ids["customer"]),
        )
        found[table] = [row["hash"] for row in rows]
    ended = await world.owner.fetchval(
        "SELECT count(*) FROM customer_session WHERE customer_id = $1 AND ended_at IS NOT NULL",
        _uuid(walker.ids["customer"]),
    )
    return {**found, "ended": [str(ended)]}


async def _access_of_customers(world: World) -> dict[str, Counter[str]]:
    rows = await world.fingerprint(without=())
    kept = {name: found for name, found in rows.items() if name.startswith("customer")}
    assert {"customer", "customer_email", "customer_link", "customer_session", "customer_factor"} <= set(kept)
    guesses = await world.owner.fetch("SELECT subject FROM login_failure WHERE subject LIKE 'customer-%'")
    mails = await world.owner.fetch("SELECT recipient FROM mail WHERE template LIKE 'customer_%'")
    return {
        **kept,
        "guesses": Counter(row["subject"] for row in guesses),
        "mails": Counter(row["recipient"] for row in mails),
    }


def _uuid(raw: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=raw)
