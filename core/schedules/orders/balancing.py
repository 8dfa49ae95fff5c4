"""What a change of facts makes of schedules: instalments, what is owed back, and the state of the order."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from core.db.rows import Connection
from core.schedules.orders import store
from core.schedules.orders.model import Due
from core.schedules.orders.rules import balance_of, state_of
from core.schedules.orders.store import Order, Refund


class Balanced(NamedTuple):
    """Orders as they stand now, by their identifiers, and what the change made owed back."""

    orders: dict[bytes, Order]
    refunds: list[Refund]


async def balance(
    connection: Connection, order_ids: Iterable[bytes], *, at: datetime, causes: Mapping[bytes, bytes]
) -> Balanced:
    """Let the schedules of orders that are held follow from their facts.

    `causes` says of each order what may have made something owed back: the instalment that was paid, or what was taken off.
    """
    before = await store.read(connection, order_ids)
    changed: list[tuple[bytes, Due]] = []
    made = Balanced({}, [])
    for order in before.values():
        follows = balance_of(order.facts)
        changed += [
            (stored.id, due)
            for stored, due in zip(order.instalments, follows.dues, strict=True)
            if stored.due != due
        ]
        if follows.refund_minor:
            made.refunds.append(Refund(order.id, causes[order.id], follows.refund_minor))
        made.orders[order.id] = _standing(order, follows.dues, follows.refund_minor)
    await store.stand(connection, changed)
    await store.add_refunds(connection, made.refunds, at)
    await store.stand_orders(
        connection,
        {each.id: each.state for each in made.orders.values() if each.state != before[each.id].state},
    )
    return made


def _standing(order: Order, dues: tuple[Due, ...], refund_minor: int) -> Order:
    facts = order.facts._replace(dues=dues, refunded_minor=order.facts.refunded_minor + refund_minor)
    instalments = tuple(
        stored._replace(amount_minor=due.amount_minor, fee_minor=due.fee_minor, state=due.state)
        for stored, due in zip(order.instalments, dues, strict=True)
    )
    return order._replace(state=state_of(facts), facts=facts, instalments=instalments)
