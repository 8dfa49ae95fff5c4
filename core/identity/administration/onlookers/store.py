"""The statements of onlookers as typed functions."""

from datetime import datetime
from typing import Final

from core.contracts.administration import Look, Onlooker
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.identity.administration.rules import REGION_CODES, REGION_DEPARTMENTS
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SQL = load_beside(__file__)
ONLOOKERS_MAX: Final = 20

_SEEN: Final = {
    "transaction": _SQL.transaction_seen,
    "account": _SQL.account_seen,
    "company": _SQL.company_seen,
    "store": _SQL.store_seen,
    "terminal": _SQL.terminal_seen,
    "contract": _SQL.contract_seen,
    "request": _SQL.request_seen,
}


async def is_seen(connection: Connection, scope: Scope, kind: str, record_id: bytes) -> bool:
    """Return whether a record of a known kind exists within the scope."""
    if kind == "agent":
        seen = await connection.fetchval(
            _SQL.agent_seen,
            scope.parameter(),
            uuid_of(record_id),
            REGION_CODES,
            REGION_DEPARTMENTS,
            scope.is_everything,
        )
        return bool(seen)
    return bool(await connection.fetchval(_SEEN[kind], scope.parameter(), uuid_of(record_id)))


async def look(
    connection: Connection, request: Look, *, agent_id: bytes, now: datetime, stale_before: datetime
) -> None:
    """Note that an agent has a record open."""
    await connection.execute(
        _SQL.look, request.id.kind, uuid_of(request.id), uuid_of(agent_id), request.editing, now, stale_before
    )


async def leave(connection: Connection, request: Look, *, agent_id: bytes) -> None:
    """Note that an agent closed it."""
    await connection.execute(_SQL.leave, request.id.kind, uuid_of(request.id), uuid_of(agent_id))


async def forget_looks(connection: Connection, before: datetime) -> None:
    """Drop the looks of those who left without a word."""
    await connection.execute(_SQL.forget_looks, before)


async def list_onlookers(
    connection: Connection, kind: str, record_id: bytes, *, but: bytes, seen_since: datetime
) -> list[Onlooker]:
    """Return who else has the record open."""
    rows = await connection.fetch(
        _SQL.onlookers, kind, uuid_of(record_id), uuid_of(but), seen_since, ONLOOKERS_MAX
    )
    return [
        Onlooker(
            id=encode_id("agent", row["agent_id"].bytes),
            name=row["name"],
            editing=row["editing"],
            since=timestamp(row["since"]),
        )
        for row in rows
    ]
