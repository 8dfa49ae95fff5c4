"""Activity by hour, for charts."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from litestar import get
from litestar.params import QueryParameter

from core.contracts import supervision as ask
from core.contracts.states import Brand
from core.values.clock import to_unix_us
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import BrandCode, Store, body_id, moment_us, one_of

_USUAL_SPAN: Final = timedelta(hours=24)


@get(
    "/activity",
    summary="Activity by hour, and a week before",
    tags=["Supervision"],
    opt={"query": frozenset({"from", "to", "store", "brand"})},
)
async def read_activity(
    caller: Caller,
    core: CoreClient,
    from_: Annotated[
        datetime | None, QueryParameter(name="from", description="24 hours before `to` by default")
    ] = None,
    to: Annotated[datetime | None, QueryParameter(description="Now by default")] = None,
    store: Store = None,
    brand: BrandCode = None,
) -> ask.Activity:
    """Return whole hours of at most 31 days: volume, approval rate and latency, by store, brand and reason too."""
    end_us = moment_us(to) or to_unix_us(datetime.now(UTC))
    start_us = moment_us(from_)
    body = ask.ReadActivity(
        from_us=end_us - _USUAL_SPAN // timedelta(microseconds=1) if start_us is None else start_us,
        to_us=end_us,
        store_id=None if store is None else body_id("store", store, "store"),
        brand=None if brand is None else int(one_of(Brand, brand, "brand")),
    )
    return await core.ask(ask.ACTIVITY, body, ask.Activity, caller=caller)


HANDLERS = (read_activity,)
