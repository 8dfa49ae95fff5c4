"""Who did what, and whether what is written of it is still what was written."""

import asyncpg

from core.contracts.administration import ActionPage, ChainState, ListActions
from core.contracts.listing import Nothing
from core.identity.administration.audit import store
from core.identity.api import Permission, SignedIn
from core.runtime.manifest import Names
from core.values.clock import Clock
from core.values.cursors import number_of_part, page_of, parts_in
from core.values.timestamps import timestamp, timestamp_or_none

LINKS_MAX = 20_000
"""Links recomputed at one look; `guichet verify` recomputes them all."""


class AuditHandlers:
    """Operations on the audit."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, names: tuple[Names, ...]) -> None:
        self._pool = pool
        self._names = names
        self._clock = clock

    async def actions(self, caller: SignedIn, request: ListActions) -> ActionPage:
        """Return actions, newest first. Raises: CursorMalformed."""
        parts = parts_in(request.cursor, 1)
        found, closed = await store.list_actions(
            self._pool,
            caller,
            request,
            names=self._names,
            before=None if parts is None else number_of_part(parts[0]),
        )
        return ActionPage(*page_of(found, request.limit, lambda last: (str(last.seq),)), closed)

    async def chain(self, caller: SignedIn, _request: Nothing) -> ChainState:
        """Recompute what was added since the last look, and say how far the chain is whole."""
        if not caller.scope_of(Permission.AUDIT_READ).is_everything:
            # How many actions there are is nothing for who reads the audit of a part.
            return ChainState(whole=True, seq=0, hash="", checked_at=None)
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            mark = await store.find_mark(connection)
            newest = await store.find_newest(connection)
            if not await store.stands(connection, mark):
                # What was there at the last look is not there any more: changed, or the end was cut off.
                return ChainState(False, 0, "", timestamp_or_none(mark.at), broken_at=mark.seq)
            found = await store.check_on(connection, mark, links_max=LINKS_MAX)
            reached = found.whole or mark
            if reached.seq:
                await store.keep_mark(connection, reached, now)
        return ChainState(
            whole=found.broken_at is None,
            seq=reached.seq,
            hash=reached.hash.hex() if reached.seq else "",
            checked_at=timestamp(now),
            broken_at=found.broken_at,
            remaining=max(0, newest.seq - reached.seq),
        )
