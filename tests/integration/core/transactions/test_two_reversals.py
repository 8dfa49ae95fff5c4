"""Two payments alike in all, and two reversals without a time that say the same: a repeat is no second one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.contracts.payment import Authorise
from core.contracts.reasons import Reason
from core.contracts.states import State
from core.values.ids import rrn_of
from core.verify.run import verify
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.world import World

FIRST_STAN, SECOND_STAN = 901, 902


async def two_alike(world: World, *, minutes_apart: int) -> tuple[Authorise, Authorise]:
    """Two payments of one day under one number: the terminal's date was yesterday's for the first one."""
    earlier = world.payment(stan=70, business_date=world.today() - 1)
    await world.pay(earlier)
    await world.owner.execute(
        "UPDATE attempt SET received_at = received_at - $1::interval", timedelta(minutes=minutes_apart)
    )
    later = world.payment(stan=70)
    await world.pay(later)
    return earlier, later


async def reverse(world: World, item: Authorise, own_stan: int, **changes: Any) -> tuple[int, str]:
    reply = await world.reverse(item, original_sent_at="", stan=own_stan, **changes)
    return reply.reason, reply.rrn


async def states(world: World, *items: Authorise) -> list[int]:
    return [(await world.row(one.id))["state"] for one in items]


async def is_true(world: World) -> None:
    """What reversals were told is so, and nothing went that none describes."""
    await drained(world)
    report = await verify(world.database.dsn, cards=False)
    assert (report.finding("V10").breaches, report.finding("V10 asked").breaches) == (0, 0)


@pytest.mark.parametrize("minutes_apart", [2, 40])
async def test_the_second_of_two_alike_is_known_by_its_own_number_and_takes_back_its_own(
    world: World, minutes_apart: int
) -> None:
    earlier, later = await two_alike(world, minutes_apart=minutes_apart)
    assert await reverse(world, later, FIRST_STAN) == (Reason.APPROVED, rrn_of(later.id))
    assert await reverse(world, later, SECOND_STAN) == (Reason.APPROVED, rrn_of(earlier.id))
    assert await states(world, earlier, later) == [State.REVERSED, State.REVERSED]
    for repeat in (False, True):
        assert await reverse(world, later, SECOND_STAN, repeat=repeat) == (
            Reason.APPROVED,
            rrn_of(earlier.id),
        )
    await is_true(world)
    assert await world.owner.fetchval("SELECT count(*) FROM reversal") == 2


@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("minutes_apart", [2, 40])
async def test_a_repeat_that_differs_in_nothing_gets_its_first_answer_and_the_one_alike_stays_for_a_person(
    world: World, minutes_apart: int, repeat: bool
) -> None:
    earlier, later = await two_alike(world, minutes_apart=minutes_apart)
    for repeated in (False, repeat, repeat):
        told = await reverse(world, later, FIRST_STAN, repeat=repeated)
        assert told == (Reason.APPROVED, rrn_of(later.id)), "what was taken back is named"
    assert await states(world, earlier, later) == [State.APPROVED, State.REVERSED]
    doubts = await world.owner.fetch("SELECT attempt_id, cause FROM doubt")
    assert [(one["attempt_id"].bytes, one["cause"]) for one in doubts] == [(earlier.id, "like_one_repeated")]
    await is_true(world)


@pytest.mark.parametrize("minutes_apart", [2, 40])
async def test_a_repeat_under_another_number_may_be_of_either_and_is_told_so(
    world: World, minutes_apart: int
) -> None:
    earlier, later = await two_alike(world, minutes_apart=minutes_apart)
    await reverse(world, later, FIRST_STAN)
    reason, _ = await reverse(world, later, SECOND_STAN, repeat=True)
    assert reason == Reason.ORIGINAL_DISAGREES
    assert await states(world, earlier, later) == [State.APPROVED, State.REVERSED]
    kept = await world.owner.fetchrow("SELECT attempt_id FROM reversal WHERE finding = 4")
    assert kept is not None
    assert kept["attempt_id"].bytes == earlier.id
    await is_true(world)


async def test_a_reference_tells_the_two_apart(world: World) -> None:
    earlier, later = await two_alike(world, minutes_apart=40)
    for item in (later, earlier):
        told = await reverse(world, later, FIRST_STAN, original_rrn=rrn_of(item.id))
        assert told == (Reason.APPROVED, rrn_of(item.id))
    assert await states(world, earlier, later) == [State.REVERSED, State.REVERSED]
    await is_true(world)
