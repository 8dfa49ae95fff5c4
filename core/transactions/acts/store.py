"""Statements of acts as typed functions. Every function runs inside the caller's transaction."""

from datetime import datetime

import asyncpg

from core.contracts.permissions import Permission
from core.contracts.reasons import Reason
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.identity.administration.rules import REGION_CODES, REGION_DEPARTMENTS
from core.identity.store import record_action
from core.transactions.acts.model import REFUND, Act, Standing
from core.transactions.acts.rules import refusal_of
from core.values.ids import encode_id

_SQL = load_beside(__file__)


async def record(connection: Connection, act: Act, now: datetime) -> None:
    """Write that somebody acts, before anybody is told of it."""
    await connection.execute(
        _SQL.record_act,
        uuid_of(act.id),
        act.kind,
        uuid_of(act.agent_id),
        uuid_of(act.target_id),
        act.target_date,
        act.amount_minor,
        act.currency,
        act.reason,
        uuid_or_none(act.approval_id),
        act.ip,
        now,
    )


async def find(connection: Connection, act_id: bytes) -> Act | None:
    """Return an act."""
    row = await connection.fetchrow(_SQL.find_act, uuid_of(act_id))
    return None if row is None else _act_of(row)


async def take_up(
    connection: Connection, now: datetime, *, untouched_since: datetime, limit: int
) -> list[tuple[Act, datetime]]:
    """Return acts without an outcome that nobody is at, each with when it was recorded; they are the caller's for now."""
    rows = await connection.fetch(_SQL.take_up_acts, now, untouched_since, limit)
    return [(_act_of(row), row["recorded_at"]) for row in rows]


async def lock(connection: Connection, act_id: bytes) -> int | None:
    """Hold an act until the end of the transaction; return its outcome, None while it waits to be carried out."""
    return await connection.fetchval(_SQL.lock_act, uuid_of(act_id))


async def judge(connection: Connection, act: Act) -> Reason:
    """Say whether a locked act on a locked original may be carried out: NONE, or why not."""
    approval: asyncpg.Record | None = None
    if act.approval_id is not None:
        approval = await connection.fetchrow(_SQL.lock_approval_of_act, uuid_of(act.id))
    row = await connection.fetchrow(
        _SQL.judge_act,
        uuid_of(act.target_id),
        act.target_date,
        uuid_of(act.agent_id),
        act.permission.value,
        None if approval is None else approval["asked_by"],
        REGION_CODES,
        REGION_DEPARTMENTS,
    )
    if row is None:
        return Reason.ORIGINAL_NOT_FOUND
    alone_max_minor: int | None = None
    if act.kind == REFUND:
        alone_max_minor = await connection.fetchval(
            _SQL.hold_limit, REFUND, row["currency"], uuid_of(act.agent_id)
        )
    return refusal_of(
        act,
        Standing(
            reach_minor=row["reach_minor"],
            alone_max_minor=alone_max_minor or 0,
            refunded_minor=row["refunded_minor"],
            is_approved=approval is not None and approval["counts"],
        ),
    )


async def end(connection: Connection, act: Act, outcome: int, *, done: bool, now: datetime) -> None:
    """Write what became of a locked act, and in the same commit who did it: last, since the audit is one chain.

    `done`: it was recorded; an `outcome` beside says that it was recorded as refused.
    """
    await connection.execute(_SQL.end_act, uuid_of(act.id), int(outcome), now)
    facts: dict[str, str | int] = {"reason": act.reason}
    if act.kind == REFUND:
        facts |= {"refund": encode_id("transaction", act.id), "amount_minor": act.amount_minor or 0}
    if act.approval_id is not None:
        # A refund that is recorded as refused gives nothing back, whoever approved it.
        is_done = done and (act.kind != REFUND or outcome == Reason.NONE)
        code = "" if is_done else Reason(outcome).name.lower()
        asked_by = await connection.fetchval(
            _SQL.end_approval_of_act, uuid_of(act.approval_id), "done" if is_done else "failed", code, now
        )
        facts |= {"approval": encode_id("approval", act.approval_id)}
        facts |= {"asked_by": encode_id("agent", asked_by.bytes)} if asked_by is not None else {}
        facts |= {} if done else {"code": code}
    if not done and act.approval_id is None:
        return
    if done and outcome != Reason.NONE:
        facts |= {"code": Reason(outcome).name.lower()}
    kind = "transaction.refunded" if act.kind == REFUND else "transaction.cancelled"
    await record_action(
        connection,
        agent_id=act.agent_id,
        at=now,
        kind=kind if done else "approval.failed",
        target_kind="transaction",
        target_id=act.target_id,
        facts=facts,
        ip=act.ip,
    )


async def reach_of(
    connection: Connection,
    *,
    agent_id: bytes,
    permission: Permission,
    store_id: bytes,
    service: str,
    not_from: bytes | None = None,
) -> int | None:
    """Return up to how much somebody may do at a place, in minor units; None when they may not at all there.

    `not_from`: rights that this person gave do not count.
    """
    return await connection.fetchval(
        _SQL.right_reaches,
        uuid_of(agent_id),
        permission.value,
        uuid_of(store_id),
        service,
        uuid_or_none(not_from),
        REGION_CODES,
        REGION_DEPARTMENTS,
    )


def _act_of(row: asyncpg.Record) -> Act:
    return Act(
        id=row["id"].bytes,
        kind=row["kind"],
        agent_id=row["agent_id"].bytes,
        target_id=row["target_id"].bytes,
        target_date=row["target_date"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        reason=row["reason"],
        approval_id=None if row["approval_id"] is None else row["approval_id"].bytes,
        ip=row["ip"],
        outcome=row["outcome"],
    )
