"""No address and no search box leads to an error page: each says in words what is so, and how to go on."""

from __future__ import annotations

import re
import uuid
from urllib.parse import urlencode

import asyncpg
import httpx
import pytest
from litestar.routes import HTTPRoute

from core.contracts.states import Kind, State
from core.values.ids import encode_id
from portals.agent.app import compose
from portals.kit import csrf
from portals.kit.i18n import load_words
from tests.integration.portals.conftest import Walk
from tests.integration.portals.test_any_address import _PLACE, _place, _routes
from tests.support.desk import add_attempt
from tests.support.page_forms import Forms

_WORDS = load_words()["fr"]
CARDS = ("4111 1111 1111 1111", "4111111111111111", "4111-1111-1111-1111")
_SEARCHED = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_BOX = re.compile(r"<input\b[^>]*>")


async def _follow(walk: Walk, path: str) -> httpx.Response:
    answer = await walk.client.get(path, headers={"cookie": walk.cookies})
    for _ in range(3):
        if answer.status_code != 303:
            break
        answer = await walk.client.get(answer.headers["location"], headers={"cookie": walk.cookies})
    return answer


async def test_the_address_of_a_form_opened_as_a_page_leads_to_its_page(walk: Walk) -> None:
    both = [
        route
        for route in compose(walk.kit).routes
        if isinstance(route, HTTPRoute) and "POST" in route.route_handler_map
    ]
    only = [route.path for route in both if "GET" not in route.route_handler_map]
    assert len(only) > 40
    for template in only:
        path = _PLACE.sub(_place, template)
        answer = await walk.client.get(path, headers={"cookie": walk.cookies})
        assert answer.status_code == 303, (template, answer.status_code)
        page = await _follow(walk, path)
        assert page.status_code in (200, 403, 404), (template, page.status_code)
        assert "</html>" in page.text, template
    for path, page in (
        ("/to-check/hma_1/close", "/to-check"),
        ("/onboarding/onb_1/move/submit", "/onboarding/onb_1"),
        ("/requests/D-1/comment", "/requests/D-1"),
        ("/approvals/apr_1/approve", "/approvals"),
    ):
        answer = await walk.client.get(path, headers={"cookie": walk.cookies})
        assert (answer.status_code, answer.headers["location"]) == (303, page)


async def test_a_form_that_was_refused_is_opened_again_by_its_address(walk: Walk) -> None:
    async def first(page: str, pattern: str) -> str:
        found = re.search(rf'href="({pattern})"', (await _follow(walk, page)).text)
        assert found, (page, pattern)
        return found[1]

    company = await first("/companies", r"/companies/com_\w+")
    store = await first("/stores", r"/stores/sto_\w+")
    contact = await first(company, r"/contacts/new[^\"]*")
    branch = await first(company, r"/stores/new[^\"]*")
    made = {"name": "Nadia Benali", "role": "manager", "phone": "01 44 55 66 77", "email": "n@example.fr"}
    added, _ = await _post_form(walk, contact, "/contacts/new", made)
    assert added.status_code == 303, added.text[-600:]
    edited = await first(company, r"/contacts/(?!new)\w+/edit[^\"]*")
    for page, action in (
        (contact, "/contacts/new"),
        (branch, "/stores/new"),
        (edited, edited.partition("?")[0]),
    ):
        refused, address = await _post_form(walk, page, action, {"name": ""})
        assert refused.status_code == 422, (address, refused.status_code)
        again = await walk.client.get(address, headers={"cookie": walk.cookies})
        assert again.status_code == 200, address
        assert any(one.partition("?")[0] == action for one in Forms(again.text).of), address
    removal = next(
        one
        for one in Forms((await _follow(walk, edited)).text).of
        if one.partition("?")[0].endswith("/remove")
    )
    services = next(
        one for one in Forms((await _follow(walk, store)).text).of if one.partition("?")[0] == "/services"
    )
    for address, belongs in ((removal, company), (services, store)):
        answer = await walk.client.get(address, headers={"cookie": walk.cookies})
        assert (answer.status_code, answer.headers["location"]) == (303, belongs)


async def _post_form(walk: Walk, page: str, action: str, typed: dict[str, str]) -> tuple[httpx.Response, str]:
    """Return the answer to the form of a page, and the address that it was sent to."""
    forms = Forms((await _follow(walk, page)).text).of
    address = next(one for one in forms if one.partition("?")[0] == action)
    fields = [(name, typed.get(name, text)) for name, text in forms[address]]
    return await walk.post(address, fields), address


_OF_NO_PAGE = frozenset({"/logout", "/preferences", "/onlookers"})
"""Sent from every page: none of them is theirs."""


async def test_no_address_of_a_form_leads_home_or_nowhere(walk: Walk) -> None:
    tried = 0
    for route in compose(walk.kit).routes:
        if not isinstance(route, HTTPRoute) or "POST" not in route.route_handler_map:
            continue
        path = _PLACE.sub(_place, route.path)
        if path in _OF_NO_PAGE or path.startswith("/login"):
            continue
        tried += 1
        answer = await walk.client.get(path, headers={"cookie": walk.cookies})
        assert answer.headers.get("location") != "/", path
        if "{" not in route.path:
            assert (await _follow(walk, path)).status_code == 200, path
    assert tried > 60


async def test_a_card_number_in_any_search_box_keeps_the_page_and_says_why(walk: Walk) -> None:
    said = _WORDS("search.card_number")
    tried = 0
    pages = [path for path in _routes(walk.kit, "GET") if "/live" not in path and "{" not in path]
    for path in [*pages, "/transactions?period=today", "/search"]:
        page = await walk.client.get(path, headers={"cookie": walk.cookies})
        if page.status_code != 200 or "</html>" not in page.text:
            continue
        for attributes, content in _SEARCHED.findall(page.text):
            action = re.search(r'action="([^"]*)"', attributes)
            if 'method="post"' in attributes or (path != "/search" and action and action[1] == "/search"):
                continue
            target = (action[1] if action else path).partition("?")[0]
            for box in _BOX.findall(content):
                name = re.search(r'name="([^"]+)"', box)
                kind = re.search(r'type="([^"]+)"', box)
                if name is None or (kind and kind[1] not in ("text", "search")):
                    continue
                card = CARDS[tried % len(CARDS)]
                tried += 1
                answer = await _follow(walk, f"{target}?{urlencode({name[1]: card})}")
                where = f"{path} {target} {name[1]} {card}"
                assert answer.status_code == 200, (where, answer.status_code, answer.text[-900:])
                assert said in answer.text, where
                assert card not in answer.text, where
    assert tried > 12


async def test_who_must_log_in_again_reads_that_what_was_typed_is_kept(walk: Walk) -> None:
    token = csrf.form_token(walk.kit.sealer, "a-browser-of-the-walk")
    store = "sto_" + "0" * 26
    answer = await walk.client.post(
        f"/stores/{store}/edit",
        content=urlencode({"csrf": token, "name": "Café du port"}),
        headers={
            "cookie": f"{walk.kit.cookie('csrf')}=a-browser-of-the-walk",
            "content-type": "application/x-www-form-urlencoded",
            "origin": "http://portal",
        },
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
    kept = answer.headers.get_list("set-cookie")
    cookie = next(one.partition(";")[0] for one in kept if "typed0" in one)
    login = await walk.client.get(answer.headers["location"], headers={"cookie": cookie})
    assert _WORDS("kept.at_login") in login.text
    walk.client.cookies.clear()
    without = await walk.client.get(answer.headers["location"])
    assert _WORDS("kept.at_login") not in without.text


async def test_a_card_number_in_a_request_is_refused_with_what_to_do(walk: Walk) -> None:
    types = (await walk.client.get("/requests/new", headers={"cookie": walk.cookies})).text
    chosen = re.search(r'href="(/requests/new\?type=[^"]+)"', types)
    assert chosen is not None
    page = (await walk.client.get(chosen[1], headers={"cookie": walk.cookies})).text
    fields = [
        (name, f"Carte {CARDS[0]}" if name == "title" else text or "1")
        for name, text in Forms(page).of["/requests/new"]
        if name not in ("about_query", "go", "unlink", "due_on")
    ]
    answer = await walk.post("/requests/new", fields)
    assert answer.status_code == 422, answer.text[:500]
    assert "ressemble" not in answer.text
    said = "gardez les quatre derniers chiffres. Rien n’a été enregistré."
    assert said in answer.text, re.findall(r'class="field-error".*', answer.text)


@pytest.mark.parametrize("digits", ["12345678901", "1234"])
async def test_fewer_digits_than_a_card_has_are_searched(walk: Walk, digits: str) -> None:
    answer = await walk.client.get(f"/companies?query={digits}", headers={"cookie": walk.cookies})
    assert answer.status_code == 200
    assert _WORDS("search.card_number") not in answer.text


async def _doubtful_advice(walk: Walk) -> str:
    rows = await asyncpg.connect(walk.dsn)
    made = await add_attempt(rows, kind=Kind.ADVICE, state=State.CAPTURED, captured_minor=1250)
    await rows.execute(
        "INSERT INTO doubt (attempt_id, business_date, cause)"
        " SELECT id, business_date, 'amount' FROM attempt WHERE id = $1",
        uuid.UUID(bytes=made),
    )
    await rows.close()
    return encode_id("transaction", made)


async def test_a_doubtful_advice_links_to_where_it_is_settled_and_twice_is_said_to_be_settled(
    walk: Walk,
) -> None:
    transaction = await _doubtful_advice(walk)
    record = await walk.client.get(f"/transactions/{transaction}", headers={"cookie": walk.cookies})
    assert f'<a href="/to-check">{_WORDS("to_check.open")}</a>' in record.text
    page = await walk.client.get("/to-check", headers={"cookie": walk.cookies})
    forms = Forms(page.text).of
    action = next(one for one in forms if one.endswith("/close"))
    fields = [(name, "vu avec le magasin" if name == "reason" else value) for name, value in forms[action]]
    first = await walk.post(action, fields)
    assert first.status_code == 303, first.text[:500]
    again = await walk.post(action, fields)
    assert again.status_code == 303
    kept = "; ".join(one.partition(";")[0] for one in again.headers.get_list("set-cookie"))
    told = await walk.client.get(again.headers["location"], headers={"cookie": f"{walk.cookies}; {kept}"})
    assert told.status_code == 200
    assert "Fait par " in told.text
    assert "vu avec le magasin" in told.text, "the reason that was not kept is given back"
    assert 'class="notice bad"' not in told.text
