"""Reversals that say their times anew, by a clock that lost its battery, or name a number or type by mistake."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.contracts.payment import Authorise
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.values.ids import rrn_of
from core.verify.run import verify
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.world import World

OWN, OTHER_OWN = 8_030, 8_031
JANUARY_1ST_BACK = 331


async def reverse(world: World, item: Authorise, **changes: Any) -> tuple[int, str]:
    """Reverse without a time of the original, as terminals do whose field 90 ends in zeros."""
    reply = await world.reverse(item, **{"original_sent_at": "", "stan": OWN, **changes})
    return reply.reason, reply.rrn


async def aged(world: World, item: Authorise, age: timedelta) -> None:
    await world.owner.execute(
        "UPDATE attempt SET received_at = received_at - $2::interval WHERE id = $1", _uuid(item), age
    )
    await world.owner.execute("UPDATE reversal SET received_at = received_at - $1::interval", age)


def _uuid(item: Authorise) -> uuid.UUID:
    import uuid

    return uuid.UUID(bytes=item.id)


async def state_of(world: World, item: Authorise) -> int:
    return (await world.row(item.id))["state"]


async def verified(world: World) -> dict[str, int]:
    await drained(world)
    report = await verify(world.database.dsn, cards=False)
    return {name: report.finding(name).breaches for name in ("V10", "V10 asked", "V10 repeated")}


HOLDS = {"V10": 0, "V10 asked": 0, "V10 repeated": 0}

# What a repeat says otherwise than its first sending said.
FIRST_AND_REPEAT = {
    "stamped anew": ({}, {}),
    "with the amount left out": ({"amount_minor": 1_250}, {"amount_minor": -1}),
    "with an amount that was left out": ({"amount_minor": -1}, {"amount_minor": 1_250}),
    "without the card": ({}, {"card": None}),
    "without the time that was said": ({"original_sent_at": "its own"}, {}),
    "in part": ({"replacement_minor": 400}, {"replacement_minor": 400}),
}


@pytest.mark.parametrize("how", FIRST_AND_REPEAT)
@pytest.mark.parametrize("minutes", [5, 40])
async def test_a_repeat_that_is_stamped_anew_takes_back_no_second_payment(
    world: World, how: str, minutes: int
) -> None:
    said_first, said_again = ({**each} for each in FIRST_AND_REPEAT[how])
    yesterday = world.today() - 1
    first = world.payment(stan=71, business_date=yesterday)
    await world.pay(first)
    if said_first.get("original_sent_at"):
        said_first["original_sent_at"] = first.transmitted_at
    told = await reverse(
        world, first, business_date=yesterday, original_business_date=yesterday, **said_first
    )
    assert told == (Reason.APPROVED, rrn_of(first.id))
    await aged(world, first, timedelta(hours=20))
    second = world.payment(stan=71)
    await world.pay(second)
    await world.owner.execute(
        "UPDATE attempt SET received_at = received_at - $2::interval WHERE id = $1",
        _uuid(second),
        timedelta(minutes=minutes),
    )
    before = await world.row(second.id)
    told = await reverse(world, second, repeat=True, **said_again)
    assert await world.row(second.id) == before, "the second payment stays as it is"
    # What came just before may be meant as well, and a number is no proof: refused and shown. Else it is the repeat.
    if minutes == 5:
        assert told[0] == Reason.ORIGINAL_DISAGREES
        shown = await world.owner.fetchval(
            "SELECT count(*) FROM event WHERE attempt_id = $1 AND cause = 'ambiguous'", _uuid(second)
        )
        assert shown == 1
    else:
        assert told == (Reason.APPROVED, rrn_of(first.id))
    assert await verified(world) == HOLDS


async def test_a_repeat_whose_payment_is_gone_gets_its_first_answer_and_sets_no_mark(world: World) -> None:
    item = world.payment(stan=72, business_date=world.today() - 1)
    await world.pay(item)
    yesterday = {"business_date": world.today() - 1, "original_business_date": world.today() - 1}
    assert await reverse(world, item, **yesterday) == (Reason.APPROVED, rrn_of(item.id))
    await aged(world, item, timedelta(hours=20))
    assert await reverse(world, item, repeat=True, card=None) == (Reason.APPROVED, rrn_of(item.id))
    honest = world.payment(stan=72)
    assert (await world.pay(honest)).reason == Reason.APPROVED
    assert await verified(world) == HOLDS


async def test_a_repeat_that_says_another_amount_than_its_first_is_of_another_payment(world: World) -> None:
    first = world.payment(stan=73, business_date=world.today() - 1)
    await world.pay(first)
    yesterday = {"business_date": world.today() - 1, "original_business_date": world.today() - 1}
    assert (await reverse(world, first, **yesterday))[0] == Reason.APPROVED
    await aged(world, first, timedelta(hours=20))
    # The counter began anew, and the first sending of this one was lost.
    second = world.payment(stan=73, amount_minor=990)
    await world.pay(second)
    told = await reverse(world, second, repeat=True, amount_minor=990)
    assert told == (Reason.APPROVED, rrn_of(second.id))
    assert await verified(world) == HOLDS


async def test_verify_sees_a_repeat_that_took_back_another_payment(world: World) -> None:
    first = world.payment(stan=74, business_date=world.today() - 1)
    second = world.payment(stan=74)
    await world.pay(first)
    yesterday = {"business_date": world.today() - 1, "original_business_date": world.today() - 1}
    assert (await reverse(world, first, **yesterday))[0] == Reason.APPROVED
    await world.pay(second)
    assert (await reverse(world, second, stan=OTHER_OWN))[0] == Reason.APPROVED
    assert (await verified(world))["V10 repeated"] == 0, "as two messages they are two"
    await world.owner.execute(
        "UPDATE reversal SET request = $2 WHERE attempt_id = $1", _uuid(second), b"\x81\x00\xa40421"
    )
    assert (await verified(world))["V10 repeated"] == 1


# What else a second sending differs in from its first: a number of its own, or the word that it is a repeat.
ANEW = {
    "as a repeat under another number": {"stan": OTHER_OWN, "repeat": True},
    "as another message under its number": {},
}


@pytest.mark.parametrize("how", ANEW)
@pytest.mark.parametrize("stands", [True, False])
async def test_what_may_be_a_repeat_of_the_day_before_takes_back_nothing_and_sets_no_mark(
    world: World, how: str, stands: bool
) -> None:
    first = world.payment(stan=84, business_date=world.today() - 1)
    await world.pay(first)
    yesterday = {"business_date": world.today() - 1, "original_business_date": world.today() - 1}
    assert await reverse(world, first, **yesterday) == (Reason.APPROVED, rrn_of(first.id))
    await aged(world, first, timedelta(hours=20))
    second = world.payment(stan=84)
    if stands:
        await world.pay(second)
        assert (await reverse(world, second, **ANEW[how]))[0] == Reason.ORIGINAL_DISAGREES
        shown = await world.owner.fetchval("SELECT count(*) FROM matter WHERE kind = 'reversal_ambiguous'")
        assert shown == 1
    else:
        assert await reverse(world, second, **ANEW[how]) == (Reason.APPROVED, rrn_of(first.id))
        assert (await world.pay(second)).reason == Reason.APPROVED
    assert await state_of(world, second) == State.APPROVED
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("stays", [(400, -1), (-1, 400), (400, 300)])
async def test_a_repeat_that_leaves_another_amount_than_its_first_is_refused_and_shown(
    world: World, stays: tuple[int, int], timed: bool
) -> None:
    item = world.payment(stan=85)
    await world.pay(item)
    said = {"original_sent_at": item.transmitted_at if timed else ""}
    assert (await reverse(world, item, replacement_minor=stays[0], **said))[0] == Reason.APPROVED
    before = await world.row(item.id)
    told = await reverse(world, item, replacement_minor=stays[1], repeat=True, **said)
    assert told[0] == Reason.ORIGINAL_DISAGREES
    assert await world.row(item.id) == before
    causes = await world.owner.fetchval("SELECT causes FROM matter WHERE kind = 'reversal_disagrees'")
    assert causes == ["replacement"]
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("days_back", [3, 20, JANUARY_1ST_BACK])
async def test_a_clock_that_says_any_date_takes_back_what_came_just_before(
    world: World, days_back: int
) -> None:
    item = world.payment(stan=75)
    await world.pay(item)
    dead = world.today() - days_back
    for repeat in (False, True):
        told = await reverse(world, item, business_date=dead, original_business_date=dead, repeat=repeat)
        assert told == (Reason.APPROVED, rrn_of(item.id))
    assert await state_of(world, item) == State.REVERSED
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("days_back", [3, JANUARY_1ST_BACK])
async def test_a_clock_that_says_any_date_leaves_a_part(world: World, days_back: int) -> None:
    item = world.payment(stan=76)
    await world.pay(item)
    dead = world.today() - days_back
    told = await reverse(world, item, business_date=dead, original_business_date=dead, replacement_minor=400)
    assert told == (Reason.APPROVED, rrn_of(item.id))
    assert (await world.row(item.id))["approved_minor"] == 400
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("days_back", [3, JANUARY_1ST_BACK])
async def test_a_payment_after_its_reversal_is_refused_whatever_date_a_dead_clock_said(
    world: World, days_back: int
) -> None:
    item = world.payment(stan=77)
    dead = world.today() - days_back
    assert (await reverse(world, item, business_date=dead, original_business_date=dead))[0] == Reason.APPROVED
    assert (await world.pay(item)).reason == Reason.ALREADY_REVERSED
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("days_back", [3, JANUARY_1ST_BACK])
async def test_a_completion_by_a_dead_clock_finds_its_hold(world: World, days_back: int) -> None:
    hold = world.authorisation()
    await world.pay(hold)
    done = world.booking(
        Kind.COMPLETION,
        amount_minor=hold.amount_minor,
        original_message_class=hold.message_class,
        original_stan=hold.stan,
        original_sent_at="",
        approval_code="",
        card=hold.card,
        business_date=world.today() - min(days_back, 50),
    )
    assert (await world.book(done)).reason == Reason.APPROVED
    assert await state_of(world, hold) == State.CAPTURED
    await drained(world)


async def test_the_second_part_of_two_alike_is_taken_of_the_second_payment(world: World) -> None:
    earlier = world.payment(stan=78, business_date=world.today() - 1)
    await world.pay(earlier)
    later = world.payment(stan=78)
    await world.pay(later)
    first = await reverse(world, later, replacement_minor=400)
    second = await reverse(world, later, replacement_minor=400, stan=OTHER_OWN)
    assert {first, second} == {
        (Reason.APPROVED, rrn_of(earlier.id)),
        (Reason.APPROVED, rrn_of(later.id)),
    }
    for item in (earlier, later):
        assert (await world.row(item.id))["approved_minor"] == 400
    assert await verified(world) == HOLDS


@pytest.mark.parametrize("amount_minor", [5_000, 2_500, 1_000])
async def test_what_stays_of_a_part_is_taken_back_by_each_amount_that_a_ticket_shows(
    world: World, amount_minor: int
) -> None:
    world.host.script.append(behaviour.PARTIAL)
    item = world.payment(stan=79, amount_minor=5_000, partial_ok=True)
    assert (await world.pay(item)).approved_minor == 2_500
    part = await reverse(world, item, amount_minor=2_500, replacement_minor=1_000)
    assert part == (Reason.APPROVED, rrn_of(item.id))
    told = await reverse(world, item, amount_minor=amount_minor, stan=OTHER_OWN)
    assert told == (Reason.APPROVED, rrn_of(item.id))
    assert await state_of(world, item) == State.REVERSED
    assert await verified(world) == HOLDS


@pytest.mark.parametrize(
    ("mistaken", "differs"),
    [
        ({"original_stan": 999_999, "original_sent_at": "its own"}, "trace_number"),
        ({"original_message_class": 1, "original_sent_at": "its own"}, "message_type"),
        ({"original_message_class": 1}, "message_type"),
    ],
)
async def test_a_wrong_number_or_type_is_told_so_and_shown(
    world: World, mistaken: dict[str, Any], differs: str
) -> None:
    item = world.payment(stan=80)
    await world.pay(item)
    if mistaken.get("original_sent_at"):
        mistaken = {**mistaken, "original_sent_at": item.transmitted_at}
    assert (await reverse(world, item, **mistaken))[0] == Reason.ORIGINAL_DISAGREES
    assert await state_of(world, item) == State.APPROVED
    cause = await world.owner.fetchval(
        "SELECT cause FROM event WHERE attempt_id = $1 ORDER BY seq DESC LIMIT 1", _uuid(item)
    )
    assert cause == differs


async def test_no_number_but_a_reference_names_the_payment(world: World) -> None:
    item = world.payment(stan=81)
    await world.pay(item)
    told = await reverse(world, item, original_stan=0, original_rrn=rrn_of(item.id))
    assert told == (Reason.APPROVED, rrn_of(item.id))
    other = world.payment(stan=82)
    await world.pay(other)
    wrong = await reverse(
        world, other, original_stan=0, original_rrn=rrn_of(other.id), amount_minor=7_000, stan=OTHER_OWN
    )
    assert wrong[0] == Reason.ORIGINAL_DISAGREES
    unknown = await reverse(world, other, original_stan=0, stan=OTHER_OWN + 1)
    assert unknown[0] == Reason.ORIGINAL_DISAGREES
    assert await state_of(world, other) == State.APPROVED
    assert await verified(world) == HOLDS


NAMELESS: dict[str, Any] = {"original_stan": 0, "original_message_class": 0}
OWN_REFERENCE = "000000004711"


async def test_a_reference_of_the_terminals_own_names_its_payment_by_the_card(world: World) -> None:
    shown = {"request": msgspec.msgpack.encode({37: OWN_REFERENCE})}
    item = world.payment(stan=83, business_date=world.today() - 1, **shown)
    await world.pay(item)
    unnamed = await reverse(world, item, **NAMELESS, original_rrn=OWN_REFERENCE, card=None)
    assert unnamed[0] == Reason.ORIGINAL_DISAGREES, "without its card a reference of nobody's names nothing"
    # Its repeat, a day later, names the same one, which has ended.
    for repeat in (False, True):
        told = await reverse(
            world, item, **NAMELESS, original_rrn=OWN_REFERENCE, stan=OTHER_OWN, repeat=repeat
        )
        assert told == (Reason.APPROVED, rrn_of(item.id))
    assert await state_of(world, item) == State.REVERSED
    assert await verified(world) == HOLDS


async def test_a_reference_that_two_payments_have_or_that_is_of_another_terminal_names_none(
    world: World,
) -> None:
    shown = {"request": msgspec.msgpack.encode({37: OWN_REFERENCE})}
    two = [world.payment(stan=stan, **shown) for stan in (84, 85)]
    elsewhere = world.payment(stan=86, terminal_id=world.directory.terminals[1])
    for item in (*two, elsewhere):
        await world.pay(item)
    told = await reverse(world, two[0], **NAMELESS, original_rrn=OWN_REFERENCE)
    assert told[0] == Reason.ORIGINAL_DISAGREES
    told = await reverse(
        world,
        elsewhere,
        **NAMELESS,
        original_rrn=rrn_of(elsewhere.id),
        terminal_id=world.directory.terminals[0],
        stan=OTHER_OWN,
    )
    assert told[0] == Reason.ORIGINAL_DISAGREES
    for item in (*two, elsewhere):
        assert await state_of(world, item) == State.APPROVED
    assert await verified(world) == HOLDS
