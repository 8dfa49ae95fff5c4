"""Statements of the diagnosis as typed functions."""

from datetime import datetime, timedelta
from typing import Final

import asyncpg

from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.transactions.diagnosis.rules import (
    NETWORK_DAYS_BEFORE,
    RECENT_AFTER,
    RECENT_BEFORE,
    USUAL_SPAN,
    Counted,
)
from core.values.clock import to_unix_us
from core.values.ids import lowest_id

TERMINAL_ROWS_MAX: Final = 3_000
NETWORK_ROWS_MAX: Final = 1_500

_SQL = load_beside(__file__)


async def find_place(connection: Connection, scope: Scope, transaction_id: bytes) -> asyncpg.Record | None:
    """Return where a transaction was made and over which network."""
    return await connection.fetchrow(_SQL.place_of, scope.parameter(), uuid_of(transaction_id))


async def level_of_terminal(connection: Connection, scope: Scope, place: asyncpg.Record) -> Counted:
    """Return the terminal's last payments and its usual ones."""
    at: datetime = place["received_at"]
    row = await connection.fetchrow(
        _SQL.level_of_terminal,
        scope.parameter(),
        place["terminal_id"],
        # One day more on either side: dates are those of the stores.
        (at - USUAL_SPAN).date() - timedelta(days=1),
        (at + RECENT_AFTER).date() + timedelta(days=1),
        at - RECENT_BEFORE,
        at + RECENT_AFTER,
        TERMINAL_ROWS_MAX,
    )
    return _counted(row)


async def level_of_store(connection: Connection, scope: Scope, place: asyncpg.Record) -> Counted:
    """Return the store's last payments and its usual ones."""
    at: datetime = place["received_at"]
    row = await connection.fetchrow(
        _SQL.level_of_store,
        scope.parameter(),
        place["store_id"],
        at - USUAL_SPAN,
        at - RECENT_BEFORE,
        at + RECENT_AFTER,
    )
    return _counted(row)


async def level_of_network(connection: Connection, scope: Scope, place: asyncpg.Record) -> Counted:
    """Return what the same brand and acquirer did at other stores, now and at the same hours of days before."""
    at: datetime = place["received_at"]
    moments = [at, *(at - timedelta(days=days) for days in NETWORK_DAYS_BEFORE)]
    row = await connection.fetchrow(
        _SQL.level_of_network,
        scope.parameter(),
        scope.is_everything,
        [uuid_of(lowest_id(to_unix_us(moment - RECENT_BEFORE))) for moment in moments],
        [uuid_of(lowest_id(to_unix_us(moment + RECENT_AFTER))) for moment in moments],
        [moment is at for moment in moments],
        place["card_brand"],
        place["acquirer_id"],
        place["store_id"],
        NETWORK_ROWS_MAX,
    )
    return _counted(row)


def _counted(row: asyncpg.Record | None) -> Counted:
    assert row is not None
    return Counted(
        recent_count=row["recent_count"],
        recent_declined=row["recent_declined"],
        recent_unknown=row["recent_unknown"],
        usual_count=row["usual_count"],
        usual_declined=row["usual_declined"],
        since=row["since"],
    )
