"""Where a browser is: told by the portal, believed from nobody else, and kept with what it did."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from core.identity.rules import FAILURES_PER_IP_MAX
from deploy.local.ports import free_ports
from deploy.sandbox.demonstration.access import demonstration_code
from tests.browser.processes import running_module
from tests.support.desk import PASSWORD, DeskStack

BROWSER = "192.0.2.44"
STRANGER = "127.0.0.2"
PROXY = "127.0.0.3"
EMAIL = "juridique@guichet.example"


@pytest.fixture
async def portal_url(desk_stack: DeskStack, tmp_path: Path) -> AsyncIterator[str]:
    """The real portal in front of the real gateway; it trusts one proxy, which is not its peer by default."""
    (port,) = free_ports(1)
    environment = {
        "GUICHET_HTTP_PORT": str(port),
        "GUICHET_GATEWAY_URL": desk_stack.gateway_url,
        "GUICHET_SECRET_FILE": str(tmp_path / "portal"),
        "GUICHET_TRUSTED_PROXIES": PROXY,
    }
    address = f"http://127.0.0.1:{port}"
    async with running_module(["portals.agent"], ready_url=f"{address}/health/live", environment=environment):
        yield address


def client_from(source: str, base_url: str, *said: str) -> httpx.AsyncClient:
    """Return a client whose socket comes from `source` and that writes these forwarding headers."""
    return httpx.AsyncClient(
        base_url=base_url,
        transport=httpx.AsyncHTTPTransport(local_address=source),
        headers=[("X-Forwarded-For", words) for words in said],
        timeout=30,
    )


async def refused_log_in(client: httpx.AsyncClient, email: str) -> None:
    """Fail to log in by the portal's form."""
    page = await client.get("/login")
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    fields = {"csrf": found[1], "email": email, "password": "not it"}
    answer = await client.post("/login", data=fields)
    assert answer.status_code in {401, 422}, answer.text


async def throttled_subjects(rows: asyncpg.Connection) -> set[str]:
    """Return the addresses that attempts were counted against."""
    found = await rows.fetch("SELECT subject FROM login_failure WHERE subject LIKE 'ip:%'")
    return {row["subject"] for row in found}


async def test_session_and_actions_show_the_browser_that_the_portal_asks_for(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    await rows.execute("UPDATE agent_factor SET last_step = 0")
    asked = {"email": "hotline@guichet.example", "password": PASSWORD}
    asked["code"] = demonstration_code(PASSWORD, asked["email"])
    async with client_from("127.0.0.1", desk_stack.gateway_url, BROWSER) as client:
        opened = await client.post("/v1/sessions", json=asked)
        assert opened.status_code == 201, opened.text
        client.headers["Authorization"] = f"Bearer {opened.json()['token']}"
        sessions = (await client.get("/v1/access")).json()["sessions"]
        terminals = (await client.get("/v1/terminals", params={"limit": "1"})).json()["data"]
        made = await client.post(
            "/v1/blocks",
            json={"target": {"kind": "terminal", "id": terminals[0]["id"]}, "reason": "to see the address"},
        )
        assert made.status_code == 201, made.text
        await client.post(f"/v1/blocks/{made.json()['id']}/lift", json={"reason": "seen"})
    assert BROWSER in {one["ip"] for one in sessions if one["current"]}
    actions = await rows.fetch("SELECT kind, ip FROM action ORDER BY seq DESC LIMIT 3")
    assert [row["ip"] for row in actions] == [BROWSER] * 3
    assert actions[-1]["kind"] == "session.opened"


async def test_who_writes_the_header_to_the_gateway_itself_is_not_believed(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    await rows.executemany(
        "INSERT INTO login_failure (subject) VALUES ($1)", [(f"ip:{STRANGER}",)] * FAILURES_PER_IP_MAX
    )
    asked = {"email": "nobody@guichet.example", "password": "not it"}
    async with client_from(STRANGER, desk_stack.gateway_url, BROWSER) as client:
        spoofed = await client.post("/v1/sessions", json=asked)
    async with client_from("127.0.0.1", desk_stack.gateway_url, f"{STRANGER}, {BROWSER}") as client:
        by_portal = await client.post("/v1/sessions", json=asked)
    assert (spoofed.status_code, spoofed.json()["code"]) == (429, "too_many_attempts")
    # The same words from the portal count for the browser, whose bucket is empty, and not for what it wrote itself.
    assert (by_portal.status_code, by_portal.json()["code"]) == (401, "invalid_credentials")
    assert f"ip:{BROWSER}" in await throttled_subjects(rows)


async def test_the_portal_names_the_browser_behind_its_own_proxy_only(
    portal_url: str, rows: asyncpg.Connection
) -> None:
    async with client_from(PROXY, portal_url, "203.0.113.9", BROWSER) as behind_proxy:
        await refused_log_in(behind_proxy, EMAIL)
    assert await throttled_subjects(rows) == {f"ip:{BROWSER}"}
    await rows.execute("TRUNCATE login_failure")
    async with client_from(STRANGER, portal_url, "203.0.113.9") as spoofing:
        await refused_log_in(spoofing, EMAIL)
    assert await throttled_subjects(rows) == {f"ip:{STRANGER}"}
