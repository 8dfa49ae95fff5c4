"""The real portal before the real gateway, full of live pages of honest people: others still log in and work."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.sandbox.demonstration.access import demonstration_code
from observability.admission import LIVE_BY_SESSION_MAX, REQUESTS_BY_SESSION_MAX
from observability.secret_files import load_or_make_secret
from portals.agent.session import AgentSession
from portals.kit.gateway import LIVE_CONNECTIONS_MAX
from portals.kit.sealing import Sealer
from portals.kit.session import seal_session
from tests.browser.processes import free_port, running_module
from tests.support.desk import PASSWORD, DeskStack

EMAIL = "hotline@guichet.example"
OTHERS = 100
PATIENCE_S = 60.0
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Portal:
    """A running portal and what opens its sessions."""

    port: int
    sealer: Sealer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cookie(self, token: str) -> str:
        session = AgentSession(
            token=token,
            agent_id="agt_01j00000000000000000000000",
            name="A",
            email=EMAIL,
            role="hotline",
            locale="fr",
            departments=[],
            expires_at="2099-01-01T00:00:00Z",
        )
        return f"guichet_agent_session_{self.sealer.mark}={seal_session(self.sealer, session)}"


@pytest.fixture(scope="module")
async def portal(desk_stack: DeskStack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Portal]:
    port = free_port()
    secret = tmp_path_factory.mktemp("portal") / "secret"
    environment = {
        "GUICHET_HTTP_PORT": str(port),
        "GUICHET_GATEWAY_URL": desk_stack.gateway_url,
        "GUICHET_SECRET_FILE": str(secret),
    }
    url = f"http://127.0.0.1:{port}"
    async with running_module(["portals.agent"], ready_url=f"{url}/health/ready", environment=environment):
        yield Portal(port, Sealer(load_or_make_secret(Path(secret))))


@dataclass
class Opened:
    """An answer as far as its headers, and the connection that holds it open."""

    status: int
    headers: dict[str, str]
    body: bytes
    writer: asyncio.StreamWriter


async def open_at(port: int, path: str, headers: str = "") -> Opened:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)).decode()
    lines = head.split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    body = b""
    if "content-length" in fields:
        body = await reader.readexactly(int(fields["content-length"]))
    return Opened(int(lines[0].split()[1]), fields, body, writer)


async def many_live_pages(portal: Portal, tokens: list[str], count: int) -> list[Opened]:
    """Open pages by turns of the sessions, twenty at a time as people do."""
    opened: list[Opened] = []
    for begin in range(0, count, 20):
        opened += await asyncio.gather(
            *(
                open_at(portal.port, "/live", f"Cookie: {portal.cookie(tokens[n % len(tokens)])}\r\n")
                for n in range(begin, min(begin + 20, count))
            )
        )
    return opened


async def log_in_by_the_form(portal: Portal, stack: DeskStack) -> httpx.Response:
    """Log in as a person does, with the second factor, and return the home page."""
    await stack._forget_codes(EMAIL)
    async with httpx.AsyncClient(base_url=portal.url, follow_redirects=True, timeout=PATIENCE_S) as browser:
        page = await browser.get("/login")
        form = {"csrf": _CSRF.findall(page.text)[0], "email": EMAIL, "password": PASSWORD}
        page = await browser.post("/login", data=form)
        code = demonstration_code(PASSWORD, EMAIL)
        page = await browser.post("/login/second", data={"csrf": _CSRF.findall(page.text)[0], "code": code})
        return await browser.get("/")


async def test_all_live_pages_are_open_and_a_hundred_others_beside_them_work(
    portal: Portal, desk_stack: DeskStack
) -> None:
    tokens = [await desk_stack.log_in(EMAIL) for _ in range(LIVE_CONNECTIONS_MAX // LIVE_BY_SESSION_MAX + 3)]
    live = await many_live_pages(portal, tokens, LIVE_CONNECTIONS_MAX)
    async with AsyncExitStack() as stack:
        for each in live:
            stack.callback(each.writer.close)
        assert {each.status for each in live} == {200}
        # Connections that wait for nothing, as browsers keep them, and half a request each.
        for n in range(OTHERS):
            idle = socket.create_connection(("127.0.0.1", portal.port))
            stack.callback(idle.close)
            idle.sendall(b"GET /login HTTP/1.1\r\nHos"[: n % 20])
        one_more = await open_at(portal.port, "/live", f"Cookie: {portal.cookie(tokens[0])}\r\n")
        stack.callback(one_more.writer.close)
        assert (one_more.status, one_more.body) == (503, b'{"code":"too_many_listeners"}')
        assert int(one_more.headers["retry-after"]) > 0
        pages = await asyncio.gather(*(open_at(portal.port, "/login") for _ in range(OTHERS)))
        for each in pages:
            stack.callback(each.writer.close)
        assert {each.status for each in pages} == {200}
        home = await log_in_by_the_form(portal, desk_stack)
        assert (home.status_code, home.url.path) == (200, "/")


async def test_one_session_has_its_share_of_live_pages_and_is_told_so(
    portal: Portal, desk_stack: DeskStack
) -> None:
    token = await desk_stack.log_in(EMAIL)
    # The pages of the test before have closed, and the gateway notices each in its own time.
    await asyncio.sleep(3)
    live = await many_live_pages(portal, [token], LIVE_BY_SESSION_MAX + 10)
    try:
        assert sorted(each.status for each in live) == [200] * LIVE_BY_SESSION_MAX + [429] * 10
        other = await desk_stack.log_in(EMAIL)
        (neighbour,) = await many_live_pages(portal, [other], 1)
        assert neighbour.status == 200
        neighbour.writer.close()
    finally:
        for each in live:
            each.writer.close()


async def test_the_api_says_in_a_problem_whose_bound_it_was(desk_stack: DeskStack) -> None:
    token = await desk_stack.log_in(EMAIL)
    port = httpx.URL(desk_stack.gateway_url).port or 0
    headers = f"Authorization: Bearer {token}\r\nAccept-Language: fr\r\n"
    live = [await open_at(port, "/v1/events", headers) for _ in range(LIVE_BY_SESSION_MAX + 1)]
    try:
        assert {each.status for each in live[:-1]} == {200}
        refused = live[-1]
        assert refused.status == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert b'"code":"too_many_live_pages"' in refused.body
        assert "Fermez un flux en direct" in refused.body.decode()
        assert (await open_at(port, "/v1/sessions/current", headers)).status == 200
    finally:
        for each in live:
            each.writer.close()


async def test_a_form_that_stops_half_way_is_answered_in_words(portal: Portal) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", portal.port)
    writer.write(
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nAccept-Language: fr\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail="
    )
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)).decode()
    assert head.startswith("HTTP/1.1 408 ")
    length = int(re.findall(r"content-length: (\d+)", head.lower())[0])
    assert "interrompu" in (await reader.readexactly(length)).decode()
    writer.close()


async def test_an_api_body_that_stops_half_way_is_a_problem(desk_stack: DeskStack) -> None:
    port = httpx.URL(desk_stack.gateway_url).port or 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b'Content-Length: 1000\r\n\r\n{"email":'
    )
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)).decode()
    assert head.startswith("HTTP/1.1 408 ")
    assert "application/problem+json" in head
    writer.close()


async def test_more_pages_than_a_session_may_ask_for_at_once_are_refused_in_words(portal: Portal) -> None:
    headers = f"Cookie: {portal.cookie('nobody')}\r\nAccept-Language: fr\r\n"
    half = (
        f"POST /login HTTP/1.1\r\nHost: localhost\r\n{headers}"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\na="
    ).encode()
    async with AsyncExitStack() as stack:
        for _ in range(REQUESTS_BY_SESSION_MAX):
            _, writer = await asyncio.open_connection("127.0.0.1", portal.port)
            stack.callback(writer.close)
            writer.write(half)
        await asyncio.sleep(1)
        refused = await open_at(portal.port, "/login", headers)
        stack.callback(refused.writer.close)
        assert refused.status == 429
        assert "Trop de demandes à la fois" in refused.body.decode()
        assert refused.headers["content-type"].startswith("text/html")
        other = await open_at(portal.port, "/login", "Accept-Language: en\r\n")
        stack.callback(other.writer.close)
        assert other.status == 200
