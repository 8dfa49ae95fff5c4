"""The audit reads as words in both languages, whatever the code recorded."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any, Final

import asyncpg
import pytest

from core.identity.api import record_action
from core.values.ids import PREFIXES, encode_id, rrn_of
from portals.kit.i18n import LOCALES, load_words
from tests.integration.portals.conftest import Portal
from tests.support.audited import EMAIL, HOST, MASKED, Record, audited

_TABLES: Final = {
    "account": "account",
    "agent": "agent",
    "alert_rule": "alert_rule",
    "company": "company",
    "contact": "contact",
    "contract": "contract",
    "fee_grid": "fee_grid",
    "fee_version": "fee_version",
    "mail": "mail",
    "onboarding": "onboarding",
    "request": "request WHERE type = 'installation'",
    "service": "service",
    "store": "store",
    "template": "contract_template",
    "terminal": "terminal",
    "transaction": "attempt",
}
_RAW: Final = (
    re.compile(r"\b[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+\b"),
    re.compile(r"\b(?:[a-z]+|[A-Z][a-z]+)[A-Z][A-Za-z]*\b"),
    re.compile(r"\b[A-Z][a-z]+/[A-Z]\w+"),
    re.compile(r"\b[a-z]+\.[a-z]+\b"),
    re.compile(r"\b(?:True|False|None|null|counters)\b"),
)
"""snake_case, CamelCase, Region/City, permissions and operations, values of the code."""
_ENGLISH: Final = re.compile(
    r"\b(?:roles|draft|ready|owner|high|normal|approved|declined|purchase|terminals)\b"
)
"""Values of the code that are words of the one language and none of the other."""
_NOT_RAW: Final = (HOST, EMAIL, MASKED, "Tap to Pay / SoftPOS")
_TEXT_ONLY: Final = re.compile(r"<[^>]+>")


async def _record_all(dsn: str) -> dict[str, bytes]:
    """Write an action of every kind at records that stand, by who reads them."""
    rows = await asyncpg.connect(dsn)
    ids = {
        kind: (await rows.fetchval(f"SELECT id FROM {table} ORDER BY id LIMIT 1")).bytes  # noqa: S608 -- own names
        for kind, table in _TABLES.items()
    }

    def told(value: Any) -> Any:
        match value:
            case Record(kind):
                return encode_id(kind, ids[kind])
            case dict():
                return {name: told(one) for name, one in value.items()}
            case list():
                return [told(one) for one in value]
            case _:
                return value

    for action in audited():
        known = action.target in PREFIXES
        async with rows.transaction():
            await record_action(
                rows,
                agent_id=ids["agent"],
                at=datetime.now(UTC),
                kind=action.kind,
                target_kind=action.target,
                target_id=ids.get(action.target, uuid.uuid4().bytes) if known else None,
                facts=told(action.facts),
                ip="192.0.2.7",
            )
    await rows.close()
    return ids


async def _rows(portal: Portal, email: str, locale: str) -> list[str]:
    """Return the rows of the whole audit, page by page."""
    found: list[str] = []
    address: str | None = "/audit?period=all"
    cookies = f"{portal.readers[email].cookies}; guichet_language={locale}"
    while address:
        answer = await portal.client.get(address, headers={"cookie": cookies})
        assert answer.status_code == 200, answer.text[-500:]
        found += re.findall(r"<tr>.*?</tr>", answer.text.partition("<tbody>")[2], re.DOTALL)
        older = re.search(r'href="(/audit\?[^"]*cursor=[^"]*)"', answer.text)
        address = unescape(older[1]) if older else None
    return found


def _raw_in(row: str, locale: str) -> Iterator[str]:
    text = unescape(_TEXT_ONLY.sub(" ", re.sub(r"<code>[0-9a-f]{64}</code>|\bgsk_[\w-]{8}", "", row)))
    for known in _NOT_RAW:
        text = text.replace(known, " ")
    for pattern in _RAW if locale == "en" else (*_RAW, _ENGLISH):
        yield from (match[0] for match in pattern.finditer(text))


@pytest.mark.parametrize("locale", LOCALES)
async def test_no_row_of_the_audit_shows_what_the_code_calls_it(portal: Portal, locale: str) -> None:
    if locale == LOCALES[0]:
        await _record_all(portal.dsn)
    rows = await _rows(portal, "admin@guichet.example", locale)
    assert len(rows) >= len(audited())
    raw = {
        found: re.sub(r"\s+", " ", _TEXT_ONLY.sub(" ", row))[:300]
        for row in rows
        for found in _raw_in(row, locale)
    }
    assert not raw, "\n".join(f"{found}: {row}" for found, row in raw.items())


async def test_records_are_named_by_their_own_names_and_linked_for_who_may_open_them(portal: Portal) -> None:
    ids = await _record_all(portal.dsn)
    words = load_words()["fr"]
    store, transaction = encode_id("store", ids["store"]), encode_id("transaction", ids["transaction"])
    rows = await asyncpg.connect(portal.dsn)
    names = {
        "store": await rows.fetchval("SELECT name FROM store WHERE id = $1", uuid.UUID(bytes=ids["store"])),
        "request": await rows.fetchval(
            "SELECT code FROM request WHERE id = $1", uuid.UUID(bytes=ids["request"])
        ),
    }
    await rows.close()
    told = unescape("".join(await _rows(portal, "admin@guichet.example", "fr")))
    assert f'<a href="/transactions/{transaction}">{rrn_of(ids["transaction"])}</a>' in told
    assert f'<a href="/stores/{store}">{names["store"]}</a>' in told
    assert f'<a href="/requests/{encode_id("request", ids["request"])}">{names["request"]}</a>' in told
    for said in (
        words("role.shop_seller"),
        words("permission.transactions.refund_approve"),
        "Paris (métropole) → Guadeloupe",
        "1\u202f250,50\u00a0€",
        "50,00\u00a0€",
        "Planifiée",
        "24\u00a0déc.\u00a02026",
    ):
        assert said in told, said
    legal = unescape("".join(await _rows(portal, "juridique@guichet.example", "fr")))
    assert f'<a href="/stores/{store}">' in legal
    assert "/agents/" not in legal, "legal may not open agents"
    assert "/mail/" not in legal


async def test_what_a_program_did_is_told_under_its_key(portal: Portal) -> None:
    rows = await asyncpg.connect(portal.dsn)
    name = f"Boutique {secrets.token_hex(4)}"
    key = await rows.fetchval(
        "INSERT INTO api_key (company_id, name, prefix, key_hash, made_by, made_at)"
        " SELECT c.id, $1::text, 'gsk_abcdefgh', sha256(convert_to($1::text, 'UTF8')), a.id, now()"
        " FROM (SELECT id FROM company LIMIT 1) AS c, (SELECT id FROM agent LIMIT 1) AS a RETURNING id",
        name,
    )
    await record_action(
        rows,
        agent_id=key.bytes,
        at=datetime.now(UTC),
        kind="webhook_endpoint.secret_shown",
        target_kind="webhook_endpoint",
        target_id=uuid.uuid4().bytes,
        facts={"url": "https://shop.example/hooks"},
        ip="192.0.2.8",
    )
    await rows.close()
    cookies = portal.readers["admin@guichet.example"].cookies
    answer = await portal.client.get(
        "/audit", params={"query": name}, headers={"cookie": f"{cookies}; guichet_language=fr"}
    )
    (row,) = re.findall(r"<tr>.*?</tr>", answer.text.partition("<tbody>")[2], re.DOTALL)
    assert "Clé d\u2019API" in unescape(row)
    assert name in row
    assert "agent=key_" not in row
