"""The last minutes in figures."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from core.contracts import desk_requests as ask
from core.contracts.desk_views import Counters
from gateway.core_client import Caller, CoreClient


@get("/counters", summary="Activity", tags=["Transactions"], opt={"query": frozenset({"minutes"})})
async def counters(
    caller: Caller, core: CoreClient, minutes: Annotated[int, QueryParameter(ge=1, le=1440)] = 15
) -> Counters:
    """Count the last minutes, the running one included."""
    return await core.ask(ask.COUNTERS, ask.CountLast(minutes), Counters, caller=caller)
