"""Whoever has done something reads in one sentence, where the eyes and the focus are, that it is done."""

from __future__ import annotations

import itertools
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Final

import asyncpg
import httpx

from core.contracts.conversations import ConversationId
from core.contracts.orders import OrderId
from core.contracts.states import Kind, State
from core.values.clock import PARIS
from portals.kit import csrf
from portals.kit.i18n import load_words
from portals.kit.vocabulary import FEE_ACTS, ONBOARDING_MOVES
from tests.integration.portals.conftest import Portal, Reader
from tests.integration.portals.test_links import _links, _shape
from tests.support.customers import add_order
from tests.support.desk import add_attempt
from tests.support.page_forms import Forms
from tests.support.sent_forms import SENDS

_NOTICE: Final = re.compile(
    r'<div class="notice[^"]*" role="status" tabindex="-1" data-takes-focus>(.*?)</div>', re.DOTALL
)
_FORM: Final = re.compile(r'<form\b[^>]*\baction="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
_PLACE: Final = re.compile(r"\\\{\w+\\\}")
_PAGES_MAX: Final = 800
_OF_A_SHAPE_MAX: Final = 2
_STARTS: Final = (
    "/accounts", "/companies", "/stores", "/terminals", "/contracts", "/contracts/templates", "/onboarding",
    "/fees", "/fees/new", "/plans", "/requests", "/requests/types?type=information",
    "/requests/new?type=legal_opinion", "/approvals", "/to-check", "/macros", "/macros?new=answer", "/alerts",
    "/alerts/rules/new", "/exports", "/exports/new", "/mail", "/agents", "/agents/invite", "/roles?change=hotline",
    "/branding?open=new", "/transactions?period=today&figure=approved", "/views", "/notices", "/assign-terminal",
    "/webhooks", "/contact", "/conversations", "/faq", "/faq/new",
)  # fmt: skip
_ELSEWHERE: Final = {
    "/transactions/{transaction_id}/cancel": "asks the engine, which does not run here",
    "/approvals/{approval_id}/approve": "sends a refund to the engine",
    "/contracts/{contract_id}/signed": "brings a file",
    "/onboarding/{file_id}/attach": "brings a file",
    "/macros/{macro_id}/{kind}/{target_id}": "shows what each step did, in its place",
    "/services/{service_id}/limits": "shares its form with the options, whose unsaved fields it says",
    "/services/{service_id}/options": "likewise",
    "/contracts/{contract_id}/terms": "wants services chosen",
    "/contracts/{contract_id}/sign": "wants a name and consent",
    "/approvals/{approval_id}/refuse": "takes a second person",
    "/companies/{company_id}/validate": "every company of the demonstration is validated",
    "/branding/{brand_id}/remove": "takes away a partner's branding, and there is that of the institution alone",
    "/fees/{grid_id}/companies": "wants the identifier of a company",
    "/to-check/{matter_id}/retry": "nothing waits for an acquirer here",
    "/companies/{company_id}/api-keys": "shows the key in its place, once",
    "/orders/{order_id}/move": "wants another day than the one that stands",
    "/conversations/{conversation_id}/typing": "is said by a script, of a chat",
    "/orders/{order_id}/customer-view": "shows the order as its customer sees it, in its place",
    "/webhooks/{endpoint_id}/secrets": "shows the secrets in its place, once",
}
"""Acts on records that the walk cannot do, each with why."""

_SHAPES: Final = [
    (re.compile(_PLACE.sub("[^/]+", re.escape(one))), one)
    for one in sorted(SENDS, key=lambda one: one.count("{"))
]
_NUMBERS: Final = itertools.count(1)
_TALKS: Final = [uuid.UUID(int=0x01990000_0000_7000_8000_000000000000 + n) for n in range(4)]


def _typed(name: str, present: str) -> str:
    """Return what a person types into a field that is empty."""
    if present or re.fullmatch(r"r[1-9]\.\w+", name):
        return present
    number = next(_NUMBERS)
    known = {
        "reason": "vu avec le magasin", "note": "vu avec le magasin", "comment": "Vu avec le magasin",
        "amount": "1,00", "email": f"personne{number}@guichet.example", "name": f"Essai {number}",
        "code": f"essai_{number}", "name_fr": f"Essai {number}", "name_en": f"Trial {number}",
        "title": "Câble à remplacer", "phone": "01 44 55 66 77", "text": "Bonjour", "text_fr": "Bonjour", "text_en": "Hello",
        "until": (datetime.now(PARIS) + timedelta(days=7)).date().isoformat(),
        "trade_name": f"Essai {number}", "role": "hotline", "effective_on": "2031-07-14", "rate": "0,50",
        "terminal": f"T9{number:06d}", "serial": f"{number:010d}",
        "question_fr": f"Question {number}", "question_en": f"Question {number}",
        "answer_fr": f"Réponse {number}", "answer_en": f"Answer {number}",
    }  # fmt: skip
    return known.get(name.rpartition(".")[2], known["reason"] if "reason" in name else "")


class _Hand:
    """Sends forms as one reader."""

    def __init__(self, portal: Portal, reader: Reader) -> None:
        self._portal = portal
        self._cookies = f"{reader.cookies}; {portal.kit.cookie('csrf')}=a-browser-of-the-walk"
        self._token = csrf.form_token(portal.kit.sealer, "a-browser-of-the-walk")

    async def read(self, address: str, told: str = "") -> httpx.Response:
        """Open a page, and what it leads to."""
        headers = {"cookie": f"{self._cookies}; {told}", "accept-language": "fr"}
        answer = await self._portal.client.get(address, headers=headers)
        return await self.read(answer.headers["location"], told) if answer.status_code == 303 else answer

    async def send(self, action: str, fields: list[tuple[str, str]]) -> httpx.Response:
        """Fill a form and send it."""
        typed = [(name, self._token if name == csrf.FIELD else _typed(name, value)) for name, value in fields]
        body = {name: [value for other, value in typed if other == name] for name, _ in typed}
        headers = {"cookie": self._cookies, "origin": "http://portal"}
        return await self._portal.client.post(action, data=body, headers=headers)


def _forms_of(page: str) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Yield the route, the address and the fields of every form; what its buttons send elsewhere is a form of its own."""
    shown = Forms(page).of
    for action, content in _FORM.findall(page):
        buttons = re.findall(r'<button[^>]*name="(\w+)" value="([^"]*)"[^>]*formaction="([^"]*)"', content)
        for name, value, elsewhere in [("", "", action), *buttons]:
            address = unescape(elsewhere)
            route = next((one for shape, one in _SHAPES if shape.fullmatch(address.partition("?")[0])), "")
            if route and unescape(action) in shown:
                yield route, address, [*shown[unescape(action)], *([(name, value)] if name else [])]


async def _add_what_waits(dsn: str) -> str:
    """Return where the order is of which debits are to come."""
    rows = await asyncpg.connect(dsn)
    await rows.execute(
        "INSERT INTO alert (rule_id, severity, subject_kind, subject_key, label, measured, volume, opened_at, seen_at)"
        " SELECT r.id, r.severity, 'area', 'walk', 'Zone du Sud', 52, 46, now(), now()"
        " FROM (SELECT id, severity FROM alert_rule ORDER BY id LIMIT 1) AS r"
    )
    # The older one is disabled; the walk removes the other one.
    await rows.execute(
        "INSERT INTO webhook_endpoint (company_id, url, made_at, changed_at, disabled_at, disabled_why)"
        " SELECT c.id, url, now(), now(), disabled, why FROM (SELECT id FROM company ORDER BY id LIMIT 1) AS c,"
        " (VALUES (1, 'https://boutique.example/a', now(), 'asked'), (2, 'https://boutique.example/b', NULL, NULL))"
        " AS e (place, url, disabled, why) ORDER BY place"
    )
    await rows.execute(
        "WITH told AS (INSERT INTO webhook_event (company_id, kind, facts, at)"
        " SELECT company_id, 'order.activated', '{}', now() FROM webhook_endpoint LIMIT 1 RETURNING id)"
        " INSERT INTO webhook_delivery (event_id, endpoint_id, due_at)"
        " SELECT told.id, e.id, now() FROM told CROSS JOIN webhook_endpoint e"
    )
    await rows.execute(
        "INSERT INTO opening_hours (channel, valid_from, closed_on_holidays, made_at)"
        " VALUES ('chat', current_date + 9, true, now())"
    )
    await rows.execute(
        "INSERT INTO opening_exception (day, label_fr, label_en, made_at)"
        " VALUES (current_date + 9, 'Inventaire', 'Stocktaking', now())"
    )
    # One waits; each of the others is taken, for an act that takes it out of these hands.
    await rows.execute(
        "WITH walker AS (INSERT INTO customer (name, password_hash, locale, created_at)"
        " VALUES ('Odette Walker', '-', 'fr', now()) RETURNING id), address AS ("
        " INSERT INTO customer_email (customer_id, email, is_main, proved_at)"
        " SELECT id, 'odette@walk.example', true, now() FROM walker)"
        " INSERT INTO conversation (id, customer_id, channel, state, since, subject, locale, made_at, taken_by)"
        " SELECT t.id, walker.id, 'form', CASE t.place WHEN 1 THEN 'waiting' ELSE 'taken' END, now(), 'Objet', 'fr', now(),"
        " CASE t.place WHEN 1 THEN NULL ELSE a.id END"
        " FROM walker, agent a, unnest($1::uuid[]) WITH ORDINALITY AS t (id, place) WHERE a.email = 'admin@guichet.example'",
        _TALKS,
    )
    made = await add_attempt(rows, kind=Kind.ADVICE, state=State.CAPTURED, captured_minor=1250)
    await rows.execute(
        "INSERT INTO doubt (attempt_id, business_date, cause)"
        " SELECT id, business_date, 'amount' FROM attempt WHERE id = $1",
        uuid.UUID(bytes=made),
    )
    await add_attempt(rows, kind=Kind.PURCHASE, state=State.CAPTURED, captured_minor=1250)
    order = await add_order(rows, "odette@walk.example")
    await rows.execute(
        "WITH m AS (INSERT INTO mail (once, template, recipient, locale, about_kind, about_id, state, sent_at)"
        " VALUES (sha256('walk'), 'order_confirmed', 'odette@walk.example', 'fr', 'order', $1, 'sent', now()) RETURNING id)"
        " INSERT INTO order_notice (order_id, kind, about_id, due_at, state, mail_id, decided_at)"
        " SELECT $1, 'order_confirmed', $1, now(), 'told', m.id, now() FROM m",
        order,
    )
    await rows.close()
    return f"/orders/{OrderId(order.bytes).text}"


async def test_every_act_on_a_record_ends_in_a_sentence_that_takes_the_focus(portal: Portal) -> None:
    order = await _add_what_waits(portal.dsn)
    hand = _Hand(portal, portal.readers["admin@guichet.example"])
    talks = [f"/conversations/{ConversationId(each.bytes).text}" for each in _TALKS]
    waiting, met, shapes = [*_STARTS, *talks, order], set[str](_STARTS), Counter[str]()
    done, refused, silent = set[str](), dict[str, str](), list[str]()
    for _ in range(_PAGES_MAX):
        if not waiting:
            break
        address = waiting.pop(0)
        page = await hand.read(address)
        if page.status_code != 200 or "text/html" not in page.headers["content-type"]:
            continue
        for link in _links(page.text):
            if link not in met and shapes[_shape(link)] < _OF_A_SHAPE_MAX:
                shapes[_shape(link)] += 1
                met.add(link)
                waiting.append(link)
        for route, action, fields in _forms_of(page.text):
            if route in done:
                continue
            answer = await hand.send(action, fields)
            if answer.status_code != 303:
                refused[route] = f"{answer.status_code} on {address}"
                continue
            done.add(route)
            told = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
            after = await hand.read(answer.headers["location"], told)
            said = _NOTICE.search(after.text)
            if said is None or not re.sub("<[^>]*>", "", said[1]).strip():
                silent.append(f"{route} on {answer.headers['location']}")
            # What can be done to it now may be another act.
            waiting.append(answer.headers["location"])
    assert not silent, silent
    acts = {route for route in SENDS if "}/" in route}
    left = sorted(acts - done - _ELSEWHERE.keys())
    assert left == [], {route: refused.get(route, "not met") for route in left}
    assert len(done) > 45, sorted(SENDS.keys() - done)


async def test_a_pause_stands_on_the_page_of_its_order_with_who_and_why(portal: Portal) -> None:
    rows = await asyncpg.connect(portal.dsn)
    order = OrderId((await add_order(rows, "paused@walk.example")).bytes).text
    await rows.close()
    hand = _Hand(portal, portal.readers["admin@guichet.example"])
    acts = {action: fields for _, action, fields in _forms_of((await hand.read(f"/orders/{order}")).text)}
    assert f"/orders/{order}/resume" not in acts
    late = [
        (name, "2031-07-14" if name == "until" else value) for name, value in acts[f"/orders/{order}/pause"]
    ]
    refused = await hand.send(f"/orders/{order}/pause", late)
    assert refused.status_code == 422
    assert re.search(r"e-pause-until.*?</svg>du \d\d/\d\d/\d{4} au ", refused.text)
    assert (await hand.send(f"/orders/{order}/pause", acts[f"/orders/{order}/pause"])).status_code == 303
    page = re.sub(r"<[^>]+>|\s+", " ", (await hand.read(f"/orders/{order}")).text)
    assert "Prélèvements suspendus : aucun avant le" in page.replace("\u202f", " ").replace("\u00a0", " ")
    assert "vu avec le magasin" in page
    assert f"/orders/{order}/resume" in (await hand.read(f"/orders/{order}")).text


def test_every_act_of_a_closed_set_has_its_sentence() -> None:
    asked = [f"done.fees_{act}" for act in FEE_ACTS]
    asked += [f"onboarding_done.{move}" for move in ONBOARDING_MOVES]
    asked += [f"contract.done.{act}" for act in ("prepare", "reopen", "sign", "activate", "suspend")]
    asked += [
        f"contract.done.{act}" for act in ("resume", "terminate", "keep", "cancel", "make", "word", "amend")
    ]
    asked += [f"assign.{act}_done" for act in ("options", "activate", "move", "retire", "block", "unblock")]
    asked += [f"approvals.done_{act}" for act in ("approve", "refuse", "withdraw")]
    asked += [f"done.request_{act}" for act in ("comment", "assign", "move", "reopen", "change")]
    asked += [f"done.block_{act}" for act in ("store", "service", "lifted")]
    asked += [f"done.alert_{act}" for act in ("acknowledge", "snooze")]
    asked += [f"security.done_{act}" for act in ("confirmed", "password", "removed", "ended", "added")]
    asked += [f"to_check.done_{act}" for act in ("close", "retry")]
    for locale, words in load_words().items():
        assert [key for key in asked if not words.get(key, "")] == [], locale
