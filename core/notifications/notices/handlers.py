"""The bell: read one's own notices, mark them as read. Nobody sees another's."""

import asyncpg

from core.contracts.access import SessionsEnded
from core.contracts.notifications import ListNotices, NoticePage, NoticesLeft, ReadNotices, UnreadOf
from core.identity.api import SessionHandlers, SignedIn
from core.identity.errors import SessionEnded
from core.notifications.notices import store
from core.values.clock import Clock
from core.values.cursors import id_in, page_of


class NoticeHandlers:
    """Operations on notices."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._sessions = SessionHandlers(pool, clock)

    async def notices(self, caller: SignedIn, request: ListNotices) -> NoticePage:
        """Return the caller's own notices, newest first. Raises: CursorMalformed."""
        before = id_in("notice", request.cursor)
        async with self._pool.acquire() as connection:
            found = await store.list_notices(
                connection, caller.agent_id, unread=request.unread, before=before, limit=request.limit + 1
            )
            unread = await store.count_unread(connection, caller.agent_id)
        return NoticePage(*page_of(found, request.limit, lambda last: (last.id,)), unread)

    async def unread(self, request: UnreadOf) -> NoticesLeft:
        """Count for the bell, which asks every half minute: an idle session ends all the same. Raises: SessionEnded."""
        if await self._sessions.sessions_ended(SessionsEnded([request.session])):
            raise SessionEnded
        agent_id = await store.agent_of_session(self._pool, request.session)
        if agent_id is None:
            raise SessionEnded
        return NoticesLeft(await store.count_unread(self._pool, agent_id))

    async def read(self, caller: SignedIn, request: ReadNotices) -> NoticesLeft:
        """Mark the caller's own notices as read; a foreign id marks nothing."""
        async with self._pool.acquire() as connection, connection.transaction():
            await store.mark_read(connection, caller.agent_id, self._clock.now(), request.ids)
            return NoticesLeft(await store.count_unread(connection, caller.agent_id))
