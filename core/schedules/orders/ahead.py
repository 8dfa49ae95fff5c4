"""Instalments that are paid before their day, as the customer wished."""

from collections.abc import Sequence
from datetime import datetime

from core.contracts.refusals import FieldRefused
from core.db.rows import Connection
from core.schedules.orders import store
from core.schedules.orders.errors import NothingAhead
from core.schedules.orders.store import Actor, Event
from core.values.clock import paris_date


async def bring_forward(
    connection: Connection, order_id: bytes, numbers: Sequence[int], *, by: Actor, at: datetime
) -> None:
    """Let instalments be due today, all that are upcoming without numbers: the next run collects them.

    Raises: FieldRefused, for a number that the order does not have; NothingAhead, when none of them is still to come.
    """
    await store.hold(connection, [order_id])
    order = (await store.read(connection, [order_id]))[order_id]
    # Parts of a settlement have the days that the customer chose.
    known = {each.number: each for each in order.instalments if each.settlement_id is None}
    if unknown := sorted({*numbers} - known.keys()):
        raise FieldRefused("numbers", "not_found", str(unknown[0]))
    wanted = [
        each for each in known.values() if each.state == "upcoming" and (each.number in (numbers or known))
    ]
    if not order.facts.is_active or not wanted:
        raise NothingAhead(order.state)
    brought = await store.let_be_due(connection, order_id, [each.number for each in wanted], paris_date(at))
    await store.add_events(
        connection,
        [
            Event(
                order_id,
                at,
                "paid_ahead",
                by,
                row["id"].bytes,
                {
                    "number": row["number"],
                    "amount": row["amount_minor"],
                    "due_on": known[row["number"]].due_on,
                },
            )
            for row in brought
        ],
    )
