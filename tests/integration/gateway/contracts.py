"""Contracts of companies of their own, for tests of what they cover, how they are signed and what they change."""

import itertools
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from core.contracts.payment import Authorise, SealedCard
from core.db.queries import load
from core.transactions.engine.columns import arming_columns
from core.values.clock import paris_date, to_unix_us
from core.values.ids import encode_id, uuid7
from tests.architecture.tree import CHECKOUT
from tests.integration.gateway.test_fees import approved_grid, today, token_of
from tests.support.desk import DeskStack

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
_names = itertools.count(1)
_stans = itertools.count(700_000)


class Later:
    """A clock some days ahead."""

    def __init__(self, days: int) -> None:
        self._days = days

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self._days)

    def unix_us(self) -> int:
        return to_unix_us(self.now())


class Place:
    """A company of one's own with a store, a PAX service that is not active, and a terminal."""

    def __init__(self, ids: dict[str, Any], terminal: str) -> None:
        self.ids = ids
        self.terminal = terminal

    def public(self, kind: str) -> str:
        return encode_id(kind, self.ids[kind].bytes)


@pytest.fixture
async def place(rows: asyncpg.Connection) -> Place:
    number = next(_names)
    account = await rows.fetchval("INSERT INTO account (name) VALUES ('Compte du contrat') RETURNING id")
    company = await rows.fetchval(
        "INSERT INTO company (account_id, legal_name, siren) VALUES ($1, $2, $3) RETURNING id",
        account,
        f"Société du contrat {number}",
        f"{770_000_000 + number}",
    )
    store = await rows.fetchval(
        "INSERT INTO store (company_id, name, siret, acceptor, merchant_category, street, postcode, city, department)"
        " VALUES ($1, $2, $3, $4, '5411', '1 rue du Port', '59000', 'Lille', '59') RETURNING id",
        company,
        f"Magasin du contrat {number}",
        f"{770_000_000 + number}00011",
        f"GCTC{number:011d}",
    )
    service = await rows.fetchval(
        "INSERT INTO service (store_id, kind, acquirer_id) VALUES ($1, 'pax', 1) RETURNING id", store
    )
    terminal = await rows.fetchval(
        "INSERT INTO terminal (store_id, service_id, terminal, activated_at) VALUES ($1, $2, $3, now()) RETURNING id",
        store,
        service,
        f"C{number:07d}",
    )
    ids = {"account": account, "company": company, "store": store, "service": service, "terminal": terminal}
    return Place(ids, f"C{number:07d}")


@pytest.fixture
async def client(desk_stack: DeskStack) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_stack.client(await token_of(desk_stack, "backoffice")) as logged_in:
        yield logged_in


async def reason_of_payment(rows: asyncpg.Connection, place: Place) -> int:
    """Record a payment by the engine's own statement and return what it was refused with, 0 when it may go."""
    now = datetime.now(UTC)
    item = Authorise(
        id=uuid7(
            unix_ms=int(now.timestamp() * 1000), sequence=0, randomness=int.from_bytes(os.urandom(8), "big")
        ),
        terminal_id=place.ids["terminal"].bytes,
        kind=2,
        message_class=2,
        stan=next(_stans),
        business_date=paris_date(now).toordinal(),
        body_hash=1,
        amount_minor=1_250,
        currency="EUR",
        card=SealedCard(b"", 4_242, "497010", "0014", "2912", 2),
        sensitive=b"",
        entry_mode="051",
        transmitted_at="1122101500",
        local_time="1122111500",
        partial_ok=False,
        received_at_us=to_unix_us(now),
        request=b"\x80",
    )
    statement = load(CHECKOUT / "core" / "transactions" / "engine" / "queries.sql").arm_attempts
    day = paris_date(now)
    async with rows.transaction():
        row = await rows.fetchrow(
            statement,
            *arming_columns([item]),
            30_000,
            day - timedelta(days=1),
            day + timedelta(days=1),
            [],  # no reversal was judged before
            0,
        )
    assert row is not None
    return row["refused_reasons"][0] if row["refused_reasons"] else 0


_grids: dict[str, str] = {}


async def grid_in_force(desk_stack: DeskStack) -> str:
    """Return one grid in force, made by two people once for all tests."""
    key = desk_stack.gateway_url
    if key not in _grids:
        _grids[key] = (await approved_grid(desk_stack, "Grille des contrats"))["id"]
    return _grids[key]


async def make(
    client: httpx.AsyncClient, desk_stack: DeskStack, place: Place, **changes: Any
) -> dict[str, Any]:
    body = {
        "company": place.public("company"),
        "grid": await grid_in_force(desk_stack),
        "starts_on": today(),
        "services": [{"store": place.public("store"), "kind": "pax", "options": {"tip": True}}],
        **changes,
    }
    answer = await client.post("/v1/contracts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def move(client: httpx.AsyncClient, contract: str, what: str, **body: Any) -> httpx.Response:
    read = (await client.get(f"/v1/contracts/{contract}")).json()
    return await client.post(f"/v1/contracts/{contract}/{what}", json={"revision": read["revision"], **body})


async def act(client: httpx.AsyncClient, contract: str, what: str, **more: Any) -> dict[str, Any]:
    answer = await move(client, contract, what, **{"reason": "as agreed", **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def sign(client: httpx.AsyncClient, contract: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(
        f"/v1/contracts/{contract['id']}/sign",
        json={
            "typed": {
                "name": "Awa Diop",
                "role": "Gérante",
                "pdf_sha256": contract["versions"][0]["pdf_fr"]["sha256"],
                "consent": True,
            }
        },
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def activated(client: httpx.AsyncClient, desk_stack: DeskStack, place: Place) -> dict[str, Any]:
    contract = await make(client, desk_stack, place)
    await sign(client, await act(client, contract["id"], "prepare"))
    return await act(client, contract["id"], "activate")
