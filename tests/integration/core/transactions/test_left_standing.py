"""Reversals by the time of a repeat, and those that leave something standing: a person sees what it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from core.contracts.payment import Authorise, Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.values.clock import PARIS
from core.values.ids import rrn_of
from tests.integration.core.transactions.test_restamped_reversals import (
    HOLDS,
    OTHER_OWN,
    OWN,
    aged,
    reverse,
    state_of,
    verified,
)
from tests.integration.core.transactions.world import World


def uuid_of(item: Authorise | Book) -> UUID:
    return UUID(bytes=item.id)


def moved(world: World, **by: float) -> dict[str, str]:
    """Return the times of a message that a terminal in Paris sends so much later."""
    now = world.clock.now() + timedelta(**by)
    return {"transmitted_at": f"{now:%m%d%H%M%S}", "local_time": f"{now.astimezone(PARIS):%m%d%H%M%S}"}


async def doubts_of(world: World, item: Authorise | Book) -> list[str]:
    return [
        row["cause"]
        for row in await world.owner.fetch("SELECT cause FROM doubt WHERE attempt_id = $1", uuid_of(item))
    ]


@pytest.mark.parametrize("minutes", [1, 200])
@pytest.mark.parametrize("changes", [{}, {"card": None}, {"original_rrn": "633300001022"}])
async def test_a_reversal_may_name_a_payment_by_the_time_of_its_repeat(
    world: World, minutes: int, changes: dict[str, Any]
) -> None:
    item = world.payment()
    await world.pay(item)
    again = world.again(item, repeat=True, **moved(world, minutes=minutes))
    assert (await world.pay(again)).replayed
    told = await reverse(world, item, original_sent_at=again.transmitted_at, **changes)
    assert told == (Reason.APPROVED, rrn_of(item.id))
    assert await state_of(world, item) == State.REVERSED
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("days", [0, 1, 4])
@pytest.mark.parametrize("repeat_first", [False, True])
async def test_a_reversal_may_name_a_sale_by_the_time_of_either_sending(
    world: World, days: int, repeat_first: bool
) -> None:
    early, late = moved(world, days=-days, minutes=-3), moved(world)
    sale = world.booking(Kind.ADVICE, business_date=world.today() - days, **early)
    again = world.again(sale, repeat=True, business_date=world.today(), **late)
    sent = [again, sale] if repeat_first else [sale, again]
    if repeat_first:
        sent[0] = msgspec.structs.replace(again, request=msgspec.msgpack.encode({0: "0221"}))
    assert {(await world.book(each)).reason for each in sent} == {Reason.APPROVED}
    told = await world.reverse(sent[0], original_sent_at=sent[1].transmitted_at, card=None)
    assert (told.reason, told.rrn) == (Reason.APPROVED, rrn_of(sent[0].id))
    assert (await world.row(sent[0].id))["state"] == State.REVERSED
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("by", [{"days": 42}, {"days": -1}, {"minutes": -30}])
@pytest.mark.parametrize("shown", ["", "633300001021", "633300001022"])
async def test_a_reference_of_its_own_hides_nobody_from_whom_a_wrong_time_leaves_standing(
    world: World, by: dict[str, float], shown: str
) -> None:
    item = world.payment(request=msgspec.msgpack.encode({37: shown} if shown else {}))
    await world.pay(item)
    when = world.clock.now() + timedelta(**by)
    told = await reverse(
        world,
        item,
        original_sent_at=f"{when:%m%d%H%M%S}",
        original_business_date=when.date().toordinal(),
        original_rrn="633300001022",
    )
    assert told[0] == Reason.APPROVED
    assert await state_of(world, item) == State.APPROVED
    assert await doubts_of(world, item) == ["like_one_reversed"]


@pytest.mark.parametrize("mistaken", [{"original_message_class": 1}, {"original_stan": 4_711}])
async def test_a_reference_of_its_own_hides_no_mistaken_number_or_type(
    world: World, mistaken: dict[str, int]
) -> None:
    item = world.payment()
    await world.pay(item)
    told = await reverse(
        world, item, original_sent_at=item.transmitted_at, original_rrn="633300001022", **mistaken
    )
    assert told[0] == Reason.ORIGINAL_DISAGREES
    assert await state_of(world, item) == State.APPROVED


@pytest.mark.parametrize("references", [("633300001021", "633300001022"), ("B00000000001", "B00000000001")])
@pytest.mark.parametrize(("own", "repeat"), [(OWN, False), (OTHER_OWN, True)])
async def test_a_reference_of_its_own_makes_no_repeat_of_todays_reversal(
    world: World, references: tuple[str, str], own: int, repeat: bool
) -> None:
    yesterday = world.today() - 1
    first = world.payment(stan=76, business_date=yesterday)
    await world.pay(first)
    days = {"business_date": yesterday, "original_business_date": yesterday}
    told = await reverse(world, first, original_rrn=references[0], **days)
    assert told == (Reason.APPROVED, rrn_of(first.id))
    await aged(world, first, timedelta(hours=20))
    second = world.payment(stan=76)
    await world.pay(second)
    told = await reverse(world, second, original_rrn=references[1], stan=own, repeat=repeat)
    assert told[0] == Reason.ORIGINAL_DISAGREES, "of either: a person sees it"
    assert await state_of(world, second) == State.APPROVED
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("is_timed", [True, False])
@pytest.mark.parametrize(("own", "repeat"), [(OWN, False), (OWN, True), (OTHER_OWN, True)])
async def test_what_may_repeat_a_part_and_leaves_nothing_is_refused_and_shown(
    world: World, is_timed: bool, own: int, repeat: bool
) -> None:
    item = world.payment()
    await world.pay(item)
    time = {"original_sent_at": item.transmitted_at} if is_timed else {}
    assert (await reverse(world, item, replacement_minor=400, **time))[0] == Reason.APPROVED
    for _ in range(2):
        told = await reverse(world, item, stan=own, repeat=repeat, **time)
        assert told[0] == Reason.ORIGINAL_DISAGREES
    assert (await world.row(item.id))["approved_minor"] == 400
    shown = await world.owner.fetchval("SELECT count(*) FROM reversal WHERE differs = '{replacement}'")
    assert shown == 1
    assert await verified(world) == HOLDS
    assert (await reverse(world, item, stan=OTHER_OWN + 1, **time))[0] == Reason.APPROVED
    assert await state_of(world, item) == State.REVERSED


async def test_a_time_that_is_always_the_same_shows_each_payment_that_it_leaves(world: World) -> None:
    yesterday = world.today() - 1
    first, second = world.payment(stan=77, business_date=yesterday), world.payment(stan=77)
    said = {"original_sent_at": "0111111111", "original_business_date": world.today() - 300}
    for item, own in ((first, OWN), (second, OTHER_OWN)):
        await world.pay(item)
        assert (await reverse(world, item, stan=own, **said))[0] == Reason.APPROVED
        assert await state_of(world, item) == State.APPROVED
        assert await doubts_of(world, item) == ["like_one_reversed"]


@pytest.mark.parametrize("changes", [{"replacement_minor": 400}, {"card": None}, {}])
async def test_a_far_time_shows_all_that_it_may_have_meant(world: World, changes: dict[str, Any]) -> None:
    first = world.payment(stan=78, business_date=world.today() - 1)
    second = world.payment(stan=78)
    await world.pay(first)
    await world.pay(second)
    far = {"original_sent_at": "0111111111", "original_business_date": world.today() - 300}
    told = await reverse(world, second, **far, **changes)
    assert told[0] == (Reason.REPLACEMENT_REFUSED if "replacement_minor" in changes else Reason.APPROVED)
    for item in (first, second):
        assert await doubts_of(world, item) == ["like_one_reversed"]


async def test_a_code_that_a_host_filled_with_blanks_names_its_payment_and_its_hold(world: World) -> None:
    item, hold = world.payment(), world.authorisation()
    for one in (item, hold):
        await world.pay(one)
        await world.owner.execute("UPDATE attempt SET approval_code = 'AB12  ' WHERE id = $1", uuid_of(one))
    told = await reverse(world, item, original_sent_at=item.transmitted_at, approval_code="AB12")
    assert told == (Reason.APPROVED, rrn_of(item.id))
    completion = world.booking(Kind.COMPLETION, approval_code="AB12", amount_minor=hold.amount_minor)
    assert (await world.book(completion)).reason == Reason.APPROVED
    assert await state_of(world, hold) == State.CAPTURED
    assert await verified(world) == HOLDS
