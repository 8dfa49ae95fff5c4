"""What is asked without a session that it would keep alive: the bell's count, the face of a host."""

from typing import Annotated, Any

from litestar import Request, get
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import notifications as ask
from gateway.auth import anonymous
from gateway.core_client import Caller, CoreClient


@get("/notices/unread", summary="How many notices are not read", tags=["Notices"])
async def unread_notices(caller: Caller, core: CoreClient) -> ask.NoticesLeft:
    """Count the caller's own, for a bell that asks again and again: asking does not keep the session alive."""
    body = ask.UnreadOf(caller.session or b"")
    return await core.ask(ask.NOTICES_UNREAD, body, caller=None)


@get(
    "/brand",
    summary="The face of a host",
    tags=["Branding"],
    security=[{}],
    opt={"query": frozenset({"host"})},
)
async def brand_of_host(
    request: Request[Any, Any, Any],
    core: CoreClient,
    host: Annotated[str, QueryParameter(max_length=260, description="As the browser named it")] = "",
) -> ask.BrandView:
    """Return what a log in page shows of an institution or its partner: name, logo, colours, contact."""
    return await core.ask(ask.BRAND, ask.BrandOfHost(host), caller=anonymous(request))


HANDLERS: tuple[ControllerRouterHandler, ...] = (unread_notices, brand_of_host)
