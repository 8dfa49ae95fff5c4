"""Statements of the list of terminals and of their assignment as typed functions."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from core.contracts.references import LocatedStore
from core.contracts.scope import Scope
from core.contracts.terminals import (
    ListedTerminal,
    ListTerminals,
    TerminalChange,
    TerminalNote,
    TerminalOptions,
    TerminalProfile,
)
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.db.words import like_pattern
from core.terminals.wall.rules import silence_at
from core.values.ids import encode_id
from core.values.revisions import revision_of
from core.values.timestamps import timestamp, timestamp_or_none

_SQL = load_beside(__file__)

FEW_STORES_MAX = 1_500
"""Above it, the numbers of the whole country read in order come to a page of one's own sooner than one's own are sorted."""

_CONDITIONS_WITHOUT_A_TABLE = ("active", "silent", "resting")
"""To pass over all who are not so takes longer the more terminals there are; the others are few, or narrowed first."""


class StoreToEquip(NamedTuple):
    """A store whose service has started and which has no terminal in service; `terminal_id` is assigned already."""

    store_id: str
    name: str
    city: str
    service: str
    started_at: datetime
    terminal_id: str | None


async def list_terminals(
    connection: Connection, scope: Scope, wanted: ListTerminals, *, after: str = "", limit: int, now: datetime
) -> list[ListedTerminal]:
    """Return terminals in the order of their numbers, without their blocks."""
    held = scope.places()
    parameters = (
        scope.parameter(),
        held.everything,
        uuid_or_none(wanted.store),
        after,
        limit,
        wanted.department,
        wanted.service,
        wanted.condition,
        *silence_at(now),
    )
    pattern = like_pattern(wanted.query)
    # Few places are found first, whether the scope names them or the list does.
    places: tuple[list[str], list[UUID], list[UUID]] | None = held.named
    if held.anywhere and wanted.department is not None:
        places = ([wanted.department], [], [])
    elif held.anywhere or wanted.store is not None:
        places = None
    if places is not None and not pattern and wanted.condition not in _CONDITIONS_WITHOUT_A_TABLE:
        places = None if await are_many(connection, places[0]) else places
    if places is not None:
        rows = await connection.fetch(_SQL.list_terminals_of_places, *parameters, *places, pattern)
    elif pattern:
        rows = await connection.fetch(_SQL.list_terminals_with_words, *parameters, pattern)
    else:
        rows = await connection.fetch(_SQL.list_terminals, *parameters)
    return [_listed(row) for row in rows]


async def are_many(connection: Connection, departments: list[str]) -> bool:
    """Return whether the departments have so many stores that a list had better not begin with them."""
    counted = await connection.fetchval(_SQL.stores_up_to, departments, FEW_STORES_MAX + 1)
    return int(counted or 0) > FEW_STORES_MAX


async def find_profile(
    connection: Connection, scope: Scope, terminal_id: bytes, now: datetime
) -> TerminalProfile | None:
    """Return a terminal with its options, changes and notes."""
    row = await connection.fetchrow(
        _SQL.profile_of,
        scope.parameter(),
        uuid_of(terminal_id),
        *silence_at(now),
    )
    if row is None:
        return None
    changes = await connection.fetch(_SQL.changes_of, uuid_of(terminal_id))
    notes = await connection.fetch(_SQL.notes_of, uuid_of(terminal_id))
    return TerminalProfile(
        id=encode_id("terminal", terminal_id),
        terminal=row["terminal"],
        model=row["model"],
        serial=row["serial"],
        service=row["service"],
        store=LocatedStore(
            encode_id("store", row["store_id"].bytes), row["store_name"], row["department"], row["time_zone"]
        ),
        condition=row["condition"],
        options=options_of(row),
        revision=revision_of(options_of(row)),
        activated_at=timestamp_or_none(row["activated_at"]),
        retired_at=timestamp_or_none(row["retired_at"]),
        reload_wanted_at=timestamp_or_none(row["reload_wanted_at"]),
        recent_count=row["recent_count"] or 0,
        recent_declined=row["recent_failed"] or 0,
        usual_count=row["usual_count"] or 0,
        usual_declined=row["usual_failed"] or 0,
        changes=[
            TerminalChange(
                at=timestamp(each["at"]),
                kind=each["kind"],
                by=each["by"] or "",
                facts=_plain(msgspec.json.decode(each["facts"])),
            )
            for each in changes
        ],
        notes=[TerminalNote(timestamp(each["written_at"]), each["by"], each["text"]) for each in notes],
    )


async def find_service(
    connection: Connection, scope: Scope, *, store_id: bytes, service: str
) -> asyncpg.Record | None:
    """Return a service of a store, held as it is until the commit."""
    return await connection.fetchrow(_SQL.find_service, scope.parameter(), uuid_of(store_id), service)


async def may_see_store(connection: Connection, scope: Scope, *, store_id: bytes, service: str) -> bool:
    """Return whether the store stands within the scope."""
    found = await connection.fetchval(_SQL.sees_store, scope.parameter(), uuid_of(store_id), service)
    return found is not None


async def lock_terminal(connection: Connection, scope: Scope, terminal_id: bytes) -> asyncpg.Record | None:
    """Lock a terminal within the scope and return what changes are decided by."""
    return await connection.fetchrow(_SQL.lock_terminal, scope.parameter(), uuid_of(terminal_id))


async def add_terminal(
    connection: Connection,
    *,
    store_id: bytes,
    service_id: bytes,
    terminal: str,
    model: str,
    dialect: str,
    now: datetime,
) -> bytes | None:
    """Insert a terminal that is not active yet and return its id; None when its number is taken."""
    made = await connection.fetchval(
        _SQL.add_terminal, uuid_of(store_id), uuid_of(service_id), terminal, model, dialect, now
    )
    return None if made is None else made.bytes


async def is_serial_taken(connection: Connection, serial: str) -> bool:
    """Return whether a terminal has this serial number."""
    return await connection.fetchval(_SQL.serial_owner, serial) is not None


async def add_profile(connection: Connection, terminal_id: bytes, serial: str | None) -> None:
    """Insert the profile of a new terminal."""
    await connection.execute(_SQL.add_profile, uuid_of(terminal_id), serial)


async def move_terminal(
    connection: Connection, *, terminal_id: bytes, store_id: bytes, service_id: bytes
) -> None:
    """Put a terminal into another store or service."""
    await connection.execute(_SQL.move_terminal, uuid_of(terminal_id), uuid_of(store_id), uuid_of(service_id))


async def set_active(connection: Connection, terminal_id: bytes, *, at: datetime | None) -> None:
    """Put a terminal into service, or with None out of it."""
    if at is None:
        await connection.execute(_SQL.stop_terminal, uuid_of(terminal_id))
    else:
        await connection.execute(_SQL.activate_terminal, uuid_of(terminal_id), at)


async def set_retired(connection: Connection, terminal_id: bytes, *, at: datetime | None) -> None:
    """Write that a terminal is retired, or with None that it is not."""
    await connection.execute(_SQL.set_retired, uuid_of(terminal_id), at)


async def want_reload(connection: Connection, terminal_id: bytes, at: datetime) -> None:
    """Write that a terminal must take its parameters again."""
    await connection.execute(_SQL.want_reload, uuid_of(terminal_id), at)


async def set_options(
    connection: Connection, terminal_id: bytes, options: TerminalOptions, now: datetime
) -> None:
    """Write every option; the terminal must take them."""
    await connection.execute(_SQL.set_dialect, uuid_of(terminal_id), options.dialect)
    await connection.execute(
        _SQL.set_options,
        uuid_of(terminal_id),
        options.connectivity,
        options.tip,
        options.tip_percent_max,
        options.preauthorisation,
        options.contactless_max,
        now,
    )


def options_of(row: asyncpg.Record) -> TerminalOptions:
    """Return the options of a row; those of a terminal that nobody set are the usual ones."""
    return TerminalOptions(
        dialect=row["dialect"],
        connectivity=row["connectivity"] or "ethernet",
        tip=bool(row["tip"]),
        tip_percent_max=row["tip_percent_max"],
        preauthorisation=bool(row["preauthorisation"]),
        contactless_max=row["contactless_max_minor"],
    )


def _listed(row: asyncpg.Record) -> ListedTerminal:
    return ListedTerminal(
        id=encode_id("terminal", row["id"].bytes),
        terminal=row["terminal"],
        store=LocatedStore(
            encode_id("store", row["store_id"].bytes), row["store_name"], row["department"], row["time_zone"]
        ),
        service=row["service"],
        model=row["model"],
        state=row["condition"],
        connected=bool(row["connected"]),
        last_seen_at=timestamp_or_none(row["last_seen_at"]),
        condition=row["condition"],
    )


def _plain(facts: dict[str, Any]) -> dict[str, str | int | bool | None]:
    return {
        name: value if isinstance(value, str | int | bool | None) else msgspec.json.encode(value).decode()
        for name, value in facts.items()
    }


async def stores_to_equip(
    connection: asyncpg.Pool, scope: Scope, *, since: datetime, limit: int
) -> list[StoreToEquip]:
    """Return stores that wait for their terminal, the longest waiting first."""
    # The first 48 bits of a version 7 UUID are milliseconds since 1970.
    first = UUID(int=int(since.timestamp() * 1000) << 80)
    return [
        StoreToEquip(
            store_id=encode_id("store", row["id"].bytes),
            name=row["name"],
            city=row["city"],
            service=row["service"],
            started_at=row["at"],
            terminal_id=None if (made := row["terminal_id"]) is None else encode_id("terminal", made.bytes),
        )
        for row in await connection.fetch(_SQL.stores_to_equip, scope.parameter(), first, limit)
    ]
