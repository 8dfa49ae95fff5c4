"""The link in a mail to one more address: followed in the session that asked for it, it proves the address."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.gateway import GatewayProblem
from portals.kit.visit import Visit


@get("/emails/link/{token:str}")
async def link(visit: Visit, token: str) -> Response[bytes]:
    """Ask whether the address is to be added: a mail reader that opens links must not do it by itself."""
    return visit.page("emails/confirm.html", token=token, errors={})


@post("/emails/link/{token:str}", status_code=200)
async def prove(visit: Visit, token: str) -> Response[bytes]:
    """Prove it."""
    await visit.form()
    try:
        await visit.gateway.post("/v1/me/emails/proof", {"token": token})
    except GatewayProblem as problem:
        if problem.status == 401:
            raise
        return visit.page("emails/confirm.html", status=problem.status, token="", errors={"": problem.detail})
    return visit.done("/profile", "space.email_proved")


HANDLERS: tuple[ControllerRouterHandler, ...] = (link, prove)
