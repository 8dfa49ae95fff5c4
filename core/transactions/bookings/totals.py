"""A terminal's day compared with ours (0500, 0520)."""

from datetime import date

import asyncpg
from asyncpg.pgproto.pgproto import UUID

from core.contracts.payment import Totals, TotalsReply
from core.transactions.bookings.clocks import day_there
from core.transactions.bookings.store import queries, read_time_zone
from core.values.clock import from_unix_us

TOTAL_MINOR_MAX = 9_999_999_999_999_999
"""Sixteen digits."""


async def compare(pool: asyncpg.Pool, asked: Totals) -> TotalsReply:
    """Return our totals of the terminal's day and keep both, once: a repeat is told what was told at first.

    Raises: ValueError when ours cannot be said in a message; both are kept all the same.
    """
    declared = [
        asked.debit_count,
        asked.debit_minor,
        asked.credit_count,
        asked.credit_minor,
        asked.reversal_count,
        asked.reversal_minor,
    ]
    async with pool.acquire() as connection, connection.transaction():
        business_date = date.fromordinal(asked.business_date)
        if asked.date_in_utc:
            zone = await read_time_zone(connection, asked.terminal_id)
            business_date = day_there(business_date, from_unix_us(asked.received_at_us), zone)
        row = await connection.fetchrow(
            queries.total_terminal_day, UUID(asked.terminal_id), business_date, asked.currency or None
        )
        ours = list(row.values()) if row is not None else [0] * 6
        # Reversals cancel out on both sides; what must agree is what was bought and what was refunded.
        in_balance = ours[:4] == declared[:4]
        key = (UUID(asked.terminal_id), business_date, asked.stan, asked.currency, declared)
        await connection.execute(queries.keep_totals, UUID(asked.id), *key, in_balance, ours)
        in_balance, ours = await connection.fetchrow(queries.read_totals, *key)
    if any(minor > TOTAL_MINOR_MAX for minor in ours[1::2]):
        raise ValueError("a total of the day has more digits than data elements 86 to 89")
    return TotalsReply(asked.id, in_balance, *ours)
