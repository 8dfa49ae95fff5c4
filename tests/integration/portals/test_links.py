"""Every link of every page, for every agent of the demonstration, leads to a page that this agent may open."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, deque
from html import unescape
from typing import Final
from urllib.parse import urldefrag, urlsplit

import asyncpg
import pytest

from deploy.sandbox.demonstration.demonstration import AGENTS
from portals.agent.pages import PAGES
from tests.integration.portals.conftest import Portal, Reader

_HREF: Final = re.compile(r'<a\s(?:[^>]*\s)?href="(/(?!/)[^"]*)"')
_RECORD: Final = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}")
_PAGES: Final = [page.href for page in PAGES.offered]
_OUTSIDE: Final = ("/static/", "/brand/", "/logout")
_OF_A_SHAPE_MAX: Final = 30
"""Lists with filters in their addresses have no end; of records the demonstration has fewer."""
_AT_ONCE: Final = 4


def _shape(address: str) -> str:
    """Return an address without what it holds: records and the values of filters."""
    parts = urlsplit(address)
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&")})
    return f"{_RECORD.sub('*', parts.path)}?{','.join(names)}"


def _links(page: str) -> list[str]:
    found = [urldefrag(unescape(href)).url for href in _HREF.findall(page)]
    return [address for address in dict.fromkeys(found) if not address.startswith(_OUTSIDE)]


async def _walk(portal: Portal, reader: Reader) -> tuple[dict[str, int], dict[str, str]]:
    """Follow links as far as they lead; return each address with its status, and where each was found."""
    starts = [page for page in _PAGES if PAGES.may_open(reader.permissions, page)]
    found = dict.fromkeys([*starts, "/notices", "/search?q=ondine", "/security", "/views"], "navigation")
    waiting, statuses, shapes = deque(found), dict[str, int](), Counter[str]()

    async def follow(address: str) -> list[str]:
        answer = await portal.client.get(address, headers={"cookie": reader.cookies})
        statuses[address] = answer.status_code
        return _links(answer.text) if answer.headers["content-type"].startswith("text/html") else []

    while waiting:
        now = [waiting.popleft() for _ in range(min(_AT_ONCE, len(waiting)))]
        for came_from, links in zip(now, await asyncio.gather(*map(follow, now)), strict=True):
            for address in links:
                shapes[_shape(address)] += address not in found
                if address not in found and shapes[_shape(address)] <= _OF_A_SHAPE_MAX:
                    found[address] = came_from
                    waiting.append(address)
    return statuses, found


@pytest.mark.parametrize("email", [agent.email for agent in AGENTS])
async def test_every_link_leads_to_a_page_that_its_reader_may_open(portal: Portal, email: str) -> None:
    statuses, found = await _walk(portal, portal.readers[email])
    closed = [
        f"{status} {address} from {found[address]}"
        for address, status in sorted(statuses.items())
        if status >= 400
    ]
    assert not closed, f"{len(closed)}:\n" + "\n".join(closed)
    assert len(statuses) > 40, sorted(statuses)
    assert await _refused(portal, email) == [], "a page asked for what its reader may not see"


async def _refused(portal: Portal, email: str) -> list[str]:
    """Return what the audit says was refused to an agent; what is held back longer is counted there."""
    rows = await asyncpg.connect(portal.dsn)
    found = await rows.fetch(
        "SELECT a.facts::text AS facts FROM action a JOIN agent g ON g.id = a.agent_id"
        " WHERE a.kind = 'access.refused' AND g.email = $1 ORDER BY a.at",
        email,
    )
    await rows.close()
    return [row["facts"] for row in found]


async def test_every_notice_of_the_demonstration_leads_to_its_page(portal: Portal) -> None:
    told = 0
    for email, reader in portal.readers.items():
        page = await portal.client.get("/notices", headers={"cookie": reader.cookies})
        listed = page.text.partition('<ul class="notices">')[2].partition("</ul>")[0]
        assert listed.count("<li") == len(_HREF.findall(listed)), f"{email}: a notice without a page"
        for address in _links(listed):
            answer = await portal.client.get(address, headers={"cookie": reader.cookies})
            assert answer.status_code == 200, (email, address)
            told += 1
    assert told >= 5
    mentioned = await portal.client.get(
        "/notices", headers={"cookie": portal.readers["backoffice@guichet.example"].cookies}
    )
    request = _links(mentioned.text.partition('<ul class="notices">')[2].partition("</ul>")[0])[0]
    record = await portal.client.get(
        request, headers={"cookie": portal.readers["backoffice@guichet.example"].cookies}
    )
    assert "@backoffice" in record.text, "the comment that the notice quotes stands at the request"
