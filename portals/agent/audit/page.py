"""The audit: who did what, by person, kind, target, period and words; and whether its chain is whole."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Any

from litestar import Response, get

from portals.agent.addresses import page_of
from portals.agent.audit.facts import Fact, facts_of, label_of
from portals.kit.desk import Desk
from portals.kit.formats import PARIS
from portals.kit.gateway import Json

PAGE_ROWS = 50
PERIODS = ("7d", "today", "30d", "all", "custom")


@get("/audit")
async def audit_page(desk: Desk) -> Response[bytes]:
    """Show actions, newest first."""
    query = desk.request.query_params
    kept = {
        name: query[name].strip()[:100]
        for name in ("query", "kind", "target_kind", "target", "agent", "period", "from", "to")
        if query.get(name, "").strip()
    }
    kept["period"] = kept.get("period") if kept.get("period") in PERIODS else "7d"
    filters = [
        (name, kept[name]) for name in ("query", "kind", "target_kind", "target", "agent") if name in kept
    ]
    filters += period_bounds(kept, desk.now)
    cursor = [("cursor", query["cursor"][:400])] if query.get("cursor") else []
    listed, chain = await asyncio.gather(
        desk.gateway.get("/v1/audit", [*filters, *cursor, ("limit", str(PAGE_ROWS))]),
        desk.gateway.get("/v1/audit/chain"),
    )
    return desk.page(
        "audit/audit.html",
        actions=[
            {**action, "facts": _facts(desk, action), "label": label_of(desk.words, action["target"])}
            for action in listed["data"]
        ],
        next_cursor=listed.get("next_cursor"),
        chain=chain,
        kept=kept,
        periods=PERIODS,
        page_of=page_of,
    )


def _facts(desk: Desk, action: Json) -> list[Fact]:
    """Return what the row tells beside its own columns."""
    told = action["facts"]
    return facts_of(
        desk.words,
        {name: told[name] for name in told if name != "ip" or told[name] != action["ip"]},
        action.get("names"),
    )


def period_bounds(kept: dict[str, Any], now: datetime) -> list[tuple[str, str]]:
    """Return from and to of a period, in Paris days; a date that is none is left out."""
    midnight = datetime.combine(now.astimezone(PARIS).date(), time(), PARIS)
    match kept["period"]:
        case "today":
            return [("from", midnight.isoformat())]
        case "7d" | "30d":
            days = int(kept["period"][:-1])
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


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


HANDLERS = (audit_page,)
