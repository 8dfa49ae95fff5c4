"""Change the card of a purchase: the dialog with the card frame, and what became of it (S2.29 to S2.35).

The card is typed in the frame of edge, which leads the browser back with a token; the page of the change goes on from
there, to the customer's bank and back, and says how it ended. Nothing of it needs a script.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.forms import Form
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.guard import POLICY
from portals.kit.records import path_part
from portals.kit.visit import Visit

_TOKEN: Final = re.compile(r"ctk_[0-9a-z]{1,40}")
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?")


@get("/schedules/{order_id:str}/card")
async def change_card(visit: Visit, order_id: str) -> Response[bytes]:
    """Show the card that pays, which other one may take its place, or why none may."""
    return await _show(visit, order_id)


@post("/schedules/{order_id:str}/card", status_code=200)
async def type_card(visit: Visit, order_id: str) -> Response[bytes]:
    """Show where another card is typed."""
    form = await visit.form()
    opened = await form.post(f"/v1/me/orders/{path_part(order_id)}/card/changes", {}, keyed=False, stays=True)
    if opened is None:
        return await _show(visit, order_id, form)
    answer = visit.page("card_changes/type.html", order_id=order_id, opened=opened)
    answer.headers["content-security-policy"] = _framing(str(opened["address"]))
    return answer


@post("/schedules/{order_id:str}/collect-now", status_code=200)
async def collect_now(visit: Visit, order_id: str) -> Response[bytes]:
    """Have what failed collected at once by the new card."""
    form = await visit.form()
    done = await form.post(f"/v1/me/orders/{path_part(order_id)}/collect-now", {}, keyed=False, stays=True)
    if done is None:
        return await _show(visit, order_id, form)
    return visit.done(f"/schedules/{path_part(order_id)}", "card_change.collected_now")


@get("/card-changes/{change_id:str}")
async def card_change(visit: Visit, change_id: str) -> Response[bytes]:
    """Go on with a change, and show how it stands; with a token, to the customer's bank where it asks for them."""
    path = f"/v1/me/card-changes/{path_part(change_id)}"
    token = visit.request.query_params.get("card_token", "")
    body: Json = {"token": token} if _TOKEN.fullmatch(token) else {}
    try:
        change = await visit.gateway.post(f"{path}/continue", body)
    except GatewayProblem as problem:
        if problem.status not in (409, 422, 429):
            raise
        change = await visit.gateway.get(path)
        return visit.page("card_changes/change.html", status=problem.status, change=change, problem=problem)
    if body and change.get("redirect"):
        return visit.answer(Response(b"", status_code=303, headers={"Location": str(change["redirect"])}))
    if token:
        # A reload says how it stands, and sends no token again.
        return visit.go(f"/card-changes/{path_part(change_id)}")
    return visit.page("card_changes/change.html", change=change, problem=None)


async def _show(visit: Visit, order_id: str, form: Form | None = None) -> Response[bytes]:
    order = await visit.gateway.get(f"/v1/me/orders/{path_part(order_id)}")
    return visit.page("card_changes/card.html", form=form, order=order)


def _framing(address: str) -> str:
    """Return the policy of a page in which the card frame stands, and nothing else."""
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    return f"{POLICY}; frame-src {origin}" if _ORIGIN.fullmatch(origin) else POLICY


HANDLERS: tuple[ControllerRouterHandler, ...] = (change_card, type_card, collect_now, card_change)
