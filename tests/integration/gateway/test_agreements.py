"""The life of a contract: what it covers really pays, and really stops."""

import re
import uuid
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from core.contracts.reasons import Reason
from core.merchants.agreements.api import carry_out_due
from core.values.ids import decode_id, encode_id
from deploy.sandbox.demonstration.agreements import seed_agreements
from tests.integration.gateway.contracts import (
    Later,
    Place,
    act,
    activated,
    client,
    grid_in_force,
    make,
    move,
    place,
    reason_of_payment,
    sign,
)
from tests.integration.gateway.test_administration import People, people
from tests.integration.gateway.test_fees import approved_grid, today, token_of
from tests.support.desk import CHANGED_BY, DeskStack

__all__ = ["client", "people", "place"]


async def test_payments_follow_the_life_of_the_contract(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE
    contract = await activated(client, desk_stack, place)
    assert (contract["state"], contract["versions"][0]["state"]) == ("active", "in_force")
    assert await reason_of_payment(rows, place) == 0
    offered = {one["act"]: one for one in contract["acts"]}
    assert [line["service"] for line in offered["suspend"]["stops"]] == [place.public("service")]
    suspended = await act(client, contract["id"], "suspend")
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE
    (resuming,) = [one for one in suspended["acts"] if one["act"] == "resume"]
    assert [line["service"] for line in resuming["starts"]] == [place.public("service")]
    await act(client, contract["id"], "resume")
    assert await reason_of_payment(rows, place) == 0
    ended = await act(client, contract["id"], "terminate")
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE
    assert (ended["state"], ended["acts"]) == ("terminated", [])
    assert [event["act"] for event in ended["events"]] == [
        "make", "prepare", "sign", "activate", "suspend", "resume", "terminate",
    ]  # fmt: skip
    assert {event["by"]["name"] for event in ended["events"]} == {"Claire Dubreuil"}
    raw = uuid.UUID(bytes=decode_id("contract", contract["id"]))
    kinds = await rows.fetch("SELECT kind FROM action WHERE target_id = $1 ORDER BY seq", raw)
    assert [row["kind"] for row in kinds] == [f"contract.{event['act']}" for event in ended["events"]]
    service = (await client.get(f"/v1/services/{place.public('service')}")).json()
    assert [change["kind"] for change in service["changes"]] == ["stopped", "started", "stopped", "started"]
    assert service["options"]["tip"] is True


async def test_resuming_starts_only_what_the_suspension_stopped(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    contract = await activated(client, desk_stack, place)
    # A technician had stopped it before the suspension came.
    await rows.execute("UPDATE service SET active = false WHERE id = $1", place.ids["service"])
    await act(client, contract["id"], "suspend")
    await act(client, contract["id"], "resume")
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE


async def test_a_notice_is_carried_out_on_its_date_and_can_be_taken_back(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    contract = await activated(client, desk_stack, place)
    noticed = await act(client, contract["id"], "terminate", effective_on=today(10))
    assert (noticed["state"], noticed["ends_on"]) == ("active", today(10))
    kept = await act(client, contract["id"], "keep")
    assert (kept["state"], kept["ends_on"]) == ("active", None)
    await act(client, contract["id"], "terminate", effective_on=today(10), reason="the shop closes")
    await act(client, contract["id"], "suspend")
    await act(client, contract["id"], "resume")
    async with asyncpg.create_pool(desk_stack.database.dsn, min_size=1, max_size=1) as pool:
        await carry_out_due(pool, Later(9))
        assert await reason_of_payment(rows, place) == 0
        assert await carry_out_due(pool, Later(10)) == 1
        assert await carry_out_due(pool, Later(10)) == 0
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE
    shown = (await client.get(f"/v1/contracts/{contract['id']}")).json()
    assert shown["state"] == "terminated"
    assert (shown["events"][-1]["act"], shown["events"][-1]["by"]) == ("terminate", None)
    # Why it ends is what the notice said, whatever happened in between.
    assert shown["events"][-1]["reason"] == "the shop closes"
    past = await move(
        client, contract["id"], "terminate", reason="too late", effective_on=str(date(2020, 1, 1))
    )
    assert [one["field"] for one in past.json()["errors"]] == ["effective_on"]


async def test_the_old_version_stays_in_force_until_the_amendment_is_activated(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    contract = await activated(client, desk_stack, place)
    grid = contract["versions"][0]["fees"]["grid"]
    only_softpos = {
        "grid": grid,
        "starts_on": today(),
        "reason": "no more terminals",
        "services": [{"store": place.public("store"), "kind": "softpos"}],
    }
    amended = await move(client, contract["id"], "amend", **only_softpos)
    assert amended.status_code == 200, amended.text
    assert [one["state"] for one in amended.json()["versions"]] == ["draft", "in_force"]
    again = await move(client, contract["id"], "amend", **only_softpos)
    assert again.json()["code"] == "contract_act_refused"
    assert re.search(CHANGED_BY, again.json()["detail"]), "who was faster, and when"
    signed = await sign(client, await act(client, contract["id"], "prepare"))
    assert await reason_of_payment(rows, place) == 0
    (taking,) = [one for one in signed["acts"] if one["act"] == "activate"]
    assert [line["kind"] for line in taking["stops"]] == ["pax"]
    assert [line["kind"] for line in taking["starts"]] == ["softpos"]
    done = await act(client, contract["id"], "activate")
    assert [one["state"] for one in done["versions"]] == ["in_force", "superseded"]
    assert await reason_of_payment(rows, place) == Reason.SERVICE_NOT_ACTIVE
    assert await rows.fetchval(
        "SELECT active FROM service WHERE store_id = $1 AND kind = 'softpos'", place.ids["store"]
    )


async def test_one_service_is_covered_by_one_contract(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    first = await activated(client, desk_stack, place)
    body = {
        "company": place.public("company"),
        "grid": first["versions"][0]["fees"]["grid"],
        "starts_on": today(),
        "services": [{"store": place.public("store"), "kind": "pax"}],
    }
    second = (await client.post("/v1/contracts", json=body)).json()
    await sign(client, await act(client, second["id"], "prepare"))
    answer = await move(client, second["id"], "activate", reason="now")
    assert (answer.status_code, answer.json()["code"]) == (409, "service_covered_elsewhere")


async def test_a_contract_out_of_scope_does_not_exist(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    contract = await make(client, desk_stack, place)
    ready = await act(client, contract["id"], "prepare")
    paper = ready["versions"][0]["pdf_fr"]["id"]
    # The technician's departments are not the store's.
    async with desk_stack.client(await token_of(desk_stack, "technicien")) as other:
        addresses = (
            f"contracts/{contract['id']}",
            f"contracts/{contract['id']}/preview",
            f"documents/{paper}",
            f"services/{place.public('service')}",
        )
        for address in addresses:
            assert (await other.get(f"/v1/{address}")).status_code == 404, address
        listed = await other.get("/v1/contracts", params={"company": place.public("company")})
        assert listed.json()["data"] == []
        limits = {"transaction_max_minor": 100, "brands": ["visa"]}
        set_limits = await other.post(
            f"/v1/services/{place.public('service')}/limits",
            json={"limits": limits, "reason": "lower", "revision": 0},
        )
        assert set_limits.status_code == 404


async def test_a_contract_of_one_store_does_not_change_what_its_company_pays(
    desk_stack: DeskStack, rows: asyncpg.Connection, people: People, client: httpx.AsyncClient, place: Place
) -> None:
    grid, other = await grid_in_force(desk_stack), await approved_grid(desk_stack, "Une autre grille")
    _, of_store = await people.add("back_office", stores=[place.ids["store"]])
    body = {
        "company": place.public("company"),
        "starts_on": today(),
        "services": [{"store": place.public("store"), "kind": "pax"}],
    }
    async with of_store:
        first = await of_store.post("/v1/contracts", json={**body, "grid": grid})
        assert first.status_code == 201, "the company pays by none yet"
        await rows.execute(
            "INSERT INTO company_fee (company_id, grid_id, since) VALUES ($1, $2, now())",
            place.ids["company"],
            uuid.UUID(bytes=decode_id("fee_grid", grid)),
        )
        refused = await of_store.post("/v1/contracts", json={**body, "grid": other["id"]})
        assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (422, ["grid"])
        same = await of_store.post("/v1/contracts", json={**body, "grid": grid})
        assert same.status_code == 201, same.text
        form = (await of_store.get(f"/v1/contract-forms/{place.public('company')}")).json()
        assert [one["id"] for one in form["grids"]] == [grid]
    assert (await client.post("/v1/contracts", json={**body, "grid": other["id"]})).status_code == 201


async def test_terms_are_refused_by_the_field_and_nothing_is_written(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    foreign: Any = await rows.fetchval(
        "SELECT id FROM store WHERE company_id <> $1 LIMIT 1", place.ids["company"]
    )
    answer = await client.post(
        "/v1/contracts",
        json={
            "company": place.public("company"),
            "grid": await grid_in_force(desk_stack),
            "starts_on": "2026-02-31",
            "services": [
                {"store": place.public("store"), "kind": "pax", "options": {"model": "Rotary"}},
                {"store": place.public("store"), "kind": "pax"},
                {"store": encode_id("store", foreign.bytes), "kind": "pax"},
            ],
        },
    )
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["errors"]} == {
        "starts_on",
        "services[0].options.model",
        "services[1]",
        "services[2].store",
    }
    made = await rows.fetchval("SELECT count(*) FROM contract WHERE company_id = $1", place.ids["company"])
    assert made == 0


async def test_one_key_makes_one_contract(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    body = {
        "company": place.public("company"),
        "grid": await grid_in_force(desk_stack),
        "starts_on": today(),
        "services": [{"store": place.public("store"), "kind": "pax"}],
    }
    key = {"Idempotency-Key": f"contract-{place.terminal}"}
    first, second = [await client.post("/v1/contracts", json=body, headers=key) for _ in range(2)]
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["idempotent-replayed"] == "true"


async def test_a_template_is_followed_by_the_next_and_never_changed(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    block = {
        "heading_fr": "Parties",
        "heading_en": "Purpose",
        "text_fr": "Pour {company.siren}.",
        "text_en": "For.",
    }
    body = {"title_fr": "Contrat court", "title_en": "Short contract", "blocks": [block], "note": "shorter"}
    assert (await client.post("/v1/contract-templates", json=body)).status_code == 403
    async with desk_stack.client(await token_of(desk_stack, "juridique")) as legal:
        before = (await legal.get("/v1/contract-templates")).json()["data"]
        wrong = {**body, "blocks": [{**block, "text_en": "For {nobody}."}]}
        refused = await legal.post("/v1/contract-templates", json=wrong)
        assert [one["field"] for one in refused.json()["errors"]] == ["blocks[0].text_en"]
        written = await legal.post("/v1/contract-templates", json=body)
        assert written.json()["version"] == before[0]["version"] + 1
    with pytest.raises(asyncpg.RestrictViolationError):
        await rows.execute("UPDATE contract_template SET note = 'other'")
    made = await make(client, desk_stack, place)
    assert made["versions"][0]["template_version"] == written.json()["version"]


async def test_the_demonstration_pays_by_a_grid_and_seeding_again_changes_nothing(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    counts: list[list[Any]] = []
    for _ in range(2):
        await seed_agreements(rows)
        counts.append(
            [
                await rows.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
                for table in ("fee_grid", "fee_version", "fee_row", "company_fee")
            ]
        )
    assert counts[0] == counts[1]
    async with desk_stack.client(await token_of(desk_stack, "commercial")) as sales:
        grids = (await sales.get("/v1/fee-grids")).json()["data"]
    (standard,) = [grid for grid in grids if grid["name"] == "Standard"]
    assert standard["in_force"]["state"] == "in_force"
    assert standard["companies"] > 0
