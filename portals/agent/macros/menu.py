"""The repairs and answers that a record offers, for `macros/menu.html`."""

from __future__ import annotations

from portals.kit.desk import Desk
from portals.kit.gateway import Json
from portals.kit.records import beside


async def load_menu(desk: Desk, target_kind: str) -> list[Json]:
    """Return the macros for a kind of target; none for somebody who may not use them."""
    if not desk.may("macros.use"):
        return []
    listed = await beside(desk, "/v1/macros", [("target_kind", target_kind)])
    return [macro for macro in listed.get("data") or [] if macro["kind"] == "answer" or macro["runnable"]]
