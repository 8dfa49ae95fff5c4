"""Statements of macros as typed functions."""

from datetime import datetime, timedelta

import asyncpg
import msgspec

from core.contracts.macros import AddMacro, StepView
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.support.macros.model import LastPayment, StoredMacro, Target

RECEIPT_AGE_MAX = timedelta(days=30)

_SQL = load_beside(__file__)


async def list_macros(
    connection: Connection, *, target_kind: str | None = None, macro_id: bytes | None = None
) -> list[StoredMacro]:
    """Return macros in the order of their names."""
    rows = await connection.fetch(_SQL.list_macros, target_kind, uuid_or_none(macro_id))
    return [
        StoredMacro(
            id=row["id"].bytes,
            kind=row["kind"],
            target_kind=row["target_kind"],
            name_fr=row["name_fr"],
            name_en=row["name_en"],
            text_fr=row["text_fr"],
            text_en=row["text_en"],
            steps=tuple(row["steps"]),
            changed_at=row["changed_at"],
            changed_by=row["changed_by"],
        )
        for row in rows
    ]


async def lock_macro(connection: Connection, macro_id: bytes) -> datetime | None:
    """Return when it was changed last, locked until the change is written; None when there is no such macro."""
    return await connection.fetchval(_SQL.lock_macro, uuid_of(macro_id))


async def save_macro(
    connection: Connection, macro_id: bytes | None, fields: AddMacro, *, agent_id: bytes, now: datetime
) -> bytes | None:
    """Insert or change one and return its id; None when there is no such macro."""
    values = (
        fields.kind,
        fields.target_kind,
        fields.name_fr.strip(),
        fields.name_en.strip(),
        fields.text_fr.strip(),
        fields.text_en.strip(),
        fields.steps,
        uuid_of(agent_id),
        now,
    )
    if macro_id is None:
        made = await connection.fetchval(_SQL.add_macro, *values)
    else:
        made = await connection.fetchval(_SQL.change_macro, uuid_of(macro_id), *values)
    return None if made is None else made.bytes


async def remove_macro(connection: Connection, macro_id: bytes, *, agent_id: bytes, now: datetime) -> bool:
    """Take a macro out of use."""
    removed = await connection.fetchval(_SQL.remove_macro, uuid_of(macro_id), now, uuid_of(agent_id))
    return removed is not None


async def find_target(
    connection: Connection, scope: Scope, *, kind: str, target_id: bytes, now: datetime
) -> Target | None:
    """Return the terminal or store that a macro runs on, as it stands."""
    if kind == "terminal":
        row = await connection.fetchrow(
            _SQL.target_terminal,
            scope.parameter(),
            uuid_of(target_id),
            # One day more: dates are those of the stores.
            (now - RECEIPT_AGE_MAX).date() - timedelta(days=1),
        )
        return None if row is None else _terminal(row)
    row = await connection.fetchrow(_SQL.target_store, scope.parameter(), uuid_of(target_id))
    if row is None:
        return None
    return Target(
        kind="store",
        id=row["id"].bytes,
        label=row["store_name"],
        store_name=row["store_name"],
        terminal="",
        block_id=None if row["block_id"] is None else row["block_id"].bytes,
        block_reason=row["block_reason"] or "",
        active=True,
        retired=False,
        service_active=True,
        last_payment=None,
    )


async def add_note(
    connection: Connection, *, kind: str, target_id: bytes, text: str, agent_id: bytes, now: datetime
) -> None:
    """Write a remark that stays with the terminal or store."""
    await connection.execute(_SQL.add_note, kind, uuid_of(target_id), text, uuid_of(agent_id), now)


async def add_run(
    connection: Connection,
    *,
    run_id: bytes,
    macro_id: bytes,
    target: Target,
    agent_id: bytes,
    now: datetime,
    steps: list[StepView],
) -> None:
    """Write what a run did."""
    await connection.execute(
        _SQL.add_run,
        uuid_of(run_id),
        uuid_of(macro_id),
        target.kind,
        uuid_of(target.id),
        uuid_of(agent_id),
        now,
        msgspec.json.encode(steps).decode(),
    )


def _terminal(row: asyncpg.Record) -> Target:
    return Target(
        kind="terminal",
        id=row["id"].bytes,
        label=f"{row['terminal']} · {row['store_name']}",
        store_name=row["store_name"],
        terminal=row["terminal"],
        block_id=None if row["block_id"] is None else row["block_id"].bytes,
        block_reason=row["block_reason"] or "",
        active=row["activated_at"] is not None,
        retired=row["retired_at"] is not None,
        service_active=row["service_active"],
        last_payment=None
        if row["payment_id"] is None
        else LastPayment(
            id=row["payment_id"].bytes,
            amount_minor=row["approved_minor"],
            currency=row["currency"],
            received_at=row["received_at"],
            time_zone=row["time_zone"],
            card_brand=row["card_brand"],
            card_last_four=row["card_last_four"],
        ),
    )
