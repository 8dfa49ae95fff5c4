"""Every route of the portal needs a session, but for those that say they are open."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import httpx
import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from portals.agent.app import compose, make_kit
from portals.kit.settings import settings_from

_OPEN: Final = {
    "GET /static/{name}",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "GET /login",
    "POST /login",
    "GET /login/second",
    "POST /login/second",
    "POST /login/passkey",
    "GET /login/sign-on",
    "GET /login/sign-on/back",
    "POST /logout",
    "GET /session",
    "GET /invitation/{token}",
    "POST /invitation/{token}",
    "POST /preferences",
    "GET /brand/style.css",
    "GET /brand/logo",
    "GET /live",
    "GET /live/conversation",
    "GET /search/suggestions",
    "GET /notices/bell",
}
"""The way in, what pages are made of, and scripts that show for themselves that the session ended."""


def _handlers(folder: Path) -> tuple[httpx.ASGITransport, dict[str, HTTPRouteHandler]]:
    app = compose(make_kit(msgspec.structs.replace(settings_from({}), secret_file=folder / "secret")))
    found = {
        f"{method} {route.path_format}": handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    }
    return httpx.ASGITransport(app=app), found  # pyright: ignore[reportArgumentType]


def test_the_open_routes_are_these(tmp_path: Path) -> None:
    _, found = _handlers(tmp_path)
    assert {name for name, handler in found.items() if handler.opt.get("open")} == _OPEN


async def test_every_other_route_leads_to_the_login(tmp_path: Path) -> None:
    transport, found = _handlers(tmp_path)
    async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
        for name in sorted(found.keys() - _OPEN):
            method, _, path = name.partition(" ")
            answer = await client.request(method, path.replace("{", "").replace("}", ""))
            assert answer.status_code == 303, name
            assert answer.headers["location"].startswith("/login?next="), name


async def test_a_card_number_is_not_kept_as_the_page_to_come_back_to(tmp_path: Path) -> None:
    transport, _ = _handlers(tmp_path)
    async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
        answer = await client.get("/stores", params={"query": "4970105181818183"})
        again = await client.get(answer.headers["location"])
    assert answer.headers["location"] == "/stores?not_searched=query"
    assert again.headers["location"].startswith("/login?next=/stores")
