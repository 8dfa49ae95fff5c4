"""Transactions in figures."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from core.contracts import desk_requests as ask
from core.contracts.desk_views import Counters
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import FILTER_PARAMETERS


@get(
    "/counters",
    summary="Transactions in figures",
    tags=["Transactions"],
    opt={"query": FILTER_PARAMETERS | {"minutes"}},
)
async def counters(
    caller: Caller,
    core: CoreClient,
    list_filter: ask.TransactionFilter,
    minutes: Annotated[
        int | None, QueryParameter(ge=1, le=1440, description="The last ones, the running one included")
    ] = None,
) -> Counters:
    """Count what the filters of the list leave: payments, refunds, and money by currency.

    Without `from`, `to`, `minutes` and other filters: the last 15 minutes.
    """
    if minutes is None and list_filter == ask.TransactionFilter():
        minutes = ask.COUNTED_MINUTES
    return await core.ask(ask.COUNTERS, ask.CountFigures(list_filter, minutes), Counters, caller=caller)
