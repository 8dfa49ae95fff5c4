"""Conversations as they are said: streams for their customer and for agents."""

from typing import Annotated

from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from litestar.types import ASGIApp, ControllerRouterHandler

from core.contracts import conversations as ask
from gateway.core_client import Caller, CoreClient
from gateway.live.talks import Look, Talks, TalkStream
from gateway.problems import Problem
from gateway.v1.reading import body_id

LastEventId = Annotated[
    str | None, HeaderParameter(name="Last-Event-ID", max_length=10, description="Resume after this message")
]
After = Annotated[int, QueryParameter(ge=0, le=500, description="Begin after this message")]
Conversation = Annotated[str, QueryParameter(max_length=40, description="A conversation’s id")]
_RESPONSES = {
    200: ResponseSpec(
        str,
        generate_examples=False,
        media_type="text/event-stream",  # pyright: ignore[reportArgumentType]
        description="`id: <number>`, `event: message`, `data: ConversationMessage`; `standing` when state, presence or "
        "typing changed; `closed`; a comment every 5 seconds",
    )
}


@get(
    "/me/chat/events",
    summary="One’s conversation as it is said",
    tags=["Me"],
    opt={"query": frozenset({"conversation", "after"})},
    media_type="text/event-stream",
    responses=_RESPONSES,
)
async def my_talk(
    conversation: Conversation,
    caller: Caller,
    core: CoreClient,
    talks: Talks,
    last: LastEventId = None,
    after: After = 0,
) -> ASGIApp:
    """Follow one's conversation: messages, whether the adviser is there, whether they are typing."""
    raw = ask.ConversationId(body_id("conversation", conversation, "conversation"))

    async def look(since: int) -> ask.TalkNews:
        return await core.ask(ask.FOLLOW_MINE, ask.FollowMine(id=raw, after=since), caller=caller)

    return await _opened(talks, raw, look, last, after)


@get(
    "/conversation-events",
    summary="A conversation as it is said",
    tags=["Conversations"],
    opt={"query": frozenset({"conversation", "after"})},
    media_type="text/event-stream",
    responses=_RESPONSES,
)
async def talk(
    conversation: Conversation,
    caller: Caller,
    core: CoreClient,
    talks: Talks,
    last: LastEventId = None,
    after: After = 0,
) -> ASGIApp:
    """Follow a conversation: messages, whether the customer is there, whether they are typing."""
    raw = ask.ConversationId(body_id("conversation", conversation, "conversation"))

    async def look(since: int) -> ask.TalkNews:
        return await core.ask(ask.FOLLOW, ask.FollowConversation(id=raw, after=since), caller=caller)

    return await _opened(talks, raw, look, last, after)


async def _opened(talks: Talks, raw: bytes, look: Look, last: str | None, after: int) -> ASGIApp:
    """Return the stream, once core has let the caller see the conversation. Raises: Problem."""
    if last is not None and not last.isdecimal():
        raise Problem.of_field("last_event_id")
    since = min(int(last), 500) if last else after
    news = await look(since)
    if talks.is_full(raw):
        raise Problem("too_many_listeners")
    return TalkStream(talks, bytes(raw), look, news, since)


HANDLERS: tuple[ControllerRouterHandler, ...] = (my_talk, talk)
