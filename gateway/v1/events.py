"""GET /v1/events: the live feed as server-sent events."""

from typing import Annotated, Final

from litestar import get
from litestar.di import Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from litestar.types import ASGIApp

from core.contracts.access import STREAM_OPENED
from core.contracts.ids import StoreId
from core.contracts.listing import Nothing
from core.contracts.references import BrandName
from core.contracts.refusals import Refused
from core.contracts.transaction_filter import TransactionFilter, TransactionQuery, filter_of
from gateway.core_client import Caller, CoreClient
from gateway.live.feed import LISTENERS_MAX, LiveFeed
from gateway.live.listener import Listener
from gateway.live.matching import GroupKey
from gateway.live.rendering import read_event_id
from gateway.live.stream import EventStream
from gateway.problems import Problem
from gateway.v1.reading import body_id

LastEventId = Annotated[
    str | None, HeaderParameter(name="Last-Event-ID", max_length=50, description="Resume after this event")
]


_PARAMETERS: Final = frozenset(
    {"store", "terminal", "state", "brand", "amount_min", "amount_max", "reason", "last_event_id"}
)

Store = Annotated[str | None, QueryParameter(description="A store’s id")]
Terminal = Annotated[
    str | None,
    QueryParameter(
        pattern="^(ter_[0-9A-Za-z]{26}|[0-9A-Za-z]{8})$",
        description="A terminal’s id, or its number of 8 characters",
    ),
]
States = Annotated[
    str | None,
    QueryParameter(name="state", max_length=200, description="One state or several, with commas between"),
]
ReasonCode = Annotated[str | None, QueryParameter(max_length=50)]
BrandCode = Annotated[BrandName | None, QueryParameter()]
Amount = Annotated[int | None, QueryParameter(ge=0, le=10**12, description="Minor units")]


def _live_filter(
    store: Store = None,
    terminal: Terminal = None,
    states: States = None,
    reason: ReasonCode = None,
    brand: BrandCode = None,
    amount_min: Amount = None,
    amount_max: Amount = None,
) -> TransactionFilter:
    """Return the filter of the live feed. Raises: Problem."""
    asked = TransactionQuery(
        store=None if store is None else StoreId(body_id("store", store, "store")),
        terminal=terminal,
        state=states,
        reason=reason,
        brand=brand,
        amount_min=amount_min,
        amount_max=amount_max,
    )
    try:
        return filter_of(asked)
    except Refused as refused:
        raise Problem.of_desk(refused.problem) from refused


@get(
    "/events",
    summary="Live transactions",
    tags=["Events"],
    opt={"query": _PARAMETERS},
    dependencies={"live_filter": Provide(_live_filter, sync_to_thread=False)},
    media_type="text/event-stream",
    responses={
        200: ResponseSpec(
            str,
            generate_examples=False,
            media_type="text/event-stream",  # pyright: ignore[reportArgumentType]
            description="`id: <txid>-<seq>`, `event: transaction`, `data: Transaction`; also `too_old`, `lost`, "
            "`session_ended`, `closing`; a comment every 10 seconds",
        )
    },
)
async def events(
    caller: Caller,
    core: CoreClient,
    feed: LiveFeed,
    live_filter: TransactionFilter,
    resume_header: LastEventId = None,
    last_event_id: Annotated[str | None, QueryParameter(max_length=50)] = None,
) -> ASGIApp:
    """Stream events as they happen. Resume with Last-Event-ID: at most 10,000 events or one hour back."""
    resume_text = resume_header or last_event_id
    resume_after = None
    if resume_text:
        resume_after = read_event_id(resume_text)
        if resume_after is None:
            raise Problem.of_field("last_event_id")
    opened = await core.ask(STREAM_OPENED, Nothing(), caller=caller)
    if feed.count >= LISTENERS_MAX:
        raise Problem("too_many_listeners")
    renderer, present = await feed.make_ready()
    key = GroupKey(caller.locale, opened.scope, live_filter)
    listener = Listener(key, caller.session or b"", feed.position or present)
    return EventStream(feed, listener, renderer, resume_after)
