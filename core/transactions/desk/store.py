"""Statements of the desk as typed functions."""

from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from core.contracts.feed import EventsPage, FeedItem, Position, TransactionSummary
from core.contracts.scope import Scope
from core.contracts.states import DeliveryKind, State
from core.contracts.transaction_filter import TransactionFilter
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.transactions.desk.model import DeskDelivery
from core.transactions.desk.rules import bounds_of_times, is_of_declines
from core.values.clock import to_unix_us
from core.values.ids import id_range_of_rrn, lowest_id

queries = load_beside(__file__)
_LOWEST: Final = bytes(16)
_WINDOW_DAYS_MAX: Final = 64

NARROW_STORES_MAX: Final = 1_000
"""Above it, reading everybody's newest transactions finds a page of one's own sooner."""

FIGURE_ROWS_MAX: Final = 2_000
"""Figures of filters that only the rows themselves can answer; a page says so when there are more."""

_END: Final = Position(2**63 - 1, 2**63 - 1)


async def list_transactions(
    connection: Connection,
    scope: Scope,
    wanted: TransactionFilter,
    *,
    before: bytes | None,
    limit: int,
    now: datetime,
) -> list[asyncpg.Record]:
    """Return rows, newest first; `before` is exclusive."""
    low, high = _id_bounds(wanted, before, now)
    terminal_id = None if wanted.terminal_id is None else uuid_of(wanted.terminal_id)
    if wanted.terminal is not None:
        found = await connection.fetchval(queries.terminal_numbered, scope.parameter(), wanted.terminal)
        if found is None or (terminal_id is not None and found != terminal_id):
            return []
        terminal_id = found
    listing = _Listing(connection, scope, wanted)
    if terminal_id is not None:
        return await listing.read(queries.list_transactions_of_terminal, low, high, limit, terminal_id)
    if _has_key(wanted):
        return await listing.by_key(low, high, limit)
    if wanted.store_id is not None or not scope.is_everything:
        stores = await _narrow_stores(connection, scope, wanted.store_id)
        if stores is not None:
            return await listing.of_stores(stores, low, high, limit)
    if is_of_declines(wanted.reason):
        return await listing.by_key(low, high, limit)
    return await listing.read(queries.list_transactions, low, high, limit)


class _Listing:
    """One list's filters, with the ways to read it."""

    def __init__(self, connection: Connection, scope: Scope, wanted: TransactionFilter) -> None:
        self._connection = connection
        self._area = scope.parameter()
        self._filter = (
            uuid_or_none(wanted.store_id),
            None if wanted.states is None else list(wanted.states),
            wanted.reason,
            wanted.brand,
            wanted.amount_min,
            wanted.amount_max,
            wanted.last_four,
            wanted.stan,
            wanted.approval_code,
            wanted.kind,
        )
        self._figure = wanted.figure
        self._declines = (
            wanted.figure == "declined" or is_of_declines(wanted.reason) or wanted.states == (State.DECLINED,)
        )

    async def read(
        self, statement: str, low: bytes, high: bytes, limit: int, *more: Any
    ) -> list[asyncpg.Record]:
        """Return rows between two ids, the upper one exclusive."""
        return await self._connection.fetch(
            statement, self._area, uuid_of(low), uuid_of(high), *self._filter, limit, self._figure, *more
        )

    async def by_key(self, low: bytes, high: bytes, limit: int) -> list[asyncpg.Record]:
        """Return rows by what is on a receipt, or by why they were declined."""
        rows, high = await self._newest(low, high, limit)
        if len(rows) < limit and low < high:
            rows += await self.read(
                queries.list_transactions_by_key, low, high, limit - len(rows), self._declines
            )
        return rows

    async def of_stores(
        self, stores: list[UUID], low: bytes, high: bytes, limit: int
    ) -> list[asyncpg.Record]:
        """Return rows of few stores, from the newest back in windows of time that double."""
        if not stores:
            return []
        rows, high = await self._newest(low, high, limit)
        days = 1
        while len(rows) < limit and low < high:
            # The last window takes all that is left.
            begin = low if days > _WINDOW_DAYS_MAX else max(low, _id_before(high, timedelta(days=days)))
            rows += await self.read(
                queries.list_transactions_of_stores, begin, high, limit - len(rows), stores, self._declines
            )
            high, days = begin, days * 2
        return rows

    async def _newest(self, low: bytes, high: bytes, limit: int) -> tuple[list[asyncpg.Record], bytes]:
        """Return rows that have no keys yet, from their own table, and where those with keys end."""
        end = await self._connection.fetchval(queries.keys_end)
        keyed = _LOWEST if end is None else _next(end.bytes)
        if high <= keyed:
            return [], high
        return await self.read(queries.list_transactions, max(low, keyed), high, limit), keyed


def _has_key(wanted: TransactionFilter) -> bool:
    amount_is_exact = wanted.amount_min is not None and wanted.amount_min == wanted.amount_max
    return amount_is_exact or any(
        key is not None for key in (wanted.last_four, wanted.stan, wanted.approval_code)
    )


async def _narrow_stores(connection: Connection, scope: Scope, store_id: bytes | None) -> list[UUID] | None:
    """Return the stores of a scope, or the one asked for; None when they are many."""
    places = scope.places()
    if places.anywhere and store_id is None:
        return None
    rows = await connection.fetch(
        queries.narrow_stores,
        scope.parameter(),
        uuid_or_none(store_id),
        None if places.anywhere else places.departments,
        places.stores,
        places.companies,
        NARROW_STORES_MAX + 1,
    )
    return None if len(rows) > NARROW_STORES_MAX else [row["id"] for row in rows]


def _id_before(raw: bytes, age: timedelta) -> bytes:
    """Return the lowest id of a moment some time before that of another id."""
    unix_ms = int.from_bytes(raw[:6], "big")
    return lowest_id(unix_ms * 1000 - age // timedelta(microseconds=1))


async def find_transaction(
    connection: Connection, scope: Scope, transaction_id: bytes
) -> asyncpg.Record | None:
    """Return one transaction's row with everything on it."""
    return await connection.fetchrow(queries.transaction_by_id, scope.parameter(), uuid_of(transaction_id))


async def list_events_of(
    connection: Connection, transaction_id: bytes, business_date: date
) -> list[asyncpg.Record]:
    """Return what happened to a transaction, in order."""
    return await connection.fetch(queries.events_of, uuid_of(transaction_id), business_date)


async def list_entries_of(
    connection: Connection, transaction_id: bytes, business_date: date
) -> list[asyncpg.Record]:
    """Return the ledger entries of a transaction."""
    return await connection.fetch(queries.entries_of, uuid_of(transaction_id), business_date)


async def list_deliveries_of(connection: Connection, transaction_id: bytes) -> list[DeskDelivery]:
    """Return what must reach the host."""
    rows = await connection.fetch(queries.deliveries_of, uuid_of(transaction_id))
    return [
        DeskDelivery(
            kind=DeliveryKind(row["kind"]),
            since=row["created_at"],
            tries=row["tries"],
            due_at=row["due_at"],
            accepted_at=row["accepted_at"],
            last_result=row["last_result"],
            refused_at=row["refused_at"],
            closed=row["closed_by"] is not None,
        )
        for row in rows
    ]


async def has_open_matter(connection: Connection, transaction_id: bytes) -> bool:
    """Whether something about a transaction waits for a person under "to check"."""
    return bool(await connection.fetchval(queries.open_matter_of, uuid_of(transaction_id)))


async def list_reversals_of(connection: Connection, transaction_id: bytes) -> list[bytes]:
    """Return the masked messages by which its terminal took it back or wanted to, in order of arrival."""
    return [row["request"] for row in await connection.fetch(queries.reversals_of, uuid_of(transaction_id))]


async def list_related(
    connection: Connection, transaction_id: bytes, original_id: bytes | None
) -> list[asyncpg.Record]:
    """Return the original and what followed."""
    return await connection.fetch(queries.related_to, uuid_of(transaction_id), uuid_or_none(original_id))


class Summed(NamedTuple):
    """Rows of sums by minute (where asked) and currency, declines by reason, and whether rows were left out."""

    rows: list[asyncpg.Record]
    reasons: list[asyncpg.Record]
    partial: bool


async def sum_minutes(
    connection: Connection,
    scope: Scope,
    wanted: TransactionFilter,
    *,
    start: datetime,
    end: datetime,
    by_minute: bool,
) -> Summed:
    """Return figures of whole minutes from their projection: all transactions, of one store or brand if asked."""
    parameters = (scope.parameter(), start, end, uuid_or_none(wanted.store_id), wanted.brand)
    return Summed(
        await connection.fetch(queries.figures_of_minutes, *parameters, by_minute),
        await connection.fetch(queries.declines_of_minutes, *parameters),
        partial=False,
    )


async def sum_listed(
    connection: Connection, scope: Scope, wanted: TransactionFilter, *, now: datetime, by_minute: bool
) -> Summed:
    """Return figures of the very rows that the list of a filter shows, the newest of them where they are too many."""
    listed = await list_transactions(
        connection, scope, wanted, before=None, limit=FIGURE_ROWS_MAX + 1, now=now
    )
    taken = listed[:FIGURE_ROWS_MAX]
    keys = [row["id"] for row in taken], [row["business_date"] for row in taken]
    return Summed(
        await connection.fetch(queries.figures_of_rows, *keys, by_minute),
        await connection.fetch(queries.declines_of_rows, *keys),
        partial=len(listed) > FIGURE_ROWS_MAX,
    )


async def replay_size(connection: Connection, after: Position, *, limit: int) -> tuple[int, datetime | None]:
    """Return how many events stand after a position, counted up to `limit`, and when the first one happened."""
    row = await connection.fetchrow(queries.replay_size, str(after.txid), after.seq, limit)
    assert row is not None
    return row["events"], row["oldest_at"]


async def list_events_after(
    connection: Connection, after: Position, until: Position | None, *, limit: int
) -> EventsPage:
    """Return events in order; a summary that the writer left out is made from the attempt as it stands."""
    end = until or _END
    rows = await connection.fetch(
        queries.events_after, str(after.txid), after.seq, str(end.txid), end.seq, limit
    )
    items = [msgspec.Raw(msgspec.msgpack.encode(_feed_item(row))) for row in rows]
    return EventsPage(items=items, more=len(rows) == limit)


async def find_events_end(connection: Connection) -> Position:
    """Return the newest position that may be read."""
    row = await connection.fetchrow(queries.events_end)
    return Position(0, 0) if row is None else Position(row["txid"], row["seq"])


def _id_bounds(wanted: TransactionFilter, before: bytes | None, now: datetime) -> tuple[bytes, bytes]:
    low, high = bounds_of_times(wanted)
    if wanted.rrn is not None:
        bounds = id_range_of_rrn(wanted.rrn, near_unix_ms=to_unix_us(now) // 1000)
        if bounds is None:
            return _LOWEST, _LOWEST
        low, high = max(low, bounds[0]), min(high, _next(bounds[1]))
    if before is not None:
        high = min(high, before)
    return low, high


def _next(raw: bytes) -> bytes:
    return (int.from_bytes(raw, "big") + 1).to_bytes(16, "big")


def _feed_item(row: asyncpg.Record) -> FeedItem:
    summary = row["summary"]
    if summary is None:
        summary = msgspec.msgpack.encode(_summary(row))
    return FeedItem(txid=row["txid"], seq=row["seq"], summary=msgspec.Raw(summary))


def _summary(row: asyncpg.Record) -> TransactionSummary:
    decided_at = row["decided_at"]
    return TransactionSummary(
        id=row["id"].bytes,
        kind=row["kind"],
        state=row["event_state"],
        reason=row["event_reason"],
        amount_minor=row["amount_minor"],
        approved_minor=row["approved_minor"],
        currency=row["currency"],
        brand=row["card_brand"],
        card_bin=row["card_bin"],
        card_last_four=row["card_last_four"],
        terminal=row["terminal"] or "",
        terminal_id=row["terminal_id"].bytes,
        store_id=b"" if row["store_id"] is None else row["store_id"].bytes,
        store_name=row["store_name"] or "",
        company_id=b"" if row["company_id"] is None else row["company_id"].bytes,
        department=row["department"] or "",
        received_at_us=to_unix_us(row["received_at"]),
        decided_at_us=0 if decided_at is None else to_unix_us(decided_at),
        stan=row["stan"],
        approval_code=row["approval_code"],
        host_code=row["host_code"],
        event=row["event_kind"],
        entry_mode=row["entry_mode"],
        service=row["service"] or "",
        time_zone=row["time_zone"] or "",
    )
