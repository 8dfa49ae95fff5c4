"""Statements of fees as typed functions."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg

from core.contracts.fees import FeeAct, FeeEffect, FeeEvent, FeeRow, FeeVersionSummary
from core.contracts.references import CompanyRef, PersonRef
from core.contracts.scope import Scope
from core.contracts.states import Brand
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.merchants.fees.rules import shown_state
from core.merchants.store import BRAND_NAMES
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SQL = load_beside(__file__)


async def list_grids(
    connection: Connection, today: date, grid_id: bytes | None = None
) -> list[asyncpg.Record]:
    """Return grids with the ids of their versions in force and pending."""
    return await connection.fetch(_SQL.grids, today, uuid_or_none(grid_id))


async def list_versions(
    connection: Connection, grids: Sequence[asyncpg.Record], today: date
) -> dict[bytes, list[tuple[bytes, FeeVersionSummary]]]:
    """Return the versions of these grids by grid, newest first."""
    in_force = {row["id"]: row["force_id"] for row in grids}
    rows = await connection.fetch(_SQL.versions, list(in_force))
    dates = {row["id"]: row["effective_on"] for row in rows}
    found: dict[bytes, list[tuple[bytes, FeeVersionSummary]]] = {grid.bytes: [] for grid in in_force}
    for row in rows:
        since = dates.get(in_force[row["grid_id"]])
        summary = version_summary(row, in_force_since=since, today=today)
        found[row["grid_id"].bytes].append((row["id"].bytes, summary))
    return found


async def list_paying(connection: Connection, scope: Scope, grid_id: bytes) -> list[CompanyRef]:
    """Return the companies that pay by a grid, within the scope."""
    rows = await connection.fetch(_SQL.paying, scope.parameter(), uuid_of(grid_id))
    return [CompanyRef(encode_id("company", row["id"].bytes), row["legal_name"]) for row in rows]


async def lock_grid(connection: Connection, grid_id: bytes) -> bool:
    """Lock a grid; False when there is no such grid."""
    return await connection.fetchrow(_SQL.lock_grid, uuid_of(grid_id)) is not None


async def add_grid(
    connection: Connection, *, name: str, currency: str, agent_id: bytes | None, now: datetime
) -> bytes | None:
    """Insert a grid and return its id, None when its name is taken."""
    made = await connection.fetchval(_SQL.add_grid, name, currency, uuid_or_none(agent_id), now)
    return None if made is None else made.bytes


async def add_version(
    connection: Connection, *, grid_id: bytes, effective_on: date, agent_id: bytes | None, now: datetime
) -> bytes | None:
    """Insert a draft and return its id, None when one is pending already."""
    made = await connection.fetchval(
        _SQL.add_version, uuid_of(grid_id), effective_on, uuid_or_none(agent_id), now
    )
    return None if made is None else made.bytes


async def newest_version(connection: Connection, grid_id: bytes) -> bytes | None:
    """Return the newest version that was not withdrawn."""
    found = await connection.fetchval(_SQL.newest_version, uuid_of(grid_id))
    return None if found is None else found.bytes


async def find_version(connection: Connection, version_id: bytes) -> asyncpg.Record | None:
    """Return a version with its grid and the people of its history."""
    return await connection.fetchrow(_SQL.version_by_id, uuid_of(version_id))


async def lock_version(connection: Connection, version_id: bytes) -> asyncpg.Record | None:
    """Lock a version and return its state, its date, and who submitted it."""
    return await connection.fetchrow(_SQL.lock_version, uuid_of(version_id))


async def in_force(connection: Connection, grid_id: bytes, today: date) -> tuple[bytes, date] | None:
    """Return the version in force and since when."""
    row = await connection.fetchrow(_SQL.in_force, uuid_of(grid_id), today)
    return row and (row["id"].bytes, row["effective_on"])


async def is_date_taken(connection: Connection, grid_id: bytes, effective_on: date) -> bool:
    """Return whether an approved version of the grid begins that day."""
    return bool(await connection.fetchval(_SQL.date_taken, uuid_of(grid_id), effective_on))


async def list_rows(connection: Connection, version_id: bytes) -> list[FeeRow]:
    """Return a version's rows in the order of brand, region, card type."""
    return [
        FeeRow(
            BRAND_NAMES[row["brand"]],
            row["region"],
            row["card_type"],
            row["rate_bp"],
            row["fixed_minor"],
            row["minimum_minor"],
        )
        for row in await connection.fetch(_SQL.rows_of, uuid_of(version_id))
    ]


async def put_rows(connection: Connection, version_id: bytes, rows: Sequence[FeeRow]) -> None:
    """Replace a draft's rows."""
    await connection.execute(_SQL.drop_rows, uuid_of(version_id))
    await connection.execute(
        _SQL.add_rows,
        uuid_of(version_id),
        [int(Brand[row.brand.upper()]) for row in rows],
        [row.region for row in rows],
        [row.card_type for row in rows],
        [row.rate_bp for row in rows],
        [row.fixed_minor for row in rows],
        [row.minimum_minor for row in rows],
    )


async def copy_rows(connection: Connection, *, from_version: bytes, to_version: bytes) -> None:
    """Begin a draft with the rows of another version."""
    await connection.execute(_SQL.copy_rows, uuid_of(from_version), uuid_of(to_version))


async def set_date(connection: Connection, version_id: bytes, effective_on: date) -> None:
    """Change a draft's date."""
    await connection.execute(_SQL.set_date, uuid_of(version_id), effective_on)


async def move_version(
    connection: Connection, version_id: bytes, *, state: str, act: FeeAct, agent_id: bytes, now: datetime
) -> None:
    """Write the next state of a locked version, and who brought it there."""
    await connection.execute(_SQL.move_version, uuid_of(version_id), state, act, uuid_of(agent_id), now)


async def add_event(
    connection: Connection, version_id: bytes, *, act: str, agent_id: bytes | None, reason: str, now: datetime
) -> None:
    """Append to a version's history."""
    await connection.execute(_SQL.add_event, uuid_of(version_id), now, act, uuid_or_none(agent_id), reason)


async def list_events(connection: Connection, version_id: bytes) -> list[FeeEvent]:
    """Return a version's history, oldest first."""
    rows = await connection.fetch(_SQL.events, uuid_of(version_id))
    return [
        FeeEvent(timestamp(row["at"]), row["act"], person(row["agent_id"], row["agent_name"]), row["reason"])
        for row in rows
    ]


async def holds_company(connection: Connection, scope: Scope, company_id: bytes) -> bool:
    """Return whether the company as a whole is within the scope."""
    return bool(await connection.fetchval(_SQL.company_held, scope.parameter(), uuid_of(company_id)))


async def assign(connection: Connection, *, company_id: bytes, grid_id: bytes, now: datetime) -> None:
    """Let a company pay by a grid from now on."""
    await connection.execute(_SQL.assign, uuid_of(company_id), uuid_of(grid_id), now)


async def preview(
    connection: Connection,
    scope: Scope,
    *,
    grid_id: bytes,
    before: bytes | None,
    after: bytes,
    first: date,
    last: date,
    currency: str,
) -> list[FeeEffect]:
    """Return what captured payments cost under two versions, by brand."""
    rows = await connection.fetch(
        _SQL.preview,
        scope.parameter(),
        uuid_of(grid_id),
        uuid_or_none(before),
        uuid_of(after),
        first,
        last,
        currency,
    )
    return [
        FeeEffect(
            brand=BRAND_NAMES[row["card_brand"]],
            payments=row["payments"],
            captured_minor=row["captured_minor"],
            before_minor=row["before_minor"],
            after_minor=row["after_minor"],
            difference_minor=row["after_minor"] - row["before_minor"],
            without_row_before=row["without_row_before"],
            without_row_after=row["without_row_after"],
        )
        for row in rows
    ]


def version_summary(row: asyncpg.Record, *, in_force_since: date | None, today: date) -> FeeVersionSummary:
    """Return a version in few words."""
    return FeeVersionSummary(
        id=encode_id("fee_version", row["id"].bytes),
        version=row["version"],
        state=shown_state(
            row["state"], effective_on=row["effective_on"], in_force_since=in_force_since, today=today
        ),
        effective_on=row["effective_on"].isoformat(),
        made_by=person(row["made_by"], row["made_by_name"]),
        made_at=timestamp(row["made_at"]),
    )


def person(agent_id: object, name: str | None) -> PersonRef | None:
    """Return who, None for what the product did by itself."""
    raw = getattr(agent_id, "bytes", None)
    return None if raw is None else PersonRef(encode_id("agent", raw), name or "")
