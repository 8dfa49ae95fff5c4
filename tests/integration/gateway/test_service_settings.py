"""Options and limits of a service: their history, and late saves."""

from typing import Any

import asyncpg
import httpx

from tests.integration.gateway.contracts import (
    Place,
    client,
    place,
)
from tests.integration.gateway.test_fees import token_of
from tests.support.desk import DeskStack

__all__ = ["client", "place"]


async def test_options_and_limits_of_a_service_keep_their_history(
    desk_stack: DeskStack, rows: asyncpg.Connection, client: httpx.AsyncClient, place: Place
) -> None:
    address = f"/v1/services/{place.public('service')}"
    options = {"model": "PAX A35", "connectivity": "wifi", "contactless_max_minor": 5_000}
    wish: dict[str, Any] = {"reason": "trial", "revision": (await client.get(address)).json()["revision"]}
    changed = await client.post(f"{address}/options", json={**wish, "options": options})
    assert changed.json()["options"]["connectivity"] == "wifi"
    limits = {"transaction_max_minor": 1_000, "brands": ["visa", "cb"]}
    wish["revision"] = changed.json()["revision"]
    low = await client.post(f"{address}/limits", json={**wish, "limits": limits})
    assert [one["code"] for one in low.json()["errors"]] == ["below_contactless"]
    limits["transaction_max_minor"] = 6_000
    done = (await client.post(f"{address}/limits", json={**wish, "limits": limits})).json()
    assert done["limits"]["brands"] == ["cb", "visa"]
    change = done["changes"][0]
    assert (change["kind"], change["reason"], change["by"]["name"]) == ("limits", "trial", "Claire Dubreuil")
    assert change["before"]["transaction_max_minor"] == 500_000
    added = await client.post(
        "/v1/services", json={"store": place.public("store"), "kind": "ecommerce", "reason": "web shop"}
    )
    assert (added.status_code, added.json()["active"]) == (201, False)
    again = await client.post(
        "/v1/services", json={"store": place.public("store"), "kind": "ecommerce", "reason": "web shop"}
    )
    assert again.json()["code"] == "service_stands"


async def test_limits_are_not_written_over_what_a_colleague_set_meanwhile(
    desk_stack: DeskStack, client: httpx.AsyncClient, place: Place
) -> None:
    address = f"/v1/services/{place.public('service')}"
    async with desk_stack.client(await token_of(desk_stack, "admin")) as colleague:
        read = (await client.get(address)).json()
        wish = {"reason": "trial", "revision": read["revision"]}
        lower = {"transaction_max_minor": 4_000, "brands": ["cb"]}
        set_by_colleague = await colleague.post(f"{address}/limits", json={**wish, "limits": lower})
        assert set_by_colleague.status_code == 200
        stale = await client.post(
            f"{address}/limits", json={**wish, "limits": {**lower, "transaction_max_minor": 500_000}}
        )
        options = await client.post(f"{address}/options", json={**wish, "options": {"tip": True}})
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")
    (told,) = stale.json()["errors"]
    assert (told["field"], told["detail"].split(",")[0]) == ("revision", "Nadia Ferrand")
    assert options.json()["code"] == "changed_meanwhile"
    after = (await client.get(address)).json()
    assert (after["limits"]["transaction_max_minor"], after["options"]["tip"]) == (4_000, False)
