"""What was opened before a colleague's change does not write over it, and says who changed it when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest

from core.contracts.operation import Reach
from core.contracts.operations import OPERATIONS
from tests.integration.gateway.contracts import Place, client, grid_in_force, make, place
from tests.support.desk import DeskStack

__all__ = ["client", "place"]
ADMIN, SUPERVISOR, SALES = (
    "admin@guichet.example",
    "superviseur@guichet.example",
    "commercial@guichet.example",
)

Save = Callable[[httpx.AsyncClient, dict[str, Any], str], Awaitable[httpx.Response]]

MACRO = {"kind": "answer", "target_kind": "any", "name_fr": "Rappel", "name_en": "Call back"}
RULE = {
    "severity": "warning",
    "terms": {
        "kind": "decline_rate",
        "threshold": 40,
        "window_minutes": 15,
        "volume_min": 10,
        "per": "store",
    },
}


async def save_macro(agent: httpx.AsyncClient, read: dict[str, Any], text: str) -> httpx.Response:
    body = {**MACRO, "text_fr": text, "text_en": text}
    if not read:
        return await agent.post("/v1/macros", json=body)
    return await agent.patch(f"/v1/macros/{read['id']}", json={**body, "revision": read.get("revision")})


async def save_rule(agent: httpx.AsyncClient, read: dict[str, Any], text: str) -> httpx.Response:
    body = {**RULE, "name": text}
    if not read:
        return await agent.post("/v1/alert-rules", json=body)
    return await agent.patch(f"/v1/alert-rules/{read['id']}", json={**body, "revision": read.get("revision")})


async def save_brand(agent: httpx.AsyncClient, read: dict[str, Any], text: str) -> httpx.Response:
    body = {"host": "stale.example", "name": text, "revision": read.get("revision", 0)}
    return await agent.post("/v1/brands", json=body)


async def save_role(agent: httpx.AsyncClient, read: dict[str, Any], text: str) -> httpx.Response:
    names = {"name_fr": "Rôle d’essai", "name_en": text}
    if not read:
        body = {**names, "code": "stale_role", "permissions": ["directory.read"]}
        return await agent.post("/v1/roles", json=body)
    return await agent.patch("/v1/roles/stale_role", json={**names, "revision": read.get("revision")})


async def save_view(agent: httpx.AsyncClient, read: dict[str, Any], text: str) -> httpx.Response:
    body = {"list": "transactions", "name": text, "filters": {"state": ["declined"]}}
    if not read:
        return await agent.post("/v1/views", json=body)
    return await agent.patch(f"/v1/views/{read['id']}", json={**body, "revision": read.get("revision")})


async def save_request(agent: httpx.AsyncClient, read: dict[str, Any], text: str) -> httpx.Response:
    if not read:
        return await agent.post("/v1/requests", json={"type": "information", "title": text})
    body = {"title": text, "revision": read["revision"]}
    return await agent.patch(f"/v1/requests/{read['request']['id']}", json=body)


async def save_request_type(agent: httpx.AsyncClient, read: dict[str, Any], text: str) -> httpx.Response:
    body = {
        "code": "stale_type",
        "name_fr": "Essai",
        "name_en": text,
        "team": "technician",
        "statuses": [
            {"code": "asked", "name_fr": "Demandée", "name_en": "Asked"},
            {"code": "given", "name_fr": "Donnée", "name_en": "Given", "final": True},
        ],
        "revision": read.get("revision", 0),
    }
    return await agent.post("/v1/request-types", json=body)


def _number(text: str) -> int:
    return 1 + sum(text.encode()) % 1_000


async def save_options(agent: httpx.AsyncClient, read: dict[str, Any], text: str) -> httpx.Response:
    if not read:
        (found,) = (await agent.get("/v1/terminals", params={"query": "T0000005"})).json()["data"]
        return await agent.get(f"/v1/terminals/{found['id']}/profile")
    body = {"dialect": "ascii1987", "connectivity": "wifi", "contactless_max": _number(text)}
    return await agent.post(
        f"/v1/terminals/{read['id']}/options", json={**body, "revision": read["revision"]}
    )


@pytest.mark.parametrize(
    ("save", "email", "name"),
    [
        (save_macro, ADMIN, "Nadia Ferrand"),
        (save_rule, SUPERVISOR, "Samuel Okoye"),
        (save_brand, ADMIN, "Nadia Ferrand"),
        (save_view, ADMIN, "Nadia Ferrand"),
        (save_request, ADMIN, "Nadia Ferrand"),
        (save_options, ADMIN, "Nadia Ferrand"),
        (save_role, ADMIN, "Nadia Ferrand"),
        (save_request_type, ADMIN, "Nadia Ferrand"),
    ],
)
async def test_a_page_opened_before_a_change_does_not_write_over_it(
    desk_stack: DeskStack, save: Save, email: str, name: str
) -> None:
    async with desk_stack.client(await desk_stack.log_in(email)) as agent:
        made = await save(agent, {}, "As it was")
        assert made.status_code in (200, 201), made.text
        read = made.json()
        first = await save(agent, read, "The colleague's")
        assert first.status_code == 200, first.text
        assert first.json()["revision"] != read["revision"]

        late = await save(agent, read, "Mine")
        assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
        (told,) = late.json()["errors"]
        assert told["field"] == "revision"
        assert told["detail"].startswith(f"{name}, ")

        again = await save(agent, first.json(), "Mine, knowingly")
        assert again.status_code == 200
        assert again.json()["revision"] not in (read["revision"], first.json()["revision"])


async def test_a_new_face_does_not_take_the_place_of_one_made_meanwhile(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in(ADMIN)) as agent:
        body = {"host": "twice.example", "name": "Un", "revision": 0}
        assert (await agent.post("/v1/brands", json=body)).status_code == 200
        second = await agent.post("/v1/brands", json={**body, "name": "Deux"})
        assert (second.status_code, second.json()["code"]) == (409, "changed_meanwhile")


async def test_the_terms_of_a_draft_are_not_written_over_what_a_colleague_chose(
    desk_stack: DeskStack, client: httpx.AsyncClient, place: Place
) -> None:
    draft = await make(client, desk_stack, place)
    path = f"/v1/contracts/{draft['id']}"
    body = {
        "grid": await grid_in_force(desk_stack),
        "starts_on": draft["starts_on"],
        "services": [
            {"store": line["store"]["id"], "kind": line["kind"], "options": line["options"]}
            for line in draft["versions"][0]["services"]
        ],
        "revision": draft["revision"],
    }
    async with desk_stack.client(await desk_stack.log_in(SALES)) as colleague:
        theirs = await colleague.patch(path, json={**body, "locale": "en"})
        assert theirs.status_code == 200, theirs.text
    late = await client.patch(path, json={**body, "locale": "fr"})
    step = {"reason": "as agreed", "revision": draft["revision"]}
    moved = await client.post(f"{path}/prepare", json=step)
    assert (moved.status_code, moved.json()["code"]) == (409, "changed_meanwhile")
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    assert late.json()["errors"][0]["detail"].startswith("Karim Belaïd, ")
    present = (await client.get(path)).json()
    assert present["versions"][0]["locale"] == "en", "nothing was written"
    again = await client.patch(path, json={**body, "locale": "fr", "revision": present["revision"]})
    assert again.status_code == 200


WRITES_OVER = {
    "approval_limits.set",
    "brands.save",
    "contracts.amend",
    "contracts.move",
    "fee_versions.move",
    "request_types.save",
    "services.set_limits",
    "services.set_options",
    "terminals.set_options",
}


def test_no_change_of_what_there_is_goes_without_the_revision_that_was_read() -> None:
    found = {one.name for one in OPERATIONS}
    assert found >= WRITES_OVER, WRITES_OVER - found
    for one in OPERATIONS:
        # What is a customer's own has no colleague who may have changed it.
        if one.access.reach is Reach.CUSTOMER:
            continue
        if one.name in WRITES_OVER or (one.http is not None and one.http.method == "PATCH"):
            needed = {field.name for field in msgspec.structs.fields(one.asked) if field.required}
            assert "revision" in needed, one.name


def test_no_state_is_changed_over_without_the_one_that_was_read() -> None:
    """An act that sets any of several states names what it sets it over; one that leads from one state only need not."""
    chosen = {"requests.move": "seen_status", "requests.assign": "seen_assignee"}
    for one in OPERATIONS:
        fields = {field.name for field in msgspec.structs.fields(one.asked)}
        if one.http is not None and one.http.method == "POST" and {"id", "status"} <= fields:
            assert one.name in chosen or one.name == "requests.close", one.name
    asked = {one.name: {field.name for field in msgspec.structs.fields(one.asked)} for one in OPERATIONS}
    for name, seen in chosen.items():
        assert seen in asked[name], name


async def test_a_change_that_names_no_revision_is_refused_by_the_field(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in(ADMIN)) as agent:
        before = (await agent.get("/v1/roles")).json()
        blind = await agent.patch("/v1/roles/hotline", json={"permissions": []})
        assert blind.status_code == 422
        assert [(one["field"], one["code"]) for one in blind.json()["errors"]] == [("revision", "missing")]
        assert (await agent.get("/v1/roles")).json() == before
