"""Search by whatever is at hand: one box, every identifier. One answer opens it, several are offered."""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple
from urllib.parse import urlencode

from litestar import Response, get

from portals.kit.desk import Desk
from portals.kit.formats import AmountMalformed, parse_amount
from portals.kit.gateway import GatewayProblem, Json

ROWS = 5
QUERY_CHARACTERS_MAX = 80
_CURRENCY = re.compile(r"[€]|\beur\b", re.IGNORECASE)


class Lookup(NamedTuple):
    """One way to read what was typed."""

    kind: str
    path: str
    parameters: list[tuple[str, str]]
    all_address: str


class Found(NamedTuple):
    """What one way found."""

    kind: str
    rows: list[Json]
    all_address: str
    more: bool


@get("/search")
async def search_page(desk: Desk) -> Response[bytes]:
    """Go straight to the only answer, or show what each way of reading the words found."""
    desk.require_session()
    query = desk.request.query_params.get("q", "").strip()[:QUERY_CHARACTERS_MAX]
    for prefix, folder in (("txn_", "transactions"), ("ter_", "terminals"), ("sto_", "stores")):
        if re.fullmatch(rf"{prefix}[0-9a-z]{{10,40}}", query):
            return desk.go(f"/{folder}/{query}")
    lookups = ways_to_read(query)
    found = [
        item for item in await asyncio.gather(*(_look_up(desk, lookup) for lookup in lookups)) if item.rows
    ]
    if len(found) == 1:
        only = found[0]
        if len(only.rows) == 1:
            return desk.go(f"/{_folder(only.kind)}/{only.rows[0]['id']}")
        return desk.go(only.all_address)
    return desk.page(
        "search/search.html", query=query, found=found, tried=[lookup.kind for lookup in lookups]
    )


def ways_to_read(query: str) -> list[Lookup]:
    """Return every lookup that the words could mean; at most six."""
    if not query:
        return []
    compact = query.replace(" ", "")
    ways: list[Lookup] = []
    if re.fullmatch(r"[0-9A-Za-z]{12}", compact):
        ways.append(_transactions("rrn", [("rrn", compact.upper())]))
    if re.fullmatch(r"\d{4}", compact):
        ways.append(_transactions("last_four", [("last_four", compact)]))
    if re.fullmatch(r"\d{6}", compact):
        ways.append(_transactions("stan", [("stan", compact)]))
    if re.fullmatch(r"[0-9A-Za-z]{6}", compact):
        ways.append(_transactions("approval_code", [("approval_code", compact.upper())]))
    amount = _amount(query)
    if amount is not None:
        text = _CURRENCY.sub("", query).strip()
        ways.append(
            Lookup(
                "amount",
                "/v1/transactions",
                [("amount_min", str(amount)), ("amount_max", str(amount))],
                "/transactions?" + urlencode([("min", text), ("max", text), ("period", "30d")]),
            )
        )
    if len(query) >= 2:
        sought = [("query", query)]
        ways.append(Lookup("terminal", "/v1/terminals", sought, f"/terminals?{urlencode(sought)}"))
        ways.append(Lookup("store", "/v1/stores", sought, f"/stores?{urlencode(sought)}"))
    return ways


async def _look_up(desk: Desk, lookup: Lookup) -> Found:
    try:
        answer = await desk.gateway.get(lookup.path, [*lookup.parameters, ("limit", str(ROWS))])
    except GatewayProblem as problem:
        # A way of reading that the gateway refuses (a malformed reference) simply found nothing.
        if problem.status == 401:
            raise
        return Found(lookup.kind, [], lookup.all_address, more=False)
    return Found(lookup.kind, answer["data"], lookup.all_address, more=bool(answer.get("next_cursor")))


def _transactions(kind: str, parameters: list[tuple[str, str]]) -> Lookup:
    return Lookup(kind, "/v1/transactions", parameters, f"/transactions?{urlencode(parameters)}")


def _amount(query: str) -> int | None:
    text = _CURRENCY.sub("", query).strip()
    try:
        return parse_amount(text) if len(text) <= 12 else None
    except AmountMalformed:
        return None


def _folder(kind: str) -> str:
    return {"terminal": "terminals", "store": "stores"}.get(kind, "transactions")


HANDLERS = (search_page,)
