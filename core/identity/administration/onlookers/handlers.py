"""Who else has this record open: said every few seconds by their pages, forgotten soon after."""

from datetime import timedelta
from typing import Final

import asyncpg

from core.contracts.administration import (
    ONLOOKER_LASTS_S,
    ListOnlookers,
    Look,
    Onlookers,
)
from core.contracts.ids import RecordId
from core.contracts.refusals import NotFound
from core.db.rows import Connection
from core.identity.administration.onlookers import store
from core.identity.api import Permission, SignedIn, require
from core.values.clock import Clock

_LASTS: Final = timedelta(seconds=ONLOOKER_LASTS_S)
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
"""Records of which somebody may be an onlooker, by kind: whoever may open one may know who else has it open."""


class OnlookerHandlers:
    """Operations on who looks at what."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def look(self, caller: SignedIn, request: Look) -> Onlookers:
        """Note that the caller has a record open, or closed it; return who else has.

        Raises: NotPermitted, NotFound.
        """
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            await _check(connection, caller, request.id)
            if request.gone:
                await store.leave(connection, request, agent_id=caller.agent_id)
            else:
                await store.forget_looks(connection, now - _FORGOTTEN)
                await store.look(
                    connection, request, agent_id=caller.agent_id, now=now, stale_before=now - _LASTS
                )
            return await self._others(connection, caller, request.id)

    async def onlookers(self, caller: SignedIn, request: ListOnlookers) -> Onlookers:
        """Return who else has a record open. Raises: NotPermitted, NotFound."""
        async with self._pool.acquire() as connection:
            await _check(connection, caller, request.record)
            return await self._others(connection, caller, request.record)

    async def _others(self, connection: Connection, caller: SignedIn, record: RecordId) -> Onlookers:
        return Onlookers(
            await store.list_onlookers(
                connection, record.kind, record, but=caller.agent_id, seen_since=self._clock.now() - _LASTS
            )
        )


async def _check(connection: Connection, caller: SignedIn, record: RecordId) -> None:
    scope = require(caller, _RIGHTS[record.kind])
    if not await store.is_seen(connection, scope, record.kind, record):
        raise NotFound
