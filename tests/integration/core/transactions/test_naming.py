"""A completion and a refund name their original, and all that they say of it must be true of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.contracts.payment import Authorise
from core.contracts.reasons import Reason
from core.contracts.states import EventKind, Kind, State
from core.values.ids import rrn_of
from tests.integration.core.transactions.test_bookings import drained
from tests.integration.core.transactions.world import CARD, World

MASTERCARD = msgspec.structs.replace(CARD, fingerprint=7_777, bin="555555", last_four="4444")


def original_of(hold: Authorise, **changes: Any) -> dict[str, Any]:
    """Return what data element 90 says of a message."""
    return {
        "original_message_class": hold.message_class,
        "original_stan": hold.stan,
        "original_sent_at": hold.transmitted_at,
        **changes,
    }


@pytest.mark.parametrize("sent_at", ["as sent", "local", "unsaid"])
async def test_a_completion_that_names_its_hold_by_number_and_time_captures_it(
    world: World, sent_at: str
) -> None:
    hold = world.authorisation(amount_minor=9_105)
    code = (await world.pay(hold)).approval_code
    said = {"as sent": hold.transmitted_at, "local": hold.local_time, "unsaid": ""}[sent_at]
    about = original_of(hold, original_sent_at=said)
    asked = world.completion(hold, original_rrn="", approval_code=code, **about)
    assert (await world.book(asked)).reason == Reason.APPROVED
    row = await world.row(hold.id)
    assert (row["state"], row["captured_minor"]) == (State.CAPTURED, 9_105)
    held = await world.owner.fetchval("SELECT sum(amount_minor) FROM ledger_entry WHERE leg = 1")
    assert held == 9_105, "one debit, not two"
    assert (await world.book(asked)).replayed
    await drained(world)


@pytest.mark.parametrize(
    "change",
    [{"original_stan": 999_998}, {"original_message_class": 2}, {"original_sent_at": "1"}],
    ids=["number", "type", "time"],
)
async def test_a_hold_that_is_named_and_not_there_is_told_25_and_nothing_is_booked(
    world: World, change: dict[str, Any]
) -> None:
    hold = world.authorisation()
    await world.pay(hold)
    if "original_sent_at" in change:
        change = {"original_sent_at": f"{world.clock.now() - timedelta(minutes=15):%m%d%H%M%S}"}
    asked = world.completion(hold, original_rrn="", **original_of(hold, **change))
    assert (await world.book(asked)).reason == Reason.ORIGINAL_NOT_FOUND
    assert (await world.row(hold.id))["state"] == State.APPROVED
    await drained(world)


@pytest.mark.parametrize("by_reference", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        {"approval_code": "NOTOUR"},
        {"card": msgspec.structs.replace(CARD, expiry="3001")},
        {"card": MASTERCARD},
        {"currency": "USD"},
    ],
    ids=["approval code", "expiry", "card", "currency"],
)
async def test_a_completion_that_contradicts_its_hold_captures_nothing(
    world: World, change: dict[str, Any], *, by_reference: bool
) -> None:
    hold = world.authorisation()
    await world.pay(hold)
    names = {} if by_reference else {"original_rrn": "", **original_of(hold)}
    asked = world.completion(hold, **{**names, **change})
    assert (await world.book(asked)).reason == Reason.ORIGINAL_DISAGREES
    assert (await world.row(hold.id))["state"] == State.APPROVED
    await drained(world)


@pytest.mark.parametrize(
    "change",
    [{"original_stan": 999_998}, {"original_sent_at": "0102030405"}, {"original_message_class": 2}],
    ids=["number", "time", "type"],
)
async def test_a_reference_and_another_number_are_no_permission(world: World, change: dict[str, Any]) -> None:
    hold = world.authorisation()
    await world.pay(hold)
    asked = world.completion(hold, **original_of(hold, **change))
    assert (await world.book(asked)).reason == Reason.ORIGINAL_DISAGREES
    assert (await world.row(hold.id))["state"] == State.APPROVED


@pytest.mark.parametrize(
    "change",
    [{"approval_code": "NOTOUR"}, {"original_stan": 999_998}, {"original_sent_at": "0102030405"}],
    ids=["approval code", "number", "time"],
)
async def test_a_refund_that_contradicts_its_payment_gives_nothing_back(
    world: World, change: dict[str, Any]
) -> None:
    bought = world.payment()
    code = (await world.pay(bought)).approval_code
    about = {"approval_code": code, **original_of(bought)}
    assert (await world.pay(world.refund(bought, **{**about, **change}))).reason == Reason.ORIGINAL_DISAGREES
    assert (await world.row(bought.id))["refunded_minor"] == 0
    assert (await world.pay(world.refund(bought, **about))).reason == Reason.APPROVED
    await drained(world)


async def test_what_nothing_is_said_of_is_an_advice(world: World) -> None:
    hold = world.authorisation()
    await world.pay(hold)
    advice = world.booking(Kind.ADVICE, approval_code="OFF123")
    assert (await world.book(advice)).rrn == rrn_of(advice.id)
    assert (await world.row(hold.id))["state"] == State.APPROVED


async def test_what_happened_in_dinars_or_on_no_date_is_booked_for_a_person(world: World) -> None:
    dinars = world.booking(Kind.ADVICE, currency="KWD", amount_minor=1_250)
    undated = world.booking(
        Kind.ADVICE, local_time="0229101112", transmitted_at="0229101112", date_unreadable=True
    )
    nameless = world.booking(Kind.ADVICE, currency="001")
    causes: list[list[str]] = []
    for asked in (dinars, undated, nameless):
        assert (await world.book(asked)).reason == Reason.APPROVED
        causes.append([e["cause"] for e in await world.events(asked.id) if e["kind"] == EventKind.DOUBTED])
    assert causes == [["currency"], ["date"], ["currency"]]
    await world.deliver()
    told = {request.stan: request for request in world.host.messages("0220")}
    assert told[undated.stan].transmitted_at[:4] == f"{world.clock.now():%m%d}", "the host is told a date"
    assert (await world.reverse(undated, original_sent_at="0229101112")).reason == Reason.APPROVED
    assert (await world.row(undated.id))["state"] == State.REVERSED


async def test_an_amount_of_zero_takes_back_nothing_that_was_for_more(world: World) -> None:
    item = world.payment(amount_minor=9_704)
    await world.pay(item)
    assert (await world.reverse(item, amount_minor=0)).reason == Reason.ORIGINAL_DISAGREES
    assert (await world.row(item.id))["state"] == State.APPROVED
    assert (await world.reverse(item, amount_minor=-1)).reason == Reason.APPROVED
    await drained(world)
