"""Schedules follow from their facts (V14), and what is paid was paid once (V8 instalments)."""

import uuid
from collections.abc import Iterator
from typing import Any, Final

import asyncpg

from core.db.queries import load_beside
from core.schedules.orders.api import Order, balance_of, look, state_of
from core.values.ids import encode_id
from core.verify.model import EXAMPLES_MAX, Finding, Said

CHUNK_ORDERS: Final = 2_000

_SQL: Final = load_beside(__file__)


async def check_schedules(connection: asyncpg.Connection) -> Finding:
    """V14: each order, its sums and its state are what its facts give when they are computed anew."""
    finding = Finding("V14")
    after = uuid.UUID(int=0)
    while chunk := await connection.fetch(_SQL.orders_after, after, CHUNK_ORDERS):
        after = chunk[-1]["id"]
        orders = await look(connection, [row["id"].bytes for row in chunk])
        finding.checked += len(orders)
        for order in orders.values():
            for code, facts in _breaches(order):
                finding.breach(code, order=encode_id("order", order.id), **facts)
    return finding


async def check_instalments(connection: asyncpg.Connection) -> Finding:
    """V8 instalments: each that is paid was noted as paid once, and nothing that is not paid was."""
    row = await connection.fetchrow(_SQL.instalments_by_events)
    assert row is not None
    finding = Finding("V8 instalments", checked=row["checked"], breaches=row["breaches"])
    finding.found = [
        Said("instalment", {"id": encode_id("instalment", each.bytes)}) for each in row["examples"] or []
    ][:EXAMPLES_MAX]
    return finding


async def check_cards(connection: asyncpg.Connection) -> Finding:
    """V14 cards: an order is paid by the card of its last change, each of which was verified before it was made."""
    row = await connection.fetchrow(_SQL.cards_by_changes)
    assert row is not None
    finding = Finding("V14 cards", checked=row["checked"], breaches=row["breaches"])
    finding.found = [
        Said("card_change", {"id": encode_id("card_change", each.bytes)}) for each in row["examples"] or []
    ][:EXAMPLES_MAX]
    return finding


async def check_pauses(connection: asyncpg.Connection) -> Finding:
    """V14 pauses: nothing was claimed of an order while it was paused, and its instalments say until when."""
    row = await connection.fetchrow(_SQL.instalments_of_pauses)
    assert row is not None
    finding = Finding("V14 pauses", checked=row["checked"], breaches=row["breaches"])
    finding.found = [
        Said("instalment", {"id": encode_id("instalment", each.bytes)}) for each in row["examples"] or []
    ][:EXAMPLES_MAX]
    return finding


async def check_settlements(connection: asyncpg.Connection) -> Finding:
    """V8 settlements: what a settlement took over was collected by its parts alone, and parts count from its beginning on."""
    row = await connection.fetchrow(_SQL.instalments_of_settlements)
    assert row is not None
    finding = Finding("V8 settlements", checked=row["checked"], breaches=row["breaches"])
    finding.found = [
        Said("instalment", {"id": encode_id("instalment", each.bytes)}) for each in row["examples"] or []
    ][:EXAMPLES_MAX]
    return finding


def _breaches(order: Order) -> Iterator[tuple[str, dict[str, Any]]]:
    facts = order.facts
    follows = balance_of(facts)
    moving_minor = sum(due.amount_minor for due in facts.counted if due.state == "in_progress")
    open_minor = sum(due.amount_minor for due in facts.counted if due.state in ("upcoming", "unpaid"))
    kept_minor = facts.paid_minor - facts.refunded_minor
    owed_minor = max(facts.owed_minor, kept_minor + moving_minor)
    if kept_minor + moving_minor + open_minor != owed_minor or follows.refund_minor:
        yield "schedule.sum", {"has": kept_minor + moving_minor + open_minor, "owes": facts.owed_minor}
    elif follows.dues != facts.dues:
        yield "schedule.parts", {}
    if (state := state_of(facts)) != order.state:
        yield "schedule.state", {"is": order.state, "follows": state}
