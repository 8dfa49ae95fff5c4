"""Figures equal the ledger and the rows that they count, through the real engine, for every kind and state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final, get_args

import pytest
from nats.aio.client import Client

from core.bus import connect_control
from core.contracts.ids import TerminalId
from core.contracts.permissions import Permission
from core.contracts.reasons import Reason
from core.contracts.scope import Area
from core.contracts.states import Kind
from core.contracts.supervision import ReadActivity
from core.contracts.transaction_filter import FigureName
from core.contracts.transactions import Counters, CountTransactions, Figures, ListTransactions
from core.identity.api import Grant
from core.supervision.activity.handlers import activity
from core.transactions.desk.handlers import TransactionHandlers
from core.transactions.jobs.projection import Projection
from core.verify.checks import FIGURES, FIGURES_BOOKED, check_count
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.world import World
from tests.support.callers import signed_in

EVERYBODY: Final = signed_in(Grant("hotline", frozenset({Permission.TRANSACTIONS_READ}), Area()))
COUNTS: Final = ("payments", "approved", "cancelled", "declined", "unknown", "refunds")
LEDGER: Final = """
SELECT e.currency,
    coalesce(sum(e.amount_minor) FILTER (
        WHERE e.layer = 1 AND a.kind <> 1 OR e.layer = 2 AND e.operation = 3), 0)::bigint AS gross,
    coalesce(sum(e.amount_minor) FILTER (WHERE e.operation IN (4, 5)), 0)::bigint AS refunds
FROM ledger_entry AS e JOIN attempt AS a ON a.id = e.attempt_id
WHERE e.leg = 1 GROUP BY 1 ORDER BY 1
"""


@pytest.fixture
async def projection(world: World) -> AsyncIterator[Projection]:
    """The projection, from where the events begin."""
    await world.owner.execute("DELETE FROM inbox; DELETE FROM activity_minute")
    control: Client = await connect_control(world.nats.url("core"), name="test", inbox_prefix="_INBOX.core")
    yield Projection(world.pool, control)
    await control.close()


async def pay_in_every_way(world: World) -> None:
    """Make payments of each kind, and leave them in each state that the engine knows."""
    host = world.host
    plain = world.payment(amount_minor=10_000)
    await world.pay(plain)

    cancelled = world.payment(amount_minor=20_000)
    await world.pay(cancelled)
    await world.cancel(cancelled)
    reversed_ = world.payment(amount_minor=3_000)
    await world.pay(reversed_)
    await world.reverse(reversed_)

    host.script.append(behaviour.DECLINE)
    await world.pay(world.payment(amount_minor=4_000))
    for script in (behaviour.SILENT, behaviour.SILENT):
        host.script.append(script)
        await world.pay(world.payment(amount_minor=5_000))
    host.script.append(behaviour.PARTIAL)
    await world.pay(world.payment(amount_minor=6_000, partial_ok=True))

    hold = world.authorisation(amount_minor=50_000)
    await world.pay(hold)
    await world.book(world.completion(hold, amount_minor=30_000))
    await world.pay(world.authorisation(amount_minor=7_000))
    await world.pay(world.authorisation(kind=int(Kind.VERIFICATION), amount_minor=0))
    await world.book(world.booking(Kind.ADVICE, amount_minor=1_100))
    withdrawn = world.booking(Kind.ADVICE, amount_minor=900)
    await world.book(withdrawn)
    await world.reverse(withdrawn)

    refund = world.refund(plain, amount_minor=2_500)
    assert (await world.pay(refund)).reason == Reason.APPROVED
    taken_back = world.refund(plain, amount_minor=1_000)
    await world.pay(taken_back)
    await world.reverse(taken_back)
    await world.pay(world.refund(plain, amount_minor=999_999))
    await world.reverse(world.payment(amount_minor=8_000))  # before its payment, which never comes


async def pay_in(world: World, currency: str, amount_minor: int) -> None:
    await world.owner.execute("UPDATE service SET currency = $1", currency)
    await world.pay(world.payment(amount_minor=amount_minor, currency=currency))
    await world.owner.execute("UPDATE service SET currency = 'EUR'")


def counts_of(figures: Figures) -> dict[str, int]:
    return {name: getattr(figures, name) for name in COUNTS}


def money_of(figures: Figures) -> dict[str, tuple[int, int, int]]:
    """Return gross, refunds and net by currency."""
    return {m.gross.currency: (m.gross.amount, m.refunds.amount, m.net.amount) for m in figures.money}


async def test_figures_equal_the_ledger_and_the_rows_that_they_count(
    world: World, projection: Projection
) -> None:
    await pay_in_every_way(world)
    await pay_in(world, "JPY", 1_500)
    await pay_in(world, "KWD", 12_345)
    await world.make_due()
    await world.deliver()  # reversals of what is unknown are accepted: it was never declined
    await projection.catch_up()

    expected = {
        "payments": 13,
        "approved": 10,
        "cancelled": 3,
        "declined": 1,
        "unknown": 2,
        "refunds": 1,
    }
    booked = {
        row["currency"]: (row["gross"], row["refunds"], row["gross"] + row["refunds"])
        for row in await world.owner.fetch(LEDGER)
    }
    assert booked == {
        "EUR": (10_000 + 3_000 + 30_000 + 1_100, -2_500, 41_600),
        "JPY": (1_500, 0, 1_500),
        "KWD": (12_345, 0, 12_345),
    }

    desk: Any = TransactionHandlers(world.pool, world.clock, world.edge)
    now = world.clock.now()
    whole_minutes = CountTransactions(minutes=15)
    row_by_row = CountTransactions(from_=now - timedelta(minutes=15, microseconds=1))
    shown: list[Counters] = [await desk.counters(EVERYBODY, asked) for asked in (whole_minutes, row_by_row)]
    for one in shown:
        assert counts_of(one) == expected
        assert money_of(one) == booked
        assert one.approval_rate == round(10 / 11, 4), "what is unknown is neither approved nor declined"
        assert [(each.reason, each.count) for each in one.by_reason] == [("insufficient_funds", 1)]
    by_minute = shown[0].by_minute
    assert sum(minute.payments for minute in by_minute) == 13

    hour = ReadActivity(from_=now - timedelta(hours=1), to=now + timedelta(minutes=1))
    hours = await activity(world.pool, world.clock, EVERYBODY, hour)
    (brand,), (store,) = hours.brands, hours.stores
    for figures in (hours.total, brand, store):
        assert counts_of(figures) == expected
        assert money_of(figures) == booked
    assert [(each.reason, each.count) for each in hours.reasons] == [("insufficient_funds", 1)]

    for name in get_args(FigureName):
        page = await desk.transactions(EVERYBODY, ListTransactions(figure=name, limit=100))
        listed = await desk.counters(EVERYBODY, CountTransactions(figure=name))
        if name in ("gross", "net"):
            sums = dict.fromkeys(booked, 0)
            for row in page.data:
                assert row.net_amount is not None
                sums[row.net_amount.currency] += row.net_amount.amount
            place = 0 if name == "gross" else 2
            assert sums == {currency: money[place] for currency, money in booked.items()}, name
            continue
        counted = expected["approved"] + expected["declined"] if name == "rate" else expected[name]
        assert len(page.data) == counted, f"{name} lists the rows that it counts"
        if name == "rate":
            assert listed.approval_rate == shown[0].approval_rate
        else:
            assert getattr(listed, name) == expected[name]

    for count in (FIGURES, FIGURES_BOOKED):
        finding = await check_count(world.owner, count)
        assert (finding.breaches, finding.waiting, finding.checked > 0) == (0, 0, True)
    await world.owner.execute(
        "UPDATE activity_minute SET gross_minor = gross_minor + 1 WHERE currency = 'KWD'"
    )
    assert (await check_count(world.owner, FIGURES)).breaches == 1


async def test_figures_above_a_filtered_list_are_those_of_its_rows(
    world: World, projection: Projection
) -> None:
    await pay_in_every_way(world)
    await projection.catch_up()
    desk: Any = TransactionHandlers(world.pool, world.clock, world.edge)
    asked: list[dict[str, Any]] = [
        {"amount_min": 10_000},
        {"state": "declined"},
        {"terminal": TerminalId(world.directory.terminals[0]).text},
        {"terminal": TerminalId(world.directory.terminals[1]).text},
        {"reason": "insufficient_funds"},
        {"to": world.clock.now() - timedelta(hours=1)},
    ]
    for wanted in asked:
        rows = (await desk.transactions(EVERYBODY, ListTransactions(**wanted, limit=100))).data
        counted: Counters = await desk.counters(EVERYBODY, CountTransactions(**wanted))
        payments = [
            row
            for row in rows
            if row.kind in ("purchase", "advice", "authorisation")
            and (row.state != "reversed" or row.approved_amount.amount or row.id in _sent(rows))
        ]
        assert counted.payments == len(payments), wanted
        assert counted.declined == sum(row.state == "declined" for row in payments), wanted


def _sent(rows: list[Any]) -> set[str]:
    """Return what was taken back while the host was asked; a reversal before its payment has no entry mode."""
    return {row.id for row in rows if row.entry_mode}
