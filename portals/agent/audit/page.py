"""The audit: who did what, by person, kind, target, period and words; and whether its chain is whole."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta

from litestar import Response, get

from portals.agent.addresses import page_of
from portals.agent.audit.facts import Fact, facts_of, label_of
from portals.kit.formats import PARIS
from portals.kit.gateway import Json
from portals.kit.lists import Column, Filter, ListPage
from portals.kit.visit import Visit

_ASKED = ("query", "kind", "target_kind", "target", "agent")
KEY_PREFIX = "key_"  # of API keys, whose programs do some of what agents do
PERIODS = ("7d", "today", "30d", "all", "custom")


LIST = ListPage(
    "/audit",
    "audit.title",
    (
        Column("seq", "audit.number", "count"),
        Column("when", "audit.when", "exact", "at"),
        Column("who", "audit.who", "cell"),
        Column("kind-name", "audit.kind", "cell"),
        Column("target", "audit.target", "cell"),
        Column("facts", "audit.details", "cell"),
    ),
    scrolls=True,
    leads_on=False,
    filters=tuple(Filter(name) for name in (*_ASKED, "period", "from", "to")),
    none=("audit.none", "audit.none_text"),
    asks=lambda visit, kept: [
        *((name, kept[name]) for name in _ASKED if name in kept),
        *period_bounds(kept, visit.now),
    ],
    template="audit/audit.html",
)


@get("/audit")
async def audit_page(visit: Visit) -> Response[bytes]:
    """Show actions, newest first."""
    shown, chain = await asyncio.gather(LIST.read(visit), visit.gateway.get("/v1/audit/chain"))
    closed = set[str](shown.answer.get("closed") or ())
    for action in shown.data:
        target = action["target"]
        action["by_key"] = action["agent"]["id"].startswith(KEY_PREFIX)
        action["told"] = _facts(visit, action, closed)
        action["label"] = label_of(visit.words, target)
        action["page"] = "" if target["id"] in closed else page_of(target["kind"], target["id"])
    period = _period(shown.kept)
    return LIST.draw(visit, shown, chain=chain, period=period, periods=PERIODS)


def _facts(visit: Visit, action: Json, closed: set[str]) -> list[Fact]:
    """Return what the row tells beside its own columns."""
    told = action["facts"]
    return facts_of(
        visit.words,
        {name: told[name] for name in told if name != "ip" or told[name] != action["ip"]},
        action.get("names"),
        closed,
    )


def period_bounds(kept: dict[str, str], now: datetime) -> list[tuple[str, str]]:
    """Return from and to of a period, in Paris days; a date that is none is left out."""
    midnight = datetime.combine(now.astimezone(PARIS).date(), time(), PARIS)
    match _period(kept):
        case "today":
            return [("from", midnight.isoformat())]
        case "7d" | "30d":
            days = int(_period(kept)[:-1])
            return [("from", (midnight - timedelta(days=days - 1)).isoformat())]
        case "custom":
            first, last = _day(kept.get("from")), _day(kept.get("to"))
            bounds = []
            if first is not None:
                bounds.append(("from", datetime.combine(first, time(), PARIS).isoformat()))
            if last is not None:
                bounds.append(("to", datetime.combine(last + timedelta(days=1), time(), PARIS).isoformat()))
            return bounds
    return []


def _period(kept: dict[str, str]) -> str:
    return kept["period"] if kept.get("period") in PERIODS else PERIODS[0]


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


HANDLERS = (audit_page,)
