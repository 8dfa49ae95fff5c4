"""A page of schedules."""

from __future__ import annotations

from portals.kit.gateway import Json
from portals.kit.visit import Visit

ROWS = 10


async def schedules_of(visit: Visit, shown: str, *, rows: int = ROWS) -> Json:
    """Return a page of the customer's schedules, from where the address says."""
    parameters = [("shown", shown), ("limit", str(rows))]
    if cursor := visit.request.query_params.get("after"):
        parameters.append(("cursor", cursor[:200]))
    return await visit.gateway.get("/v1/me/orders", parameters)
