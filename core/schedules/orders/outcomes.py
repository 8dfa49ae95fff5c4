"""What became of debits, written into schedules: for whoever collects, a batch in a few statements.

Every function takes the connection of its caller's transaction and may be called again: what is so already is left as it
is, and what is returned is what changed. An instalment is claimed before a debit of it is sent, so that its amount stays
as it was sent, whatever is cancelled meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from core.contracts.orders import InstalmentState, OrderEventKind
from core.contracts.webhooks import WebhookKind
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.schedules.orders import store
from core.schedules.orders.balancing import Balanced, balance
from core.schedules.orders.store import CUSTOMER, RUN, Actor, Event, Order, Stored
from core.values.ids import encode_id
from core.values.timestamps import timestamp
from core.webhooks.api import Told, tell_each

_NOTED: Final[Mapping[InstalmentState, OrderEventKind]] = {
    "paid": "instalment_paid",
    "unpaid": "instalment_unpaid",
}
_TOLD: Final[Mapping[InstalmentState, WebhookKind]] = {
    "paid": "instalment.paid",
    "unpaid": "instalment.unpaid",
}
_SQL: Final = load_beside(__file__)


class OwedRefund(NamedTuple):
    """What is to be sent back to a customer."""

    id: bytes
    order_id: bytes
    company_id: bytes
    amount_minor: int
    currency: str
    asked_at: datetime


async def claim(connection: Connection, instalment_ids: Iterable[bytes]) -> list[tuple[bytes, int]]:
    """Claim instalments that are upcoming, for one debit each; return those that are the caller's, with their amounts."""
    rows = await connection.fetch(_SQL.claim, [uuid_of(each) for each in instalment_ids])
    return [(row["id"].bytes, row["amount_minor"]) for row in rows]


async def release(connection: Connection, instalment_ids: Iterable[bytes], *, at: datetime) -> set[bytes]:
    """Let claimed instalments be upcoming again: their debit was declined and may be tried another day.

    Return those that are: what was cancelled meanwhile is not tried again.
    """
    changed = await _change(connection, _SQL.release, instalment_ids, at)
    orders = await _told_and_kept(connection, changed, at)
    upcoming = {each.id for order in orders for each in order.instalments if each.state == "upcoming"}
    return changed.ids & upcoming


async def activate(
    connection: Connection, order_id: bytes, *, at: datetime, card_id: bytes | None
) -> Order | None:
    """Let an order begin with its first debit, whose instalment was claimed; None when it had begun, or was abandoned."""
    await store.hold(connection, [order_id])
    first = await connection.fetchval(_SQL.activate, uuid_of(order_id), at, uuid_or_none(card_id))
    if first is None:
        return None
    await store.add_events(connection, [Event(order_id, at, "activated", CUSTOMER, order_id)])
    paid = await mark_paid(connection, [first.bytes], at=at, by=CUSTOMER)
    order = paid[0]
    await tell_each(connection, [_told(order, "order.activated", at, {}, order.id)])
    return order


async def mark_paid(
    connection: Connection, instalment_ids: Iterable[bytes], *, at: datetime, by: Actor = RUN
) -> list[Order]:
    """Note that claimed or unpaid instalments were collected; return the orders of those that were not noted before."""
    changed = await _change(connection, _SQL.mark_paid, instalment_ids, at, at, by=by)
    return await _told_and_kept(connection, changed, at, by)


async def mark_unpaid(
    connection: Connection, instalment_ids: Iterable[bytes], *, at: datetime
) -> list[Order]:
    """Note that claimed instalments are given up as unpaid; return the orders of those that were not noted before.

    Of what was cancelled meanwhile nothing is unpaid, and nobody is told that it is.
    """
    changed = await _change(connection, _SQL.mark_unpaid, instalment_ids, at)
    return await _told_and_kept(connection, changed, at)


async def owed_refunds(
    connection: Connection, *, limit: int, after: OwedRefund | None = None
) -> list[OwedRefund]:
    """Return what is owed back and was not sent yet, the longest owed first."""
    asked_at, refund_id = (None, None) if after is None else (after.asked_at, uuid_of(after.id))
    rows = await connection.fetch(_SQL.owed_refunds, limit, asked_at, refund_id)
    return [
        OwedRefund(
            row["id"].bytes,
            row["order_id"].bytes,
            row["company_id"].bytes,
            row["amount_minor"],
            row["currency"],
            row["asked_at"],
        )
        for row in rows
    ]


async def mark_refunds_sent(connection: Connection, refund_ids: Iterable[bytes], *, at: datetime) -> int:
    """Note that refunds were sent; return how many were not noted before."""
    rows = await connection.fetch(_SQL.mark_refunds_sent, [uuid_of(each) for each in refund_ids], at)
    await store.add_events(
        connection,
        [
            Event(
                row["order_id"].bytes,
                at,
                "refund_sent",
                RUN,
                row["id"].bytes,
                {"amount": row["amount_minor"]},
            )
            for row in rows
        ],
    )
    await tell_each(
        connection,
        [
            Told(
                row["company_id"].bytes,
                "refund.sent",
                {
                    "order": encode_id("order", row["order_id"].bytes),
                    "reference": row["reference"],
                    "refund": encode_id("order_refund", row["id"].bytes),
                    "amount": {"amount": row["amount_minor"], "currency": row["currency"]},
                    "sent_at": timestamp(at),
                },
                at,
                row["id"].hex,
            )
            for row in rows
        ],
    )
    return len(rows)


async def abandon(connection: Connection, order_ids: Sequence[bytes], *, at: datetime) -> int:
    """Give up orders whose first debit never came; one that is being paid stays. Return how many were given up."""
    await store.hold(connection, order_ids)
    rows = await connection.fetch(_SQL.abandon, [uuid_of(each) for each in order_ids], at)
    abandoned = [row["id"].bytes for row in rows]
    await balance(connection, abandoned, at=at, causes={})
    await store.add_events(connection, [Event(each, at, "abandoned", RUN, each) for each in abandoned])
    return len(abandoned)


class _Changed(NamedTuple):
    ids: set[bytes]
    balanced: Balanced


async def _change(
    connection: Connection,
    statement: str,
    instalment_ids: Iterable[bytes],
    at: datetime,
    *facts: Any,
    by: Actor = RUN,
) -> _Changed:
    """Run a statement on instalments of orders that are held, then let the orders follow from it."""
    order_of = await store.orders_of(connection, instalment_ids)
    order_ids = sorted({*order_of.values()})
    await store.hold(connection, order_ids)
    rows = await connection.fetch(statement, [uuid_of(each) for each in order_of], *facts)
    changed = {row["id"].bytes for row in rows}
    causes = {order_of[each]: each for each in changed}
    return _Changed(changed, await balance(connection, [*causes], at=at, causes=causes, by=by))


async def _told_and_kept(
    connection: Connection, changed: _Changed, at: datetime, by: Actor = RUN
) -> list[Order]:
    """Write down and tell what instalments have become, as they stand once their orders are balanced."""
    orders = [*changed.balanced.orders.values()]
    pairs = [(order, each) for order in orders for each in order.instalments]
    noted = [(order, each) for order, each in pairs if each.id in changed.ids and each.state in _NOTED]
    events = [
        Event(
            order.id,
            at,
            _NOTED[each.state],
            by,
            each.id,
            {"number": each.number, "amount": each.amount_minor},
        )
        for order, each in noted
    ]
    events += [
        Event(refund.order_id, at, "refund_owed", RUN, refund.cause_id, {"amount": refund.amount_minor})
        for refund in changed.balanced.refunds
    ]
    await store.add_events(connection, events)
    # Parts that are unpaid with another have no event: their customer is told once, of what was not collected.
    told = noted + [(order, each) for order, each in pairs if each.id in changed.balanced.unpaid]
    await tell_each(
        connection,
        [_told(order, _TOLD[each.state], at, _facts_of(order, each), each.id) for order, each in told],
    )
    return orders


def _told(order: Order, kind: WebhookKind, at: datetime, facts: dict[str, Any], about: bytes) -> Told:
    said = {
        "order": encode_id("order", order.id),
        "reference": order.reference,
        "state": order.state,
        "at": timestamp(at),
    }
    return Told(order.company_id, kind, said | facts, at, about.hex())


def _facts_of(order: Order, instalment: Stored) -> dict[str, Any]:
    return {
        "instalment": encode_id("instalment", instalment.id),
        "number": instalment.number,
        "due_on": instalment.due_on.isoformat(),
        "amount": {"amount": instalment.amount_minor, "currency": order.currency},
    }
