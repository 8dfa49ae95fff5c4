"""Journals on one time line: of a terminal, a store, a contract, a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get
from litestar.response import Stream

from portals.agent.addresses import kind_of, page_of
from portals.agent.audit.facts import facts_of_texts
from portals.kit.files import pass_file
from portals.kit.formats import day
from portals.kit.lists import CURSOR_CHARACTERS_MAX, read_page
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import JOURNAL_KINDS

PERIODS: Final = {"24h": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
_WRITTEN: Final = ("change", "action")
"""Entries that come from the audit or a record's history: their facts read as they do there."""
_PAGE_ROWS: Final = 100
_QUERY_CHARACTERS_MAX: Final = 100
_KINDS: Final = ("terminal", "store", "contract", "agent")
"""What has a journal, as the search calls it."""


@get("/journals")
async def choose_page(visit: Visit) -> Response[bytes]:
    """Ask whose journal to read: a terminal, a store, a contract or a person, found by the one search."""
    query = visit.request.query_params.get("query", "").strip()[:_QUERY_CHARACTERS_MAX]
    found = await visit.gateway.get("/v1/search", [("q", query)]) if query else {"groups": []}
    groups = [group for group in found["groups"] if group["kind"] in _KINDS and group["data"]]
    return visit.page("journals/choose.html", words_sought=query, groups=groups)


@get("/journals/{subject_id:str}")
async def journal_page(visit: Visit, subject_id: str) -> Response[bytes]:
    """Show the journal; kinds, period and page are in the address."""
    query = visit.request.query_params
    kinds = [name for name in query.getall("kind", []) if name in JOURNAL_KINDS]
    period = query.get("period", "30d")
    period = period if period in PERIODS else "30d"
    path = f"/v1/journals/{path_part(subject_id)}"
    wanted = _filter(kinds, period, visit.now)
    journal, restarted = await read_page(
        visit, path, [*wanted, ("limit", str(_PAGE_ROWS))], query.get("cursor", "")[:CURSOR_CHARACTERS_MAX]
    )
    closed = set[str](journal.get("closed") or ())
    for entry in journal["data"]:
        written = entry["kind"] in _WRITTEN
        entry["href"] = "" if entry.get("target") in closed else _address(entry.get("target"), subject_id)
        entry["told"] = facts_of_texts(visit.words, entry["facts"], closed) if written else []
    own = f"/journals/{path_part(subject_id)}"
    kept = [("kind", name) for name in kinds] + [("period", period)]
    older = journal.get("next_cursor")
    return visit.page(
        "journals/journal.html",
        journal=journal,
        restarted=restarted,
        days=_by_day(journal["data"], visit.locale),
        kinds=kinds,
        all_kinds=JOURNAL_KINDS,
        period=period,
        periods=list(PERIODS),
        own=own,
        back=_address(journal["subject"]["id"], "") or "/",
        older=f"{own}?{urlencode([*kept, ('cursor', older)])}" if older else "",
        export=f"{own}/export?{urlencode(kept)}",
    )


@get("/journals/{subject_id:str}/export")
async def export_journal(visit: Visit, subject_id: str) -> Stream:
    """Pass the gateway's file on, chunk by chunk."""
    query = visit.request.query_params
    kinds = [name for name in query.getall("kind", []) if name in JOURNAL_KINDS]
    period = query.get("period", "30d")
    path = f"/v1/journals/{path_part(subject_id)}/export"
    return await pass_file(visit, path, _filter(kinds, period if period in PERIODS else "30d", visit.now))


def _filter(kinds: list[str], period: str, now: datetime) -> list[tuple[str, str]]:
    since = (now - PERIODS[period]).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    chosen = [("kinds", ",".join(kinds))] if kinds else []
    return [*chosen, ("from", since)]


def _by_day(entries: list[dict[str, Any]], locale: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return entries under the day, in Paris, on which they happened, in their order."""
    days: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        days.setdefault(day(datetime.fromisoformat(entry["at"]), locale), []).append(entry)
    return list(days.items())


def _address(target: str | None, own: str) -> str:
    """Return the page of what an entry is about; none for the subject itself and for what has no page."""
    return "" if target is None or target == own else page_of(kind_of(target), target)


HANDLERS = (choose_page, journal_page, export_journal)
