"""`python -m deploy.sandbox.demonstration.volume`: many merchants and payments with realistic names, to measure with.

Environment: GUICHET_OWNER_DATABASE_URL, the schema's owner: it makes partitions and analyses. The same numbers give
the same rows; the time line ends at the hour before `--until`. Refuses a database that already has one.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from core.db.queries import load
from deploy.sandbox.demonstration.volume_names import (
    CITIES,
    DEPARTMENTS,
    FIRST_NAMES,
    STREETS,
    SURNAMES,
    TRADES,
)

_SQL = load(Path(__file__).with_name("volume.sql"))
DAYS: Final = 35
ATTEMPTS_PER_STATEMENT: Final = 100_000
MERCHANTS_MAX: Final = 5_000_000  # what a SIREN made from a counter has digits for
TRANSACTIONS_MAX: Final = 50_000_000
_ROOMY: Final = (
    "SET work_mem = '256MB'",
    "SET maintenance_work_mem = '512MB'",
    "SET statement_timeout = 0",
    "SET timezone = 'UTC'",
)

Note = Callable[[str], None]


class Volume(msgspec.Struct):
    """What was made."""

    accounts: int
    companies: int
    stores: int
    terminals: int
    transactions: int
    seconds: float


class VolumeExists(Exception):
    """The database has such rows already: another would be of another size on the same numbers."""


async def seed_volume(
    owner_url: str,
    *,
    transactions: int,
    merchants: int,
    terminals: int,
    until: datetime,
    note: Note = lambda _line: None,
) -> Volume:
    """Fill a migrated database. Raises: VolumeExists."""
    started = time.perf_counter()
    connection = await asyncpg.connect(owner_url, command_timeout=None)
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM terminal WHERE terminal = 'E0000001')"):
            raise VolumeExists
        for setting in _ROOMY:
            await connection.execute(setting)
        until = until.replace(minute=0, second=0, microsecond=0)
        stores = merchants + merchants // 6
        await _add_directory(connection, merchants, stores, terminals, until, note)
        await _add_transactions(connection, transactions, terminals, until, note)
        note("analysing")
        await connection.execute("VACUUM ANALYZE")
        counted = [
            await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - names of our own
            for table in ("account", "company", "store", "terminal", "attempt")
        ]
    finally:
        await connection.close()
    return Volume(*counted, seconds=round(time.perf_counter() - started, 1))


async def _add_directory(
    connection: asyncpg.Connection, merchants: int, stores: int, terminals: int, until: datetime, note: Note
) -> None:
    note("accounts, companies, stores, terminals")
    for statement in (_SQL.add_functions, _SQL.add_luhn):
        await connection.execute(statement)
    await connection.execute(
        "INSERT INTO acquirer (id, code, name) VALUES (1, 'acq1', 'Banque Acquéreur') ON CONFLICT DO NOTHING"
    )
    # The search follows every row; over all of them it is quicker to read it once at the end.
    async with connection.transaction():
        tables = ("account", "company", "store", "terminal")
        for table in tables:
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_search_added")
        await connection.execute(_SQL.add_accounts, merchants, SURNAMES)
        await connection.execute(_SQL.add_companies, merchants, SURNAMES, list(TRADES), FIRST_NAMES)
        await connection.execute(
            _SQL.add_stores,
            merchants,
            stores,
            list(TRADES),
            SURNAMES,
            list(DEPARTMENTS),
            list(CITIES),
            list(STREETS),
        )
        await connection.execute(_SQL.add_company_addresses, merchants)
        await connection.execute(_SQL.add_services, stores)
        await connection.execute(_SQL.add_terminals, terminals, stores, until)
        await connection.execute(_SQL.add_presences, terminals, until)
        for table in tables:
            await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_search_added")
    for table in tables:
        await connection.execute(f"ANALYZE {table}")
    blocker = await connection.fetchval("SELECT id FROM agent ORDER BY email LIMIT 1")
    if blocker is not None:
        await connection.execute(_SQL.add_blocks, terminals, blocker, until)
        await connection.execute(_SQL.add_block_actions)
        await connection.execute(_SQL.echo_blocks)
    note("the search's words")
    # Companies bring their accounts, and stores would bring their companies again and again.
    await connection.execute("SELECT search_refresh_store(array_agg(id)) FROM store")
    await connection.execute("SELECT search_refresh_terminal(array_agg(id)) FROM terminal")


async def _add_transactions(
    connection: asyncpg.Connection, transactions: int, terminals: int, until: datetime, note: Note
) -> None:
    since = until - timedelta(days=DAYS)
    # Some stores are a day behind or ahead of UTC.
    days = since.date() - timedelta(days=1), until.date() + timedelta(days=1)
    await connection.execute("SELECT ensure_partitions($1, $2)", *days)
    for first in range(1, transactions + 1, ATTEMPTS_PER_STATEMENT):
        last = min(first + ATTEMPTS_PER_STATEMENT - 1, transactions)
        note(f"transactions {first} to {last}")
        await connection.execute(_SQL.add_attempts, first, last, transactions, terminals, since, until)
    await connection.execute("ANALYZE attempt")
    for name in ("add_events", "add_captures", "add_entries", "add_activity", "add_keys"):
        note(name.removeprefix("add_"))
        await connection.execute(getattr(_SQL, name))
    for name in ("enter_inbox", "keep_relay_position", "keep_key_position"):
        await connection.execute(getattr(_SQL, name))


def main() -> int:
    """Make the rows, print one line of JSON, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.sandbox.demonstration.volume")
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--merchants", type=int, default=50_000)
    parser.add_argument("--terminals", type=int, default=100_000)
    parser.add_argument("--until", type=datetime.fromisoformat, default=datetime.now(UTC))
    wanted = parser.parse_args()
    owner_url = os.environ.get("GUICHET_OWNER_DATABASE_URL")
    if not owner_url:
        return _fail("GUICHET_OWNER_DATABASE_URL must be set")
    stores = wanted.merchants + wanted.merchants // 6
    if not 1 <= wanted.merchants <= MERCHANTS_MAX or not 1 <= wanted.transactions <= TRANSACTIONS_MAX:
        return _fail(f"at most {MERCHANTS_MAX} merchants and {TRANSACTIONS_MAX} transactions, at least one")
    if not stores <= wanted.terminals <= MERCHANTS_MAX:
        return _fail(f"every store has a terminal: at least {stores} terminals, at most {MERCHANTS_MAX}")
    until = wanted.until if wanted.until.tzinfo else wanted.until.replace(tzinfo=UTC)
    try:
        made = asyncio.run(
            seed_volume(
                owner_url,
                transactions=wanted.transactions,
                merchants=wanted.merchants,
                terminals=wanted.terminals,
                until=until,
                note=_note,
            )
        )
    except VolumeExists:
        return _fail("this database has such rows already; start from an empty one")
    except (OSError, asyncpg.PostgresError) as error:
        return _fail(f"the database refused the seed: {error}")
    sys.stdout.write(msgspec.json.encode(made).decode() + "\n")
    return 0


def _note(line: str) -> None:
    sys.stderr.write(f"volume: {line}\n")
    sys.stderr.flush()


def _fail(line: str) -> int:
    sys.stderr.write(f"volume: {line}\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
