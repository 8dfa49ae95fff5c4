"""Two messages that are alike under one number: one that was said again, or two of which neither may be lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from core.contracts.payment import REFUSED_FACT, Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.values.ids import rrn_of
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.test_advised import dated
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.test_matters import only_matter
from tests.integration.core.transactions.test_naming import MASTERCARD, original_of
from tests.integration.core.transactions.test_offline_facts import OWN, bearing, doubts, letters, refused
from tests.integration.core.transactions.world import World, until

NEXT_OWN = "633221000532"


def sent(world: World, hours: float) -> dict[str, Any]:
    """Return the times of a terminal in Paris so many hours ago, on the day of now."""
    return dated(world, -hours / 24) | {"business_date": world.today()}  # pyright: ignore


def of_type(mti: str, **elements: str) -> bytes:
    """Return a terminal's own message of that type."""
    return msgspec.msgpack.encode({0: mti} | {int(each[1:]): value for each, value in elements.items()})


async def grow_older(world: World, hours: float) -> None:
    """Let all that is recorded have come so many hours earlier."""
    await world.owner.execute(
        "UPDATE attempt SET received_at = received_at - $1::interval", timedelta(hours=hours)
    )


async def sales(world: World) -> int:
    return (
        await world.owner.fetchval(
            "SELECT count(*) FROM attempt WHERE kind IN (5, 6) AND state IN (3, 4, 8, 9, 10)"
        )
        or 0
    )


async def kept_once(world: World, *asked: Book) -> None:
    """Send messages of which each is told 94; one letter stands for all."""
    for one in asked:
        assert (await world.book(one)).reason == Reason.REPEAT_DIFFERS
    assert await letters(world) == 1
    assert (await only_matter(world)).causes == ["advice"]


# What a terminal sold off line after it had asked under that number.


@pytest.mark.parametrize("class_", [1, 2])
@pytest.mark.parametrize("how", ["as sent", "code and reference of its own", "stamped anew"])
@pytest.mark.parametrize("ended", [behaviour.SILENT, behaviour.DECLINE, "taken back"])
async def test_what_was_sold_off_line_after_its_request_failed_is_kept_for_a_person(
    world: World, ended: str, how: str, class_: int
) -> None:
    if ended != "taken back":
        world.host.script.append(ended)
    asked = world.payment() if class_ == 2 else world.authorisation()
    await world.pay(asked)
    if ended == "taken back":
        await world.reverse(asked)
    sold: dict[str, Any] = {
        "as sent": {"approval_code": ""},
        "code and reference of its own": {"kind": int(Kind.COMPLETION), "original_rrn": OWN},
        "stamped anew": {"repeat": True, **sent(world, -0.01)},
    }[how]
    values: dict[str, Any] = {"stan": asked.stan, "message_class": class_, "local_time": asked.local_time}
    values = {"transmitted_at": asked.transmitted_at, **values, **sold}
    advice = world.booking(values.pop("kind", Kind.ADVICE), **values)
    for one in (advice, world.again(advice, repeat=True, **sent(world, -0.02))):
        assert (await world.book(one)).reason == Reason.REPEAT_DIFFERS
    assert await letters(world) == 1
    await world.deliver()
    await drained(world)


async def test_what_was_sold_off_line_while_its_request_is_under_way_is_kept_for_a_person(
    world: World,
) -> None:
    world.host.script.append(behaviour.HOLD)
    asked = world.payment()
    world.send(asked)
    await until(lambda: asked.id in world.host.held)
    times = {"transmitted_at": asked.transmitted_at, "local_time": asked.local_time}
    await kept_once(world, world.booking(Kind.ADVICE, stan=asked.stan, **times))
    world.host.held.pop(asked.id)()
    await world.answer_to(asked)
    await drained(world)


async def test_the_advice_of_a_payment_that_stands_is_no_second_sale(world: World) -> None:
    asked = world.payment()
    first = await world.pay(asked)
    times = {"transmitted_at": asked.transmitted_at, "local_time": asked.local_time}
    told = await world.book(world.booking(Kind.ADVICE, stan=asked.stan, **times))
    assert (told.reason, told.rrn, told.approved_minor) == (Reason.APPROVED, first.rrn, 1_250)
    assert (await sales(world), await letters(world)) == (0, 0)
    await drained(world)


async def test_a_payment_that_stands_only_in_part_was_not_sold_by_its_advice(world: World) -> None:
    world.host.script.append(behaviour.PARTIAL)
    asked = world.payment(partial_ok=True)
    await world.pay(asked)
    times = {"transmitted_at": asked.transmitted_at, "local_time": asked.local_time}
    await kept_once(world, world.booking(Kind.ADVICE, stan=asked.stan, **times))
    await drained(world)


async def test_a_sale_under_the_number_of_what_was_taken_back_yesterday_is_a_sale(world: World) -> None:
    asked = world.payment(**dated(world, -1))
    await world.pay(asked)
    await world.reverse(asked)
    advice = world.booking(Kind.ADVICE, stan=asked.stan, repeat=True)
    assert (await world.book(advice)).reason == Reason.APPROVED
    assert (await sales(world), await letters(world)) == (1, 0)
    await world.deliver()
    await drained(world)


# A first sending after another one's repeat.


async def test_a_first_sending_is_not_overtaken_by_the_repeat_of_an_earlier_sale(world: World) -> None:
    said = {"approval_code": ""}
    first = world.booking(Kind.ADVICE, repeat=True, request=of_type("0221"), **said, **sent(world, 0.2))
    await world.book(first)
    second = world.booking(Kind.ADVICE, stan=first.stan, request=of_type("0220"), **said)
    await kept_once(world, second)
    assert await sales(world) == 1
    await drained(world)


async def test_over_midnight_a_first_sending_after_the_repeat_of_another_sale_is_a_sale(world: World) -> None:
    first = world.booking(Kind.ADVICE, repeat=True, request=of_type("0221"), **dated(world, -1))
    await world.book(first)
    await grow_older(world, 9)
    second = world.booking(Kind.ADVICE, stan=first.stan, request=of_type("0220"))
    assert (await world.book(second)).rrn == rrn_of(second.id)
    assert (await sales(world), await letters(world)) == (2, 0)
    await drained(world)


# What a message names.


async def two_holds(world: World, **of_both: Any) -> list[tuple[Any, str]]:
    """Return two holds with their approval codes; the terminal gave each a reference of its own."""
    found: list[tuple[Any, str]] = []
    for reference in (OWN, NEXT_OWN):
        hold = world.authorisation(**bearing(reference), **of_both)
        await world.pay(hold)
        code = reference[-6:]
        await world.owner.execute(
            "UPDATE attempt SET approval_code = $2 WHERE id = $1", UUID(bytes=hold.id), code
        )
        found.append((hold, code))
    return found


def naming(hold: Any, code: str, by: str) -> dict[str, Any]:
    """Return how a completion names a hold, with its own message."""
    if by == "code":
        return {"approval_code": code, "request": {38: code}}
    if by == "own reference":
        own = msgspec.msgpack.decode(hold.request)[37]
        return {"approval_code": "", "original_rrn": own, "request": {37: own}}
    about = original_of(hold)
    elements = f"0100{hold.stan:06d}{hold.transmitted_at}{'0' * 22}"
    return {"approval_code": "", **about, "request": {90: elements}}


@pytest.mark.parametrize("by", ["code", "own reference", "number and time"])
@pytest.mark.parametrize("types", [("0220", "0221"), ("0221", "0220")], ids=["repeat", "overtaken"])
async def test_the_completion_of_another_hold_is_told_no_answer_of_the_first_ones(
    world: World, types: tuple[str, str], by: str
) -> None:
    holds = await two_holds(world)
    if by == "number and time":
        # One number on two days, under which the terminal's counter began anew.
        for place, (hold, _) in enumerate(holds):
            times = dated(world, place - 1)
            hold.transmitted_at = times["transmitted_at"]
            await world.owner.execute(
                "UPDATE attempt SET stan = $2, transmitted_at = $3, local_time = $4, business_date = $5 "
                "WHERE id = $1",
                UUID(bytes=hold.id),
                holds[0][0].stan,
                times["transmitted_at"],
                times["local_time"],
                world.clock.now().date() + timedelta(days=place - 1),
            )
        holds[1][0].stan = holds[0][0].stan
    stan = next(world.stans)
    for place, ((hold, code), mti) in enumerate(zip(holds, types, strict=True)):
        said = naming(hold, code, by)
        said["request"] = msgspec.msgpack.encode({0: mti, **said["request"]})
        # The overtaken one was sent before what came first.
        hours = 0.2 * (1 - place) if types[0] == "0220" else 0.2 * place
        said |= sent(world, hours)
        kind = Kind.ADVICE if by == "code" else Kind.COMPLETION
        asked = world.booking(kind, stan=stan, repeat=mti == "0221", **said)
        told = await world.book(asked)
        assert told.reason == (Reason.REPEAT_DIFFERS if place else Reason.APPROVED)
    states = [(await world.row(hold.id))["state"] for hold, _ in holds]
    assert states == [State.CAPTURED, State.APPROVED]
    assert (await only_matter(world)).kind == "dead_letter"
    await drained(world)


async def test_a_plain_sale_is_no_repeat_of_a_completion(world: World) -> None:
    hold = world.authorisation()
    await world.pay(hold)
    done = world.completion(hold)
    await world.book(done)
    plain = world.booking(Kind.ADVICE, stan=done.stan, repeat=True, approval_code="", **sent(world, -0.01))
    await kept_once(world, plain)
    await drained(world)


async def test_the_refund_of_another_payment_is_told_no_answer_of_the_first_ones(world: World) -> None:
    bought = [world.payment(**bearing(reference)) for reference in (OWN, NEXT_OWN)]
    for one in bought:
        await world.pay(one)
    first = world.refund(bought[0], original_rrn=OWN)
    assert (await world.pay(first)).reason == Reason.APPROVED
    second = world.refund(bought[1], original_rrn=NEXT_OWN, stan=first.stan, repeat=True)
    assert (await world.pay(second)).reason == Reason.REPEAT_DIFFERS
    assert [(await world.row(one.id))["refunded_minor"] for one in bought] == [1_250, 0]
    assert (await world.pay(world.again(first, repeat=True))).rrn == rrn_of(first.id)
    await drained(world)


@pytest.mark.parametrize("by", ["number", "our reference", "code"])
async def test_a_repeat_that_names_a_hold_is_not_booked_beside_the_sale_that_its_first_was(
    world: World, by: str
) -> None:
    hold = world.authorisation()
    code = (await world.pay(hold)).approval_code
    sold = world.booking(Kind.ADVICE, approval_code="", request=of_type("0220"), **dated(world, -1))
    await world.book(sold)
    await grow_older(world, 6)
    more: dict[str, Any] = {
        "number": {"kind": int(Kind.COMPLETION), **original_of(hold)},
        "our reference": {"kind": int(Kind.COMPLETION), "original_rrn": rrn_of(hold.id)},
        "code": {"approval_code": code},
    }[by]
    await kept_once(world, world.again(sold, repeat=True, **dated(world, 0), **more))
    assert await sales(world) == 1
    assert (await world.row(hold.id))["state"] == State.APPROVED
    await drained(world)


# What was not sold.


@pytest.mark.parametrize("days", [0, -1])
@pytest.mark.parametrize("codes", [("Z1", ""), ("", "Z1")], ids=["first declined", "repeat declined"])
async def test_a_repeat_that_says_sold_where_its_first_said_declined_is_kept(
    world: World, codes: tuple[str, str], days: int
) -> None:
    first = world.booking(Kind.ADVICE, declined_code=codes[0], **dated(world, days))
    await world.book(first)
    again = world.again(first, repeat=True, declined_code=codes[1], **dated(world, 0))
    await kept_once(world, again)
    assert await sales(world) == (0 if codes[0] else 1)
    await drained(world)


# Clocks.


@pytest.mark.parametrize(
    ("shown", "days_later"),
    [
        ({"local_time": "0000000000", "date_unreadable": True}, 1),
        ({"local_time": "0101000000", "date_unreadable": True}, 1),
        ({"local_time": "0101000000", "transmitted_at": "0101000000", "date_unreadable": True}, 9),
    ],
    ids=["zeros and a time of sending", "never set, and a time of sending", "never set at all"],
)
async def test_what_a_clock_that_always_shows_one_time_sells_on_two_days_is_two_sales(
    world: World, shown: dict[str, Any], days_later: int
) -> None:
    first = world.booking(Kind.ADVICE, **{**dated(world, -1), **shown})
    await world.book(first)
    await world.owner.execute(
        "UPDATE attempt SET received_at = received_at - $1::interval, business_date = business_date - 1",
        timedelta(days=days_later),
    )
    second = world.booking(Kind.ADVICE, stan=first.stan, **{**dated(world, 0), **shown})
    assert (await world.book(second)).rrn == rrn_of(second.id)
    assert await sales(world) == 2


async def test_what_shows_no_time_at_all_twice_in_a_week_is_booked_once_and_shown(world: World) -> None:
    never = {"local_time": "0101000000", "transmitted_at": "0101000000", "date_unreadable": True}
    first = world.booking(Kind.ADVICE, **never)
    await world.book(first)
    await world.owner.execute(
        "UPDATE attempt SET received_at = received_at - interval '2 days', business_date = business_date - 2"
    )
    again = world.again(first)
    assert (await world.book(again)).reason == Reason.REPEAT_DIFFERS
    assert (await sales(world), await letters(world)) == (1, 1)


# At one moment.


@pytest.mark.parametrize("ahead", [0, 1], ids=["first before repeat", "repeat before first"])
async def test_a_first_sending_and_its_repeat_of_another_day_at_one_moment_are_booked_once(
    world: World, ahead: int
) -> None:
    for _ in range(8):
        asked = world.booking(Kind.ADVICE, request=of_type("0220"), **dated(world, -4))
        again = world.again(asked, repeat=True, request=of_type("0221"), **dated(world, 0))
        both = (asked, again) if ahead == 0 else (again, asked)
        told = await asyncio.gather(*map(world.book, both))
        assert {one.reason for one in told} == {Reason.APPROVED}
        assert len({one.rrn for one in told}) == 1
    assert (await sales(world), await letters(world)) == (8, 0)
    await drained(world)


async def test_what_waits_for_a_table_is_booked_once_though_its_terminal_repeats_meanwhile(
    world: World,
) -> None:
    asked = world.booking(Kind.ADVICE, request=of_type("0220"), **dated(world, -2))
    again = world.again(asked, repeat=True, request=of_type("0221"), **dated(world, 0))
    async with world.owner.transaction():
        await world.owner.execute("LOCK TABLE attempt IN ACCESS EXCLUSIVE MODE")
        first = asyncio.ensure_future(world.book(asked))
        await asyncio.sleep(0.3)
        second = asyncio.ensure_future(world.book(again))
        await asyncio.sleep(0.3)
    told = [await first, await second]
    assert [(one.reason, one.rrn) for one in told] == [(Reason.APPROVED, rrn_of(asked.id))] * 2
    assert await sales(world) == 1
    await drained(world)


async def test_a_refund_and_its_repeat_of_another_day_at_one_moment_give_back_once(world: World) -> None:
    bought = world.payment()
    await world.pay(bought)
    for _ in range(3):
        asked = world.refund(bought, amount_minor=100, request=of_type("0200"), **dated(world, -1))
        again = world.again(asked, repeat=True, request=of_type("0201"), **dated(world, 0))
        world.send(asked)
        world.send(again)
        told = [await world.answer_to(one) for one in (asked, again)]
        assert {one.reason for one in told} == {Reason.APPROVED}
        assert len({one.rrn for one in told}) == 1
    assert (await world.row(bought.id))["refunded_minor"] == 300
    await drained(world)


# What is kept, once.


async def test_a_conflict_is_kept_once_however_its_repeats_are_stamped(world: World) -> None:
    first = world.booking(Kind.ADVICE)
    await world.book(first)
    other = world.booking(Kind.ADVICE, stan=first.stan, amount_minor=4_700, body_hash=2)
    anew = [world.again(other, repeat=True, **sent(world, -place / 100)) for place in range(1, 5)]
    await kept_once(world, other, *anew)
    another = world.again(other, local_time=sent(world, -0.1)["local_time"])
    assert (await world.book(another)).reason == Reason.REPEAT_DIFFERS
    assert await letters(world) == 2, "a first sending at another time is another sale"
    await drained(world)


async def test_money_given_back_off_line_is_kept_once_however_its_repeats_are_stamped(world: World) -> None:
    asked = world.booking(Kind.ADVICE, gives_back=True)
    for place in range(5):
        again = world.again(asked, repeat=place > 0, **sent(world, -place / 100))
        assert (await world.book(again)).reason == Reason.INVALID_TRANSACTION
    assert await letters(world) == 1


@pytest.mark.parametrize("message_type", ["0220", "0400"])
async def test_two_refused_facts_that_show_only_when_they_were_sent_are_both_kept(
    world: World, message_type: str
) -> None:
    said = {2: "497010******0014", 3: "500000"}

    def of(day: int, card: str) -> Any:
        elements = {**said, 2: card, 7: dated(world, day)["transmitted_at"]}
        return refused(
            world, message_type=message_type, local_time="", request=msgspec.msgpack.encode(elements)
        )

    for one in (of(-1, said[2]), of(-1, said[2]), of(0, said[2]), of(0, "555555******4444")):
        assert (await world.request(REFUSED_FACT, one)).reason == Reason.MESSAGE_REFUSED
    assert await letters(world) == 3


# The approval code of a payment.


@pytest.mark.parametrize("reference", ["", OWN])
async def test_a_sale_under_the_approval_code_of_a_payment_of_its_card_is_shown(
    world: World, reference: str
) -> None:
    bought = world.payment()
    code = (await world.pay(bought)).approval_code
    kind = Kind.COMPLETION if reference else Kind.ADVICE
    asked = world.booking(kind, approval_code=code.lstrip("0"), original_rrn=reference)
    assert (await world.book(asked)).reason == Reason.APPROVED
    assert await doubts(world, asked.id) == ["like_one_paid"]
    assert (await only_matter(world)).causes == ["like_one_paid"]
    await drained(world)


@pytest.mark.parametrize("amount_minor", [900, 2_250], ids=["less", "with a tip"])
async def test_a_sale_of_another_amount_under_the_approval_code_of_a_payment_is_shown(
    world: World, amount_minor: int
) -> None:
    code = (await world.pay(world.payment())).approval_code
    asked = world.booking(Kind.ADVICE, approval_code=code, amount_minor=amount_minor)
    await world.book(asked)
    assert await doubts(world, asked.id) == ["like_one_paid"]
    await drained(world)


@pytest.mark.parametrize("change", [{"card": MASTERCARD}, {"approval_code": "OFF1"}])
async def test_a_sale_of_another_card_or_code_than_a_payment_is_nobodys_matter(
    world: World, change: dict[str, Any]
) -> None:
    code = (await world.pay(world.payment())).approval_code
    asked = world.booking(Kind.ADVICE, **{"approval_code": code, **change})
    await world.book(asked)
    assert await doubts(world, asked.id) == []
    await drained(world)
