"""Up to how much one person may act alone: who reads it, who sets it, and for whom it counts."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from tests.integration.gateway.test_administration import People, people
from tests.integration.gateway.test_approvals import ask, captured
from tests.integration.gateway.test_transactions import engine

__all__ = ["engine", "people"]


@pytest.fixture
async def kept_limit(rows: asyncpg.Connection) -> AsyncIterator[None]:
    """Put the limit back as the institution made it: other tests count on it."""
    yield
    await rows.execute(
        "UPDATE approval_limit SET amount_minor = 50000, before_minor = 0, set_by = NULL, set_at = NULL"
    )
    await rows.execute("DELETE FROM approval_limit WHERE currency <> 'EUR'")


async def put(
    client: httpx.AsyncClient, amount: int, *, key: str = "", change: dict[str, object] | None = None
) -> httpx.Response:
    body = {
        "amount": {"amount": amount, "currency": "EUR"},
        "reason": "agreed by the board",
        "revision": await revision_of(client),
    }
    return await client.post(
        "/v1/approval-limits",
        json=body | (change or {}),
        headers={"Idempotency-Key": key or os.urandom(8).hex()},
    )


async def revision_of(client: httpx.AsyncClient) -> int:
    listed = (await client.get("/v1/approval-limits")).json().get("data", [])
    return next((one["revision"] for one in listed if one["alone_max"]["currency"] == "EUR"), 0)


async def yours(client: httpx.AsyncClient) -> int:
    (limit,) = (await client.get("/v1/approval-limits")).json()["data"]
    return limit["yours"]["amount"]


async def test_an_administrator_sets_the_limit_and_the_audit_says_why(
    people: People, rows: asyncpg.Connection, kept_limit: None
) -> None:
    me, admin = await people.add("administrator")
    _, supervisor = await people.add("supervisor")
    async with admin, supervisor:
        read: dict[str, object] = {"revision": await revision_of(admin)}
        first = await put(admin, 80_000, key="limit", change=read)
        again = await put(admin, 80_000, key="limit", change=read)
        assert (first.status_code, first.content) == (200, again.content)
        listed = (await supervisor.get("/v1/approval-limits")).json()
    (limit,) = listed["data"]
    assert limit["alone_max"] == limit["yours"] == {"amount": 80_000, "currency": "EUR"}
    assert (limit["set_by"]["id"], listed["may_change"]) == (me, False)
    actions = await rows.fetch(
        "SELECT facts FROM action WHERE kind = 'limit.changed' ORDER BY seq DESC LIMIT 2"
    )
    facts = json.loads(actions[0]["facts"])
    assert (facts["before_minor"], facts["amount_minor"], facts["reason"]) == (
        50_000,
        80_000,
        "agreed by the board",
    )
    assert len(actions) == 1


async def test_who_raises_the_limit_still_needs_somebody_else(
    people: People, rows: asyncpg.Connection, kept_limit: None, engine: list[bytes]
) -> None:
    _, author = await people.add("administrator")
    _, other = await people.add("administrator")
    _, back_office = await people.add("back_office")
    async with author, other, back_office:
        assert (await put(author, 70_000)).json()["yours"]["amount"] == 50_000
        # Once more does not take away what stood before the first time.
        assert (await put(author, 90_000)).json()["yours"]["amount"] == 50_000
        alone = await ask(author, await captured(rows), 60_000)
        assert (alone.status_code, alone.json()["state"]) == (202, "waiting")
        assert engine == []
        by_others = await ask(back_office, await captured(rows), 60_000)
        assert (by_others.json()["kind"], len(engine)) == ("refund", 1)
        # Somebody else who sets the same agrees with it.
        assert (await put(other, 90_000)).json()["yours"]["amount"] == 90_000
        assert await yours(author) == 90_000
        # What is lowered holds for its author at once.
        assert (await put(author, 10_000)).json()["yours"]["amount"] == 10_000
        assert (await put(author, 40_000)).json()["yours"]["amount"] == 10_000


async def test_only_who_administers_the_whole_institution_sets_it(
    people: People, rows: asyncpg.Connection, kept_limit: None
) -> None:
    _, supervisor = await people.add("supervisor")
    _, of_a_part = await people.add("administrator", departments=["75"])
    _, back_office = await people.add("back_office")
    async with supervisor, of_a_part, back_office:
        for client in (supervisor, of_a_part, back_office):
            refused = await put(client, 1_000_000)
            assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
        unseen = await back_office.get("/v1/approval-limits")
    assert unseen.status_code == 403
    assert await rows.fetchval("SELECT amount_minor FROM approval_limit") == 50_000


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": {"amount": -1, "currency": "EUR"}}, "amount.amount"),
        ({"amount": {"amount": 10**9 + 1, "currency": "EUR"}}, "amount.amount"),
        ({"amount": {"amount": 100, "currency": "USD"}}, "amount.currency"),
        ({"reason": "   "}, "reason"),
        ({"kind": "transaction.cancel"}, "kind"),
    ],
)
async def test_a_limit_that_cannot_be_names_its_field(
    people: People, kept_limit: None, change: dict[str, object], field: str
) -> None:
    _, admin = await people.add("administrator")
    async with admin:
        refused = await put(admin, 70_000, change=change)
    assert refused.status_code == 422, refused.text
    assert [error["field"] for error in refused.json()["errors"]] == [field]


async def test_a_limit_is_not_set_over_the_one_that_a_colleague_set_meanwhile(
    people: People, kept_limit: None
) -> None:
    _, one = await people.add("administrator")
    _, other = await people.add("administrator")
    async with one, other:
        read: dict[str, object] = {"revision": await revision_of(one)}
        assert (await put(other, 20_000, change=read)).status_code == 200
        late = await put(one, 90_000, change=read)
        assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
        (limit,) = (await one.get("/v1/approval-limits")).json()["data"]
        assert limit["alone_max"]["amount"] == 20_000
