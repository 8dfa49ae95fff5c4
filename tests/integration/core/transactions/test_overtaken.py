"""A reversal that comes before what it means: one answer, or somebody who sees it, in whichever order the two come."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.contracts.payment import REFUSED_FACT, Authorise, AuthoriseReply, Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.transactions.jobs.numbered_otherwise import NumberedOtherwise
from core.values.ids import rrn_of
from tests.integration.core.transactions.test_left_standing import doubts_of, moved
from tests.integration.core.transactions.test_matters import only_matter
from tests.integration.core.transactions.test_naming import MASTERCARD
from tests.integration.core.transactions.test_offline_facts import refused
from tests.integration.core.transactions.test_restamped_reversals import HOLDS, aged, verified
from tests.integration.core.transactions.world import World

KINDS = ["purchase", "hold", "advice", "completion", "refund"]


async def coming(world: World, kind: str, **changes: Any) -> Any:
    """Return a message that a reversal overtakes, sent half a minute ago."""
    times = {**moved(world, seconds=-30), **changes}
    match kind:
        case "purchase":
            return world.payment(**times)
        case "hold":
            return world.authorisation(**times)
        case "advice":
            return world.booking(Kind.ADVICE, approval_code="", **times)
        case _:
            before = moved(world, minutes=-40)
            original = world.authorisation(**before) if kind == "completion" else world.payment(**before)
            await world.pay(original)
            return (
                world.completion(original, **times)
                if kind == "completion"
                else world.refund(original, **times)
            )


async def send(world: World, item: Authorise | Book) -> AuthoriseReply:
    return await (world.pay(item) if isinstance(item, Authorise) else world.book(item))


async def stands(world: World, item: Authorise | Book) -> bool:
    state = (await world.row(item.id))["state"]
    return state in (State.APPROVED, State.CAPTURED)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", ["time of sending", "local time", "no time"])
@pytest.mark.parametrize(
    "said",
    [{"card": MASTERCARD}, {"amount_minor": 3_000}, {"currency": "USD"}],
    ids=lambda one: next(iter(one)),
)
async def test_what_its_reversal_described_otherwise_goes_its_way_and_is_shown(
    world: World, kind: str, by: str, said: dict[str, Any]
) -> None:
    item = await coming(world, kind)
    sent_at = {"time of sending": item.transmitted_at, "local time": item.local_time, "no time": ""}[by]
    assert (await world.reverse(item, original_sent_at=sent_at, **said)).reason == Reason.APPROVED
    assert (await send(world, item)).reason == Reason.APPROVED
    assert await stands(world, item)
    assert await doubts_of(world, item) == ["unlike_one_reversed"]
    assert await verified(world) == HOLDS
    # The same reversal, said again, finds it.
    assert (await world.reverse(item, original_sent_at=sent_at, **said)).reason == Reason.ORIGINAL_DISAGREES
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("named", "repeat"),
    [({"seconds": -50}, True), ({"seconds": 1}, False), ({"minutes": -30}, False), ({"days": -1}, False)],
    ids=["first named, repeat comes", "repeat named, first comes", "half an hour off", "a day off"],
)
async def test_what_is_like_its_reversal_in_all_but_its_time_is_shown_as_when_it_comes_first(
    world: World, kind: str, named: dict[str, float], repeat: bool
) -> None:
    item = await coming(world, kind)
    if repeat:
        mti = "0221" if isinstance(item, Book) else "0201"
        item = msgspec.structs.replace(item, repeat=True, request=msgspec.msgpack.encode({0: mti}))
    sent_at = moved(world, **named)["transmitted_at"]
    assert (await world.reverse(item, original_sent_at=sent_at)).reason == Reason.APPROVED
    assert (await send(world, item)).reason == Reason.APPROVED
    assert await stands(world, item)
    assert await doubts_of(world, item) == ["like_one_reversed"]
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("kind", ["purchase", "advice"])
@pytest.mark.parametrize("midnight", ["1129000000", "0101000000"])
async def test_midnight_names_nothing_that_comes_later(world: World, kind: str, midnight: str) -> None:
    shown = {"transmitted_at": midnight, "local_time": midnight}
    if midnight.startswith("1129"):
        day = f"{world.clock.now():%m%d}"
        shown = {"transmitted_at": f"{day}000000", "local_time": f"{day}000000"}
    first = await coming(world, kind, **shown)
    assert (await world.reverse(first)).reason == Reason.APPROVED
    await aged_marks(world, timedelta(hours=3))
    other = await coming(world, kind, stan=first.stan, amount_minor=900, card=MASTERCARD, **shown)
    assert (await send(world, other)).reason == Reason.APPROVED
    assert await doubts_of(world, other) == []
    assert await verified(world) == HOLDS


async def test_a_clock_that_always_shows_one_time_loses_no_sale_that_is_like_one_reversed(
    world: World,
) -> None:
    dead = {"transmitted_at": "0101000000", "local_time": "0101000000", "date_unreadable": True}
    first = await coming(world, "advice", **dead)
    assert (await world.reverse(first)).reason == Reason.APPROVED
    await aged_marks(world, timedelta(hours=30))
    like = await coming(world, "advice", stan=first.stan, **dead)
    assert (await world.book(like)).reason == Reason.APPROVED
    assert await stands(world, like)
    assert "like_one_reversed" in await doubts_of(world, like)
    assert await verified(world) == HOLDS


async def aged_marks(world: World, by: timedelta) -> None:
    """Let every reversal have come so much earlier."""
    await world.owner.execute(
        "UPDATE reversal SET received_at = received_at - $1::interval, last_at = last_at - $1::interval", by
    )


@pytest.mark.parametrize("kind", ["purchase", "advice"])
async def test_what_was_sent_after_the_reversal_is_another_message(world: World, kind: str) -> None:
    lost = await coming(world, kind)
    assert (await world.reverse(lost)).reason == Reason.APPROVED
    await aged_marks(world, timedelta(minutes=9))
    anew = await coming(world, kind, stan=lost.stan, **moved(world))
    assert (await send(world, anew)).reason == Reason.APPROVED
    assert await doubts_of(world, anew) == []
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("mti", ["0420", "0421"])
@pytest.mark.parametrize("kind", ["purchase", "advice"])
async def test_a_reversal_that_may_repeat_yesterdays_shows_the_payment_that_it_overtook(
    world: World, kind: str, mti: str
) -> None:
    yesterday = {"business_date": world.today() - 1}
    first = await coming(world, kind, **{**yesterday, **moved(world, days=-1)})
    await send(world, first)
    own = next(world.stans)
    untimed: dict[str, Any] = {"original_sent_at": "", "stan": own}
    assert (await world.reverse(first, original_business_date=world.today() - 1, **untimed)).rrn == rrn_of(
        first.id
    )
    await aged(world, first, timedelta(hours=20))
    second = await coming(world, kind, stan=first.stan)
    for _ in range(2):
        told = await world.reverse(second, repeat=mti == "0421", **untimed)
        assert (told.reason, told.rrn) == (Reason.APPROVED, rrn_of(first.id)), "yesterday's own answer"
    assert (await send(world, second)).reason == Reason.APPROVED
    assert await stands(world, second)
    assert await doubts_of(world, second) == ["like_one_repeated"]
    assert await verified(world) == HOLDS
    assert (await world.reverse(second, repeat=mti == "0421", **untimed)).reason == Reason.ORIGINAL_DISAGREES
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("kind", ["purchase", "hold", "advice", "refund"])
async def test_a_reversal_and_what_it_means_at_one_moment_leave_nothing_standing(
    world: World, kind: str
) -> None:
    for _ in range(60):
        item = await coming(world, kind, amount_minor=200)
        told, _ = await asyncio.gather(world.reverse(item), send(world, item))
        assert told.reason == Reason.APPROVED
        assert not await stands(world, item)
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("kind", ["purchase", "advice", "refund"])
async def test_a_reversal_and_what_is_like_it_at_one_moment_are_both_seen(world: World, kind: str) -> None:
    for _ in range(60):
        item = await coming(world, kind, amount_minor=200)
        sent_at = moved(world, minutes=-20)["transmitted_at"]
        told = await asyncio.gather(world.reverse(item, original_sent_at=sent_at), send(world, item))
        assert [one.reason for one in told] == [Reason.APPROVED, Reason.APPROVED]
        assert await doubts_of(world, item) == ["like_one_reversed"]
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("said", ["Paris", "of a repeat"])
async def test_a_wrong_number_is_shown_by_whatever_time_of_the_payment_it_says(
    world: World, said: str
) -> None:
    local = world.clock.now() - timedelta(hours=4)
    sent = moved(world, seconds=-30)
    item = world.payment(
        **sent | {"local_time": f"{local - timedelta(seconds=30):%m%d%H%M%S}"},
        business_date=local.date().toordinal(),
    )
    await world.owner.execute("UPDATE store SET time_zone = 'America/Guadeloupe'")
    try:
        await world.pay(item)
        sent_at = sent["local_time"]
        if said == "of a repeat":
            again = world.again(item, repeat=True, **moved(world, seconds=-5))
            assert (await world.pay(again)).replayed
            sent_at = again.transmitted_at
        told = await world.reverse(item, original_stan=4_711, original_sent_at=sent_at)
        assert told.reason == Reason.ORIGINAL_DISAGREES
        assert await world.owner.fetchval("SELECT differs FROM reversal") == ["trace_number"]
        assert await verified(world) == HOLDS
    finally:
        await world.owner.execute("UPDATE store SET time_zone = 'Europe/Paris'")


async def test_a_completion_whose_hold_comes_late_is_shown_and_a_refund_whose_payment_does_is_declined(
    world: World,
) -> None:
    hold, bought = await coming(world, "hold"), await coming(world, "purchase")
    named = {"original_message_class": 1, "original_stan": hold.stan, "original_sent_at": hold.transmitted_at}
    done = world.booking(Kind.COMPLETION, approval_code="", **named)
    assert (await world.book(done)).reason == Reason.ORIGINAL_NOT_FOUND
    back = world.payment(
        kind=int(Kind.REFUND), original_message_class=2, original_stan=bought.stan,
        original_sent_at=bought.transmitted_at,
    )  # fmt: skip
    assert (await world.pay(back)).reason == Reason.ORIGINAL_NOT_FOUND
    for late in (hold, bought):
        assert (await send(world, late)).reason == Reason.APPROVED
    assert await doubts_of(world, done) == ["original_not_found"]
    assert (await world.row(bought.id))["refunded_minor"] == 0
    assert await verified(world) == HOLDS


# What is kept aside, for another message has its number or edge could not take it.


async def of_letter(world: World) -> list[str]:
    return (await only_matter(world)).causes


@pytest.mark.parametrize("order", ["kept first", "taken back first"])
@pytest.mark.parametrize("changes", [{}, {"card": MASTERCARD}])
async def test_what_is_kept_aside_says_that_its_terminal_took_it_back(
    world: World, order: str, changes: dict[str, Any]
) -> None:
    first = await coming(world, "advice", **moved(world, minutes=-9))
    await world.book(first)
    kept = await coming(world, "advice", stan=first.stan, amount_minor=4_700, body_hash=2)
    for what in ("book", "reverse") if order == "kept first" else ("reverse", "book"):
        if what == "book":
            assert (await world.book(kept)).reason == Reason.REPEAT_DIFFERS
        else:
            assert (await world.reverse(kept, **changes)).reason == Reason.APPROVED
    assert await of_letter(world) == ["advice", *([] if changes else ["taken_back"])]
    assert await stands(world, first)
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("order", ["kept first", "taken back first"])
async def test_what_edge_could_not_take_says_that_its_terminal_took_it_back(world: World, order: str) -> None:
    sold = await coming(world, "advice")
    elements = {2: "497010******0014", 3: "000000", 7: sold.transmitted_at, 39: "91"}
    fact = refused(
        world,
        message_type="0220",
        stan=sold.stan,
        amount_minor=sold.amount_minor,
        local_time=sold.local_time,
        request=msgspec.msgpack.encode(elements),
    )
    for what in ("keep", "reverse") if order == "kept first" else ("reverse", "keep"):
        if what == "keep":
            assert (await world.request(REFUSED_FACT, fact)).reason == Reason.MESSAGE_REFUSED
        else:
            assert (await world.reverse(sold)).reason == Reason.APPROVED
    assert await of_letter(world) == ["advice", "taken_back"]


@pytest.mark.parametrize("kind", ["purchase", "advice"])
@pytest.mark.parametrize("mistaken", [{"original_stan": 4_711}, {"original_message_class": 1}])
async def test_what_comes_after_its_reversal_under_a_wrong_number_is_shown(
    world: World, kind: str, mistaken: dict[str, int]
) -> None:
    item = await coming(world, kind)
    other = await coming(world, kind, **moved(world, seconds=-61))
    told = await world.reverse(item, original_sent_at=item.local_time, **mistaken)
    assert told.reason == Reason.APPROVED
    for one in (item, other):
        assert (await send(world, one)).reason == Reason.APPROVED
    watch = NumberedOtherwise(world.pool, world.clock)
    assert [await watch.round() for _ in range(2)] == [1, 0]
    assert [await doubts_of(world, one) for one in (item, other)] == [["numbered_otherwise"], []]
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [0, 140, 540])
@pytest.mark.parametrize("said", ["{day}000000", "0101000312"], ids=["midnight", "far"])
async def test_a_time_that_tells_nothing_leaves_what_comes_within_minutes_to_a_person(
    world: World, kind: str, said: str, seconds: int
) -> None:
    item = await coming(world, kind)
    named = said.format(day=f"{world.clock.now():%m%d}")
    assert (await world.reverse(item, original_sent_at=named)).reason == Reason.APPROVED
    await aged_marks(world, timedelta(seconds=seconds))
    assert (await send(world, item)).reason == Reason.APPROVED
    assert await doubts_of(world, item) == ["like_one_reversed"]
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("named", ["time of sale", "an earlier sending"])
async def test_a_stored_sale_that_is_stamped_as_it_is_sent_does_not_pass_by_its_void_unseen(
    world: World, named: str
) -> None:
    sold = moved(world, minutes=-13)
    item = world.booking(
        Kind.ADVICE, approval_code="", local_time=sold["local_time"], **moved_sending(world, seconds=0)
    )
    sent_at = (
        sold["transmitted_at"] if named == "time of sale" else moved(world, minutes=-10)["transmitted_at"]
    )
    assert (await world.reverse(item, original_sent_at=sent_at)).reason == Reason.APPROVED
    await aged_marks(world, timedelta(minutes=4))
    assert (await world.book(item)).reason == Reason.APPROVED
    assert await doubts_of(world, item) == ["like_one_reversed"]
    assert await verified(world) == HOLDS


def moved_sending(world: World, **by: float) -> dict[str, str]:
    return {"transmitted_at": moved(world, **by)["transmitted_at"]}


async def test_of_many_reversals_under_one_number_no_more_are_kept_than_are_judged(world: World) -> None:
    item = await coming(world, "purchase")
    told = [
        (
            await world.reverse(item, original_sent_at=moved(world, minutes=-30 - place)["transmitted_at"])
        ).reason
        for place in range(25)
    ]
    assert told == [Reason.APPROVED] * 20 + [Reason.ORIGINAL_DISAGREES] * 5
    assert (await only_matter(world)).kind == "reversal_ambiguous", "shown once"
    assert (await send(world, item)).reason == Reason.APPROVED
    assert await doubts_of(world, item) == ["like_one_reversed"]
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("repeat", [False, True])
async def test_what_says_again_a_payment_that_was_lost_is_a_payment(world: World, repeat: bool) -> None:
    lost_us = world.now_us() - 31_000_000
    lost_id = (lost_us // 1000).to_bytes(6, "big") + world.new_id()[6:]
    again = world.payment(repeat=repeat, first_id=lost_id, first_date=world.today())
    assert (await world.pay(again)).reason == Reason.APPROVED
    soon = world.payment(repeat=repeat, first_id=world.new_id(), first_date=world.today())
    world.send(soon)
    assert await world.silence(soon), "its first may still be recorded"
