"""Record pages on the demonstration: what happens there stands beside the facts, and stays light."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

import asyncpg
import pytest

from core.contracts.states import Kind
from core.values.ids import encode_id
from portals.kit.i18n import load_words
from tests.integration.portals.conftest import Portal
from tests.support.page_forms import Forms

_HTML_BYTES_MAX: Final = 60 * 1024
_WORDS: Final = load_words()["fr"]
_ROOMS: Final = ("accounts", "companies", "stores", "terminals")


async def _read(portal: Portal, email: str, address: str) -> str:
    headers = {"cookie": f"{portal.readers[email].cookies}; guichet_language=fr"}
    answer = await portal.client.get(address, headers=headers)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.text


async def _records(portal: Portal, email: str, room: str) -> list[str]:
    listed = await _read(portal, email, f"/{room}")
    return list(dict.fromkeys(re.findall(rf'href="(/{room}/[a-z]{{3}}_\w+)"', listed)))


def _sections(page: str) -> set[str]:
    return set(re.findall(r'<section class="part[^"]*"><header><h2>([^<]*?) ?<', page))


@pytest.mark.parametrize(
    ("room", "titles"),
    [
        ("accounts", {"companies.title", "contract.list", "contacts.title", "record.changes"}),
        ("companies", {"companies.stores", "contract.list", "papers.title", "record.work", "record.changes"}),
        ("stores", {"record.payments", "record.work", "contacts.title", "papers.title", "record.changes"}),
        ("terminals", {"record.payments"}),
    ],
)
async def test_whoever_may_read_everything_sees_what_happens_at_a_record(
    portal: Portal, room: str, titles: set[str]
) -> None:
    first = (await _records(portal, "superviseur@guichet.example", room))[0]
    page = await _read(portal, "superviseur@guichet.example", first)
    assert {_WORDS(title) for title in titles} <= _sections(page)
    assert _WORDS("record.unread") not in page


async def test_a_seller_sees_the_store_without_its_payments(portal: Portal) -> None:
    first = (await _records(portal, "vendeur@guichet.example", "stores"))[0]
    found = _sections(await _read(portal, "vendeur@guichet.example", first))
    assert _WORDS("contacts.title") in found
    assert _WORDS("record.payments") not in found
    assert _WORDS("record.changes") not in found


async def test_nothing_is_said_of_alerts_to_whoever_may_not_read_them(portal: Portal) -> None:
    for email, reads in (("vendeur@guichet.example", False), ("superviseur@guichet.example", True)):
        pages = [await _read(portal, email, one) for one in await _records(portal, email, "stores")]
        assert any(_WORDS("record.work") in _sections(page) for page in pages)
        said = (_WORDS("record.no_work"), _WORDS("record.no_alert"))
        assert any(word in page for word in said for page in pages) == reads
        assert not any(_WORDS("record.alerts_unread") in page for page in pages)


async def test_whoever_may_read_the_changes_of_a_store_reads_the_same_ones(portal: Portal) -> None:
    """What was done at one of its terminals is a change of the store, for who reads the audit too."""
    supervisor = "superviseur@guichet.example"
    terminal = (await _records(portal, supervisor, "terminals"))[0]
    opened = await portal.client.get(terminal, headers={"cookie": portal.readers[supervisor].cookies})
    token = "; ".join(one.partition(";")[0] for one in opened.headers.get_list("set-cookie"))
    shown, action = opened.text, f"{terminal}/block"
    fields = [
        (name, "vol signalé par le magasin" if name == "reason" else text)
        for name, text in Forms(shown).of[action]
    ]
    headers = {
        "cookie": f"{portal.readers[supervisor].cookies}; {token}",
        "content-type": "application/x-www-form-urlencoded",
        "origin": "http://portal",
    }
    sent = await portal.client.post(action, content=urlencode(fields), headers=headers)
    assert sent.status_code == 303
    store = re.search(r'href="(/stores/sto_\w+)"', shown)
    assert store is not None
    for email in (supervisor, "admin@guichet.example", "hotline@guichet.example"):
        page = await _read(portal, email, store[1])
        assert "vol signalé par le magasin" in page, email
        assert _WORDS("record.no_change") not in page, email


async def test_what_waits_for_a_person_at_a_record_stands_on_it(portal: Portal) -> None:
    supervisor = "superviseur@guichet.example"
    rows = await asyncpg.connect(portal.dsn)
    found = await rows.fetchrow(
        "SELECT a.id, a.business_date, t.id AS terminal_id, t.store_id, s.company_id FROM attempt a"
        " JOIN terminal t ON t.id = a.terminal_id JOIN store s ON s.id = t.store_id LIMIT 1"
    )
    assert found is not None
    await rows.execute(
        "INSERT INTO delivery (attempt_id, business_date, kind, reason, amount_minor, acquirer_id, tries, due_at,"
        " last_result, refused_at) VALUES ($1, $2, 4, 51, 1250, 1, 3, now() + interval '1 hour', 'code 57', now())",
        found["id"],
        found["business_date"],
    )
    terminal, store, company = (
        encode_id(kind, found[f"{kind}_id"].bytes) for kind in ("terminal", "store", "company")
    )
    elsewhere = await rows.fetchval(
        "SELECT id FROM store WHERE company_id <> $1 LIMIT 1", found["company_id"]
    )
    await rows.close()
    sentence = "a refusé l’annulation partielle d’un paiement"
    for address, of in (
        (f"/terminals/{terminal}", f"terminal={terminal}"),
        (f"/stores/{store}", f"store={store}"),
        (f"/companies/{company}", f"company={company}"),
    ):
        page = await _read(portal, supervisor, address)
        assert _WORDS("to_check.title") in _sections(page), address
        assert sentence in page, address
        assert f'href="/to-check?{of}#hmt_' in page, address
        assert sentence in await _read(portal, supervisor, f"/to-check?{of}")
    other = encode_id("store", elsewhere.bytes)
    assert sentence not in await _read(portal, supervisor, f"/stores/{other}")
    assert sentence not in await _read(portal, supervisor, f"/to-check?store={other}")


async def test_the_days_of_a_terminal_lead_to_the_rows_that_they_count(portal: Portal) -> None:
    for terminal in await _records(portal, "superviseur@guichet.example", "terminals"):
        page = await _read(portal, "superviseur@guichet.example", terminal)
        counted = re.search(r'href="(/transactions\?[^"]*figure=declined)">(\d+)</a>', page)
        if counted is None:
            continue
        rows = await _read(portal, "superviseur@guichet.example", counted[1].replace("&amp;", "&"))
        assert len(re.findall(r'<tr data-id="txn_', rows)) == int(counted[2])
        return
    pytest.fail("no terminal has a declined payment")


_FIGURES: Final = re.compile(r'<dl class="figures[^"]*">(.*?)</dl>', re.DOTALL)
_FIGURE: Final = re.compile(r"<dt>([^<]*)</dt>\s*(<dd[^>]*>.*?</dd>)", re.DOTALL)


@pytest.fixture(scope="module")
async def counted(portal: Portal) -> None:
    """The minutes of the payments, as the projection would have counted them."""
    rows = await asyncpg.connect(portal.dsn)
    await rows.execute(
        "INSERT INTO activity_minute (minute, store_id, service, brand, state, reason, currency, transactions,"
        " amount_minor, payments, gross_minor)"
        " SELECT date_trunc('minute', a.received_at, 'UTC'), a.store_id, v.kind, a.card_brand, a.state, a.reason,"
        " a.currency, count(*), sum(a.approved_minor), count(*), sum(a.approved_minor)"
        " FROM attempt a JOIN terminal t ON t.id = a.terminal_id JOIN service v ON v.id = t.service_id"
        " WHERE a.kind = $1 GROUP BY 1, 2, 3, 4, 5, 6, 7 ON CONFLICT DO NOTHING",
        int(Kind.PURCHASE),
    )
    await rows.close()


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(
    "page", ["/", "/transactions?period=today", "/transactions?period=7d&min=1", "/activity"]
)
async def test_every_figure_leads_to_its_rows_or_says_of_which_they_are(portal: Portal, page: str) -> None:
    supervisor = "superviseur@guichet.example"
    shown = await _read(portal, supervisor, page)
    told = 0
    for label, value in (pair for part in _FIGURES.findall(shown) for pair in _FIGURE.findall(part)):
        text = re.sub("<[^>]*>", "", value).strip()
        if text in ("0", "–", "", "0,00\N{NO-BREAK SPACE}€"):
            continue
        told += 1
        link = re.search(r'href="(/transactions\?[^"]*figure=\w+[^"]*)"', value)
        if link is None:
            assert ' title="' in value, (page, label, value)
            continue
        rows = await _read(portal, supervisor, link[1].replace("&amp;", "&"))
        assert '<tr data-id="txn_' in rows, (page, label)
    assert told >= 4


@pytest.mark.parametrize("room", _ROOMS)
async def test_a_record_stays_light(portal: Portal, room: str) -> None:
    for address in (await _records(portal, "admin@guichet.example", room))[:10]:
        page = await _read(portal, "admin@guichet.example", address)
        assert len(page.encode()) < _HTML_BYTES_MAX, address


async def test_an_account_does_not_say_of_all_its_companies_what_it_knows_of_the_first(
    portal: Portal,
) -> None:
    rows = await asyncpg.connect(portal.dsn)
    account = await rows.fetchval(
        "INSERT INTO account (name) VALUES ('Compte aux quatre sociétés') RETURNING id"
    )
    for number in range(4):
        await rows.execute(
            "INSERT INTO company (account_id, legal_name, siren) VALUES ($1, $2, $3)",
            account,
            f"Société {number}",
            f"{771_000_000 + number}",
        )
    await rows.close()
    page = await _read(portal, "admin@guichet.example", f"/accounts/{encode_id('account', account.bytes)}")
    assert page.count(_WORDS("record.left_out", n=1)) == 3, "stores, open work and contracts"
    for word in ("companies.no_stores", "record.no_work", "record.no_contract"):
        assert _WORDS(word) not in page
