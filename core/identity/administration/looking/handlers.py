"""Who else has this record open: said every few seconds by their pages, forgotten soon after."""

from datetime import timedelta
from typing import Final

import asyncpg

from core.contracts.administration import LOOKING_LASTS_S, Look, Onlookers
from core.contracts.refusals import NotFound
from core.identity.administration.looking import store
from core.identity.api import Permission, SignedIn, require
from core.values.clock import Clock

_LASTS: Final = timedelta(seconds=LOOKING_LASTS_S)
_FORGOTTEN: Final = timedelta(minutes=10)

_RIGHTS: Final = {
    "transaction": Permission.TRANSACTIONS_READ,
    "account": Permission.DIRECTORY_READ,
    "company": Permission.DIRECTORY_READ,
    "store": Permission.DIRECTORY_READ,
    "terminal": Permission.DIRECTORY_READ,
    "contract": Permission.CONTRACTS_READ,
    "request": Permission.REQUESTS_USE,
    "agent": Permission.AGENTS_READ,
}
"""Whoever may open a record of the kind may know who else has it open."""


class LookingHandlers:
    """The door to who looks at what."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def look(self, caller: SignedIn, request: Look) -> Onlookers:
        """Note that the caller has a record open, or closed it; return who else has. Raises: NotPermitted, NotFound."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            await self._check(connection, caller, request)
            if request.gone:
                await store.leave(connection, request, agent_id=caller.agent_id)
            else:
                await store.forget_looks(connection, now - _FORGOTTEN)
                await store.look(
                    connection, request, agent_id=caller.agent_id, now=now, stale_before=now - _LASTS
                )
            return Onlookers(
                await store.list_onlookers(
                    connection, request.kind, request.id, but=caller.agent_id, seen_since=now - _LASTS
                )
            )

    async def looking(self, caller: SignedIn, request: Look) -> Onlookers:
        """Return who else has a record open. Raises: NotPermitted, NotFound."""
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            await self._check(connection, caller, request)
            return Onlookers(
                await store.list_onlookers(
                    connection, request.kind, request.id, but=caller.agent_id, seen_since=now - _LASTS
                )
            )

    async def _check(self, connection: store.Connection, caller: SignedIn, request: Look) -> None:
        right = _RIGHTS.get(request.kind)
        if right is None:
            # The gateway knows the kinds; any right that every role has says no to whoever has none.
            require(caller, Permission.REQUESTS_USE)
            raise NotFound
        if not await store.is_seen(connection, require(caller, right), request.kind, request.id):
            raise NotFound
