"""The repairs and answers that a record offers, for `macros/menu.html`."""

from __future__ import annotations

from portals.kit.gateway import Json
from portals.kit.records import beside
from portals.kit.visit import Visit


async def load_menu(visit: Visit, target_kind: str) -> list[Json]:
    """Return the macros for a kind of target; none for somebody who may not use them."""
    if not visit.may("macros.use"):
        return []
    listed = await beside(visit, "/v1/macros", [("target_kind", target_kind)])
    return [macro for macro in listed.get("data") or [] if macro["kind"] == "answer" or macro["runnable"]]
