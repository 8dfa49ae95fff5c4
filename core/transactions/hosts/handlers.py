"""The desk's side: what waits for a person, and its end."""

from collections.abc import Sequence
from typing import Any, Final, assert_never

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from core.contracts.host_matters import (
    COUNTED_MAX,
    RETRIED_KINDS,
    STUCK_AFTER,
    CloseHostMatter,
    HostMatter,
    HostMatterKind,
    HostMatterPage,
    ListHostMatters,
    RetryHostMatter,
    SettleHostMatter,
)
from core.contracts.listing import Written
from core.contracts.references import LocatedStore, Money
from core.contracts.refusals import NotFound
from core.contracts.states import EventKind, Kind
from core.db.rows import Connection
from core.identity.api import Permission, SignedIn, WriteOnce, find_doer, record_action
from core.transactions.bookings import store as bookings
from core.transactions.hosts import store
from core.transactions.hosts.dead_letters import is_currency, read_dead_letter
from core.transactions.hosts.errors import MatterOver, NothingToRetry
from core.transactions.hosts.settling import settle_reversal
from core.values.clock import Clock
from core.values.cursors import CursorMalformed, id_of_part, page_of, parts_in
from core.values.ids import encode_id, rrn_of
from core.values.money import NUMERIC_CODES
from core.values.timestamps import timestamp, timestamp_or_none

CLOSED: Final = "host_matter.closed"
_BACK: Final = frozenset(
    {
        "reversal_not_accepted",
        "partial_reversal_not_accepted",
        "reversal_by_host",
        "reversal_disagrees",
        "reversal_ambiguous",
        "reversal_refused",
    }
)
"""What takes a payment back; taking a refund back takes the money again."""


class HostMatterHandlers:
    """Operations on what is to be settled with acquirers."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def matters(self, caller: SignedIn, request: ListHostMatters) -> HostMatterPage:
        """Return what waits, what keeps a customer's money first, then newest first. Raises: CursorMalformed."""
        scope = caller.scope_of(Permission.TRANSACTIONS_READ)
        stuck_before = self._clock.now() - STUCK_AFTER
        place = store.Place(request.store, request.terminal, request.company)
        rows = await store.list_matters(
            self._pool,
            scope,
            place,
            stuck_before=stuck_before,
            kinds=request.kind,
            before=_place_in(request.cursor),
            limit=request.limit + 1,
        )
        counts: Any = await store.count_matters(
            self._pool, scope, place, stuck_before=stuck_before, counted_max=COUNTED_MAX
        )
        found, next_cursor = page_of(
            rows,
            request.limit,
            lambda last: (str(int(last["may_wait"])), encode_id("host_matter", last["id"].bytes)),
        )
        return HostMatterPage(await _matters_of(self._pool, found), next_cursor, counts)

    async def close(self, caller: SignedIn, request: CloseHostMatter) -> Written:
        """End it by a person's word: what was owed to the host counts as done, everything else as seen.

        Raises: NotFound, MatterOver, KeyReused, StillRunning.
        """
        return await self._settle(caller, request, self._close)

    async def retry(self, caller: SignedIn, request: RetryHostMatter) -> Written:
        """Let the host be asked again at once.

        Raises: NotFound, MatterOver, NothingToRetry, KeyReused, StillRunning.
        """
        return await self._settle(caller, request, self._retry)

    async def _settle(self, caller: SignedIn, request: SettleHostMatter, act: Any) -> Written:
        async def effect(connection: PoolConnectionProxy) -> bytes:
            row = await self._find(connection, caller, request.id)
            if row["closed_at"] is not None or row["settled"]:
                raise MatterOver(await find_doer(connection, request.id, CLOSED))
            await act(connection, caller, request, row)
            (matter,) = await _matters_of(connection, [await self._find(connection, caller, request.id)])
            return msgspec.json.encode(matter)

        return await self._write(caller, request, effect)

    async def _close(
        self,
        connection: PoolConnectionProxy,
        caller: SignedIn,
        request: SettleHostMatter,
        row: asyncpg.Record,
    ) -> None:
        now, reason = self._clock.now(), request.reason.strip()
        facts: dict[str, Any] = {"now": now, "agent_id": caller.agent_id, "reason": reason}
        kind: HostMatterKind = row["kind"]
        match kind:
            case "reversal_by_host" | "totals_by_host":
                is_closed = await store.close_message(connection, request.id, **facts)
            case "booked_in_doubt" | "advice_refused":
                is_closed = await store.close_doubt(connection, request.id, **facts)
            case "reversal_disagrees" | "reversal_ambiguous" | "reversal_refused":
                is_closed = await store.close_reversal(connection, request.id, **facts)
            case "dead_letter":
                is_closed = await store.close_dead_letter(connection, request.id, **facts)
            case (
                "reversal_not_accepted"
                | "partial_reversal_not_accepted"
                | "advice_not_accepted"
                | "completion_not_accepted"
            ):
                is_closed = await self._close_delivery(connection, request, row, facts)
            case _:
                assert_never(kind)
        if not is_closed:
            raise MatterOver(await find_doer(connection, request.id, CLOSED))
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind="host_matter.closed",
            target_kind="host_matter",
            target_id=request.id,
            facts={"matter": kind, "transaction": _transaction_of(row), "reason": reason},
        )

    async def _close_delivery(
        self,
        connection: PoolConnectionProxy,
        request: SettleHostMatter,
        row: asyncpg.Record,
        facts: dict[str, Any],
    ) -> bool:
        # The attempt first, then its delivery: the order in which the host's answer takes them.
        attempt_id: bytes = row["attempt_id"].bytes
        standing = await bookings.lock_by_id(connection, attempt_id, row["business_date"])
        if standing is None or not await store.close_delivery(connection, request.id, **facts):
            return False
        state = standing.state
        if row["kind"] == "reversal_not_accepted":
            state = await settle_reversal(connection, standing)
        await bookings.note(
            connection,
            attempt_id,
            row["business_date"],
            EventKind.DELIVERY_CLOSED,
            state=state,
            reason=standing.reason,
            cause=f"agent {facts['agent_id'].hex()}",
        )
        return True

    async def _retry(
        self,
        connection: PoolConnectionProxy,
        caller: SignedIn,
        request: SettleHostMatter,
        row: asyncpg.Record,
    ) -> None:
        if row["kind"] not in RETRIED_KINDS:
            raise NothingToRetry
        now = self._clock.now()
        if not await store.retry_delivery(connection, request.id, now):
            raise MatterOver(await find_doer(connection, request.id, CLOSED))
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind="host_matter.retried",
            target_kind="host_matter",
            target_id=request.id,
            facts={
                "matter": row["kind"],
                "transaction": _transaction_of(row),
                "reason": request.reason.strip(),
            },
        )

    async def _find(self, connection: Connection, caller: SignedIn, matter_id: bytes) -> asyncpg.Record:
        row = await store.find_matter(connection, caller.scope_of(Permission.TRANSACTIONS_CANCEL), matter_id)
        if row is None:
            raise NotFound
        return row


def _place_in(cursor: str | None) -> tuple[bool, bytes] | None:
    """Return after what a page begins: whether it may wait, and its id. Raises: CursorMalformed."""
    parts = parts_in(cursor, 2)
    if parts is None:
        return None
    if parts[0] not in ("0", "1"):
        raise CursorMalformed
    return parts[0] == "1", id_of_part("host_matter", parts[1])


async def _matters_of(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[HostMatter]:
    """Return rows as they are shown; what a dead letter is about is read from the letter itself."""
    letters = {
        row["id"]: read_dead_letter(row["causes"][0], row["payload"])
        for row in rows
        if row["kind"] == "dead_letter"
    }
    senders = {letter.terminal_id for letter in letters.values() if letter.terminal_id}
    places = await store.find_terminals(connection, senders) if senders else {}
    matters: list[HostMatter] = []
    for row in rows:
        letter = letters.get(row["id"])
        if letter is None:
            matters.append(_matter_of(row, row, row["causes"]))
            continue
        matter = _matter_of(row, places.get(letter.terminal_id) or row, [letter.sort, *row["causes"][1:]])
        matter.said = letter.said
        if is_currency(letter.currency) and letter.amount_minor:
            matter.amount = Money(letter.amount_minor, letter.currency)
            matter.gives_back = letter.gives_back
        matters.append(matter)
    return matters


def _matter_of(row: asyncpg.Record, place: asyncpg.Record, causes: list[str]) -> HostMatter:
    kind: HostMatterKind = row["kind"]
    currency: str = row["currency"]
    if currency.isdigit():
        currency = NUMERIC_CODES.get(currency) or ""
    store_id, terminal_id, attempt_id = place["store_id"], place["terminal_id"], row["attempt_id"]
    amount_minor = row["amount_minor"]
    # The host knows a completion by the reference of its hold.
    named_id = row["hold_id"] or attempt_id
    return HostMatter(
        id=encode_id("host_matter", row["id"].bytes),
        kind=kind,
        acquirer=row["acquirer"],
        since=timestamp(row["since"]),
        transaction=_transaction_of(row),
        reference=row["reference"] or ("" if named_id is None else rrn_of(named_id.bytes)),
        terminal=place["terminal"] or "",
        terminal_id=None if terminal_id is None else encode_id("terminal", terminal_id.bytes),
        store=None
        if store_id is None
        else LocatedStore(
            encode_id("store", store_id.bytes), place["store_name"], place["department"], place["time_zone"]
        ),
        amount=Money(amount_minor, currency) if amount_minor is not None and is_currency(currency) else None,
        gives_back=(kind in _BACK) != (row["attempt_kind"] == Kind.REFUND),
        tries=row["tries"],
        last_result=row["last_result"].partition("\n")[0],
        refused=row["at_once"] and kind in RETRIED_KINDS,
        causes=causes,
        closed_at=timestamp_or_none(row["closed_at"]),
        closed_reason=row["closed_reason"],
    )


def _transaction_of(row: asyncpg.Record) -> str | None:
    attempt_id = row["attempt_id"]
    return None if attempt_id is None else encode_id("transaction", attempt_id.bytes)
