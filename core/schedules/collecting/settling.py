"""What follows from debits that have ended: orders that begin, instalments paid, tried again, or unpaid."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg
from asyncpg.pgproto.pgproto import UUID

from core.cards.api import keep_network_id
from core.contracts.orders import InstalmentId, OrderId
from core.contracts.reasons import Reason
from core.contracts.states import APPROVED_STATES, State
from core.db.rows import Connection
from core.schedules.collecting import store
from core.schedules.collecting.model import DebitState, Ended, Next
from core.schedules.collecting.rules import answer_of, next_of
from core.schedules.collecting.store import Decided
from core.schedules.notices.store import note_failures
from core.schedules.orders import outcomes as orders
from core.schedules.orders.store import RUN, Event, add_events
from core.schedules.settlements import course as settlements
from core.transactions.stored_cards.naming import read_network_id
from core.values.clock import paris_date
from core.values.timestamps import timestamp
from core.webhooks.api import Told, listeners, tell_each


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
    first = [each for each in decided if each.initiator == "customer"]
    approved = [each for each in decided if each.initiator == "merchant" and _is_approved(each)]
    others = [each for each in decided if each.initiator == "merchant" and not _is_approved(each)]
    for each in first:
        await _settle_first(connection, each, now=now)
    await _settle_approved(connection, approved, now=now)
    await _settle_others(connection, others, now=now)
    return len(decided)


async def _settle_first(connection: Connection, first: Decided, *, now: datetime) -> None:
    """Let an order begin, or wait for another card: what its customer sees at once is tried again by nobody else."""
    state: DebitState = "approved" if _is_approved(first) else _state_of(first)
    if not await store.end_debits(connection, [first.id], [state], [first.reason], now=now):
        return
    if first.settlement_id is not None:
        await _settle_first_part(connection, first, first.settlement_id.bytes, state, now=now)
        return
    if state != "approved":
        await orders.release(connection, [first.instalment_id.bytes], at=now)
        return
    network_id = await read_network_id(connection, first.id.bytes, first.business_date)
    if network_id:
        await keep_network_id(connection, first.card_id.bytes, network_id, now=now)
    await orders.activate(connection, first.order_id.bytes, at=now, card_id=first.card_id.bytes)


async def _settle_first_part(
    connection: Connection, first: Decided, settlement_id: bytes, state: DebitState, *, now: datetime
) -> None:
    """Let a settlement begin, or be given up: its customer is told at once, and may try another card."""
    if state != "approved":
        refusal = "unanswered" if state == "reversed" else Reason(first.reason).name.lower()
        await settlements.give_up(connection, settlement_id, refusal, at=now)
        return
    network_id = await read_network_id(connection, first.id.bytes, first.business_date)
    if network_id:
        await keep_network_id(connection, first.card_id.bytes, network_id, now=now)
    await settlements.begin(connection, settlement_id, first.instalment_id.bytes, at=now)


async def _settle_approved(connection: Connection, approved: list[Decided], *, now: datetime) -> None:
    plain = [each for each in approved if not each.is_changed]
    changed = [each for each in approved if each.is_changed]
    if plain:
        told = await listeners(connection, {each.company_id for each in plain})
        paid = await store.settle_approved(connection, [each.id for each in plain], now=now, told=told)
        await tell_each(connection, [_told(row, at=now) for row in paid])
    if changed:
        # What was taken off may be owed back now.
        ended = await store.end_debits(
            connection,
            [each.id for each in changed],
            ["approved"] * len(changed),
            [Reason.APPROVED] * len(changed),
            now=now,
        )
        await orders.mark_paid(
            connection, [each.instalment_id.bytes for each in changed if each.id in ended], at=now
        )


async def _settle_others(connection: Connection, others: list[Decided], *, now: datetime) -> None:
    if not others:
        return
    states: dict[UUID, DebitState] = {each.id: _state_of(each) for each in others}
    open_ones = await store.end_debits(
        connection,
        [each.id for each in others],
        [states[each.id] for each in others],
        [each.reason for each in others],
        now=now,
    )
    histories = await store.read_histories(connection, list(open_ones))
    policies = await store.read_policies(connection, paris_date(now))
    ended: list[tuple[Ended, Next]] = []
    for each in others:
        if each.id in open_ones:
            one = Ended(
                each.id.bytes,
                each.order_id.bytes,
                each.instalment_id.bytes,
                states[each.id],
                each.reason,
                each.brand,
                histories[each.id],
            )
            policy = policies.get(each.brand) or policies[None]
            ended.append((one, next_of(answer_of(one.state, one.reason), one.history, policy, now=now)))
    await _give_back(connection, ended, now=now)


async def _give_back(connection: Connection, ended: list[tuple[Ended, Next]], *, now: datetime) -> None:
    """Let instalments that were not collected be tried again, or be unpaid; ask customers where only they can act."""
    await store.try_after(connection, [(each.instalment_id, what.after) for each, what in ended])
    waits: set[bytes] = set()
    if again := [each.instalment_id for each, what in ended if not what.is_unpaid]:
        waits = await orders.release(connection, again, at=now)
    if unpaid := [each.instalment_id for each, what in ended if what.is_unpaid]:
        await orders.mark_unpaid(connection, unpaid, at=now)
    told = [
        each
        for each, _ in ended
        if each.instalment_id in waits and answer_of(each.state, each.reason) != "ours"
    ]
    await note_failures(connection, [(each.order_id, each.id) for each in told], now=now)
    if dead := [each.id for each, what in ended if what.card_is_dead]:
        await store.refuse_cards(connection, dead, now=now)
    await add_events(
        connection,
        [
            Event(each.order_id, now, "customer_needed", RUN, each.instalment_id, {"reason": each.reason})
            for each, what in ended
            if what.asks_customer and each.instalment_id in waits
        ],
    )


def _is_approved(decided: Decided) -> bool:
    return decided.attempt_state in APPROVED_STATES


def _state_of(decided: Decided) -> DebitState:
    if decided.attempt_state is None:
        return "not_sent"
    if decided.attempt_state == State.REVERSED:
        return "reversed"
    return "declined" if decided.reason >= Reason.APPROVED else "not_sent"


def _told(row: asyncpg.Record, *, at: datetime) -> Told:
    return Told(
        row["company_id"].bytes,
        "instalment.paid",
        {
            "order": OrderId(row["order_id"].bytes).text,
            "reference": row["reference"],
            "state": row["state"],
            "at": timestamp(at),
            "instalment": InstalmentId(row["id"].bytes).text,
            "number": row["number"],
            "due_on": row["due_on"].isoformat(),
            "amount": {"amount": row["amount_minor"], "currency": row["currency"]},
        },
        at,
        once_key=row["id"].hex,
    )
