"""Hosts that answer anything: what is unclear is reversed, what they refuse or say on their own waits for a person."""

from __future__ import annotations

import pytest

from core.contracts.host_messages import HOST_SAYS, HostMessageKind, HostSays
from core.contracts.payment import (
    DELIVERY_ACCEPTED,
    DELIVERY_AGAIN,
    DELIVERY_NO_ORIGINAL,
    DELIVERY_REFUSED,
)
from core.contracts.reasons import Reason
from core.contracts.states import EventKind, Kind, State
from core.values.ids import rrn_of
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.invariants import check_books_agree, check_invariants
from tests.integration.core.transactions.world import World


@pytest.mark.parametrize(
    ("mood", "reason", "cause", "code"),
    [
        (behaviour.ODD_CODE, Reason.HOST_CODE_UNKNOWN, "host 77", "77"),
        (behaviour.OTHER_AMOUNT, Reason.HOST_ANSWER_DIFFERS, "answer differs: amount", "00"),
        (behaviour.OTHER_CARD, Reason.HOST_ANSWER_DIFFERS, "answer differs: card", "00"),
        (behaviour.LOOSE_AMOUNT, Reason.HOST_ANSWER_DIFFERS, "host 00", "00"),
    ],
)
async def test_an_answer_that_settles_nothing_is_told_as_none_and_reversed(
    world: World, mood: str, reason: Reason, cause: str, code: str
) -> None:
    world.host.script.append(mood)
    item = world.payment()
    reply = await world.pay(item)
    assert (reply.reason, reply.approved_minor, reply.approval_code) == (Reason.HOST_NO_REPLY, 0, "")
    row = await world.row(item.id)
    assert (row["state"], row["reason"], row["approved_minor"], row["host_code"]) == (
        State.UNKNOWN,
        reason,
        0,
        code,
    )
    (event,) = await world.events(item.id)
    assert (event["kind"], event["cause"]) == (EventKind.TIMED_OUT, cause)
    assert event["detail"].startswith(b"\x93")  # The terminal's message, and both of the exchange.
    await world.deliver()
    assert (await world.row(item.id))["state"] == State.REVERSED
    assert world.host.book[reply.rrn].reversed
    await check_invariants(world)
    await check_books_agree(world)


async def test_a_refund_that_is_answered_otherwise_than_asked_is_reversed_and_given_back(
    world: World,
) -> None:
    paid = world.payment()
    await world.pay(paid)
    world.host.script.append(behaviour.OTHER_AMOUNT)
    refund = world.refund(paid)
    assert (await world.pay(refund)).reason == Reason.HOST_NO_REPLY
    await world.deliver()
    assert (await world.row(refund.id))["state"] == State.REVERSED
    assert (await world.row(paid.id))["refunded_minor"] == 0
    await check_invariants(world)


async def unknown(world: World) -> bytes:
    """Pay, hear nothing, and return the attempt whose reversal is due."""
    world.host.script.append(behaviour.SILENT)
    item = world.payment()
    await world.pay(item)
    return item.id


async def owed(world: World, attempt_id: bytes) -> tuple[bool, bool, str]:
    """Return whether its delivery is over, whether it was refused for good, and the last result."""
    row = await world.owner.fetchrow(
        "SELECT * FROM delivery WHERE attempt_id = $1", (await world.row(attempt_id))["id"]
    )
    assert row is not None
    return row["accepted_at"] is not None, row["refused_at"] is not None, row["last_result"]


@pytest.mark.parametrize(
    ("code", "meant"), [("00", DELIVERY_ACCEPTED), ("94", DELIVERY_ACCEPTED), ("25", DELIVERY_NO_ORIGINAL)]
)
async def test_a_reversal_is_over_when_it_is_done_or_there_was_nothing_to_undo(
    world: World, code: str, meant: int
) -> None:
    attempt_id = await unknown(world)
    world.host.delivery_codes.append((code, meant))
    await world.deliver()
    assert await owed(world, attempt_id) == (True, False, f"code {code}")
    assert (await world.row(attempt_id))["state"] == State.REVERSED
    assert (await world.events(attempt_id))[-1]["cause"] == f"host {code}"
    await world.make_due()
    assert await world.deliver() == 0


async def test_a_reversal_that_is_refused_for_good_waits_for_a_person_and_is_not_sent_again(
    world: World,
) -> None:
    attempt_id = await unknown(world)
    world.host.delivery_codes.append(("57", DELIVERY_REFUSED))
    await world.deliver()
    assert await owed(world, attempt_id) == (False, True, "code 57")
    assert (await world.events(attempt_id))[-1]["kind"] == EventKind.DELIVERY_REFUSED
    await world.make_due()
    assert await world.deliver() == 0
    assert (await world.row(attempt_id))["state"] == State.UNKNOWN


async def test_what_no_message_can_be_made_of_waits_for_a_person_and_is_not_tried_again(world: World) -> None:
    attempt_id = await unknown(world)
    world.host.unwritable_deliveries = True
    await world.deliver()
    assert await owed(world, attempt_id) == (False, True, "cannot be written")
    event = (await world.events(attempt_id))[-1]
    assert (event["kind"], event["cause"]) == (EventKind.DELIVERY_REFUSED, "cannot be written")
    await world.make_due()
    assert await world.deliver() == 0


async def test_a_host_that_cannot_find_what_it_approved_has_not_taken_it_back(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    await world.cancel(item)
    world.host.delivery_codes.append(("25", DELIVERY_NO_ORIGINAL))
    await world.deliver()
    assert await owed(world, item.id) == (False, True, "code 25")


async def test_a_reversal_that_the_host_cannot_take_now_is_sent_again(world: World) -> None:
    attempt_id = await unknown(world)
    world.host.delivery_codes.append(("91", DELIVERY_AGAIN))
    await world.deliver()
    assert await owed(world, attempt_id) == (False, False, "code 91")
    await world.make_due()
    await world.deliver()
    assert (await world.row(attempt_id))["state"] == State.REVERSED


async def test_tries_that_never_left_do_not_make_a_refusal_last(world: World) -> None:
    """After an outage of the link one "not now" must not put everything off for hours."""
    attempt_id = await unknown(world)
    await world.owner.execute("UPDATE delivery SET tries = 15")
    world.host.delivery_codes.append(("91", DELIVERY_AGAIN))
    await world.make_due()
    await world.deliver()
    waits = await world.owner.fetchval(
        "SELECT extract(epoch FROM due_at - clock_timestamp()) FROM delivery WHERE attempt_id = $1",
        (await world.row(attempt_id))["id"],
    )
    assert waits is not None
    assert 0 < waits <= 2


async def test_an_advice_whose_original_the_host_does_not_find_is_refused(world: World) -> None:
    advice = world.booking(Kind.ADVICE)
    await world.book(advice)
    world.host.delivery_codes.append(("25", DELIVERY_NO_ORIGINAL))
    await world.deliver()
    assert await owed(world, advice.id) == (False, True, "code 25")


async def test_what_a_host_says_is_kept_once_with_the_payment_that_it_names(world: World) -> None:
    paid = world.payment()
    await world.pay(paid)
    says = HostSays(
        acquirer="acq1",
        kind=HostMessageKind.REVERSAL,
        key=b"k" * 16,
        reference=rrn_of(paid.id),
        terminal="T0000001",
        amount_minor=1250,
        currency="978",
        host_date="",
        received_at_us=world.now_us(),
        message=b"\x80",
    )
    assert (await world.request(HOST_SAYS, says)).known is False
    assert (await world.request(HOST_SAYS, says)).known is True
    (kept,) = await world.owner.fetch("SELECT * FROM host_message")
    assert (kept["attempt_id"].bytes, kept["repeats"], kept["closed_at"]) == (paid.id, 1, None)
    assert (await world.row(paid.id))["state"] == State.APPROVED  # Nothing is reversed by itself.


async def test_a_cut_over_is_recorded_with_its_date_and_waits_for_nobody(world: World) -> None:
    says = HostSays(
        "acq1", HostMessageKind.CUT_OVER, b"c" * 16, "", "", 0, "", "1231", world.now_us(), b"\x80"
    )
    await world.request(HOST_SAYS, says)
    (kept,) = await world.owner.fetch("SELECT * FROM host_message")
    assert (kept["host_date"].month, kept["host_date"].day) == (12, 31)
    assert kept["closed_at"] is not None


async def test_what_a_host_says_whom_we_do_not_know_is_put_aside_and_not_taken(world: World) -> None:
    says = HostSays("nobody", HostMessageKind.REVERSAL, b"n" * 16, "", "", 0, "", "", world.now_us(), b"\x80")
    assert (await world.request(HOST_SAYS, says)).kept is False
    assert await world.owner.fetchval("SELECT count(*) FROM host_message") == 0
    assert await world.owner.fetchval("SELECT subject FROM dead_letter") == HOST_SAYS.subject
