"""What is said again: its times are known to its reversal; it repeats its own type; no clock that stands still hides a sale."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.contracts.payment import Authorise, Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.values.clock import PARIS
from core.values.ids import rrn_of
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.test_likenesses import grow_older, kept_once, of_type, sales, sent
from tests.integration.core.transactions.test_naming import original_of
from tests.integration.core.transactions.test_offline_facts import doubts, letters
from tests.integration.core.transactions.world import World, until

MINUTE = 1 / 60


def stamped(world: World, item: Any, **changes: Any) -> Any:
    """Return a message as its terminal sent it a minute ago, and more."""
    return msgspec.structs.replace(item, **{**sent(world, MINUTE), **changes})


async def times_kept(world: World, item: Any) -> list[str]:
    rows = await world.owner.fetch(
        "SELECT t.transmitted_at FROM repeat_time AS t INNER JOIN attempt AS a ON a.id = t.attempt_id "
        "WHERE a.stan = $1 ORDER BY t.at",
        item.stan,
    )
    return [row["transmitted_at"] for row in rows]


async def state(world: World, item: Any) -> int:
    return (await world.row(item.id))["state"]


async def asked_twice(world: World, item: Authorise, *, by_edge: bool = True) -> Authorise:
    """Ask while the host thinks, and once more by a repeat of other times; return that one, both answered."""
    world.host.script.append(behaviour.HOLD)
    world.send(item)
    await until(lambda: item.id in world.host.held)
    known = {"first_id": item.id, "first_date": item.business_date} if by_edge else {}
    again = world.again(item, repeat=True, **sent(world, 0), **known)
    world.send(again)
    async with asyncio.timeout(5):
        while not await times_kept(world, item):  # noqa: ASYNC110 -- PostgreSQL calls nobody.
            await asyncio.sleep(0.02)
    assert await times_kept(world, item) == [again.transmitted_at], "before anybody is answered"
    world.host.held.pop(item.id)()
    told = [await world.answer_to(one) for one in (item, again)]
    assert [(one.reason, one.rrn) for one in told] == [(Reason.APPROVED, rrn_of(item.id))] * 2
    return again


# The times under which it was sent.


@pytest.mark.parametrize("by_edge", [True, False], ids=["edge knows its first", "edge does not"])
async def test_a_payment_is_taken_back_by_the_time_of_a_repeat_that_came_while_it_was_under_way(
    world: World, by_edge: bool
) -> None:
    item = stamped(world, world.payment())
    again = await asked_twice(world, item, by_edge=by_edge)
    assert (await world.reverse(again)).rrn == rrn_of(item.id)
    assert await state(world, item) == State.REVERSED
    await drained(world)


async def test_a_hold_is_completed_by_the_time_of_a_repeat_that_came_while_it_was_under_way(
    world: World,
) -> None:
    hold = stamped(world, world.authorisation())
    again = await asked_twice(world, hold)
    done = world.completion(hold, original_rrn="", **original_of(again))
    assert (await world.book(done)).reason == Reason.APPROVED
    assert await state(world, hold) == State.CAPTURED
    await drained(world)


async def test_a_payment_is_refunded_by_the_time_of_a_repeat_that_came_while_it_was_under_way(
    world: World,
) -> None:
    item = stamped(world, world.payment())
    again = await asked_twice(world, item)
    refund = world.refund(item, original_rrn="", **original_of(again))
    assert (await world.pay(refund)).reason == Reason.APPROVED
    assert (await world.row(item.id))["refunded_minor"] == item.amount_minor
    await drained(world)


async def test_a_refund_is_taken_back_by_the_time_of_a_repeat_that_came_while_it_was_under_way(
    world: World,
) -> None:
    bought = world.payment()
    await world.pay(bought)
    refund = stamped(world, world.refund(bought))
    again = await asked_twice(world, refund)
    assert (await world.reverse(again)).rrn == rrn_of(refund.id)
    assert (await world.row(bought.id))["refunded_minor"] == 0
    await drained(world)


async def test_a_repeat_that_edge_knows_is_never_taken_for_new(world: World) -> None:
    item = world.payment(repeat=True)
    item.first_id, item.first_date = world.new_id(), item.business_date
    world.send(item)
    assert await world.silence(item)
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 0


@pytest.mark.parametrize("class_", [1, 2])
@pytest.mark.parametrize("is_answered", [True, False])
async def test_what_is_sent_again_under_its_own_type_is_taken_back_by_its_new_time_of_sending(
    world: World, is_answered: bool, class_: int
) -> None:
    item = stamped(world, world.payment() if class_ == 2 else world.authorisation())
    if not is_answered:
        world.host.script.append(behaviour.HOLD)
    world.send(item)
    if is_answered:
        await world.answer_to(item)
    else:
        await until(lambda: item.id in world.host.held)
    again = world.again(item, transmitted_at=sent(world, 0)["transmitted_at"])
    world.send(again)
    if not is_answered:
        await asyncio.sleep(0.1)
        world.host.held.pop(item.id)()
    assert (await world.answer_to(again)).rrn == rrn_of(item.id)
    assert (await world.reverse(again)).rrn == rrn_of(item.id)
    assert await state(world, item) == State.REVERSED
    await drained(world)


@pytest.mark.parametrize("on_line", [True, False])
async def test_of_many_repeats_the_last_times_are_kept(world: World, on_line: bool) -> None:
    item: Any = (
        world.payment(**sent(world, 0.5)) if on_line else world.booking(Kind.ADVICE, **sent(world, 0.5))
    )
    ask: Any = world.pay if on_line else world.book
    await ask(item)
    again: Any = None
    for place in range(23):
        again = world.again(item, repeat=True, **sent(world, 0.4 - place / 100))
        assert (await ask(again)).rrn == rrn_of(item.id)
    kept = await times_kept(world, item)
    assert (len(kept), kept[-1]) == (20, again.transmitted_at)
    assert (await world.reverse(again)).rrn == rrn_of(item.id)
    assert await state(world, item) == State.REVERSED
    await drained(world)


# Its type.


async def booked_first(world: World, what: str) -> Book:
    if what == "completion":
        hold = world.authorisation()
        await world.pay(hold)
        done = world.completion(hold, **sent(world, 2))
        await world.book(done)
        return done
    told = world.booking(Kind.ADVICE, message_class=1 if what == "0120" else 2, **sent(world, 2))
    await world.book(told)
    return told


@pytest.mark.parametrize("repeat", [True, False])
@pytest.mark.parametrize("what", ["0120", "0220", "completion"])
async def test_what_is_asked_is_no_repeat_of_what_was_done_off_line(
    world: World, what: str, repeat: bool
) -> None:
    told = await booked_first(world, what)
    make = world.authorisation if what == "0120" else world.payment
    times = (
        sent(world, 0) if repeat else {"local_time": told.local_time, "transmitted_at": told.transmitted_at}
    )
    asked = make(stan=told.stan, repeat=repeat, **times)
    reply = await world.pay(asked)
    assert (reply.reason, reply.rrn) == (Reason.REPEAT_DIFFERS, "")
    if repeat:
        assert (await world.reverse(asked)).reason == Reason.APPROVED
        assert await state(world, told) == State.APPROVED, "it was never asked"
    await drained(world)


async def test_over_midnight_what_is_asked_beside_what_was_done_off_line_is_a_payment(world: World) -> None:
    yesterday = {**sent(world, 24), "business_date": world.today() - 1}
    told = world.booking(Kind.ADVICE, **yesterday)
    await world.book(told)
    asked = world.payment(stan=told.stan, repeat=True)
    assert (await world.pay(asked)).rrn == rrn_of(asked.id)
    await drained(world)


async def test_a_reversal_without_a_time_means_the_request_that_its_type_names(world: World) -> None:
    world.host.script.append(behaviour.SILENT)
    asked = world.payment(**{**sent(world, 24), "business_date": world.today() - 1})
    await world.pay(asked)
    told = world.booking(Kind.ADVICE, stan=asked.stan, approval_code="")
    await world.book(told)
    reply = await world.reverse(
        asked, original_sent_at="", original_business_date=world.today(), original_function=0
    )
    assert (reply.reason, reply.rrn) == (Reason.APPROVED, rrn_of(asked.id))
    assert await state(world, told) == State.APPROVED
    assert await doubts(world, told.id) == ["like_one_reversed"]
    taken = await world.reverse(
        told, original_sent_at="", original_business_date=world.today(), original_function=2
    )
    assert (taken.reason, taken.rrn) == (Reason.APPROVED, rrn_of(told.id))
    await world.deliver()
    await drained(world)


async def test_a_type_that_nothing_has_hides_nothing(world: World) -> None:
    told = world.booking(Kind.ADVICE)
    await world.book(told)
    reply = await world.reverse(told, original_sent_at="", original_function=0)
    assert (reply.reason, reply.rrn) == (Reason.APPROVED, rrn_of(told.id))
    await drained(world)


# Clocks that do not run.


def still(world: World, days: int = 0) -> str:
    """Return a time of day at which a clock stands still, which is that of no sending from now by whole or half hours."""
    at = world.clock.now().astimezone(PARIS) + timedelta(days=days)
    return f"{at:%m%d}{10:02d}{(at.minute + 9) % 60:02d}{at.second:02d}"


def minutes_apart(world: World, minutes: int, local_time: str) -> dict[str, str]:
    at = world.clock.now() - timedelta(minutes=minutes)
    return {"transmitted_at": f"{at:%m%d%H%M%S}", "local_time": local_time}


@pytest.mark.parametrize("time", [False, True], ids=["never set", "stands still"])
async def test_on_line_two_payments_of_a_clock_that_does_not_run_are_two(world: World, time: bool) -> None:
    local = still(world) if time else f"{world.clock.now().astimezone(PARIS):%m%d}000000"
    first = world.payment(**minutes_apart(world, 60, local))
    await world.pay(first)
    await grow_older(world, 59 / 60)
    second = world.again(first, **minutes_apart(world, 0, local))
    reply = await world.pay(second)
    assert (reply.reason, reply.rrn) == (Reason.REPEAT_DIFFERS, "")
    same = await world.pay(world.again(first))
    assert same.rrn == rrn_of(first.id), "the same bytes are a repeat"
    await drained(world)


@pytest.mark.parametrize("hours", [1, 24])
@pytest.mark.parametrize("days", [0, -2], ids=["today", "two days ago"])
async def test_off_line_a_sale_of_a_clock_that_stands_still_is_kept(
    world: World, days: int, hours: int
) -> None:
    there = world.clock.now().astimezone(PARIS) + timedelta(days=days)
    stopped = {"business_date": there.date().toordinal(), "local_time": still(world, days)}
    first = world.booking(Kind.ADVICE, **(minutes_apart(world, 60 * hours, "") | stopped))
    await world.book(first)
    await grow_older(world, hours)
    await kept_once(world, world.again(first, **(minutes_apart(world, 0, "") | stopped)))
    assert await sales(world) == 1
    await drained(world)


@pytest.mark.parametrize("sent_at", ["", "0101110000"])
@pytest.mark.parametrize("days", [0, 1])
async def test_off_line_a_sale_of_a_clock_that_always_says_new_year_is_kept(
    world: World, sent_at: str, days: int
) -> None:
    shown = {"transmitted_at": sent_at, "local_time": "0101120000", "date_unreadable": True}
    first = world.booking(Kind.ADVICE, **shown)
    await world.book(first)
    at_once = await world.book(world.again(first))
    assert at_once.rrn == rrn_of(first.id)
    await grow_older(world, 20)
    await world.owner.execute("UPDATE attempt SET business_date = business_date - $1::integer", days)
    assert (await world.book(world.again(first))).reason == Reason.REPEAT_DIFFERS
    assert (await sales(world), await letters(world)) == (1, 1)


@pytest.mark.parametrize("local_time", ["0000000000", ""])
async def test_off_line_what_tells_no_time_is_booked_once_over_midnight(
    world: World, local_time: str
) -> None:
    shown = {"transmitted_at": "", "local_time": "0000000000", "date_unreadable": True}
    first = world.booking(Kind.ADVICE, **shown)
    await world.book(first)
    if not local_time:
        # As an earlier version kept it: with the time at which it had reached us.
        await world.owner.execute(
            "UPDATE attempt SET local_time = to_char(business_date - 1, 'MMDD') || '235959'"
        )
    await world.owner.execute("UPDATE attempt SET business_date = business_date - 1")
    assert (await world.book(world.again(first))).reason == Reason.REPEAT_DIFFERS
    assert (await sales(world), await letters(world)) == (1, 1)


@pytest.mark.parametrize("kind", [Kind.PURCHASE, Kind.ADVICE])
async def test_a_repeat_of_another_time_hours_later_is_shown_and_its_reversal_leaves_the_first(
    world: World, kind: Kind
) -> None:
    first: Any = world.payment() if kind == Kind.PURCHASE else world.booking(kind)
    first = msgspec.structs.replace(first, **sent(world, 5))
    ask: Any = world.pay if kind == Kind.PURCHASE else world.book
    await ask(first)
    await grow_older(world, 5)
    again = world.again(first, repeat=True, **sent(world, MINUTE))
    assert (await ask(again)).rrn == rrn_of(first.id)
    assert await doubts(world, first.id) == ["repeated_late"]
    assert await times_kept(world, first) == []
    assert (await world.reverse(again)).reason == Reason.APPROVED
    assert await state(world, first) == State.APPROVED
    assert sorted(await doubts(world, first.id)) == ["like_one_reversed", "repeated_late"]
    await drained(world)


async def test_half_a_day_later_nobody_knows_what_is_repeated_on_the_same_date_either(world: World) -> None:
    first = world.payment(**sent(world, 13))
    await world.pay(first)
    await grow_older(world, 13)
    assert (
        await world.pay(world.again(first, repeat=True, **sent(world, 0)))
    ).reason == Reason.REPEAT_DIFFERS
    told = world.booking(Kind.ADVICE, **sent(world, 13))
    await world.book(told)
    await grow_older(world, 13)
    await kept_once(world, world.again(told, repeat=True, **sent(world, 0)))
    await drained(world)


# What was taken back, and what waits.


async def test_a_repeat_of_a_new_time_of_what_was_taken_back_may_be_a_sale_of_its_own(world: World) -> None:
    first = world.booking(Kind.ADVICE, **sent(world, 0.3))
    await world.book(first)
    delayed = world.again(first, repeat=True, **sent(world, 0.2))
    await world.book(delayed)
    await world.reverse(first)
    for known in (world.again(first, repeat=True), world.again(delayed)):
        assert (await world.book(known)).rrn == rrn_of(first.id), "as it was sent before the void"
    await kept_once(world, world.again(first, repeat=True, **sent(world, 0)))
    await drained(world)


@pytest.mark.parametrize("repeat", [True, False])
async def test_what_was_sold_on_a_hold_whose_answer_was_lost_is_shown(world: World, repeat: bool) -> None:
    hold = world.authorisation()
    await world.pay(hold)
    times = {"transmitted_at": hold.transmitted_at, "local_time": hold.local_time}
    told = world.booking(
        Kind.ADVICE, message_class=1, stan=hold.stan, approval_code="", repeat=repeat, **times
    )
    await kept_once(world, told)
    assert await state(world, hold) == State.APPROVED
    await drained(world)


# What is kept, and how often.


@pytest.mark.parametrize("time", ["000000", "101500"], ids=["never set", "stands still"])
async def test_two_refused_sales_of_a_clock_that_does_not_run_are_two_letters(
    world: World, time: str
) -> None:
    local = f"{world.clock.now().astimezone(PARIS):%m%d}{time}"
    first = world.booking(Kind.ADVICE, **minutes_apart(world, 300, local))
    await world.book(first)
    for place, minutes in enumerate((240, 60), start=1):
        other = world.again(first, amount_minor=900, body_hash=2, **minutes_apart(world, minutes, local))
        assert (await world.book(other)).reason == Reason.REPEAT_DIFFERS
        assert (await world.book(world.again(other))).reason == Reason.REPEAT_DIFFERS
        again = world.again(other, repeat=True, request=of_type("0221"), **sent(world, 0))
        assert (await world.book(again)).reason == Reason.REPEAT_DIFFERS
        assert await letters(world) == place
    never = {"transmitted_at": "", "local_time": "0000000000"}
    for place in (3, 4):
        await world.book(world.again(first, amount_minor=900, body_hash=2, **never))
        assert await letters(world) == place, "nobody knows"
    await drained(world)
