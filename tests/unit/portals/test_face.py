"""A second face has its own frame, session, navigation and way in, and is served by the same kit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
from litestar import Response, get

from observability.client_address import TrustedProxies
from portals.assets.build import DIST
from portals.kit.app import create_app
from portals.kit.face import Face, Ways
from portals.kit.gateway import Gateway
from portals.kit.kit import Kit
from portals.kit.navigation import MAIN, Page, Pages
from portals.kit.sealing import Sealer
from portals.kit.session import seal_session
from portals.kit.static import Assets
from portals.kit.visit import Visit


class Customer(msgspec.Struct, frozen=True):
    """Somebody who pays in instalments."""

    token: str
    person_id: str
    locale: str = "fr"
    permissions: list[str] = []
    enrolling: bool = False

    def shortened(self) -> Customer:
        return self


@get("/schedules")
async def schedules(visit: Visit) -> Response[bytes]:
    return visit.page("schedules.html", who=visit.session.person_id)


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    (tmp_path / "space.html").write_text(
        '{% extends "base.html" %}{% block body %}<main id="main" class="space">'
        "{% for page in nav.main %}<a href={{ page.href }}>{{ page.key }}</a>{% endfor %}"
        "{% block main %}{% endblock %}</main>{% endblock %}"
    )
    (tmp_path / "schedules.html").write_text(
        '{% extends face.frame %}{% block main %}<a href="/money">argent</a> {{ who }}{% endblock %}'
    )
    face = Face(
        name="space",
        process="space",
        templates=tmp_path,
        frame="space.html",
        style="desk.css",
        script="desk.js",
        swaps=False,
        session=Customer,
        pages=Pages({MAIN: (Page("schedules", "/schedules"), Page("money", "/money", ("money.read",)))}),
        ways=Ways(
            "/v1/sessions", "/v1/me", "/v1/me/session", "/v1/me/access", lambda _body: Customer("t", "cus_1")
        ),
        login="/welcome",
    )
    # Nobody answers there: a page without the gateway's colours is still a page.
    made = Kit(
        face=face,
        institution="Guichet",
        assets=Assets(DIST),
        sealer=Sealer(b"a" * 32),
        gateway=Gateway("http://127.0.0.1:9"),
        cookies_are_secure=False,
        proxies=TrustedProxies(()),
    )
    yield made
    await made.gateway.close()


async def test_each_face_has_its_own_way_in_and_frame(kit: Kit) -> None:
    transport = httpx.ASGITransport(app=create_app(kit, [schedules]))  # pyright: ignore[reportArgumentType]
    cookie = f"guichet_space_session_{kit.sealer.mark}={seal_session(kit.sealer, Customer('t', 'cus_1'))}"
    async with httpx.AsyncClient(transport=transport, base_url="http://space") as client:
        stranger = await client.get("/schedules")
        known = await client.get("/schedules", headers={"cookie": cookie})
        health = await client.get("/health/live")
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/welcome?next=/schedules")
    assert known.status_code == 200
    assert '<main id="main" class="space"><a href=/schedules>schedules</a>argent cus_1</main>' in known.text
    assert health.status_code == 200
