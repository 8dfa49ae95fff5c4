"""What an advice says was not sold, a hold that it names by its approval code, and its repeats stamped anew."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.contracts.terminal_answers import booking_code
from core.values.ids import rrn_of
from core.values.zones import date_there
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.test_matters import only_matter, page_of
from tests.integration.core.transactions.test_naming import MASTERCARD
from tests.integration.core.transactions.test_offline_facts import OWN, letters, stopped, world_offset
from tests.integration.core.transactions.world import World

# What was not sold.


async def test_an_advised_decline_is_recorded_and_moves_no_money(world: World) -> None:
    asked = world.booking(Kind.ADVICE, declined_code="Z1")
    for one in (asked, world.again(asked, repeat=True)):
        reply = await world.book(one)
        assert (reply.reason, booking_code(reply.reason), reply.approved_minor) == (
            Reason.DECLINED_AT_TERMINAL,
            "00",
            0,
        )
    row = await world.row(asked.id)
    assert (row["kind"], row["state"], row["reason"]) == (
        Kind.ADVICE,
        State.DECLINED,
        Reason.DECLINED_AT_TERMINAL,
    )
    assert [e["cause"] for e in await world.events(asked.id)] == ["code Z1"]
    assert await world.owner.fetchval("SELECT count(*) FROM ledger_entry") == 0
    assert await world.owner.fetchval("SELECT count(*) FROM delivery") == 0
    assert (await page_of(world)).data == [], "nothing was given away: nobody need look"
    figure = await world.owner.fetchrow("SELECT declined, gross_minor FROM attempt_figure")
    assert figure is not None
    assert tuple(figure) == (1, 0)
    await drained(world)


async def test_a_completion_that_was_declined_leaves_its_hold(world: World) -> None:
    hold = world.authorisation()
    await world.pay(hold)
    asked = world.completion(hold, declined_code="05")
    assert (await world.book(asked)).reason == Reason.DECLINED_AT_TERMINAL
    row = await world.row(asked.id)
    assert (row["state"], row["kind"], row["original_id"].bytes) == (
        State.DECLINED,
        Kind.COMPLETION,
        hold.id,
    )
    assert (await world.row(hold.id))["state"] == State.APPROVED
    done = world.completion(hold)
    assert (await world.book(done)).reason == Reason.APPROVED
    await drained(world)


async def test_a_decline_is_no_repeat_of_the_sale_that_has_its_number(world: World) -> None:
    sold = world.booking(Kind.ADVICE)
    await world.book(sold)
    assert (await world.book(world.again(sold, repeat=True, declined_code="05"))).reason == (
        Reason.REPEAT_DIFFERS
    )
    assert (await only_matter(world)).kind == "dead_letter"
    assert (await world.row(sold.id))["state"] == State.APPROVED
    await drained(world)


# A hold named by its approval code alone.


@pytest.mark.parametrize("reference", ["", OWN])
async def test_a_hold_is_captured_by_its_approval_code(world: World, reference: str) -> None:
    hold = world.authorisation(amount_minor=8_000)
    code = (await world.pay(hold)).approval_code
    kind = Kind.COMPLETION if reference else Kind.ADVICE
    said = f"{code.lstrip('0'):>6}".strip()
    asked = world.booking(kind, original_rrn=reference, approval_code=said, amount_minor=6_000)
    assert (await world.book(asked)).reason == Reason.APPROVED
    row, held = await world.row(asked.id), await world.row(hold.id)
    assert (row["kind"], row["original_id"].bytes) == (Kind.COMPLETION, hold.id)
    assert (held["state"], held["captured_minor"]) == (State.CAPTURED, 6_000)
    twice = world.booking(kind, original_rrn=reference, approval_code=code, amount_minor=6_000)
    assert (await world.book(twice)).reason == Reason.ALREADY_CAPTURED
    assert (await only_matter(world)).causes == ["already_captured"]
    await drained(world)


@pytest.mark.parametrize("change", [{"message_class": 1}, {"card": MASTERCARD}, {"approval_code": "OFF124"}])
async def test_a_sale_of_another_code_card_or_type_captures_no_hold(
    world: World, change: dict[str, Any]
) -> None:
    hold = world.authorisation()
    code = (await world.pay(hold)).approval_code
    asked = world.booking(Kind.ADVICE, **{"approval_code": code, **change})
    assert (await world.book(asked)).reason == Reason.APPROVED
    assert (await world.row(asked.id))["kind"] == Kind.ADVICE
    assert (await world.row(hold.id))["state"] == State.APPROVED
    await drained(world)


# Repeats stamped anew, saying more or less.


def dated(world: World, days: int) -> dict[str, Any]:
    """Return the times of a terminal in Paris so many days ago."""
    moment = world.clock.now() + timedelta(days=days)
    local = moment + world_offset(world)
    return {
        "business_date": local.date().toordinal(),
        "transmitted_at": f"{moment:%m%d%H%M%S}",
        "local_time": f"{local:%m%d%H%M%S}",
    }


@pytest.mark.parametrize("days", [-1, -3, -4, -7, -40])
@pytest.mark.parametrize("restamped", ["today", "first of January"])
async def test_a_repeat_stamped_anew_is_booked_once_however_old_its_first_says_it_is(
    world: World, days: int, restamped: str
) -> None:
    asked = world.booking(Kind.ADVICE, **dated(world, days))
    first = await world.book(asked)
    times = dated(world, 0) if restamped == "today" else stopped(world, date_unreadable=True)
    again = await world.book(world.again(asked, repeat=True, **times, original_rrn=OWN, kind=Kind.COMPLETION))
    assert (again.reason, again.rrn, again.replayed) == (Reason.APPROVED, first.rrn, True)
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 1
    assert await letters(world) == 0
    await drained(world)


async def test_a_repeat_under_the_reference_that_its_first_was_told_is_the_same(world: World) -> None:
    asked = world.booking(Kind.ADVICE, **dated(world, -1))
    first = await world.book(asked)
    again = world.again(asked, repeat=True, kind=Kind.COMPLETION, original_rrn=first.rrn, **dated(world, 0))
    assert (await world.book(again)).rrn == first.rrn
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 1


async def test_a_repeat_that_names_another_hold_is_another_message(world: World) -> None:
    holds = [world.authorisation() for _ in range(2)]
    for hold in holds:
        await world.pay(hold)
    asked = world.completion(holds[0])
    await world.book(asked)
    other = world.again(asked, repeat=True, original_rrn=rrn_of(holds[1].id))
    assert (await world.book(other)).reason == Reason.REPEAT_DIFFERS
    assert await letters(world) == 1
    assert (await world.row(holds[1].id))["state"] == State.APPROVED
    await drained(world)


@pytest.mark.parametrize("days", [0, -1])
async def test_a_repeat_that_overtakes_its_first_sending_is_booked_once(world: World, days: int) -> None:
    asked = world.booking(Kind.ADVICE, **dated(world, days))
    written = msgspec.msgpack.encode({0: "0221"})
    restamped = dated(world, 0) | {"local_time": f"{world.clock.now() + timedelta(hours=3):%m%d%H%M%S}"}
    first = await world.book(world.again(asked, repeat=True, request=written, **restamped))
    assert (await world.book(asked)).rrn == first.rrn
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 1
    assert await letters(world) == 0
    await drained(world)


async def test_what_repeats_what_came_long_ago_under_another_date_is_shown(world: World) -> None:
    asked = world.booking(Kind.ADVICE, **dated(world, -4))
    await world.book(asked)
    await world.owner.execute("UPDATE attempt SET received_at = received_at - interval '2 days'")
    reply = await world.book(world.again(asked, repeat=True, **dated(world, 0)))
    assert reply.reason == Reason.REPEAT_DIFFERS
    assert await letters(world) == 1
    await drained(world)


async def test_a_sale_under_the_number_of_one_of_ten_days_ago_is_a_sale(world: World) -> None:
    asked = world.booking(Kind.ADVICE, **dated(world, -10))
    await world.book(asked)
    await world.owner.execute("UPDATE attempt SET received_at = received_at - interval '10 days'")
    assert (await world.book(world.again(asked, repeat=True, **dated(world, 0)))).reason == Reason.APPROVED
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 2
    await drained(world)


# The day of a store overseas.


async def day_apart(world: World) -> date:
    """Let the store be where it is another day than in UTC now, and return that day."""
    now = world.clock.now()
    zone = "Pacific/Kiritimati" if now.hour >= 10 else "Pacific/Pago_Pago"
    await world.owner.execute("UPDATE store SET time_zone = $1", zone)
    there = date_there(now, zone)
    assert there != now.date()
    return there


@pytest.mark.parametrize("says", ["its time of sending alone", "no date"])
async def test_what_tells_no_local_date_is_booked_under_the_day_of_its_store(world: World, says: str) -> None:
    there, now = await day_apart(world), world.clock.now()
    asked = world.booking(
        Kind.ADVICE,
        business_date=now.date().toordinal(),
        local_time=f"{now:%m%d%H%M%S}",
        date_in_utc=says != "no date",
        date_unreadable=says == "no date",
    )
    assert (await world.book(asked)).reason == Reason.APPROVED
    assert (await world.row(asked.id))["business_date"] == there
    await drained(world)


async def test_a_reversal_that_tells_no_local_date_means_what_is_of_the_stores_day(world: World) -> None:
    there = await day_apart(world)
    item = world.payment(business_date=there.toordinal())
    await world.pay(item)
    await world.owner.execute("UPDATE attempt SET received_at = received_at - interval '20 minutes'")
    today = world.clock.now().date().toordinal()
    said: dict[str, Any] = {
        "business_date": today,
        "original_business_date": today,
        "original_sent_at": "",
        "card": None,
    }
    assert (await world.reverse(item, **said)).reason == Reason.ORIGINAL_DISAGREES
    assert (await world.reverse(item, **said, date_in_utc=True)).reason == Reason.APPROVED
    await drained(world)
