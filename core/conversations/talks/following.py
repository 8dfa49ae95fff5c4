"""What streams ask for: how a conversation stands, what was said since, whether the other side is there and typing.

Rows are the truth. Whoever writes rings a doorbell on the bus after the commit, which says no more than which
conversation; a ring that is lost costs a stream a few seconds.
"""

from datetime import datetime, timedelta
from typing import Final

import asyncpg

from core.bus import Bus, BusRefused
from core.contracts import conversations as ask
from core.contracts.listing import Nothing
from core.contracts.refusals import NotFound
from core.contracts.subjects import TALKS
from core.conversations.talks import store
from core.identity.api import Customer, SignedIn
from core.values.clock import Clock

THERE: Final = timedelta(seconds=30)
TYPING: Final = timedelta(seconds=6)


class Doorbell:
    """Tells streams that something was said."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def ring(self, conversation_id: bytes) -> None:
        """Ring; a bus that takes nothing costs a few seconds."""
        try:
            self._bus.publish(TALKS, conversation_id)
        except BusRefused:
            return


class FollowingHandlers:
    """What both sides follow."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, doorbell: Doorbell) -> None:
        self._pool = pool
        self._clock = clock
        self._doorbell = doorbell

    async def follow_mine(self, caller: Customer, request: ask.FollowMine) -> ask.TalkNews:
        """Return news of one's own conversation. Raises: NotFound."""
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            standing = await store.find_standing(connection, request.id, customer_id=caller.customer_id)
            if standing is None:
                raise NotFound
            await store.note_customer(connection, request.id, now, types=False)
            said = await store.list_messages(connection, request.id, after=request.after)
        return _news(standing, said, now, seen="agent_seen_at", typed="agent_typed_at")

    async def follow(self, caller: SignedIn, request: ask.FollowConversation) -> ask.TalkNews:
        """Return news of a conversation. Raises: NotFound."""
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            standing = await store.find_standing(connection, request.id)
            if standing is None or standing["channel"] == "assistant":
                raise NotFound
            await store.note_agent(connection, request.id, caller.agent_id, now, types=False)
            said = await store.list_messages(connection, request.id, after=request.after)
        return _news(standing, said, now, seen="customer_seen_at", typed="customer_typed_at")

    async def type_mine(self, caller: Customer, _request: Nothing) -> Nothing:
        """Note that the customer types; without a chat nothing is noted."""
        async with self._pool.acquire() as connection, connection.transaction():
            talk = await store.lock_open_talk(connection, caller.customer_id)
            if talk is None or talk["state"] == "assistant":
                return Nothing()
            noted = await store.note_customer(connection, talk["id"].bytes, self._clock.now(), types=True)
        if noted:
            self._doorbell.ring(talk["id"].bytes)
        return Nothing()

    async def type(self, caller: SignedIn, request: ask.TypeToCustomer) -> Nothing:
        """Note that the agent who has it types. Raises: NotFound."""
        async with self._pool.acquire() as connection:
            if await store.find_conversation(connection, request.id) is None:
                raise NotFound
            noted = await store.note_agent(
                connection, request.id, caller.agent_id, self._clock.now(), types=True
            )
        if noted:
            self._doorbell.ring(request.id)
        return Nothing()


def _news(
    standing: asyncpg.Record,
    said: list[ask.ConversationMessage],
    now: datetime,
    *,
    seen: str,
    typed: str,
) -> ask.TalkNews:
    return ask.TalkNews(
        state=standing["state"],
        taken_by=standing["taken_by_name"] or "",
        is_there=_within(standing[seen], now, THERE),
        is_typing=_within(standing[typed], now, TYPING),
        messages=said,
    )


def _within(moment: datetime | None, now: datetime, life: timedelta) -> bool:
    return moment is not None and now - moment < life
