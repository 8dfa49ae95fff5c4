"""What was opened before a colleague's change does not write over it, and says who changed it when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.integration.gateway.test_agreements import Place, client, grid_in_force, make, place
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


@pytest.mark.parametrize(
    ("save", "email", "name"),
    [
        (save_macro, ADMIN, "Nadia Ferrand"),
        (save_rule, SUPERVISOR, "Samuel Okoye"),
        (save_brand, ADMIN, "Nadia Ferrand"),
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
        assert first.json()["revision"] > read["revision"]

        late = await save(agent, read, "Mine")
        assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
        (told,) = late.json()["errors"]
        assert told["field"] == "revision"
        assert told["detail"].startswith(f"{name}, ")

        again = await save(agent, first.json(), "Mine, knowingly")
        assert again.status_code == 200
        assert "Mine, knowingly" in (again.json().get("text_fr"), again.json().get("name"))


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
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    assert late.json()["errors"][0]["detail"].startswith("Karim Belaïd, ")
    present = (await client.get(path)).json()
    assert present["versions"][0]["locale"] == "en", "nothing was written"
    again = await client.patch(path, json={**body, "locale": "fr", "revision": present["revision"]})
    assert again.status_code == 200
