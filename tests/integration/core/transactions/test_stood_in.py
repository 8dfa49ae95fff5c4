"""What a terminal does alone after it took back what it had asked, under one number and time: booked, and somebody sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.contracts.payment import Authorise, Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.transactions.jobs.numbered_otherwise import NumberedOtherwise
from tests.integration.core.transactions.test_left_standing import doubts_of, moved
from tests.integration.core.transactions.test_restamped_reversals import HOLDS, verified
from tests.integration.core.transactions.world import World


def stand_in(world: World, **changes: Any) -> Book:
    """Return a sale off line whose payment began a minute ago, and which is sent now."""
    times = {
        "transmitted_at": moved(world)["transmitted_at"],
        "local_time": moved(world, seconds=-60)["local_time"],
    }
    return world.booking(Kind.ADVICE, **{**times, "approval_code": "", **changes})


def of_the_request(
    world: World, told: Book, edition: str, *, seconds: float, by: str = "time"
) -> dict[str, Any]:
    """Return what a reversal says of the request before it, sent so many seconds from now."""
    sent_at = told.local_time if by == "time" else ""
    described = f"{told.stan:06d}{sent_at or '0000000000'}"
    elements = (
        {0: "0420", 90: f"0200/{described[:6]}/{described[6:]}/{0:011d}/{0:011d}"}
        if edition == "1987"
        else {0: "1420", 56: f"1200{told.stan:06d}26{sent_at}"}
    )
    elements[7] = moved(world, seconds=seconds)["transmitted_at"]
    return {
        "original_function": 0,
        "original_sent_at": sent_at,
        "request": msgspec.msgpack.encode(elements),
    }


async def state(world: World, item: Authorise | Book) -> int:
    return (await world.row(item.id))["state"]


@pytest.mark.parametrize("edition", ["1987", "1993"])
@pytest.mark.parametrize("by", ["time", "no time"])
async def test_a_sale_off_line_after_the_reversal_of_its_request_is_booked_and_shown(
    world: World, edition: str, by: str
) -> None:
    told = stand_in(world)
    reversal = of_the_request(world, told, edition, seconds=-30, by=by)
    assert (await world.reverse(told, **reversal)).reason == Reason.APPROVED
    assert (await world.book(told)).reason == Reason.APPROVED
    assert await state(world, told) == State.APPROVED
    assert await doubts_of(world, told) == ["like_one_reversed"]
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("by", ["time", "no time"])
async def test_a_reversal_sent_before_the_sale_off_line_does_not_mean_it_though_it_comes_second(
    world: World, by: str, repeat: bool
) -> None:
    told = stand_in(world)
    assert (await world.book(told)).reason == Reason.APPROVED
    reversal = of_the_request(world, told, "1987", seconds=-30, by=by)
    assert (await world.reverse(told, repeat=repeat, **reversal)).reason == Reason.APPROVED
    assert await state(world, told) == State.APPROVED
    assert await doubts_of(world, told) == ["like_one_reversed"]
    assert await verified(world) == HOLDS


async def test_a_terminal_that_calls_all_that_it_sent_a_request_takes_back_its_sale_off_line(
    world: World,
) -> None:
    told = stand_in(world)
    await world.book(told)
    void = of_the_request(world, told, "1987", seconds=90)
    assert (await world.reverse(told, **void)).reason == Reason.APPROVED
    assert await state(world, told) == State.REVERSED
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("by", ["time", "no time"])
async def test_a_repeat_whose_first_sending_may_have_come_before_is_refused_and_shown(
    world: World, by: str
) -> None:
    told = stand_in(world)
    await world.book(told)
    repeat = of_the_request(world, told, "1987", seconds=20, by=by)
    reply = await world.reverse(told, repeat=True, **repeat)
    assert reply.reason == Reason.ORIGINAL_DISAGREES
    assert await state(world, told) == State.APPROVED
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("first", ["sale", "reversal"])
async def test_a_sale_off_line_under_the_next_number_is_booked_and_shown(world: World, first: str) -> None:
    told = stand_in(world)
    request = world.payment(local_time=told.local_time, amount_minor=told.amount_minor)
    reversal = of_the_request(world, told, "1987", seconds=-30)
    if first == "sale":
        await world.book(told)
    assert (await world.reverse(request, **reversal)).reason == Reason.APPROVED
    if first == "reversal":
        await world.book(told)
    assert await NumberedOtherwise(world.pool, world.clock).round() == 1
    assert await state(world, told) == State.APPROVED
    assert await doubts_of(world, told) == ["numbered_otherwise"]
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("minutes", [16, 45, 300])
async def test_a_sale_off_line_that_nobody_answered_is_sent_again_until_it_is_told_so(
    world: World, minutes: int
) -> None:
    first = world.booking(Kind.ADVICE, **moved(world, minutes=-minutes))
    await world.book(first)
    await world.owner.execute(
        "UPDATE attempt SET received_at = received_at - $1::interval", timedelta(minutes=minutes)
    )
    again = world.again(first, transmitted_at=moved(world)["transmitted_at"])
    assert (await world.book(again)).reason == Reason.APPROVED
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 1
    assert await doubts_of(world, first) == []
    assert await world.owner.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_a_sale_kept_for_hours_is_known_again_by_the_clock_of_what_was_sent_since(world: World) -> None:
    sold = moved(world, minutes=-307)["local_time"]
    first = world.booking(
        Kind.ADVICE, local_time=sold, transmitted_at=moved(world, minutes=-90)["transmitted_at"]
    )
    await world.book(first)
    await world.owner.execute("UPDATE attempt SET received_at = received_at - interval '90 minutes'")
    again = world.again(first, transmitted_at=moved(world)["transmitted_at"])
    assert (await world.book(again)).reason == Reason.REPEAT_DIFFERS, "its clock may stand still"
    await world.pay(world.payment(**moved(world)))
    assert (await world.book(world.again(again))).reason == Reason.APPROVED
    assert await world.owner.fetchval("SELECT count(*) FROM attempt WHERE kind = $1", int(Kind.ADVICE)) == 1


async def test_a_reversal_sent_again_as_a_first_message_means_what_it_meant(world: World) -> None:
    told = stand_in(world)
    first = of_the_request(world, told, "1987", seconds=-30)
    assert (await world.reverse(told, stan=999_001, **first)).reason == Reason.APPROVED
    await world.book(told)
    again = of_the_request(world, told, "1987", seconds=40)
    assert (await world.reverse(told, stan=999_001, **again)).reason == Reason.APPROVED
    assert await state(world, told) == State.APPROVED
    assert await doubts_of(world, told) == ["like_one_reversed"]
    assert await verified(world) == HOLDS


async def test_a_void_that_calls_a_completion_a_request_refuses_it(world: World) -> None:
    hold = world.authorisation(**moved(world, minutes=-40))
    await world.pay(hold)
    completion = world.completion(hold, **moved(world, seconds=-60))
    void = of_the_request(world, completion, "1987", seconds=-30)
    assert (await world.reverse(completion, **void)).reason == Reason.APPROVED
    assert (await world.book(completion)).reason == Reason.ALREADY_REVERSED
    assert await verified(world) == HOLDS
