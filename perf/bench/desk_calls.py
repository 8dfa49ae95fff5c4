"""What agents ask the gateway for, over and over: every kind of search, every list with its usual filters."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import asyncpg

from core.contracts.ids import TransactionId
from core.values.ids import rrn_of


class Call(NamedTuple):
    """One thing to ask for; `parameters` turns a round's number into what is asked."""

    name: str
    path: str
    parameters: Callable[[int], dict[str, str]]


async def searches(owner: asyncpg.Connection) -> list[Call]:
    """Return twelve kinds of query, each with facts of many rows, so that no answer is asked for twice in a row."""
    rows = await owner.fetch(
        "SELECT c.legal_name, c.siren, s.siret, s.name, s.acceptor, s.city, t.terminal, a.id, a.stan, a.card_last_four,"
        " a.approval_code, a.amount_minor"
        " FROM attempt AS a INNER JOIN terminal AS t ON t.id = a.terminal_id"
        " INNER JOIN store AS s ON s.id = a.store_id INNER JOIN company AS c ON c.id = s.company_id"
        " WHERE a.approval_code <> '' AND a.id IN (SELECT attempt_id FROM attempt_key TABLESAMPLE SYSTEM (1) LIMIT 200)"
    )
    if not rows:
        rows = await owner.fetch(
            "SELECT c.legal_name, c.siren, s.siret, s.name, s.acceptor, s.city, t.terminal, a.id, a.stan,"
            " a.card_last_four, a.approval_code, a.amount_minor"
            " FROM attempt AS a INNER JOIN terminal AS t ON t.id = a.terminal_id"
            " INNER JOIN store AS s ON s.id = a.store_id INNER JOIN company AS c ON c.id = s.company_id"
            " WHERE a.approval_code <> '' LIMIT 200"
        )

    def query(name: str, make: Callable[[asyncpg.Record], str]) -> Call:
        return Call(f"search: {name}", "/v1/search", lambda turn: {"q": make(rows[turn % len(rows)])[:100]})

    return [
        query("part of a name", lambda row: row["legal_name"].split()[0][:6]),
        query("name and town", lambda row: f"{row['name'].split()[1]} {row['city']}"),
        query("a typo", lambda row: _misspell(row["legal_name"])),
        query("SIREN", lambda row: row["siren"]),
        query("SIRET", lambda row: row["siret"]),
        query("acceptor", lambda row: row["acceptor"]),
        query("terminal", lambda row: row["terminal"]),
        query("reference", lambda row: rrn_of(row["id"].bytes)),
        query("trace number and terminal", lambda row: f"{row['terminal']} {row['stan']:06d}"),
        query("authorisation number", lambda row: row["approval_code"]),
        query("last four digits", lambda row: row["card_last_four"]),
        query("amount", lambda row: f"{row['amount_minor'] // 100},{row['amount_minor'] % 100:02d} €"),
        query("telephone", lambda row: f"06 {row['siren'][:2]} {row['siren'][2:4]} {row['siren'][4:6]} 00"),
        query("public id", lambda row: TransactionId(row["id"].bytes).text),
    ]


def _misspell(name: str) -> str:
    """Return a name with two letters in the wrong order."""
    word = max(name.split(), key=len)
    return word[:2] + word[3:4] + word[2:3] + word[4:]


def lists() -> list[Call]:
    """Return every list with the filters that agents use."""

    def plain(path: str, **parameters: str) -> Call:
        shown = "&".join(f"{name}={value}" for name, value in parameters.items() if name != "from")
        return Call(f"{path}{'?' if shown else ''}{shown}", path, lambda _turn: parameters)

    week = since(7)
    return [
        plain("/v1/transactions"),
        plain("/v1/transactions", state="declined"),
        plain("/v1/transactions", state="declined", brand="amex", **{"from": week}),
        plain("/v1/transactions", reason="issuer_unavailable", **{"from": week}),
        plain("/v1/transactions", amount_min="15000", **{"from": week}),
        Call(
            "/v1/transactions?last_four=",
            "/v1/transactions",
            lambda turn: {"last_four": f"{turn * 37 % 10_000:04d}"},
        ),
        Call(
            "/v1/transactions?terminal=",
            "/v1/transactions",
            lambda turn: {"terminal": f"E{turn * 7 % 500 + 1:07d}"},
        ),
        plain("/v1/stores"),
        plain("/v1/stores", query="boulangerie"),
        plain("/v1/terminals"),
        plain("/v1/terminals", query="lyon"),
        plain("/v1/accounts"),
        plain("/v1/accounts", query="maison"),
        plain("/v1/companies"),
        plain("/v1/companies", query="dupont"),
        plain("/v1/contracts"),
        plain("/v1/requests"),
        plain("/v1/blocks"),
        plain("/v1/blocks", standing="true"),
        plain("/v1/audit"),
        plain("/v1/agents"),
        plain("/v1/alerts"),
        plain("/v1/approvals"),
        plain("/v1/exports"),
        plain("/v1/onboarding"),
        plain("/v1/mail"),
        plain("/v1/notices"),
        plain("/v1/wall"),
        plain("/v1/wall", department="75"),
        plain("/v1/counters"),
        plain("/v1/home"),
    ]


def since(days: int) -> str:
    moment = datetime.now(UTC) - timedelta(days=days)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
