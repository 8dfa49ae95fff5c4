"""Every list of the portal shows all that the gateway has, page by page, and leads back to its start."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from html import unescape
from typing import Any, Final
from urllib.parse import quote

import asyncpg
import pytest
from litestar.handlers import HTTPRouteHandler

from portals.agent.app import PAGE_HANDLERS
from portals.kit.gateway import Gateway, Json, Parameters
from portals.kit.i18n import load_words
from portals.kit.lists import ListPage
from tests.integration.portals.conftest import Portal

_NEXT: Final = re.compile(r'rel="next" href="([^"]*)"')
_ROWS: Final = 2
_PAGES_MAX: Final = 60
_ADMIN: Final = "admin@guichet.example"


def _declared() -> dict[str, ListPage]:
    modules = {
        sys.modules[handler.fn.__module__]
        for handler in PAGE_HANDLERS
        if isinstance(handler, HTTPRouteHandler)
    }
    return {
        f"{module.__name__.removeprefix('portals.agent.')}.{name}": each
        for module in modules
        for name, each in vars(module).items()
        if isinstance(each, ListPage)
    }


LISTS: Final = _declared()


class Asked:
    """What the gateway answered to one list's API, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, api: str) -> None:
        self.answers: list[Json] = []
        request = Gateway.request

        async def recorded(
            gateway: Gateway,
            method: str,
            path: str,
            *,
            headers: Mapping[str, str],
            parameters: Parameters,
            body: Json | None,
        ) -> Json:
            answer = await request(gateway, method, path, headers=headers, parameters=parameters, body=body)
            # A list may ask for one row more of something, beside its own.
            if path == api and ("limit", "1") not in parameters:
                self.answers.append(answer)
            return answer

        monkeypatch.setattr(Gateway, "request", recorded)


async def _page(portal: Portal, address: str) -> str:
    answer = await portal.client.get(address, headers={"cookie": portal.readers[_ADMIN].cookies})
    assert answer.status_code == 200, address
    return answer.text


def _start(each: ListPage) -> str:
    # Some lists are one of several of their address; one of them shows a page for each of its groups.
    only = {"RECOVERED": "?recovered=1", "ALL": "?all=1"}
    name = next(name for name, one in LISTS.items() if one is each)
    return (
        each.path
        + only.get(name.rpartition(".")[2], "")
        + ("?state=draft" if each.path == "/onboarding" else "")
    )


def test_every_list_of_the_navigation_is_declared() -> None:
    paths = {each.path for each in LISTS.values()}
    assert len(LISTS) >= 20
    assert paths >= {"/accounts", "/stores", "/alerts", "/alerts/rules", "/macros", "/approvals", "/blocks"}
    assert paths >= {"/exports", "/notices", "/mail", "/requests", "/audit", "/contracts", "/onboarding"}
    assert paths >= {"/views", "/branding", "/requests/types"}


@pytest.mark.parametrize("name", sorted(LISTS))
async def test_every_page_of_a_list_is_reached(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    each = LISTS[name]
    asked = Asked(monkeypatch, each.api)
    await _page(portal, _start(each))
    whole: list[Any] = asked.answers[-1]["data"]
    more = asked.answers[-1].get("next_cursor")
    if not each.rows:
        assert more is None, f"{name} has more rows than it asks for"
        return
    monkeypatch.setattr(each, "rows", _ROWS)
    asked.answers.clear()
    address, seen = _start(each), list[Any]()
    for _ in range(_PAGES_MAX):
        page = await _page(portal, address)
        answer = asked.answers[-1]
        assert len(answer["data"]) <= _ROWS
        seen += answer["data"]
        following = _NEXT.search(page)
        assert (following is not None) == (answer.get("next_cursor") is not None), address
        pages = page.partition('<nav class="older"')[2].partition("</nav>")[0]
        assert (">Début<" in pages) == ("cursor=" in address), address
        if following is None:
            break
        address = unescape(following[1])
        assert address.partition("?")[0] == each.path
    else:
        assert more is not None or len(whole) > _ROWS * _PAGES_MAX, f"{name} never ends"
    if more is None and len(whole) <= _ROWS * _PAGES_MAX and each.path != "/audit":
        assert len(seen) == len(whole)


async def _journal(portal: Portal) -> str:
    found = re.search(r'href="/terminals/(ter_\w+)"', await _page(portal, "/terminals"))
    assert found is not None
    return f"/journals/{found[1]}?period=7d"


@pytest.mark.parametrize(
    "name", [*sorted(name for name in LISTS if LISTS[name].rows), "transactions", "journal"]
)
@pytest.mark.parametrize("cursor", ["xxx", "kqFhoWI", "é" * 500])
async def test_a_page_that_a_list_does_not_have_is_said_and_the_first_one_shown(
    portal: Portal, name: str, cursor: str
) -> None:
    elsewhere = {"transactions": "/transactions?period=7d", "journal": await _journal(portal)}
    start = elsewhere.get(name) or _start(LISTS[name])
    first = await _page(portal, start)
    page = await _page(portal, f"{start}{'&' if '?' in start else '?'}cursor={quote(cursor)}")
    said = load_words()["fr"]("find.restarted")
    assert said in unescape(page)
    assert said not in unescape(first)
    assert re.findall(r'data-id="([^"]*)"', page) == re.findall(r'data-id="([^"]*)"', first)
    assert _NEXT.findall(page) == _NEXT.findall(first), "the filters stay"


async def test_the_alert_after_the_hundredth_is_shown(portal: Portal) -> None:
    rows = await asyncpg.connect(portal.dsn)
    await rows.execute(
        "INSERT INTO alert (rule_id, severity, subject_kind, subject_key, label, measured, volume, opened_at, seen_at)"
        " SELECT r.id, r.severity, 'area', 'many-' || n, 'Zone n° ' || n, 52, 46, now(), now()"
        " FROM generate_series(1, 104) AS n, (SELECT id, severity FROM alert_rule ORDER BY id LIMIT 1) AS r"
    )
    await rows.close()
    address, shown = "/alerts", set[str]()
    while address:
        page = await _page(portal, address)
        shown |= set(re.findall(r"Zone n° (\d+)", page))
        following = _NEXT.search(page)
        address = unescape(following[1]) if following else ""
    assert shown == {str(number) for number in range(1, 105)}
