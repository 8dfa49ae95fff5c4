"""What a terminal did without asking has happened: it is booked, or a person is shown it, and never simply declined."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.contracts.host_matters import SaidByTerminal
from core.contracts.payment import REFUSED_FACT, RefusedFact
from core.contracts.reasons import Reason
from core.contracts.references import Money
from core.contracts.states import EventKind, Kind, State
from core.transactions.bookings import dead_letters
from core.values.card_numbers import hide_card_numbers
from core.values.clock import from_unix_us, paris_date
from core.values.ids import encode_id, rrn_of
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.test_matters import close, only_matter, page_of
from tests.integration.core.transactions.test_naming import MASTERCARD, original_of
from tests.integration.core.transactions.world import World

OWN = "633221000531"
"""A reference as terminals make them: last digit of the year, day of the year, hour, trace number."""


def bearing(reference: str) -> dict[str, bytes]:
    """Return what a terminal's own message is with data element 37 in it."""
    return {"request": msgspec.msgpack.encode({37: reference})}


def nobodys(world: World) -> str:
    """Return a reference that has the shape of ours and is of no message."""
    return rrn_of(world.new_id())


async def doubts(world: World, attempt_id: bytes) -> list[str]:
    return [e["cause"] for e in await world.events(attempt_id) if e["kind"] == EventKind.DOUBTED]


async def letters(world: World) -> int:
    return await world.owner.fetchval("SELECT count(*) FROM dead_letter") or 0


# A reference that names nothing.


async def test_a_sale_off_line_with_a_reference_of_its_terminal_is_booked_and_told_the_host(
    world: World,
) -> None:
    asked = world.booking(Kind.COMPLETION, original_rrn=OWN, amount_minor=3_100)
    reply = await world.book(asked)
    assert (reply.reason, reply.approved_minor, reply.rrn) == (Reason.APPROVED, 3_100, rrn_of(asked.id))
    row = await world.row(asked.id)
    assert (row["kind"], row["state"], row["original_id"]) == (Kind.ADVICE, State.APPROVED, None)
    assert await doubts(world, asked.id) == [], "terminals number what they do: nobody need look"
    assert (await page_of(world)).data == []
    await world.deliver()
    assert [one.amount_minor for one in world.host.messages("0220")] == [3_100]
    assert (await world.book(world.again(asked, repeat=True))).rrn == reply.rrn
    await drained(world)


async def test_a_sale_under_an_unknown_reference_is_shown_where_a_hold_of_its_card_waits(
    world: World,
) -> None:
    hold = world.authorisation()
    await world.pay(hold)
    asked = world.booking(Kind.COMPLETION, original_rrn=OWN)
    assert (await world.book(asked)).reason == Reason.APPROVED
    assert (await world.row(hold.id))["state"] == State.APPROVED
    assert await doubts(world, asked.id) == ["reference"]
    matter = await only_matter(world)
    assert (matter.kind, matter.causes) == ("booked_in_doubt", ["reference"])
    await drained(world)


async def test_a_sale_under_a_reference_that_may_have_been_ours_is_shown(world: World) -> None:
    asked = world.booking(Kind.COMPLETION, original_rrn=nobodys(world))
    assert (await world.book(asked)).reason == Reason.APPROVED
    assert await doubts(world, asked.id) == ["reference"]
    await drained(world)


# A reference of the terminal's own that names something.


@pytest.mark.parametrize("sent_at", ["as sent", "unsaid"])
@pytest.mark.parametrize("shown", [OWN, ""], ids=["its own reference", "no reference"])
async def test_a_hold_named_by_number_is_captured_whatever_the_terminal_calls_it(
    world: World, shown: str, sent_at: str
) -> None:
    hold = world.authorisation(amount_minor=8_000, **(bearing(shown) if shown else {}))
    code = (await world.pay(hold)).approval_code
    about = original_of(hold) if sent_at == "as sent" else original_of(hold, original_sent_at="")
    asked = world.completion(hold, original_rrn=OWN, approval_code=code, **about)
    assert (await world.book(asked)).reason == Reason.APPROVED
    row = await world.row(hold.id)
    assert (row["state"], row["captured_minor"]) == (State.CAPTURED, 8_000)
    await drained(world)


async def test_a_terminal_that_numbers_each_message_names_its_hold_by_number_and_time(world: World) -> None:
    hold = world.authorisation(**bearing("633221000530"))
    await world.pay(hold)
    untimed = world.completion(hold, original_rrn=OWN, **original_of(hold, original_sent_at=""))
    assert (await world.book(untimed)).reason == Reason.ORIGINAL_DISAGREES
    timed = world.completion(hold, original_rrn=OWN, **original_of(hold))
    assert (await world.book(timed)).reason == Reason.APPROVED
    assert (await world.row(hold.id))["state"] == State.CAPTURED
    await drained(world)


async def test_another_reference_of_ours_contradicts_a_number(world: World) -> None:
    hold = world.authorisation()
    await world.pay(hold)
    asked = world.completion(hold, original_rrn=nobodys(world), **original_of(hold))
    assert (await world.book(asked)).reason == Reason.ORIGINAL_DISAGREES
    assert (await world.row(hold.id))["state"] == State.APPROVED
    await drained(world)


async def test_a_hold_is_found_by_the_reference_that_its_terminal_gave_it(world: World) -> None:
    hold = world.authorisation(amount_minor=8_000, **bearing(OWN))
    await world.pay(hold)
    other = world.authorisation(amount_minor=8_000, **bearing("633221000532"))
    await world.pay(other)
    asked = world.completion(hold, original_rrn=OWN)
    assert (await world.book(asked)).reason == Reason.APPROVED
    states = [(await world.row(one.id))["state"] for one in (hold, other)]
    assert states == [State.CAPTURED, State.APPROVED]
    second = world.completion(hold, original_rrn=OWN)
    assert (await world.book(second)).reason == Reason.ALREADY_CAPTURED, "no second debit"
    await drained(world)


@pytest.mark.parametrize("shown", [OWN, ""], ids=["its own reference", "no reference"])
@pytest.mark.parametrize("by", ["number", "number alone", "reference alone"])
async def test_a_refund_finds_its_payment_by_number_and_by_the_terminals_own_reference(
    world: World, by: str, shown: str
) -> None:
    bought = world.payment(amount_minor=9_130, **(bearing(shown) if shown else {}))
    await world.pay(bought)
    about: dict[str, Any] = {
        "number": {"original_rrn": OWN, **original_of(bought)},
        "number alone": {"original_rrn": "", **original_of(bought)},
        "reference alone": {"original_rrn": OWN},
    }[by]
    reply = await world.pay(world.refund(bought, amount_minor=100, **about))
    found = Reason.ORIGINAL_NOT_FOUND if by == "reference alone" and not shown else Reason.APPROVED
    assert reply.reason == found
    assert (await world.row(bought.id))["refunded_minor"] == (100 if found == Reason.APPROVED else 0)
    await drained(world)


async def test_a_refund_by_number_goes_back_to_no_other_card(world: World) -> None:
    bought = world.payment()
    await world.pay(bought)
    asked = world.refund(bought, original_rrn=OWN, **original_of(bought), card=MASTERCARD)
    assert (await world.pay(asked)).reason == Reason.ORIGINAL_DISAGREES
    assert (await world.row(bought.id))["refunded_minor"] == 0
    await drained(world)


# What is refused all the same.


async def lost(world: World) -> dict[str, Any]:
    return {"original_rrn": "", "original_message_class": 1, "original_stan": 999_998}


async def described_otherwise(world: World) -> dict[str, Any]:
    hold = world.authorisation()
    await world.pay(hold)
    return {"original_rrn": rrn_of(hold.id), "card": MASTERCARD}


async def captured(world: World) -> dict[str, Any]:
    hold = world.authorisation()
    await world.pay(hold)
    await world.book(world.completion(hold))
    return {"original_rrn": rrn_of(hold.id), "approval_code": ""}


async def above_its_hold(world: World) -> dict[str, Any]:
    hold = world.authorisation()
    await world.pay(hold)
    return {"original_rrn": rrn_of(hold.id), "approval_code": "", "amount_minor": hold.amount_minor + 1}


@pytest.mark.parametrize(
    ("situation", "reason"),
    [
        (lost, Reason.ORIGINAL_NOT_FOUND),
        (described_otherwise, Reason.ORIGINAL_DISAGREES),
        (captured, Reason.ALREADY_CAPTURED),
        (above_its_hold, Reason.ORIGINAL_NOT_CAPTURABLE),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
async def test_a_refused_completion_is_shown_once_until_somebody_closes_it(
    world: World, situation: Any, reason: Reason
) -> None:
    asked = world.booking(Kind.COMPLETION, **await situation(world))
    for one in (asked, world.again(asked, repeat=True)):
        assert (await world.book(one)).reason == reason
    assert (await world.row(asked.id))["state"] == State.DECLINED
    matter = await only_matter(world)
    assert (matter.kind, matter.causes) == ("advice_refused", [reason.name.lower()])
    assert (matter.transaction, matter.gives_back) == (encode_id("transaction", asked.id), False)
    assert matter.amount is not None
    assert matter.amount.amount == asked.amount_minor
    await close(world, matter)
    assert (await page_of(world)).data == []
    await drained(world)


async def test_a_refused_completion_that_its_terminal_takes_back_is_over(world: World) -> None:
    asked = world.booking(Kind.COMPLETION, **await lost(world))
    await world.book(asked)
    assert (await only_matter(world)).kind == "advice_refused"
    assert (await world.reverse(asked)).reason == Reason.APPROVED
    assert (await page_of(world)).data == []
    await drained(world)


async def test_what_its_reversal_came_before_is_refused_and_nobody_need_look(world: World) -> None:
    asked = world.booking(Kind.ADVICE)
    assert (await world.reverse(asked)).reason == Reason.APPROVED
    assert (await world.book(asked)).reason == Reason.ALREADY_REVERSED
    assert (await page_of(world)).data == []
    await drained(world)


async def test_a_sale_under_a_number_that_another_one_has_is_kept_once_for_all_its_repeats(
    world: World,
) -> None:
    first = world.booking(Kind.ADVICE)
    await world.book(first)
    other = world.again(first, body_hash=2, amount_minor=4_700)
    for one in (other, world.again(other, repeat=True), world.again(other, repeat=True)):
        assert (await world.book(one)).reason == Reason.REPEAT_DIFFERS
    assert await letters(world) == 1
    matter = await only_matter(world)
    assert (matter.kind, matter.causes) == ("dead_letter", ["advice"])
    assert matter.amount is not None
    assert matter.amount.amount == 4_700
    assert matter.last_result == "another message has its number"
    await drained(world)


async def test_a_refund_given_off_line_is_no_debit_and_is_kept_for_a_person(world: World) -> None:
    asked = world.booking(Kind.ADVICE, gives_back=True, amount_minor=2_500)
    for one in (asked, world.again(asked, repeat=True)):
        assert (await world.book(one)).reason == Reason.INVALID_TRANSACTION
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 0
    matter = await only_matter(world)
    assert (matter.kind, matter.causes, matter.gives_back) == ("dead_letter", ["refund_advice"], True)
    # The store finds the payment again by what its terminal said.
    assert matter.said == SaidByTerminal(
        asked.card.last_four, f"{asked.stan:06}", asked.approval_code, asked.local_time
    )
    assert asked.card.last_four


# Clocks that had stopped.


def stopped(world: World, **changes: Any) -> dict[str, Any]:
    """Return the times of a terminal whose clock began anew half a year ago."""
    day = world.clock.now().date() - timedelta(days=180)
    time = f"{day:%m%d}000005"
    return {"business_date": day.toordinal(), "transmitted_at": time, "local_time": time, **changes}


@pytest.mark.parametrize("kind", [Kind.ADVICE, Kind.COMPLETION])
async def test_a_date_that_cannot_be_right_is_booked_under_the_day_of_arrival_and_shown(
    world: World, kind: Kind
) -> None:
    hold = world.authorisation()
    await world.pay(hold)
    about = original_of(hold, original_sent_at="") if kind == Kind.COMPLETION else {}
    asked = world.booking(kind, **stopped(world, **about), approval_code="")
    assert (await world.book(asked)).reason == Reason.APPROVED
    row = await world.row(asked.id)
    assert row["business_date"] == paris_date(from_unix_us(asked.received_at_us))
    assert (row["kind"], row["local_time"]) == (kind, asked.local_time), "its times stay as they came"
    assert await doubts(world, asked.id) == ["date"]
    assert await letters(world) == 0
    assert (await world.row(hold.id))["state"] == (
        State.CAPTURED if kind == Kind.COMPLETION else State.APPROVED
    )
    await drained(world)


async def test_what_has_no_date_is_known_again_on_the_day_after_where_it_says_that_it_repeats(
    world: World,
) -> None:
    asked = world.booking(Kind.ADVICE, **stopped(world))
    first = await world.book(asked)
    later = msgspec.structs.replace(
        asked, id=world.new_id(), received_at_us=world.now_us() + 23 * 3_600_000_000, repeat=True
    )
    again = await world.book(later)
    assert (again.reason, again.rrn, again.replayed) == (Reason.APPROVED, first.rrn, True)
    assert sorted(await doubts(world, asked.id)) == ["date", "repeated_late"], (
        "its clock may have stood still"
    )
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 1
    await drained(world)


async def test_what_was_booked_without_a_date_is_taken_back_by_the_time_that_it_showed(world: World) -> None:
    asked = world.booking(Kind.ADVICE, **stopped(world))
    await world.book(asked)
    assert (await world.reverse(asked)).reason == Reason.APPROVED
    assert (await world.row(asked.id))["state"] == State.REVERSED
    await drained(world)


# Times that nobody said.


@pytest.mark.parametrize("zone_hours", [0, 1], ids=["UTC", "its own clock"])
@pytest.mark.parametrize("kind", [Kind.PURCHASE, Kind.ADVICE])
async def test_what_did_not_say_when_it_was_sent_is_taken_back_by_the_time_on_its_ticket(
    world: World, kind: Kind, zone_hours: int
) -> None:
    # The clock of the terminal is five minutes slow.
    shown = world.clock.now() - timedelta(minutes=5)
    offset = world_offset(world)
    times = {"transmitted_at": "", "local_time": f"{shown + offset:%m%d%H%M%S}"}
    if kind == Kind.PURCHASE:
        item: Any = world.payment(**times)
        assert (await world.pay(item)).reason == Reason.APPROVED
    else:
        item = world.booking(kind, **times)
        assert (await world.book(item)).reason == Reason.APPROVED
    assert (await world.row(item.id))["transmitted_at"] == ""
    said = f"{shown + offset * zone_hours:%m%d%H%M%S}"
    assert (await world.reverse(item, original_sent_at=said)).reason == Reason.APPROVED
    assert (await world.row(item.id))["state"] == State.REVERSED
    await world.deliver()
    told = world.host.messages("0420")
    asked = [one.transmitted_at for one in world.host.messages("0200")]
    received = f"{from_unix_us(item.received_at_us):%m%d%H%M%S}"
    assert [one.original_transmitted_at for one in told] == [received]
    assert asked == ([received] if kind == Kind.PURCHASE else [])
    await drained(world)


async def test_the_completion_of_a_hold_without_a_time_of_sending_names_to_the_host_what_it_was_told(
    world: World,
) -> None:
    hold = world.authorisation(transmitted_at="")
    await world.pay(hold)
    await world.book(world.completion(hold))
    await world.deliver()
    (asked,), (told,) = world.host.messages("0100"), world.host.messages("0220")
    assert told.original_transmitted_at == asked.transmitted_at != ""
    await drained(world)


def world_offset(world: World) -> timedelta:
    """Return how far the clock of Paris is ahead of UTC now."""
    local = world.times()["local_time"]
    hours = int(local[4:6]) - world.clock.now().hour
    return timedelta(hours=hours % 24)


# First answers.


async def test_a_repeat_is_told_what_was_approved_before_its_terminal_took_a_part_back(world: World) -> None:
    item = world.payment(amount_minor=8_210)
    first = await world.pay(item)
    assert (await world.reverse(item, replacement_minor=3_000)).reason == Reason.APPROVED
    for again in (world.again(item, repeat=True), world.again(item)):
        reply = await world.pay(again)
        assert (reply.reason, reply.approved_minor) == (first.reason, 8_210)
        assert (reply.approval_code, reply.rrn, reply.replayed) == (first.approval_code, first.rrn, True)
    assert (await world.row(item.id))["approved_minor"] == 3_000
    await drained(world)


async def test_the_repeat_of_an_advice_is_told_the_same(world: World) -> None:
    advice = world.booking(Kind.ADVICE, amount_minor=8_210)
    await world.book(advice)
    assert (await world.reverse(advice, replacement_minor=3_000)).reason == Reason.APPROVED
    assert (await world.book(world.again(advice, repeat=True))).approved_minor == 8_210
    await drained(world)


# What edge refuses.


def refused(world: World, **changes: Any) -> RefusedFact:
    """Return an advice whose currency is missing."""
    values: dict[str, Any] = {
        "id": world.new_id(), "terminal_id": world.directory.terminals[0], "message_type": "0220", "stan": 41,
        "local_time": "1127210200", "amount_minor": 4_200, "currency": "EUR", "field": 49, "response_code": "30",
        "received_at_us": world.now_us(), "request": b"\x80",
    }  # fmt: skip
    return RefusedFact(**{**values, **changes})


async def test_what_edge_refuses_is_kept_once_for_all_its_repeats_and_shown(world: World) -> None:
    for message_type in ("0220", "0221", "0221"):
        reply = await world.request(REFUSED_FACT, refused(world, message_type=message_type))
        assert reply.reason == Reason.MESSAGE_REFUSED
    matter = await only_matter(world)
    assert (matter.kind, matter.causes, matter.gives_back) == ("dead_letter", ["advice"], False)
    assert (matter.amount, matter.last_result) == (Money(4_200, "EUR"), "field 49: told 30")
    assert matter.terminal_id is not None
    await close(world, matter)
    taken_back = refused(world, message_type="0420", amount_minor=-1)
    assert (await world.request(REFUSED_FACT, taken_back)).reason == Reason.MESSAGE_REFUSED
    matter = await only_matter(world)
    assert (matter.causes, matter.amount) == (["reversal"], None)


async def test_a_terminal_that_sends_nothing_right_fills_no_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "REFUSED_A_DAY_MAX", 3)
    for stan in range(50, 56):
        assert (await world.request(REFUSED_FACT, refused(world, stan=stan))) is not None
    assert await letters(world) == 4
    said = [row["error"] for row in await world.owner.fetch("SELECT error FROM dead_letter ORDER BY at")]
    no_more = "more than 3 of this terminal in a day, and no more of them are kept: "
    assert [each.startswith(no_more) for each in said] == [False, False, False, True]
    other = refused(world, stan=60, terminal_id=world.directory.terminals[1])
    assert (await world.request(REFUSED_FACT, other)) is not None
    assert await letters(world) == 5, "the bound is of one terminal"


async def test_what_a_kept_message_is_known_by_never_looks_like_a_card(world: World) -> None:
    # Number, time and amount side by side: sixteen digits that pass the check of a card's.
    fact = refused(world, stan=22, local_time="1129054643", amount_minor=3_135)
    assert hide_card_numbers("22 1129054643 3135") != "22 1129054643 3135"
    await world.request(REFUSED_FACT, fact)
    await world.request(REFUSED_FACT, refused(world, stan=22, local_time="1129054643", amount_minor=3_136))
    errors = [row["error"] for row in await world.owner.fetch("SELECT error FROM dead_letter")]
    assert len(set(errors)) == 2
    assert [hide_card_numbers(error) for error in errors] == errors
