"""A customer's schedule as a file."""

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from core.contracts import my_orders as ask
from core.contracts.orders import OrderId
from gateway.core_client import WRITE_TIMEOUT_S, Caller, CoreClient
from gateway.v1.reading import path_id


@get(
    "/me/orders/{order_id:str}/paper",
    summary="One schedule as a PDF",
    tags=["Me"],
    media_type="application/pdf",
)
async def print_order(order_id: str, caller: Caller, core: CoreClient) -> Response[bytes]:
    """Return the schedule as a PDF, in the language of the call."""
    body = ask.PrintMyOrder(id=OrderId(path_id("order", order_id)))
    content = await core.ask(ask.PRINT, body, caller=caller, timeout_s=WRITE_TIMEOUT_S)
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{order_id}.pdf"'},
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (print_order,)
