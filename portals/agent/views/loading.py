"""Saved views as a list's page needs them: which there are, and the address that shows each."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from portals.agent.transactions.filters import Filters
from portals.kit.gateway import GatewayDown, GatewayProblem, Json
from portals.kit.visit import Visit

LISTS: Final = {"transactions": "transactions.read", "terminals": "directory.read"}
"""The lists that have views, each with the right that opens it."""

_DATES = ("period", "from", "to")


async def load_views(visit: Visit, viewed: str) -> list[Json]:
    """Return the views of a list; none when they cannot be read: a list without its views is still a list."""
    if not visit.may(LISTS[viewed]):
        return []
    try:
        listed = await visit.gateway.get("/v1/views", [("list", viewed)])
    except GatewayDown:
        return []
    except GatewayProblem as problem:
        if problem.status == 401:
            raise
        return []
    return listed["data"]


def address_of(view: Json, shown: Filters) -> str:
    """Return the address of the list with a view; the dates stay as shown unless the view has its own."""
    kept: dict[str, list[str]] = view["filters"]
    pairs = [(name, value) for name, values in kept.items() for value in values]
    if view["list"] == "transactions" and not any(name in kept for name in _DATES):
        if shown.period != "live":
            pairs.append(("period", shown.period))
        if shown.period == "custom":
            pairs += [("from", shown.from_), ("to", shown.to)]
    if view["columns"]:
        pairs.append(("columns", ",".join(view["columns"])))
    pairs.append(("view", view["id"]))
    return f"/{view['list']}?{urlencode([(name, value) for name, value in pairs if value])}"
