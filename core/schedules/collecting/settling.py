"""What follows from debits that have ended: instalments paid, tried again, or unpaid."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg
from asyncpg.pgproto.pgproto import UUID

from core.contracts.orders import InstalmentId, OrderId
from core.contracts.reasons import Reason
from core.contracts.states import APPROVED_STATES, State
from core.contracts.webhooks import WebhookKind
from core.db.rows import Connection
from core.schedules.collecting import store
from core.schedules.collecting.model import DebitState, Ended, Next
from core.schedules.collecting.rules import answer_of, next_of
from core.schedules.collecting.store import Decided
from core.values.clock import paris_date
from core.values.timestamps import timestamp
from core.webhooks.api import Told, tell_each


async def settle(connection: Connection, debits: Sequence[tuple[UUID, date]], *, now: datetime) -> int:
    """Let what the attempts of debits say be so; return how many had ended.

    In the caller's transaction. What is decided is read from the attempts, so that it does not matter who calls, how
    often, or why: a debit whose attempt is not decided is left as it is.
    """
    if not debits:
        return 0
    days = [day for _, day in debits]
    decided = await store.lock_settled(
        connection, [debit_id for debit_id, _ in debits], first=min(days), last=max(days)
    )
    approved = [each for each in decided if each.attempt_state in APPROVED_STATES]
    others = [each for each in decided if each.attempt_state not in APPROVED_STATES]
    if approved:
        await _settle_approved(connection, approved, now=now)
    if others:
        await _settle_others(connection, others, now=now)
    return len(decided)


async def _settle_approved(connection: Connection, approved: list[Decided], *, now: datetime) -> None:
    paid = await store.settle_approved(connection, [each.id for each in approved], now=now)
    await tell_each(connection, [_told(row, "instalment.paid", at=now) for row in paid])


async def _settle_others(connection: Connection, others: list[Decided], *, now: datetime) -> None:
    states: dict[UUID, DebitState] = {each.id: _state_of(each) for each in others}
    ended = await store.end_debits(
        connection,
        [each.id for each in others],
        [states[each.id] for each in others],
        [each.reason for each in others],
        now=now,
    )
    histories = await store.read_histories(connection, list(ended))
    await _give_back(
        connection,
        [
            Ended(
                each.id.bytes,
                each.order_id.bytes,
                each.instalment_id.bytes,
                states[each.id],
                each.reason,
                each.brand,
                histories[each.id],
            )
            for each in others
            if each.id in ended
        ],
        now=now,
    )


async def _give_back(connection: Connection, ended: list[Ended], *, now: datetime) -> None:
    """Let instalments that were not collected be tried again by the policy of today, or be unpaid."""
    if not ended:
        return
    policies = await store.read_policies(connection, paris_date(now))
    decided: list[tuple[Ended, Next]] = []
    for each in ended:
        policy = policies.get(each.brand) or policies[None]
        decided.append((each, next_of(answer_of(each.state, each.reason), each.history, policy, now=now)))
    unpaid = await store.give_back(connection, decided, now=now)
    await tell_each(connection, [_told(row, "instalment.unpaid", at=now) for row in unpaid])


def _state_of(decided: Decided) -> DebitState:
    if decided.attempt_state is None:
        return "not_sent"
    if decided.attempt_state == State.REVERSED:
        return "reversed"
    return "declined" if decided.reason >= Reason.APPROVED else "not_sent"


def _told(row: asyncpg.Record, kind: WebhookKind, *, at: datetime) -> Told:
    return Told(
        row["company_id"].bytes,
        kind,
        {
            "order": OrderId(row["order_id"].bytes).text,
            "reference": row["reference"],
            "instalment": InstalmentId(row["id"].bytes).text,
            "number": row["number"],
            "amount": {"amount": row["amount_minor"], "currency": row["currency"]},
            "at": timestamp(at),
        },
        at,
        once_key=row["debit_id"].hex,
    )
