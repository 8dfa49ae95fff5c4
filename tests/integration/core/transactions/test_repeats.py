"""A repeat gets the first answer whatever its clock says meanwhile; what is new is never told an old answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.contracts.payment import Authorise, Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.values.ids import rrn_of
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.world import World, until


def before_midnight(world: World, item: Any) -> Any:
    """Return a message as its terminal sent it on the day before, some seconds ago."""
    return msgspec.structs.replace(
        item,
        business_date=world.today() - 1,
        transmitted_at=f"{world.clock.now() - timedelta(days=1):%m%d}235958",
        local_time=f"{world.clock.now() - timedelta(days=1):%m%d}235958",
    )


def after_midnight(world: World, item: Any, **changes: Any) -> Any:
    """Return what its terminal sends when it repeats that on the new day: all its times have moved."""
    today = f"{world.clock.now():%m%d}000003"
    values = {"business_date": item.business_date + 1, "transmitted_at": today, "local_time": today}
    return world.again(item, repeat=True, **{**values, **changes})


async def attempts(world: World) -> int:
    return await world.owner.fetchval("SELECT count(*) FROM attempt") or 0


@pytest.mark.parametrize("class_", [1, 2])
async def test_a_repeat_after_midnight_gets_the_first_answer_and_debits_nothing(
    world: World, class_: int
) -> None:
    item = before_midnight(world, world.payment() if class_ == 2 else world.authorisation())
    first = await world.pay(item)
    again = await world.pay(after_midnight(world, item))
    assert (again.reason, again.rrn, again.replayed) == (Reason.APPROVED, first.rrn, True)
    assert await attempts(world) == 1
    await drained(world)


async def test_a_repeat_after_midnight_waits_for_the_answer_of_its_first(world: World) -> None:
    world.host.script.append(behaviour.HOLD)
    item = before_midnight(world, world.payment())
    world.send(item)
    await until(lambda: item.id in world.host.held)
    again = after_midnight(world, item)
    world.send(again)
    await asyncio.sleep(0.05)
    world.host.held.pop(item.id)()
    replies = [await world.answer_to(one) for one in (item, again)]
    assert [(reply.reason, reply.rrn) for reply in replies] == [(Reason.APPROVED, rrn_of(item.id))] * 2
    await drained(world)


async def test_a_first_and_its_repeat_in_one_batch_are_one_payment(world: World) -> None:
    item = before_midnight(world, world.payment())
    again = after_midnight(world, item)
    world.send(again, item)
    assert {(await world.answer_to(one)).rrn for one in (item, again)} == {rrn_of(item.id)}
    assert await attempts(world) == 1


async def test_a_repeat_whose_first_never_came_is_the_payment(world: World) -> None:
    item = world.payment(repeat=True)
    assert (await world.pay(item)).reason == Reason.APPROVED
    assert (await world.pay(world.again(item))).replayed
    assert await attempts(world) == 1


@pytest.mark.parametrize("kind", [Kind.ADVICE, Kind.COMPLETION, Kind.REFUND])
async def test_a_repeat_after_midnight_of_what_is_booked_gets_the_first_answer(
    world: World, kind: Kind
) -> None:
    original = world.authorisation() if kind == Kind.COMPLETION else world.payment()
    await world.pay(original)
    item: Authorise | Book = before_midnight(
        world,
        {
            Kind.ADVICE: lambda: world.booking(Kind.ADVICE),
            Kind.COMPLETION: lambda: world.completion(original),
            Kind.REFUND: lambda: world.refund(original, amount_minor=300),
        }[kind](),
    )
    ask = world.pay if isinstance(item, Authorise) else world.book
    first = await ask(item)  # pyright: ignore
    again = await ask(after_midnight(world, item))  # pyright: ignore
    assert (first.reason, again.reason, again.rrn) == (Reason.APPROVED, Reason.APPROVED, rrn_of(item.id))
    assert await attempts(world) == 2
    await drained(world)


@pytest.mark.parametrize("kind", [Kind.PURCHASE, Kind.ADVICE, Kind.REFUND])
async def test_what_is_sent_first_under_a_number_of_today_is_not_told_the_other_ones_answer(
    world: World, kind: Kind
) -> None:
    bought = world.payment()
    await world.pay(bought)
    item: Authorise | Book = {
        Kind.PURCHASE: world.payment,
        Kind.ADVICE: lambda: world.booking(Kind.ADVICE),
        Kind.REFUND: lambda: world.refund(bought, amount_minor=300),
    }[kind]()
    ask = world.pay if isinstance(item, Authorise) else world.book
    first = await ask(item)  # pyright: ignore
    later = world.clock.now() + timedelta(seconds=1_000)
    changes = {"transmitted_at": f"{later:%m%d%H%M%S}", "local_time": f"{later:%m%d%H%M%S}"}
    other = await ask(world.again(item, **changes))  # pyright: ignore
    assert (first.reason, other.reason, other.approved_minor) == (Reason.APPROVED, Reason.REPEAT_DIFFERS, 0)
    same = await ask(world.again(item))  # pyright: ignore
    assert (same.reason, same.rrn) == (Reason.APPROVED, rrn_of(item.id)), "the same bytes are a repeat"
    await drained(world)


async def test_a_repeat_of_a_day_later_by_another_time_is_left_undecided(world: World) -> None:
    item = before_midnight(world, world.payment())
    await world.pay(item)
    await world.owner.execute("UPDATE attempt SET received_at = received_at - interval '24 hours'")
    assert (await world.pay(after_midnight(world, item))).reason == Reason.REPEAT_DIFFERS
    own_time = await world.pay(after_midnight(world, item, local_time=item.local_time))
    assert (own_time.reason, own_time.rrn) == (Reason.APPROVED, rrn_of(item.id))
    assert await attempts(world) == 1


async def test_a_repeat_of_other_contents_than_yesterdays_is_a_payment_of_its_own(world: World) -> None:
    item = before_midnight(world, world.payment())
    await world.pay(item)
    other = after_midnight(world, item, body_hash=2, amount_minor=900)
    assert (await world.pay(other)).rrn == rrn_of(other.id)
    assert (await world.row(item.id))["state"] == State.APPROVED
    await drained(world)
