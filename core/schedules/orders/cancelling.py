"""What is taken off a purchase: from what is to be paid, or by giving back what was paid (SCH-5)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec

from core.contracts.orders import ChangedOrder, OrderView, ShownInstalment
from core.contracts.references import Money
from core.contracts.refusals import FieldRefused
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.identity.api import KeyReused
from core.schedules.orders import store
from core.schedules.orders.balancing import balance
from core.schedules.orders.errors import NothingPaid, NothingToCancel
from core.schedules.orders.model import Facts
from core.schedules.orders.rules import balance_of, cancellable_minor, refundable_minor
from core.schedules.orders.store import Actor, Event, Order, Refund, Stored
from core.schedules.orders.views import READ_SHOWN
from core.values.ids import encode_id
from core.values.timestamps import timestamp
from core.webhooks.api import tell

Kind = Literal["cancellation", "refund"]

_SQL: Final = load_beside(__file__)


class Wanted(NamedTuple):
    """What somebody takes off an order, all that may be without an amount, under an idempotency key of theirs."""

    kind: Kind
    amount_minor: int | None
    reason: str
    by: Actor
    idempotency_key: str

    @property
    def key(self) -> str:
        """Under what it stands beside the order, for longer than idempotency keys are kept.

        An agent's keys are theirs. A program's are those of its company, whose order it is: its call may be repeated under
        the company's next key.
        """
        whose = f"agent {(self.by.id or b'').hex()}" if self.by.kind == "agent" else self.by.kind
        return hashlib.sha256(f"{whose} {self.idempotency_key}".encode()).hexdigest()


class TakenOff(NamedTuple):
    """What was taken off, and what it changed."""

    id: bytes
    amount_minor: int
    owed_back_minor: int
    before: list[ShownInstalment]
    after: list[ShownInstalment]


async def take_off(
    connection: Connection, order_id: bytes, wanted: Wanted, *, cancellation_id: bytes, at: datetime
) -> TakenOff:
    """Take an amount off an order that the caller may change; what stands already under its key is returned as it is.

    Raises: NothingToCancel, NothingPaid, FieldRefused, KeyReused.
    """
    await store.hold(connection, [order_id])
    if (standing := await _find(connection, order_id, wanted)) is not None:
        return standing
    order = (await store.read(connection, [order_id]))[order_id]
    amount_minor = _amount_of(order, wanted)
    facts = _without(order.facts, wanted.kind, amount_minor)
    follows = balance_of(facts)
    owed_back_minor = follows.refund_minor + (amount_minor if wanted.kind == "refund" else 0)
    before = shown(order.instalments, order.currency)
    after = shown(
        [
            stored._replace(amount_minor=due.amount_minor, state=due.state)
            for stored, due in zip(order.instalments, follows.dues, strict=True)
        ],
        order.currency,
    )
    made = {
        "id": uuid_of(cancellation_id),
        "kind": wanted.kind,
        "amount_minor": amount_minor,
        "reason": wanted.reason,
        "by_kind": wanted.by.kind,
        "by_id": uuid_of(wanted.by.id or bytes(16)),
        "at": at,
        "key": wanted.key,
        "before": msgspec.json.encode(before).decode(),
        "after": msgspec.json.encode(after).decode(),
    }
    await store.add_cancellation(connection, order_id, made)
    if owed_back_minor:
        await store.add_refunds(connection, [Refund(order_id, cancellation_id, owed_back_minor)], at)
    stands = (await balance(connection, [order_id], at=at, causes={})).orders[order_id]
    await _tell(connection, stands, wanted, cancellation_id, amount_minor, owed_back_minor, at)
    return TakenOff(cancellation_id, amount_minor, owed_back_minor, before, after)


def shown(instalments: Sequence[Stored], currency: str) -> list[ShownInstalment]:
    """Return instalments as a customer sees them at this moment."""
    return [
        ShownInstalment(
            number=each.number,
            due_on=each.due_on.isoformat(),
            amount=Money(each.amount_minor, currency),
            state=each.state,
            is_settling=each.settlement_id is not None,
        )
        for each in instalments
        if each.counts
    ]


def changed_order(taken: TakenOff, order: OrderView) -> ChangedOrder:
    """Return what is answered: the order as it stands, and what this changed."""
    return ChangedOrder(
        id=encode_id("cancellation", taken.id),
        order=order,
        amount=Money(taken.amount_minor, order.amount.currency),
        owed_back=Money(taken.owed_back_minor, order.amount.currency),
        before=taken.before,
        after=taken.after,
    )


def _amount_of(order: Order, wanted: Wanted) -> int:
    """Return how much is taken off. Raises: NothingToCancel, NothingPaid, FieldRefused."""
    if wanted.kind == "refund":
        most = refundable_minor(order.facts)
        if not most:
            raise NothingPaid(order.state)
    else:
        most = cancellable_minor(order.facts)
        if not most:
            raise NothingToCancel(order.state)
    amount_minor = most if wanted.amount_minor is None else wanted.amount_minor
    if amount_minor > most:
        raise FieldRefused("amount", "out_of_range", f"at most {most} EUR cents")
    return amount_minor


def _without(facts: Facts, kind: Kind, amount_minor: int) -> Facts:
    given_back = amount_minor if kind == "refund" else 0
    return facts._replace(
        cancelled_minor=facts.cancelled_minor + amount_minor,
        refunded_minor=facts.refunded_minor + given_back,
    )


async def _find(connection: Connection, order_id: bytes, wanted: Wanted) -> TakenOff | None:
    """Return what stands under a key. Raises: KeyReused, when it is something else."""
    row = await connection.fetchrow(_SQL.cancellation_of_key, uuid_of(order_id), wanted.key)
    if row is None:
        return None
    if row["kind"] != wanted.kind or wanted.amount_minor not in (None, row["amount_minor"]):
        raise KeyReused
    return TakenOff(
        row["id"].bytes,
        row["amount_minor"],
        row["owed_back_minor"],
        READ_SHOWN(row["before"]),
        READ_SHOWN(row["after"]),
    )


async def _tell(
    connection: Connection,
    order: Order,
    wanted: Wanted,
    cancellation_id: bytes,
    amount_minor: int,
    owed_back_minor: int,
    at: datetime,
) -> None:
    facts = {"amount": amount_minor, "owed_back": owed_back_minor, "reason": wanted.reason}
    kind = "refunded" if wanted.kind == "refund" else "cancelled"
    await store.add_events(connection, [Event(order.id, at, kind, wanted.by, cancellation_id, facts)])
    await tell(
        connection,
        company_id=order.company_id,
        kind="order.cancelled",
        facts={
            "order": encode_id("order", order.id),
            "reference": order.reference,
            "state": order.state,
            "kind": wanted.kind,
            "amount": Money(amount_minor, order.currency),
            "owed_back": Money(owed_back_minor, order.currency),
            "at": timestamp(at),
        },
        at=at,
        once_key=cancellation_id.hex(),
    )
