"""Webhook endpoints through the API: made within a company, shown without their secret, acted on by right."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from core.values.ids import encode_id
from core.webhooks.api import tell
from core.webhooks.rules import ENDPOINTS_MAX
from tests.integration.core.webhooks.directory import NOW, add_company
from tests.integration.gateway.test_merchant_orders import program
from tests.support.desk import DeskStack

_sirens = iter(f"{number:09d}" for number in range(700_000_001, 700_001_000))


@pytest.fixture
async def admin(desk_stack: DeskStack) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_stack.client(await desk_stack.log_in(), **{"Accept-Language": "en"}) as client:
        yield client


async def company(rows: asyncpg.Connection) -> tuple[bytes, str]:
    raw = await add_company(rows, next(_sirens), "Maison Webhook")
    return raw, encode_id("company", raw)


async def add(client: httpx.AsyncClient, company_id: str, **changes: Any) -> httpx.Response:
    body = {"company": company_id, "url": "https://shop.example/hooks", "kinds": ["instalment.paid"]}
    return await client.post("/v1/webhook-endpoints", json=body | changes)


async def test_an_endpoint_is_made_once_and_its_secret_is_shown_on_request_alone(
    admin: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    _, company_id = await company(rows)
    made = await add(admin, company_id)
    assert made.status_code == 201, made.text
    endpoint = made.json()
    assert (endpoint["company"]["id"], endpoint["state"], endpoint["waiting"]) == (company_id, "active", 0)
    assert "whsec_" not in made.text
    shown = await admin.post(f"/v1/webhook-endpoints/{endpoint['id']}/secrets")
    (secret,) = shown.json()["data"]
    assert secret["secret"].startswith("whsec_")
    seen = await rows.fetchval(
        "SELECT count(*) FROM action WHERE kind = 'webhook_endpoint.secret_shown' AND target_id = $1",
        await rows.fetchval("SELECT max(id::text)::uuid FROM webhook_endpoint"),
    )
    assert seen == 1
    again = await add(admin, company_id)
    assert again.json()["errors"][0]["field"] == "url"
    # Nothing of it stands in clear: not in its row, nor among the answers that are kept.
    text = secret["secret"].removeprefix("whsec_")
    found = await rows.fetchrow(
        "SELECT (SELECT count(*) FROM webhook_secret WHERE position($1 IN sealed) > 0) AS sealed,"
        " (SELECT count(*) FROM idempotency WHERE position($2 IN result) > 0) AS answers,"
        " (SELECT count(*) FROM action WHERE position($3 IN facts::text) > 0) AS actions",
        base64.b64decode(text),
        text.encode(),
        text,
    )
    assert found is not None
    assert tuple(found) == (0, 0, 0)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://shop.example/hooks", "https"),
        ("https://10.0.0.1/hooks", "private"),
        ("https://localhost/hooks", "private"),
        ("https://user:word@shop.example/", "whole address"),
        ("javascript:alert(1)//", "whole address"),
    ],
)
async def test_an_address_that_cannot_be_is_refused_in_words(
    admin: httpx.AsyncClient, rows: asyncpg.Connection, url: str, word: str
) -> None:
    _, company_id = await company(rows)
    refused = await add(admin, company_id, url=url)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["field"] == "url"
    assert word in error["detail"]
    listed = await admin.get("/v1/webhook-endpoints", params={"company": company_id})
    assert listed.json()["data"] == []


async def test_a_company_has_a_bounded_number_of_endpoints(
    admin: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    _, company_id = await company(rows)
    for number in range(ENDPOINTS_MAX):
        assert (await add(admin, company_id, url=f"https://shop.example/{number}")).status_code == 201
    refused = await add(admin, company_id, url="https://shop.example/more")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_webhook_endpoints")


async def test_the_log_shows_what_is_on_its_way_and_sends_it_again(
    admin: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    raw, company_id = await company(rows)
    endpoint = (await add(admin, company_id)).json()["id"]
    await tell(rows, company_id=raw, kind="instalment.paid", facts={"order": "ord_01"}, at=NOW)
    await tell(rows, company_id=raw, kind="order.cancelled", facts={}, at=NOW)  # not wanted here
    (delivery,) = (await admin.get(f"/v1/webhook-endpoints/{endpoint}/deliveries")).json()["data"]
    assert (delivery["kind"], delivery["state"], delivery["attempts"]) == ("instalment.paid", "waiting", 0)
    await rows.execute(
        "UPDATE webhook_delivery SET state = 'failed', done_at = now(), tries = 11, attempts = 11"
    )
    await rows.execute(
        "INSERT INTO webhook_attempt (delivery_id, number, at, duration_ms, outcome, status, answer)"
        " SELECT id, 11, now(), 40, 'refused', 500, 'oops' FROM webhook_delivery"
    )
    detail = (await admin.get(f"/v1/webhook-deliveries/{delivery['id']}")).json()
    assert detail["body"] == {
        "type": "instalment.paid",
        "timestamp": "2026-12-01T09:00:00.000Z",
        "data": {"order": "ord_01"},
    }
    assert [(one["outcome"], one["status"], one["answer"]) for one in detail["tries"]] == [
        ("refused", 500, "oops")
    ]
    key = {"Idempotency-Key": f"again {delivery['id']}"}
    sent = await admin.post(f"/v1/webhook-deliveries/{delivery['id']}/resend", json={}, headers=key)
    assert (sent.status_code, sent.json()["state"], sent.json()["event"]) == (
        200,
        "waiting",
        delivery["event"],
    )


async def test_a_disabled_endpoint_is_enabled_with_what_waits_and_a_removed_one_is_gone(
    admin: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    raw, company_id = await company(rows)
    endpoint = (await add(admin, company_id)).json()["id"]
    at = f"/v1/webhook-endpoints/{endpoint}"
    disabled = await admin.post(f"{at}/disable", json={"reason": "the shop is closed"})
    assert (disabled.json()["state"], disabled.json()["disabled_why"]) == ("disabled", "asked")
    await tell(rows, company_id=raw, kind="instalment.paid", facts={}, at=NOW)
    (delivery,) = (await admin.get(f"{at}/deliveries")).json()["data"]
    for path in (f"{at}/test", f"/v1/webhook-deliveries/{delivery['id']}/resend"):
        refused = await admin.post(path, json={})
        assert (refused.status_code, refused.json()["code"]) == (409, "webhook_endpoint_disabled")
    enabled = (await admin.post(f"{at}/enable", json={})).json()
    assert (enabled["state"], enabled["waiting"]) == ("active", 1)
    assert (await admin.delete(at)).status_code == 204
    assert (await admin.get(at)).status_code == 404
    dropped = await admin.get(f"/v1/webhook-deliveries/{delivery['id']}")
    assert dropped.json()["state"] == "dropped"
    refused = await admin.post(f"/v1/webhook-deliveries/{delivery['id']}/resend", json={})
    assert refused.json()["code"] == "webhook_endpoint_removed"
    assert (await add(admin, company_id)).status_code == 201  # its address is free again


async def test_a_secret_is_followed_by_another_and_three_are_the_most(
    admin: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    _, company_id = await company(rows)
    at = f"/v1/webhook-endpoints/{(await add(admin, company_id)).json()['id']}"
    for count in (2, 3):
        rotated = (await admin.post(f"{at}/rotate", json={"overlap_hours": 24})).json()
        assert [each["ends_at"] is None for each in rotated["secrets"]] == [True] + [False] * (count - 1)
    refused = await admin.post(f"{at}/rotate", json={"overlap_hours": 24})
    assert refused.json()["code"] == "too_many_webhook_secrets"
    at_once = (await admin.post(f"{at}/rotate", json={"overlap_hours": 0})).json()
    assert len(at_once["secrets"]) == 1


async def test_whoever_wrote_first_is_not_written_over(
    admin: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    _, company_id = await company(rows)
    endpoint = (await add(admin, company_id)).json()
    at, read = f"/v1/webhook-endpoints/{endpoint['id']}", endpoint["revision"]
    change = {"url": "https://shop.example/other", "kinds": [], "revision": read}
    changed = await admin.patch(at, json=change)
    assert (changed.status_code, changed.json()["url"], changed.json()["kinds"]) == (200, change["url"], [])
    late = await admin.patch(at, json=change | {"url": "https://shop.example/late"})
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")


async def test_who_may_not_see_the_company_sees_no_endpoint_of_it(
    desk_stack: DeskStack, admin: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    _, company_id = await company(rows)
    endpoint = (await add(admin, company_id)).json()["id"]
    await rows.execute("UPDATE company SET department = '75' WHERE legal_name = 'Maison Webhook'")
    # The technician of these tests holds rights elsewhere than in Paris.
    async with desk_stack.client(await desk_stack.log_in("technicien@guichet.example")) as technician:
        assert (await technician.get(f"/v1/webhook-endpoints/{endpoint}")).status_code == 404
        assert (await technician.post(f"/v1/webhook-endpoints/{endpoint}/secrets")).status_code == 404
        assert (await add(technician, company_id, url="https://evil.example/")).status_code == 404
    async with desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as hotline:
        refused = await hotline.post(f"/v1/webhook-endpoints/{endpoint}/secrets")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")


async def test_what_a_program_does_to_endpoints_is_in_the_audit_under_its_key_and_stays_when_the_key_goes(
    desk_stack: DeskStack, admin: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    async with await program(desk_stack, rows, 0) as mine:
        url = f"https://shop.example/{secrets.token_hex(4)}"
        endpoint = (await mine.post("/v1/merchant/webhook-endpoints", json={"url": url})).json()
        at = f"/v1/merchant/webhook-endpoints/{endpoint['id']}"
        assert (await mine.post(f"{at}/secrets")).status_code == 200
        assert (await mine.post(f"{at}/test", json={})).status_code == 200
        company = (await mine.get("/v1/merchant/company")).json()
    audit = {"target": endpoint["id"], "limit": "10"}
    acts = (await admin.get("/v1/audit", params=audit)).json()["data"]
    assert [each["kind"].partition(".")[2] for each in acts] == ["tested", "secret_shown", "added"]
    keys = (await admin.get("/v1/api-keys", params={"company": company["id"]})).json()["data"]
    (key,) = [each for each in keys if each["name"] == company["key"] and each["revoked_at"] is None]
    assert {(each["agent"]["id"], each["agent"]["name"]) for each in acts} == {(key["id"], key["name"])}
    assert acts[0]["facts"]["url"] == url
    assert all(each["ip"] for each in acts)
    found = (await admin.get("/v1/audit", params={"query": key["prefix"], "limit": "50"})).json()["data"]
    assert {each["seq"] for each in acts} <= {each["seq"] for each in found}
    # An agent who wrote on what they read before is told which key was faster.
    change = {"url": url, "kinds": [], "revision": endpoint["revision"] - 1}
    late = await admin.patch(f"/v1/webhook-endpoints/{endpoint['id']}", json=change)
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile"), late.text
    assert key["name"] in late.text
    revoked = await admin.post(f"/v1/api-keys/{key['id']}/revoke", json={"reason": "Found in a repository"})
    assert revoked.status_code == 200, revoked.text
    # The endpoint is the company's: it stands, and who revoked is told how many the key had its hands on.
    assert (await admin.get(f"/v1/webhook-endpoints/{endpoint['id']}")).json()["state"] == "active"
    (told,) = (
        await admin.get("/v1/audit", params={"kind": "api_key.revoked", "query": key["prefix"]})
    ).json()["data"]
    assert told["facts"]["webhook_endpoints"] == 1


async def test_a_merchants_program_manages_the_endpoints_of_its_company_alone(
    desk_stack: DeskStack, admin: httpx.AsyncClient, rows: asyncpg.Connection
) -> None:
    async with await program(desk_stack, rows, 0) as mine, await program(desk_stack, rows, 1) as other:
        asked = {"url": f"https://shop.example/{secrets.token_hex(4)}"}
        key = {"Idempotency-Key": secrets.token_hex(8)}
        made = await mine.post("/v1/merchant/webhook-endpoints", json=asked, headers=key)
        again = await mine.post("/v1/merchant/webhook-endpoints", json=asked, headers=key)
        assert (made.status_code, again.content) == (201, made.content), made.text
        at = f"/v1/merchant/webhook-endpoints/{made.json()['id']}"
        (secret,) = (await mine.post(f"{at}/secrets")).json()["data"]
        assert secret["secret"].startswith("whsec_")
        tried = (await mine.post(f"{at}/test", json={})).json()
        assert (tried["kind"], tried["state"]) == ("endpoint.tested", "waiting")
        (delivery,) = (await mine.get(f"{at}/deliveries")).json()["data"]
        log = f"/v1/merchant/webhook-deliveries/{delivery['id']}"
        assert (await mine.post(f"{log}/resend", json={})).status_code == 200
        # An agent of the institution sees the same endpoint; another merchant sees none of it.
        assert (await admin.get(f"/v1/webhook-endpoints/{made.json()['id']}")).json()["url"] == asked["url"]
        for method, path in (
            ("GET", at),
            ("DELETE", at),
            ("POST", f"{at}/secrets"),
            ("GET", f"{at}/deliveries"),
            ("GET", log),
        ):
            assert (await other.request(method, path)).status_code == 404, path
        listed = (await other.get("/v1/merchant/webhook-endpoints")).json()["data"]
        assert made.json()["id"] not in [each["id"] for each in listed]
        assert (await mine.delete(at)).status_code == 204
        refused = await mine.post("/v1/merchant/webhook-endpoints", json={"url": "http://10.0.0.1/hooks"})
        assert refused.status_code == 422
        assert (await mine.get("/v1/webhook-endpoints")).status_code == 401  # those of agents
