"""The desk's side: what waits for a person, and its end."""

from typing import Any, Final

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from core.contracts.desk_requests import PAGE_ROWS_MAX, Written
from core.contracts.desk_views import Money, StoreRef
from core.contracts.host_matters import HostMatter, HostMatterPage, ListHostMatters, SettleHostMatter
from core.contracts.host_messages import HostMessageKind
from core.contracts.reason_texts import says_why
from core.contracts.refusals import NotFound
from core.contracts.states import DeliveryKind, EventKind
from core.db.rows import Connection
from core.identity.api import Permission, SignedIn, WriteOnce, record_action, require
from core.transactions.bookings import store as bookings
from core.transactions.hosts import store
from core.transactions.hosts.errors import MatterOver, NothingToRetry, ReasonTooShort
from core.transactions.hosts.rules import STUCK_AFTER
from core.transactions.hosts.settling import settle_reversal
from core.values.clock import Clock
from core.values.cursors import encode_cursor
from core.values.ids import encode_id, rrn_of
from core.values.money import NUMERIC_CODES
from core.values.timestamps import timestamp, timestamp_or_none

_OURS: Final = {
    DeliveryKind.REVERSAL: "reversal_not_accepted",
    DeliveryKind.PARTIAL_REVERSAL: "partial_reversal_not_accepted",
    DeliveryKind.ADVICE: "advice_not_accepted",
    DeliveryKind.COMPLETION: "completion_not_accepted",
}
_THEIRS: Final = {
    HostMessageKind.REVERSAL: "reversal_by_host",
    HostMessageKind.TOTALS: "totals_by_host",
    HostMessageKind.CUT_OVER: "totals_by_host",
}


class HostMatterHandlers:
    """The door to what is to be settled with acquirers."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def matters(self, caller: SignedIn, request: ListHostMatters) -> HostMatterPage:
        """Return what waits, newest first. Raises: NotPermitted."""
        scope = require(caller, Permission.TRANSACTIONS_READ)
        limit = min(request.limit, PAGE_ROWS_MAX)
        rows = await store.list_matters(
            self._pool,
            scope,
            stuck_before=self._clock.now() - STUCK_AFTER,
            before=request.before,
            limit=limit + 1,
        )
        page = [_matter_of(row) for row in rows[:limit]]
        return HostMatterPage(page, encode_cursor(page[-1].id) if len(rows) > limit else None)

    async def close(self, caller: SignedIn, request: SettleHostMatter) -> Written:
        """End it by a person's word: the reversal counts as done, the message of the host as seen.

        Raises: NotPermitted, NotFound, MatterOver, ReasonTooShort, KeyReused, StillRunning.
        """
        return await self._settle(caller, request, "close_host_matter", self._close)

    async def retry(self, caller: SignedIn, request: SettleHostMatter) -> Written:
        """Let the host be asked again at once.

        Raises: NotPermitted, NotFound, MatterOver, NothingToRetry, ReasonTooShort, KeyReused, StillRunning.
        """
        return await self._settle(caller, request, "retry_host_matter", self._retry)

    async def _settle(self, caller: SignedIn, request: SettleHostMatter, path: str, act: Any) -> Written:
        require(caller, Permission.TRANSACTIONS_CANCEL)
        if not says_why(request.reason):
            raise ReasonTooShort

        async def effect(connection: PoolConnectionProxy) -> bytes:
            row = await self._find(connection, caller, request.id)
            if row["closed_at"] is not None:
                raise MatterOver
            await act(connection, caller, request, row)
            return msgspec.json.encode(_matter_of(await self._find(connection, caller, request.id)))

        return await self._write(caller, request, effect, key=request.idempotency_key, path=path)

    async def _close(
        self,
        connection: PoolConnectionProxy,
        caller: SignedIn,
        request: SettleHostMatter,
        row: asyncpg.Record,
    ) -> None:
        now, reason = self._clock.now(), request.reason.strip()
        facts = {"now": now, "agent_id": caller.agent_id, "reason": reason}
        if row["by_host"]:
            if not await store.close_message(connection, request.id, **facts):
                raise MatterOver
        else:
            # The attempt first, then its delivery: the order in which the host's answer takes them.
            attempt_id: bytes = row["attempt_id"].bytes
            standing = await bookings.lock_by_id(connection, attempt_id, row["business_date"])
            if standing is None or not await store.close_delivery(connection, request.id, **facts):
                raise MatterOver
            state = standing.state
            if row["kind"] == DeliveryKind.REVERSAL:
                state = await settle_reversal(connection, standing)
            await bookings.note(
                connection,
                attempt_id,
                row["business_date"],
                EventKind.DELIVERY_CLOSED,
                state=state,
                reason=standing.reason,
                cause=f"agent {caller.agent_id.hex()}",
            )
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind="host_matter.closed",
            target_kind="host_matter",
            target_id=request.id,
            facts={"transaction": _transaction_of(row), "reason": reason},
        )

    async def _retry(
        self,
        connection: PoolConnectionProxy,
        caller: SignedIn,
        request: SettleHostMatter,
        row: asyncpg.Record,
    ) -> None:
        if row["by_host"]:
            raise NothingToRetry
        now = self._clock.now()
        if not await store.retry_delivery(connection, request.id, now):
            raise MatterOver
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind="host_matter.retried",
            target_kind="host_matter",
            target_id=request.id,
            facts={"transaction": _transaction_of(row), "reason": request.reason.strip()},
        )

    async def _find(self, connection: Connection, caller: SignedIn, matter_id: bytes) -> asyncpg.Record:
        rows = await store.list_matters(
            connection,
            caller.scope_of(Permission.TRANSACTIONS_CANCEL),
            stuck_before=self._clock.now(),
            matter_id=matter_id,
        )
        if not rows:
            raise NotFound
        return rows[0]


def _matter_of(row: asyncpg.Record) -> HostMatter:
    by_host: bool = row["by_host"]
    kind: Any = _THEIRS[HostMessageKind(row["kind"])] if by_host else _OURS[DeliveryKind(row["kind"])]
    currency: str | None = NUMERIC_CODES.get(row["currency"]) if by_host else row["currency"]
    store_id, attempt_id = row["store_id"], row["attempt_id"]
    return HostMatter(
        id=encode_id("host_matter", row["id"].bytes),
        kind=kind,
        acquirer=row["acquirer"],
        since=timestamp(row["since"]),
        transaction=_transaction_of(row),
        reference=row["reference"] or ("" if attempt_id is None else rrn_of(attempt_id.bytes)),
        terminal=row["terminal"] or "",
        store=None
        if store_id is None
        else StoreRef(encode_id("store", store_id.bytes), row["store_name"], row["department"]),
        amount=Money(row["amount_minor"], currency) if currency else None,
        tries=row["tries"],
        last_result=row["last_result"],
        refused=row["refused"],
        closed_at=timestamp_or_none(row["closed_at"]),
        closed_reason=row["closed_reason"],
    )


def _transaction_of(row: asyncpg.Record) -> str | None:
    attempt_id = row["attempt_id"]
    return None if attempt_id is None else encode_id("transaction", attempt_id.bytes)
