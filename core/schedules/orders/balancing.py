"""What a change of facts makes of schedules: instalments, what is owed back, and the state of the order."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from core.contracts.orders import OrderEventKind
from core.db.rows import Connection
from core.schedules.orders import store
from core.schedules.orders.model import Due
from core.schedules.orders.rules import balance_of, state_of
from core.schedules.orders.store import RUN, Actor, Event, Order, Refund


class Balanced(NamedTuple):
    """Orders as they stand now, by their identifiers, and what the change made owed back.

    `unpaid`: parts of settlements that were to come, and are unpaid now because something else is.
    """

    orders: dict[bytes, Order]
    refunds: list[Refund]
    unpaid: set[bytes]


async def balance(
    connection: Connection,
    order_ids: Iterable[bytes],
    *,
    at: datetime,
    causes: Mapping[bytes, bytes],
    by: Actor = RUN,
) -> Balanced:
    """Let the schedules of orders that are held follow from their facts.

    `causes` says of each order what may have made something owed back: the instalment that was paid, or what was taken off;
    `by`, who did it.
    """
    before = await store.read(connection, order_ids)
    changed: list[tuple[bytes, Due]] = []
    made = Balanced({}, [], set())
    for order in before.values():
        follows = balance_of(order.facts)
        moved = [
            (stored, due)
            for stored, due in zip(order.instalments, follows.dues, strict=True)
            if stored.due != due
        ]
        changed += [(stored.id, due) for stored, due in moved]
        made.unpaid.update(
            stored.id for stored, due in moved if due.state == "unpaid" and stored.state != "unpaid"
        )
        if follows.refund_minor:
            made.refunds.append(Refund(order.id, causes[order.id], follows.refund_minor))
        made.orders[order.id] = _standing(order, follows.dues, follows.refund_minor)
    await store.stand(connection, changed)
    await store.add_refunds(connection, made.refunds, at)
    await store.stand_orders(
        connection,
        {each.id: each.state for each in made.orders.values() if each.state != before[each.id].state},
    )
    await _end_settlements(connection, made.orders.values(), at, by)
    return made


async def _end_settlements(connection: Connection, orders: Iterable[Order], at: datetime, by: Actor) -> None:
    """Let settlements end with what their orders have become: paid, failed, or cancelled with them (REG-3)."""
    settling = [each.id for each in orders if any(due.is_part for due in each.facts.dues)]
    if not settling:
        return
    ended = await store.end_settlements(connection, settling, at)
    kinds: dict[str, OrderEventKind] = {"settled": "settlement_paid", "failed": "settlement_failed"}
    await store.add_events(
        connection,
        [
            Event(
                row["order_id"].bytes,
                at,
                kinds[row["state"]],
                by,
                row["id"].bytes,
                {"amount": row["amount_minor"]},
            )
            for row in ended
            if row["state"] in kinds
        ],
    )


def _standing(order: Order, dues: tuple[Due, ...], refund_minor: int) -> Order:
    facts = order.facts._replace(dues=dues, refunded_minor=order.facts.refunded_minor + refund_minor)
    instalments = tuple(
        stored._replace(amount_minor=due.amount_minor, fee_minor=due.fee_minor, state=due.state)
        for stored, due in zip(order.instalments, dues, strict=True)
    )
    return order._replace(state=state_of(facts), facts=facts, instalments=instalments)
