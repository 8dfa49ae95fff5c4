"""Every link and form of every page, for every agent of the demonstration, is one that this agent may open and send."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, deque
from html import unescape
from typing import Final, NamedTuple
from urllib.parse import urldefrag, urlsplit

import asyncpg
import pytest

from core.contracts.operations import OPERATIONS
from deploy.sandbox.demonstration.demonstration import AGENTS
from portals.agent.pages import PAGES
from portals.agent.session import AgentSession
from portals.kit.gateway import GatewayUser, Json
from portals.kit.i18n import load_words
from portals.kit.session import unseal_session
from tests.integration.portals.conftest import Portal, Reader
from tests.support.page_forms import Forms
from tests.support.sent_forms import OTHERWISE, SENDS, may_send, operation_of_address

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


@pytest.fixture(scope="module")
async def out_of_sight(portal: Portal) -> Json:
    """A request of the technicians' queue about nobody in particular: neither administrator nor supervisor sees it."""
    author = _api_of(portal, "hotline@guichet.example")
    types = (await author.get("/v1/request-types"))["data"]
    kind = next(one for one in types if one["team"] == "technician" and not one["retired"])
    body: Json = {
        "type": kind["code"],
        "title": "Câble à remplacer",
        "details": "",
        "priority": "normal",
        "answers": {field["code"]: "1" for field in kind["fields"] if field["required"]},
    }
    made = (await author.post("/v1/requests", body, idempotency_key="out-of-sight"))["request"]
    await author.post(
        f"/v1/requests/{made['id']}/comment", {"body": "Vu", "mentions": []}, idempotency_key="seen"
    )
    return made


def _api_of(portal: Portal, email: str) -> GatewayUser:
    session = unseal_session(portal.kit.sealer, portal.readers[email].cookies.partition("=")[2], AgentSession)
    assert session is not None
    return portal.kit.gateway.as_user(token=session.token, locale="fr")


@pytest.mark.parametrize("email", ["admin@guichet.example", "superviseur@guichet.example"])
async def test_the_audit_names_a_request_that_its_reader_does_not_see_and_does_not_link_to_it(
    portal: Portal, out_of_sight: Json, email: str
) -> None:
    headers = {"cookie": portal.readers[email].cookies}
    record = await portal.client.get(f"/requests/{out_of_sight['id']}", headers=headers)
    assert record.status_code == 404
    pages = ["/audit?period=all&kind=request"]
    if "journals.read" in portal.readers[email].permissions:
        pages.append(f"/journals/{out_of_sight['author']['id']}")
    for page in pages:
        told = (await portal.client.get(page, headers=headers)).text
        assert out_of_sight["code"] in told, page
        for name in ("id", "code"):
            assert f"/requests/{out_of_sight[name]}" not in told, page
    api = _api_of(portal, email)
    listed = await api.get("/v1/audit", [("target", out_of_sight["id"])])
    assert listed["closed"] == [out_of_sight["id"]]
    own = await _api_of(portal, "hotline@guichet.example").get(f"/v1/requests/{out_of_sight['code']}")
    assert own["request"]["id"] == out_of_sight["id"]


class Walked(NamedTuple):
    """What following links found."""

    statuses: dict[str, int]  # by address
    found: dict[str, str]  # address -> where it was found
    forms: dict[str, str]  # where a form is sent to -> where it was found


async def _walk(portal: Portal, reader: Reader) -> Walked:
    """Follow links as far as they lead."""
    starts = [page for page in _PAGES if PAGES.may_open(reader.permissions, page)]
    found = dict.fromkeys([*starts, "/notices", "/search?q=ondine", "/security", "/views"], "navigation")
    waiting, statuses, shapes = deque(found), dict[str, int](), Counter[str]()
    forms = dict[str, str]()

    async def follow(address: str) -> list[str]:
        answer = await portal.client.get(address, headers={"cookie": reader.cookies})
        statuses[address] = answer.status_code
        if not answer.headers["content-type"].startswith("text/html"):
            return []
        forms.update(dict.fromkeys(Forms(answer.text).of, address))
        return _links(answer.text)

    while waiting:
        now = [waiting.popleft() for _ in range(min(_AT_ONCE, len(waiting)))]
        for came_from, links in zip(now, await asyncio.gather(*map(follow, now)), strict=True):
            for address in links:
                shapes[_shape(address)] += address not in found
                if address not in found and shapes[_shape(address)] <= _OF_A_SHAPE_MAX:
                    found[address] = came_from
                    waiting.append(address)
    return Walked(statuses, found, forms)


@pytest.mark.parametrize("email", [agent.email for agent in AGENTS])
async def test_every_link_and_form_is_one_that_its_reader_may_open_and_send(
    portal: Portal, out_of_sight: Json, email: str
) -> None:
    assert out_of_sight["code"]
    statuses, found, forms = await _walk(portal, portal.readers[email])
    unsent = [
        f"{action} on {address}"
        for action, address in forms.items()
        if not may_send(portal.readers[email].permissions, action)
    ]
    assert not unsent, "forms that their reader may not send:\n" + "\n".join(unsent)
    closed = [
        f"{status} {address} from {found[address]}"
        for address, status in sorted(statuses.items())
        if status >= 400
    ]
    assert not closed, f"{len(closed)}:\n" + "\n".join(closed)
    assert len(statuses) > 40, sorted(statuses)
    assert await _refused(portal, email) == [], "a page asked for what its reader may not see"


@pytest.mark.parametrize("email", [agent.email for agent in AGENTS])
async def test_whoever_may_not_send_a_form_is_told_so_instead_of_being_shown_it(
    portal: Portal, email: str
) -> None:
    reader, admin = portal.readers[email], portal.readers["admin@guichet.example"]
    company = (await _first(portal, admin, "/companies", "com")).removeprefix("/companies/")
    store = (await _first(portal, admin, "/stores", "sto")).removeprefix("/stores/")
    contract = await _first(portal, admin, "/contracts", "ctr")
    terminal = (await _first(portal, admin, "/terminals", "ter")).removeprefix("/terminals/")
    opened = {
        f"/companies/new?account=x#{company}": "companies.create",
        f"/companies/{company}/edit": "companies.edit",
        f"/stores/new?company={company}": "stores.create",
        f"/stores/{store}/edit": "stores.edit",
        f"/contacts/new?of={company}": "contacts.add",
        f"/contracts/new?company={company}": "contracts.make",
        f"{contract}/sign": "contracts.sign",
        f"{contract}/terms?amend=1": "contracts.amend",
        "/contracts/templates/new": "contract_templates.write",
        "/onboarding/new": "onboarding.start",
        "/fees/new": "fee_grids.make",
        "/plans/new": "plans.make",
        "/requests/new": "requests.create",
        "/requests/types?type=new": "request_types.save",
        "/macros?new=answer": "macros.add",
        "/alerts/rules/new": "alert_rules.add",
        "/exports/new": "exports.ask",
        "/agents/invite": "agents.invite",
        "/roles?change=hotline": "roles.change",
        "/branding?open=new": "brands.save",
        f"/assign-terminal?store={store}": "terminals.assign",
        f"/move-terminal/{terminal}": "terminals.move",
    }
    rights = {each.name: each.access.right for each in OPERATIONS}
    for address, operation in opened.items():
        right = rights[operation]
        answer = await portal.client.get(
            address.partition("#")[0], headers={"cookie": f"{reader.cookies}; guichet_language=fr"}
        )
        if right in reader.permissions:
            assert answer.status_code != 403, (address, right)
            continue
        assert answer.status_code == 403, (address, right, answer.status_code)
        assert load_words()["fr"]("error.forbidden.title") in unescape(answer.text)
        assert set(Forms(answer.text).of) <= {"/preferences", "/logout"}, address


async def _first(portal: Portal, reader: Reader, page: str, prefix: str) -> str:
    listed = await portal.client.get(page, headers={"cookie": reader.cookies})
    found = re.search(rf'href="({page}/{prefix}_\w+)"', listed.text)
    assert found is not None, page
    return found[1]


def test_it_is_said_of_every_form_what_it_asks_for() -> None:
    silent = sorted(address for address, operation in SENDS.items() if not operation)
    assert silent == [], "name it as the API does, or in OTHERWISE of tests/support/sent_forms.py"
    assert OTHERWISE.keys() - SENDS.keys() == set()
    assert [address for address in OTHERWISE if operation_of_address(address) == OTHERWISE[address]] == []


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
