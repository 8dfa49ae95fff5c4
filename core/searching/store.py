"""Statements of the search as typed functions."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.searching.rules import Reading, patterns_of
from core.values.clock import to_unix_us
from core.values.ids import id_range_of_rrn, lowest_id

queries = load_beside(__file__)

GROUP_TIMEOUT_MS: Final = 180
CANDIDATES_MAX: Final = 400
KEY_CANDIDATES_MAX: Final = 1_000
LIKE_CANDIDATES_MAX: Final = 800
# Two letters in the wrong order leave 0.5 of a word of seven letters; a second mistake leaves less.
LIKENESSES: Final = (0.5, 0.4)
TAIL_ROWS_MAX: Final = 60_000
KEYS_PER_ROUND: Final = 20_000
# A host answers within seconds; what an attempt's row says after this long does not change any more.
KEYS_SETTLE: Final = timedelta(seconds=90)


@asynccontextmanager
async def searching(pool: asyncpg.Pool, query: str) -> AsyncIterator[tuple[Connection, str]]:
    """Lend a connection whose every statement ends in time, with the words of the query as the index holds them.

    What is set for the session is set back before others get the connection.
    """
    async with pool.acquire() as connection:
        try:
            words = await connection.fetchval(queries.begin, query, str(GROUP_TIMEOUT_MS))
            yield connection, str(words).strip()
        finally:
            if not connection.is_closed():
                await connection.execute(queries.end)


async def by_identifier(
    connection: Connection, scope: Scope, kinds: Sequence[str], reading: Reading, *, limit: int
) -> list[asyncpg.Record]:
    """Return what has the identifier, of every kind."""
    kind, target = reading.direct or (None, None)
    return await connection.fetch(
        queries.found_by_identifier,
        scope.parameter(),
        kinds,
        reading.identifiers,
        limit,
        kind,
        uuid_or_none(target),
    )


class Narrow(NamedTuple):
    """What narrows the candidates of a scope, as the statements take it; None for none of a kind."""

    anywhere: bool
    departments: list[str] | None
    stores: list[UUID] | None
    companies: list[UUID] | None
    accounts: list[UUID] | None


async def narrow_of(connection: Connection, scope: Scope) -> Narrow:
    """Return what narrows a scope: a store brings its company and its account."""
    places = scope.places()
    if places.anywhere:
        return Narrow(True, None, None, None, None)
    companies: list[UUID] = []
    accounts: list[UUID] = []
    if places.stores or places.companies:
        row = await connection.fetchrow(queries.owners_of_places, places.stores, places.companies)
        companies, accounts = (row["companies"], row["accounts"]) if row is not None else ([], [])
    return Narrow(
        False, places.departments or None, places.stores or None, companies or None, accounts or None
    )


async def by_words(
    connection: Connection, scope: Scope, narrow: Narrow, kinds: Sequence[str], words: str, *, limit: int
) -> list[asyncpg.Record]:
    """Return what has every word, of every kind."""
    return await connection.fetch(
        queries.found_by_words,
        scope.parameter(),
        kinds,
        *patterns_of(words),
        CANDIDATES_MAX,
        f" {words}%",
        limit,
        *narrow,
    )


async def ask_likeness(connection: Connection, likeness: float) -> None:
    """Say how much alike, 0 to 1, the statements by likeness take for alike from now on."""
    await connection.execute(queries.ask_likeness, str(likeness))


async def by_likeness(
    connection: Connection, scope: Scope, narrow: Narrow, kinds: Sequence[str], words: str, *, limit: int
) -> list[asyncpg.Record]:
    """Return what looks like the words, of every kind."""
    parameters = (scope.parameter(), kinds, words, LIKE_CANDIDATES_MAX, limit)
    if narrow.anywhere:
        return await connection.fetch(queries.found_by_likeness, *parameters)
    return await connection.fetch(queries.found_by_likeness_of_places, *parameters, *narrow[1:])


async def transactions(
    connection: Connection, scope: Scope, reading: Reading, *, limit: int, now: datetime
) -> list[asyncpg.Record]:
    """Return the newest transactions that a reading may mean: an exact reference alone, else every key."""
    bounds = None
    if reading.direct is not None and reading.direct[0] == "transaction":
        bounds = (reading.direct[1], reading.direct[1])
    elif reading.rrn is not None:
        bounds = id_range_of_rrn(reading.rrn, near_unix_ms=to_unix_us(now) // 1000)
    if bounds is not None:
        return await connection.fetch(
            queries.transactions_between, scope.parameter(), uuid_of(bounds[0]), uuid_of(bounds[1]), limit
        )
    if reading.terminal_and_stan is not None:
        return await connection.fetch(
            queries.transactions_of_terminal, scope.parameter(), *reading.terminal_and_stan, limit
        )
    keys = (reading.last_four, reading.stan, reading.approval_code, reading.amount_minor)
    if all(key is None for key in keys):
        return []
    return await connection.fetch(
        queries.transactions_by_key, scope.parameter(), *keys, KEY_CANDIDATES_MAX, TAIL_ROWS_MAX, limit
    )


async def copy_keys(connection: Connection, now: datetime) -> int:
    """Copy the keys of attempts that have settled; return how many, at most a round's worth."""
    below = lowest_id(to_unix_us(now - KEYS_SETTLE))
    return int(await connection.fetchval(queries.copy_keys, uuid_of(below), KEYS_PER_ROUND) or 0)


async def copy_late_keys(connection: Connection) -> None:
    """Copy the keys of what was recorded under an identifier that the copy had passed, once it has settled."""
    await connection.execute(queries.copy_late_keys, int(KEYS_SETTLE.total_seconds()))
