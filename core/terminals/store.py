"""Statements of terminals and blocks as typed functions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, assert_never

import asyncpg

from core.contracts.blocks import Block, BlockTargetView
from core.contracts.payment import Presence, SignOn
from core.contracts.reasons import Reason
from core.contracts.references import LocatedStore, PersonRef, TargetKind
from core.contracts.scope import Scope
from core.contracts.states import BlockTarget
from core.contracts.terminals import SignOnRefusal, TerminalView
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.terminals.model import SigningOn
from core.terminals.wall.rules import silence_at
from core.values.clock import from_unix_us
from core.values.ids import encode_id
from core.values.timestamps import timestamp, timestamp_or_none

_SQL = load_beside(__file__)
_REASON_NAMES: Final = {int(reason): reason.name.lower() for reason in Reason}


async def terminals_of(
    connection: Connection, scope: Scope, store_id: bytes, *, limit: int, now: datetime
) -> list[TerminalView]:
    """Return a store's terminals in the order of their numbers, without their blocks."""
    rows = await connection.fetch(
        _SQL.terminals_of, scope.parameter(), uuid_of(store_id), limit, *silence_at(now)
    )
    return [_terminal_of(row) for row in rows]


async def find_terminal(
    connection: Connection, scope: Scope, terminal_id: bytes, now: datetime
) -> TerminalView | None:
    """Return one terminal without its block."""
    row = await connection.fetchrow(
        _SQL.terminal_by_id, scope.parameter(), uuid_of(terminal_id), *silence_at(now)
    )
    return row and _terminal_of(row)


async def find_signing_on(connection: Connection, terminal: str) -> SigningOn | None:
    """Return what a sign-on is decided by."""
    row = await connection.fetchrow(_SQL.sign_on, terminal)
    return row and SigningOn(
        terminal_id=row["id"].bytes,
        dialect=row["dialect"],
        acceptor=row["acceptor"],
        merchant_category=row["merchant_category"],
        activated_at=row["activated_at"],
        terminal_blocked_at=row["blocked_at"],
        store_blocked_at=row["store_blocked_at"],
        service_active=row["service_active"],
        service_blocked_at=row["service_blocked_at"],
    )


async def note_signed_on(connection: Connection, terminal_id: bytes, request: SignOn) -> None:
    """Show the terminal as connected from now on."""
    await connection.execute(
        _SQL.signed_on,
        uuid_of(terminal_id),
        request.edge,
        request.address[:100],
        request.firmware[:100],
        from_unix_us(request.at_us),
    )


async def note_refused(connection: Connection, terminal_id: bytes, request: SignOn, reason: Reason) -> None:
    """Write a refusal into the journal; the same one again within minutes is not news."""
    await connection.execute(
        _SQL.refused,
        uuid_of(terminal_id),
        request.edge,
        request.address[:100],
        request.firmware[:100],
        from_unix_us(request.at_us),
        int(reason),
    )


async def note_presences(connection: Connection, presences: Sequence[Presence]) -> None:
    """Upsert a batch; the last word on each terminal counts."""
    newest = {presence.terminal_id: presence for presence in sorted(presences, key=lambda one: one.at_us)}
    await connection.execute(
        _SQL.presences,
        [uuid_of(presence.terminal_id) for presence in newest.values()],
        [presence.edge for presence in newest.values()],
        [presence.connected for presence in newest.values()],
        [from_unix_us(presence.at_us) for presence in newest.values()],
    )


async def lock_target(connection: Connection, scope: Scope, kind: BlockTarget, target_id: bytes) -> bool:
    """Lock what a block is about; False when there is no such thing within the scope."""
    match kind:
        case BlockTarget.STORE:
            # A store stops with all its services: who answers for some of them stops those.
            scope = scope.of_every_service()
            statement = _SQL.target_store
        case BlockTarget.SERVICE:
            statement = _SQL.target_service
        case BlockTarget.TERMINAL:
            statement = _SQL.target_terminal
        case _:
            assert_never(kind)
    return await connection.fetchrow(statement, scope.parameter(), uuid_of(target_id)) is not None


async def make_block(
    connection: Connection,
    *,
    kind: BlockTarget,
    target_id: bytes,
    reason: str,
    agent_id: bytes,
    now: datetime,
) -> bytes | None:
    """Insert a block and return its id, None when one stands already."""
    made = await connection.fetchval(
        _SQL.make_block, int(kind), uuid_of(target_id), reason, uuid_of(agent_id), now
    )
    return None if made is None else made.bytes


async def echo_block(
    connection: Connection, kind: BlockTarget, target_id: bytes, blocked_at: datetime | None
) -> None:
    """Write the block's echo on its target, where the hot statement reads it."""
    match kind:
        case BlockTarget.STORE:
            statement = _SQL.echo_store
        case BlockTarget.SERVICE:
            statement = _SQL.echo_service
        case BlockTarget.TERMINAL:
            statement = _SQL.echo_terminal
        case _:
            assert_never(kind)
    await connection.execute(statement, uuid_of(target_id), blocked_at)


async def lock_block(connection: Connection, block_id: bytes) -> asyncpg.Record | None:
    """Lock a block and return its target and its end."""
    return await connection.fetchrow(_SQL.lock_block, uuid_of(block_id))


async def lift_block(
    connection: Connection, *, block_id: bytes, agent_id: bytes, reason: str, now: datetime
) -> None:
    """End a block that is locked and standing."""
    await connection.execute(_SQL.lift_block, uuid_of(block_id), now, uuid_of(agent_id), reason)


async def list_blocks(
    connection: Connection,
    scope: Scope,
    *,
    block_id: bytes | None = None,
    target_id: bytes | None = None,
    standing: bool | None = None,
    before: bytes | None = None,
    limit: int = 1,
) -> list[Block]:
    """Return blocks, newest first."""
    rows = await connection.fetch(
        _SQL.blocks,
        scope.parameter(),
        uuid_or_none(block_id),
        uuid_or_none(target_id),
        standing,
        uuid_or_none(before),
        limit,
    )
    return [_block_of(row) for row in rows]


async def standing_blocks(connection: Connection, target_ids: Sequence[bytes]) -> list[Block]:
    """Return the standing blocks of these targets."""
    rows = await connection.fetch(_SQL.standing_blocks_of, [uuid_of(target) for target in target_ids])
    return [_block_of(row) for row in rows]


def target_name(kind: int) -> TargetKind:
    """Return the public name of what a block stops."""
    match BlockTarget(kind):
        case BlockTarget.STORE:
            return "store"
        case BlockTarget.SERVICE:
            return "service"
        case BlockTarget.TERMINAL:
            return "terminal"


async def standing_refusals(connection: Connection, terminal_ids: list[bytes]) -> dict[bytes, SignOnRefusal]:
    """Return the refusal of each terminal whose last sign-on was refused."""
    rows = await connection.fetch(_SQL.standing_refusals, [uuid_of(one) for one in terminal_ids])
    return {
        row["terminal_id"].bytes: SignOnRefusal(timestamp(row["at"]), _REASON_NAMES[row["reason"]])
        for row in rows
        if row["reason"] in _REASON_NAMES
    }


def _terminal_of(row: asyncpg.Record) -> TerminalView:
    return TerminalView(
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
    )


def _block_of(row: asyncpg.Record) -> Block:
    kind = target_name(row["target_kind"])
    return Block(
        id=encode_id("block", row["id"].bytes),
        target=BlockTargetView(kind, encode_id(kind, row["target_id"].bytes), row["label"], row["time_zone"]),
        reason=row["reason"],
        blocked_by=PersonRef(encode_id("agent", row["blocked_by"].bytes), row["blocked_by_name"] or ""),
        blocked_at=timestamp(row["blocked_at"]),
        lifted_at=timestamp_or_none(row["lifted_at"]),
        lifted_by=None
        if row["lifted_by"] is None
        else PersonRef(encode_id("agent", row["lifted_by"].bytes), row["lifted_by_name"] or ""),
        lift_reason=row["lift_reason"],
    )
