"""Agents, grants and roles: who may give what to whom, and what it changes at the next call."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from core.values.ids import decode_id, encode_id
from tests.support.desk import DeskStack


class People:
    """Makes agents with sessions, and takes them all back."""

    def __init__(self, stack: DeskStack, rows: asyncpg.Connection) -> None:
        self._stack = stack
        self._rows = rows
        self._made: list[uuid.UUID] = []

    async def add(self, role: str | None = None, **places: Any) -> tuple[str, httpx.AsyncClient]:
        """Return the id of a new agent, and a client logged in as them."""
        name, token = f"walk{secrets.token_hex(4)}", secrets.token_urlsafe(32)
        raw = await self._rows.fetchval(
            "INSERT INTO agent (email, name, password_hash, role) VALUES ($1, $2, '-', 'hotline') RETURNING id",
            f"{name}@guichet.example",
            f"Essai {name}",
        )
        assert raw is not None
        self._made.append(raw)
        if role is not None:
            await self._rows.execute(
                "INSERT INTO agent_grant (agent_id, role, departments, stores, services, amount_max_minor)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                raw,
                role,
                places.get("departments"),
                places.get("stores"),
                places.get("services"),
                places.get("amount_max"),
            )
        await self._rows.execute(
            "INSERT INTO session (token_hash, agent_id, expires_at) VALUES ($1, $2, now() + interval '1 hour')",
            hashlib.sha256(token.encode()).digest(),
            raw,
        )
        return encode_id("agent", raw.bytes), self._stack.client(token)

    async def take_back(self) -> None:
        """End what these agents may do; the audit keeps their names."""
        await self._rows.execute(
            "UPDATE agent_grant SET revoked_at = now() WHERE agent_id = ANY($1) AND revoked_at IS NULL",
            self._made,
        )


@pytest.fixture
async def people(desk_stack: DeskStack, rows: asyncpg.Connection) -> AsyncIterator[People]:
    made = People(desk_stack, rows)
    yield made
    await made.take_back()


async def test_a_grant_holds_at_the_next_call_and_so_does_its_end(
    people: People, rows: asyncpg.Connection
) -> None:
    _, admin = await people.add("administrator")
    agent, client = await people.add()
    async with admin, client:
        assert (await client.get("/v1/stores")).status_code == 403
        given = await admin.post(
            f"/v1/agents/{agent}/grants", json={"role": "shop_seller", "departments": ["75"]}
        )
        assert given.status_code == 201, given.text
        (grant,) = given.json()["grants"]
        assert (grant["role"], grant["departments"], grant["revoked_at"]) == ("shop_seller", ["75"], None)
        assert {store["department"] for store in (await client.get("/v1/stores")).json()["data"]} == {"75"}
        again = await admin.post(
            f"/v1/agents/{agent}/grants", json={"role": "shop_seller", "departments": ["75"]}
        )
        assert (again.status_code, again.json()["code"]) == (409, "already_granted")
        revoked = await admin.post(f"/v1/grants/{grant['id']}/revoke", json={"reason": "a change of job"})
        assert revoked.status_code == 200
        assert revoked.json()["grants"][0]["revoked_by"]["name"].startswith("Essai")
        assert (await client.get("/v1/stores")).status_code == 403
        twice = await admin.post(f"/v1/grants/{grant['id']}/revoke", json={"reason": "a change of job"})
        assert (twice.status_code, twice.json()["code"]) == (409, "already_revoked")
    kinds = await rows.fetch(
        "SELECT kind FROM action WHERE target_id = $1 AND kind LIKE 'grant.%' ORDER BY seq",
        uuid.UUID(bytes=decode_id("agent", agent)),
    )
    assert [row["kind"] for row in kinds] == ["grant.given", "grant.revoked"]


async def test_every_field_of_a_grant_is_checked_against_what_exists(people: People) -> None:
    _, admin = await people.add("administrator")
    agent, client = await people.add()
    async with admin, client:
        answer = await admin.post(
            f"/v1/agents/{agent}/grants",
            json={
                "role": "no_such_role",
                "regions": ["99"],
                "departments": ["75", "75"],
                "services": ["fax"],
                "stores": [encode_id("store", bytes(16))],
                "companies": [],
                "amount_max": {"amount": 0, "currency": "EUR"},
            },
        )
        detail = (await admin.get(f"/v1/agents/{agent}")).json()
    assert answer.status_code == 422
    assert {error["field"]: error["code"] for error in answer.json()["errors"]} == {
        "role": "unknown_value",
        "regions": "unknown_value",
        "departments": "repeated",
        "services": "unknown_value",
        "stores": "not_found",
        "companies": "empty",
        "amount_max": "out_of_range",
    }
    assert detail["grants"] == []


async def test_nobody_raises_their_own_rights_or_disables_themselves(people: People) -> None:
    me, admin = await people.add("administrator")
    async with admin:
        answers = [
            await admin.post(f"/v1/agents/{me}/grants", json={"role": "supervisor"}),
            await admin.post(f"/v1/agents/{me}/disable", json={"reason": "no more of this"}),
        ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "own_rights")] * 2


async def test_who_administers_a_part_gives_only_what_they_hold_there(
    people: People, rows: asyncpg.Connection
) -> None:
    async with (await people.add("administrator"))[1] as admin:
        code = f"regional_{secrets.token_hex(4).translate(str.maketrans('0123456789', 'ghijklmnop'))}"
        made = await admin.post(
            "/v1/roles",
            json={
                "code": code,
                "name_fr": "Chef de région",
                "name_en": "Regional head",
                "permissions": [
                    "agents.read",
                    "agents.write",
                    "grants.write",
                    "directory.read",
                    "requests.use",
                ],
            },
        )
    assert made.status_code == 201, made.text
    _, head = await people.add(code, departments=["69", "13"], amount_max=10_000)
    inside, inside_client = await people.add("shop_seller", departments=["69"])
    outside, outside_client = await people.add("shop_seller", departments=["75"])
    async with head, inside_client, outside_client:
        seen = [one["id"] for one in (await head.get("/v1/agents", params={"query": "Essai"})).json()["data"]]
        assert inside in seen
        assert outside not in seen
        assert (await head.get(f"/v1/agents/{outside}")).status_code == 404
        hidden = await head.post(f"/v1/agents/{outside}/grants", json={"role": code, "departments": ["69"]})
        assert hidden.status_code == 404
        wanted = {
            "the whole country": {"role": code},
            "elsewhere": {
                "role": code,
                "departments": ["75"],
                "amount_max": {"amount": 1, "currency": "EUR"},
            },
            "a region in part": {
                "role": code,
                "regions": ["84"],
                "amount_max": {"amount": 1, "currency": "EUR"},
            },
            "a right not held": {"role": "back_office", "departments": ["69"]},
            "a higher amount": {
                "role": code,
                "departments": ["69"],
                "amount_max": {"amount": 10_001, "currency": "EUR"},
            },
        }
        for what, body in wanted.items():
            answer = await head.post(f"/v1/agents/{inside}/grants", json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "beyond_own_rights"), what
        store = await rows.fetchval("SELECT id FROM store WHERE department = '69'")
        assert store is not None
        fine = await head.post(
            f"/v1/agents/{inside}/grants",
            json={
                "role": code,
                "stores": [encode_id("store", store.bytes)],
                "amount_max": {"amount": 10_000, "currency": "EUR"},
            },
        )
        assert fine.status_code == 201, fine.text
        role = await head.patch(f"/v1/roles/{code}", json={"permissions": [], "revision": 0})
        assert (role.status_code, role.json()["code"]) == (403, "not_permitted")
    assert (
        await rows.fetchval(
            "SELECT count(*) FROM agent_grant WHERE role = 'back_office' AND departments = '{69}'"
        )
        == 0
    )


async def test_a_disabled_agents_next_call_is_refused_and_enabling_brings_no_session_back(
    people: People,
) -> None:
    _, admin = await people.add("administrator")
    agent, client = await people.add("hotline")
    async with admin, client:
        assert (await client.get("/v1/stores")).status_code == 200
        disabled = await admin.post(f"/v1/agents/{agent}/disable", json={"reason": "left the company"})
        assert (disabled.json()["state"], disabled.json()["open_sessions"]) == ("disabled", 0)
        assert (await client.get("/v1/stores")).status_code == 401
        enabled = await admin.post(f"/v1/agents/{agent}/enable", json={"reason": "came back"})
        assert enabled.json()["state"] == "active"
        assert (await client.get("/v1/stores")).status_code == 401
        again = await admin.post(f"/v1/agents/{agent}/enable", json={"reason": "came back"})
        assert (again.status_code, again.json()["code"]) == (409, "already_enabled")


async def test_the_last_administrator_stays(people: People, rows: asyncpg.Connection) -> None:
    others = await rows.fetch(
        "UPDATE agent_grant SET revoked_at = now() WHERE role = 'administrator' AND revoked_at IS NULL RETURNING id"
    )
    try:
        me, admin = await people.add("administrator")
        _, helper = await people.add("supervisor")
        async with admin, helper:
            (grant,) = (await admin.get(f"/v1/agents/{me}")).json()["grants"]
            answer = await admin.post(
                f"/v1/grants/{grant['id']}/revoke", json={"reason": "I have had enough"}
            )
            assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
            # A role with agents.write must not disable the last one either.
            await rows.execute("INSERT INTO role_permission VALUES ('supervisor', 'agents.write')")
            disabled = await helper.post(f"/v1/agents/{me}/disable", json={"reason": "a coup"})
            assert (disabled.status_code, disabled.json()["code"]) == (409, "last_administrator")
    finally:
        await rows.execute(
            "DELETE FROM role_permission WHERE role = 'supervisor' AND permission = 'agents.write'"
        )
        await rows.execute(
            "UPDATE agent_grant SET revoked_at = NULL WHERE id = ANY($1)", [row["id"] for row in others]
        )


async def test_a_role_changes_at_the_next_call_and_built_in_ones_keep_their_names(people: People) -> None:
    _, admin = await people.add("administrator")
    code = "essai_" + "".join(chr(97 + byte % 26) for byte in secrets.token_bytes(6))
    body = {"code": code, "name_fr": "Essai", "name_en": "Trial", "permissions": ["directory.read"]}
    async with admin:
        made = await admin.post("/v1/roles", json=body)
        assert made.status_code == 201
        taken = await admin.post("/v1/roles", json=body)
        assert (taken.status_code, taken.json()["code"]) == (409, "role_taken")
        _, client = await people.add(code)
        async with client:
            assert (await client.get("/v1/stores")).status_code == 200
            rights = {"permissions": ["transactions.read"], "revision": made.json()["revision"]}
            changed = await admin.patch(f"/v1/roles/{code}", json=rights)
            assert changed.json()["permissions"] == ["transactions.read"]
            assert (await client.get("/v1/stores")).status_code == 403
            assert (await client.get("/v1/transactions")).status_code == 200
        for path, change in (
            ("/v1/roles/hotline", {"name_fr": "Autre"}),
            ("/v1/roles/administrator", {"permissions": []}),
        ):
            answer = await admin.patch(path, json={**change, "revision": 0})
            assert (answer.status_code, answer.json()["code"]) == (409, "role_fixed")
        unknown = await admin.patch(f"/v1/roles/{code}", json={"permissions": ["money.print"], "revision": 0})
        assert unknown.json()["errors"] == [
            {"field": "permissions", "code": "unknown_value", "detail": "money.print"}
        ]
        roles = (await admin.get("/v1/roles")).json()
    assert [role["code"] for role in roles["data"] if role["fixed"]] == ["administrator"]
    assert len(roles["permissions"]) > 30


async def test_a_grant_asked_for_twice_under_one_key_is_given_once(people: People) -> None:
    _, admin = await people.add("administrator")
    agent, client = await people.add()
    async with admin, client:
        sent = [
            await admin.post(
                f"/v1/agents/{agent}/grants",
                json={"role": "legal"},
                headers={"Idempotency-Key": f"give-{agent}"},
            )
            for _ in range(2)
        ]
        detail = (await admin.get(f"/v1/agents/{agent}")).json()
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[1].headers["idempotent-replayed"] == "true"
    assert len(detail["grants"]) == 1
