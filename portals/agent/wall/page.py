"""The terminal wall: the whole estate by region and department, a department by store."""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from portals.kit.gateway import Json
from portals.kit.visit import Visit

SERVICES = ("pax", "softpos")
CONDITIONS = ("active", "failing", "silent", "resting", "blocked", "never_seen", "not_active")
_HEAT_STEPS = 4


@get("/wall")
async def wall_page(visit: Visit) -> Response[bytes]:
    """Show the estate; every filter and the department stand in the address."""
    query = visit.request.query_params
    wanted = {
        "region": _code(query.get("region", "")),
        "department": _code(query.get("department", "")),
        "service": query.get("service", "") if query.get("service") in SERVICES else "",
    }
    pairs = [(name, value) for name, value in wanted.items() if value]
    shown = await visit.gateway.get("/v1/wall", pairs)
    groups = shown.get("groups") or []
    for group in groups:
        _lay_out(group)
        for inner in group.get("groups") or []:
            _lay_out(inner)
    return visit.page(
        "wall/wall.html",
        wall=shown,
        groups=groups,
        bar=_shares(shown.get("counts") or {}),
        wanted=wanted,
        services=SERVICES,
        conditions=CONDITIONS,
        link=lambda **changes: _address(wanted, changes),
    )


def _address(wanted: dict[str, str], changes: dict[str, str]) -> str:
    query = urlencode([(name, value) for name, value in {**wanted, **changes}.items() if value])
    return f"/wall?{query}" if query else "/wall"


def _lay_out(group: Json) -> None:
    """Add the bar's shares and how hot the tile is: none, then four steps by the share that needs a look."""
    total, troubled = int(group.get("total") or 0), int(group.get("troubled") or 0)
    group["bar"] = _shares(group.get("counts") or {})
    group["heat"] = 0 if not troubled else min(_HEAT_STEPS, 1 + int(_HEAT_STEPS * 2 * troubled / total))


def _shares(counts: Json) -> list[Json]:
    """Return the parts of a bar in percent, where each begins."""
    total = sum(int(counts.get(name) or 0) for name in CONDITIONS)
    left, parts = 0.0, []
    for name in CONDITIONS:
        count = int(counts.get(name) or 0)
        if count:
            width = 100 * count / total
            parts.append({"name": name, "count": count, "left": round(left, 2), "width": round(width, 2)})
            left += width
    return parts


def _code(text: str) -> str:
    return text if text.isascii() and text.isalnum() and len(text) <= 3 else ""


HANDLERS: tuple[ControllerRouterHandler, ...] = (wall_page,)
