"""A grid of fees: two people, one date, and what a draft would have cost."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx

from core.contracts.states import State
from core.merchants.fees.rules import fee_of
from core.values.clock import paris_date
from core.values.ids import decode_id, encode_id
from tests.support.desk import CHANGED_BY, DeskStack, add_attempt

VISA = {
    "brand": "visa",
    "region": "eea",
    "card_type": "debit",
    "rate_bp": 35,
    "fixed_minor": 5,
    "minimum_minor": 12,
}
CB = {**VISA, "brand": "cb", "rate_bp": 20}


def today(days: int = 0) -> str:
    return (paris_date(datetime.now(UTC)) + timedelta(days=days)).isoformat()


_tokens: dict[tuple[str, str], str] = {}


async def token_of(desk_stack: DeskStack, name: str) -> str:
    """Log somebody in once for all tests: checking a password is slow on purpose."""
    key = (desk_stack.gateway_url, name)
    if key in _tokens:
        async with desk_stack.client(_tokens[key]) as client:
            # Another file's test may have signed this person out everywhere.
            if (await client.get("/v1/sessions/current")).status_code == 200:
                return _tokens[key]
    _tokens[key] = await desk_stack.log_in(f"{name}@guichet.example")
    return _tokens[key]


async def make_grid(client: httpx.AsyncClient, name: str, *rows: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(
        "/v1/fee-grids", json={"name": name, "effective_on": today(), "rows": list(rows or (VISA,))}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def act(client: httpx.AsyncClient, version: str, what: str) -> httpx.Response:
    read = (await client.get(f"/v1/fee-versions/{version}")).json()
    return await client.post(
        f"/v1/fee-versions/{version}/{what}", json={"reason": "as agreed", "revision": read["revision"]}
    )


async def approved_grid(desk_stack: DeskStack, name: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """Make a grid in force since today: one submits, another approves."""
    async with desk_stack.client(await token_of(desk_stack, "admin")) as one:
        grid = await make_grid(one, name, *rows)
        assert (await act(one, grid["pending"]["id"], "submit")).status_code == 200
    async with desk_stack.client(await token_of(desk_stack, "superviseur")) as other:
        assert (await act(other, grid["pending"]["id"], "approve")).status_code == 200
        return (await other.get(f"/v1/fee-grids/{grid['id']}")).json()


async def test_whoever_submits_cannot_approve(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    async with desk_stack.client(await token_of(desk_stack, "admin")) as one:
        grid = await make_grid(one, "Two people")
        version = grid["pending"]["id"]
        assert (await act(one, version, "approve")).json()["code"] == "fee_act_refused"
        assert (await act(one, version, "submit")).json()["state"] == "submitted"
        refused = await act(one, version, "approve")
        assert (refused.status_code, refused.json()["code"]) == (403, "fee_same_person")
        edited = await one.patch(
            f"/v1/fee-versions/{version}", json={"effective_on": today(), "rows": [CB], "revision": 1}
        )
        assert edited.json()["code"] == "fee_version_not_draft"
    async with desk_stack.client(await token_of(desk_stack, "superviseur")) as other:
        approved = (await act(other, version, "approve")).json()
    assert approved["state"] == "in_force"
    assert [event["act"] for event in approved["events"]] == ["made", "submit", "approve"]
    assert approved["submitted_by"]["id"] != approved["approved_by"]["id"]
    kinds = await rows.fetch(
        "SELECT kind FROM action WHERE target_id = $1 ORDER BY seq",
        uuid.UUID(bytes=decode_id("fee_version", version)),
    )
    assert [row["kind"] for row in kinds] == ["fee_version.submit", "fee_version.approve"]


async def test_the_next_version_begins_as_a_copy_and_shows_what_it_changes(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    grid = await approved_grid(desk_stack, "Copied", VISA, CB)
    async with desk_stack.client(await token_of(desk_stack, "admin")) as client:
        made = await client.post(f"/v1/fee-grids/{grid['id']}/versions", json={"effective_on": today(10)})
        assert made.status_code == 201
        again = await client.post(f"/v1/fee-grids/{grid['id']}/versions", json={"effective_on": today(11)})
        assert again.json()["code"] == "fee_version_pending"
        assert re.search(CHANGED_BY, again.json()["detail"]), "who began the one that waits, and when"
        draft = made.json()
        assert (draft["version"], draft["differences"], len(draft["rows"])) == (2, [], 2)
        edited = await client.patch(
            f"/v1/fee-versions/{draft['id']}",
            json={
                "effective_on": today(12),
                "rows": [{**VISA, "rate_bp": 40}],
                "revision": draft["revision"],
            },
        )
    changed = edited.json()
    assert [(one["brand"], one["after"] and one["after"]["rate_bp"]) for one in changed["differences"]] == [
        ("visa", 40),
        ("cb", None),
    ]
    assert changed["effective_on"] == today(12)


async def test_a_draft_is_priced_on_what_was_captured(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    grid = await approved_grid(desk_stack, "Priced", VISA)
    place = await rows.fetchrow(
        "SELECT s.company_id FROM terminal t JOIN store s ON s.id = t.store_id WHERE t.terminal = 'T0000009'"
    )
    assert place is not None
    amounts = (1_000, 999, 12_345, 1)
    for amount in amounts:
        await add_attempt(
            rows, terminal="T0000009", state=State.CAPTURED, amount_minor=amount, captured_minor=amount
        )
    company = encode_id("company", place["company_id"].bytes)
    async with desk_stack.client(await token_of(desk_stack, "admin")) as client:
        assigned = await client.post(f"/v1/fee-grids/{grid['id']}/companies", json={"company": company})
        assert [one["id"] for one in assigned.json()["paying"]] == [company]
        draft = (
            await client.post(f"/v1/fee-grids/{grid['id']}/versions", json={"effective_on": today(1)})
        ).json()
        await client.patch(
            f"/v1/fee-versions/{draft['id']}",
            json={
                "effective_on": today(1),
                "rows": [{**VISA, "rate_bp": 40}, CB],
                "revision": draft["revision"],
            },
        )
        seen = await client.get(
            f"/v1/fee-versions/{draft['id']}/preview", params={"first": today(-2), "last": today()}
        )
    assert seen.status_code == 200, seen.text
    captured = await rows.fetch(
        "SELECT captured_minor FROM attempt WHERE company_id = $1 AND card_brand = 2 AND captured_minor > 0",
        place["company_id"],
    )
    sums = [
        sum(fee_of(row["captured_minor"], rate_bp=rate, fixed_minor=5, minimum_minor=12) for row in captured)
        for rate in (35, 40)
    ]
    (visa,) = [one for one in seen.json()["brands"] if one["brand"] == "visa"]
    assert (visa["before_minor"], visa["after_minor"]) == tuple(sums)
    assert visa["payments"] == len(captured) >= len(amounts)
    assert visa["difference_minor"] == sums[1] - sums[0]


async def test_fees_are_refused_by_the_field(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    async with desk_stack.client(await token_of(desk_stack, "admin")) as client:
        twice = await client.post(
            "/v1/fee-grids", json={"name": "Twice", "effective_on": today(), "rows": [VISA, VISA]}
        )
        assert [one["field"] for one in twice.json()["errors"]] == ["rows[1]"]
        dear = await client.post(
            "/v1/fee-grids",
            json={"name": "Dear", "effective_on": today(), "rows": [{**VISA, "rate_bp": 2_001}]},
        )
        assert dear.status_code == 422
        no_day = await client.post(
            "/v1/fee-grids", json={"name": "No day", "effective_on": "2026-02-30", "rows": [VISA]}
        )
        assert [one["field"] for one in no_day.json()["errors"]] == ["effective_on"]
        grid = await make_grid(client, "Taken")
        taken = await client.post(
            "/v1/fee-grids", json={"name": "taken", "effective_on": today(), "rows": [VISA]}
        )
        assert taken.json()["code"] == "fee_grid_name_taken"
        await rows.execute(
            "UPDATE fee_version SET effective_on = current_date - 2 WHERE id = $1",
            uuid.UUID(bytes=decode_id("fee_version", grid["pending"]["id"])),
        )
        past = await act(client, grid["pending"]["id"], "submit")
        assert past.json()["code"] == "fee_date_past"
    async with desk_stack.client(await token_of(desk_stack, "hotline")) as client:
        assert (await client.get("/v1/fee-grids")).status_code == 403


async def test_whoever_wrote_the_figures_is_no_second_pair_of_eyes(desk_stack: DeskStack) -> None:
    async with (
        desk_stack.client(await token_of(desk_stack, "admin")) as author,
        desk_stack.client(await token_of(desk_stack, "superviseur")) as other,
        desk_stack.client(await token_of(desk_stack, "backoffice")) as third,
    ):
        grid = await make_grid(author, "Own figures")
        version = grid["pending"]["id"]
        # A colleague lends a click: the figures are still the author's.
        assert (await act(other, version, "submit")).status_code == 200
        refused = await act(author, version, "approve")
        assert (refused.status_code, refused.json()["code"]) == (403, "fee_same_person")
        shown = (await author.get(f"/v1/fee-versions/{version}")).json()
        # Nothing is in force, so that every row is one that changes.
        assert [(one["before"], one["after"]["rate_bp"]) for one in shown["differences"]] == [(None, 35)]
        assert [one["why"] for one in shown["acts"] if one["act"] == "approve"] == ["fee_same_person"]
        assert (await act(third, version, "approve")).json()["code"] == "not_permitted"
        assert (await act(other, version, "approve")).json()["code"] == "fee_same_person"


async def test_nobody_approves_other_figures_than_those_that_they_read(desk_stack: DeskStack) -> None:
    async with (
        desk_stack.client(await token_of(desk_stack, "backoffice")) as author,
        desk_stack.client(await token_of(desk_stack, "superviseur")) as other,
        desk_stack.client(await token_of(desk_stack, "admin")) as another,
    ):
        async with desk_stack.client(await token_of(desk_stack, "backoffice")) as client:
            grid = await make_grid(client, "Moved under the eyes")
        version = grid["pending"]["id"]
        path = f"/v1/fee-versions/{version}"
        assert (await act(author, version, "submit")).status_code == 200
        read = (await other.get(path)).json()
        sent_back = await act(another, version, "send_back")
        assert sent_back.status_code == 200
        cheaper = {"effective_on": today(), "rows": [{**VISA, "rate_bp": 1}]}
        edited = await author.patch(path, json={**cheaper, "revision": sent_back.json()["revision"]})
        assert edited.status_code == 200
        stale = {"effective_on": today(), "rows": [VISA], "revision": read["revision"]}
        overwritten = await another.patch(path, json=stale)
        assert (overwritten.status_code, overwritten.json()["code"]) == (409, "changed_meanwhile")
        assert overwritten.json()["errors"][0]["detail"].startswith("Claire Dubreuil, ")
        assert (await act(author, version, "submit")).status_code == 200
        wish = {"reason": "as read"}
        late = await other.post(f"{path}/approve", json={**wish, "revision": read["revision"]})
        assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
        blind = await other.post(f"{path}/approve", json=wish)
        assert blind.json()["errors"] == [
            {"field": "revision", "code": "missing", "detail": "rechargez la page\u00a0: sa version manque"}
        ]
        assert (await act(other, version, "approve")).status_code == 200


async def test_an_approved_version_is_taken_back_until_its_date_comes(desk_stack: DeskStack) -> None:
    standing = await approved_grid(desk_stack, "Taken back")
    async with (
        desk_stack.client(await token_of(desk_stack, "backoffice")) as author,
        desk_stack.client(await token_of(desk_stack, "superviseur")) as other,
    ):
        begun = await act(other, standing["in_force"]["id"], "withdraw")
        assert (begun.status_code, begun.json()["code"]) == (409, "fee_act_refused")
        assert re.search(CHANGED_BY, begun.json()["detail"]), "who was faster, and when"
        made = await author.post(f"/v1/fee-grids/{standing['id']}/versions", json={"effective_on": today(9)})
        version = made.json()["id"]
        assert (await act(author, version, "submit")).status_code == 200
        assert (await act(other, version, "approve")).json()["state"] == "approved"
        alone = await act(author, version, "withdraw")
        assert (alone.status_code, alone.json()["code"]) == (403, "not_permitted")
        assert (await act(other, version, "withdraw")).json()["state"] == "withdrawn"
        again = await author.post(f"/v1/fee-grids/{standing['id']}/versions", json={"effective_on": today(9)})
        assert again.status_code == 201


async def test_no_company_pays_by_a_grid_of_which_nothing_is_in_force(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    company = await rows.fetchval("SELECT id FROM company ORDER BY id LIMIT 1")
    assert company is not None
    before = await rows.fetchval("SELECT grid_id FROM company_fee WHERE company_id = $1", company)
    async with desk_stack.client(await token_of(desk_stack, "admin")) as client:
        grid = await make_grid(client, "Not yet")
        refused = await client.post(
            f"/v1/fee-grids/{grid['id']}/companies", json={"company": encode_id("company", company.bytes)}
        )
    assert (refused.status_code, refused.json()["code"]) == (409, "fee_grid_not_in_force")
    assert await rows.fetchval("SELECT grid_id FROM company_fee WHERE company_id = $1", company) == before
