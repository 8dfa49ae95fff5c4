"""Search by whatever is at hand: one box, every identifier. One answer opens it, several are offered."""

from __future__ import annotations

import re
from typing import Final

from litestar import Response, get

from portals.agent.addresses import kind_of, page_of
from portals.kit.entrance import OPEN
from portals.kit.formats import grouped
from portals.kit.gateway import GatewayDown, GatewayProblem, Json
from portals.kit.visit import Visit

QUERY_CHARACTERS_MAX: Final = 100
SUGGESTIONS_PER_GROUP: Final = 4
_NUMBER: Final = re.compile(r"\b(SIREN|SIRET) (\d+)\b")
_EXACT: Final = ("identifier", "reference")


@get("/search")
async def search_page(visit: Visit) -> Response[bytes]:
    """Go straight to the only answer, or to the only exact one; otherwise show what was found, by kind."""
    query = _query(visit)
    found = await _find(visit, query)
    hits = [hit for group in found["groups"] for hit in group["data"]]
    exact = [hit for hit in hits if hit["match"] in _EXACT]
    if len(hits) == 1 or len(exact) == 1:
        return visit.go(str((exact or hits)[0]["href"]))
    return visit.page("search/search.html", query=query, groups=found["groups"], partial=found["partial"])


@get("/search/suggestions", opt=OPEN)
async def suggestions(visit: Visit) -> Response[bytes]:
    """Show the first of each kind, for the list under the search field."""
    if visit.visitor is None:
        return visit.page("search/suggestions.html", status=401, groups=[], query="", failed=True)
    query = _query(visit)
    try:
        found = await _find(visit, query)
    except (GatewayProblem, GatewayDown):
        return visit.page("search/suggestions.html", status=503, groups=[], query=query, failed=True)
    for group in found["groups"]:
        group["data"] = group["data"][:SUGGESTIONS_PER_GROUP]
    return visit.page("search/suggestions.html", groups=found["groups"], query=query, failed=False)


def _query(visit: Visit) -> str:
    return visit.request.query_params.get("q", "").strip()[:QUERY_CHARACTERS_MAX]


async def _find(visit: Visit, query: str) -> Json:
    if not query:
        return {"groups": [], "partial": False}
    found = await visit.gateway.get("/v1/search", [("q", query)])
    for group in found["groups"]:
        for hit in group["data"]:
            hit["href"] = _address(hit)
            hit["detail"] = with_groups(str(hit.get("detail") or ""))
    return found


def with_groups(detail: str) -> str:
    """Return what stands below a hit with the digits of its numbers in groups."""
    return _NUMBER.sub(lambda found: f"{found[1]} {grouped(found[2], found[1].lower())}", detail)


def _address(hit: Json) -> str:
    """Return where a hit opens: a contact has no page of its own, so where it belongs."""
    within = hit.get("within")
    if hit["kind"] == "contact" and within:
        return page_of(kind_of(within), within)
    return page_of(hit["kind"], hit["id"]) or "/"


HANDLERS = (search_page, suggestions)
