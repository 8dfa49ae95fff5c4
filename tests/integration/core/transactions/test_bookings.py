"""Reversals, completions, advices, refunds and cancellations, told as sentences."""

from __future__ import annotations

import asyncio

from core.contracts.payment import REVERSE
from core.contracts.reasons import Reason
from core.contracts.states import EventKind, Kind, State
from core.values.ids import rrn_of
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.invariants import check_books_agree, check_invariants
from tests.integration.core.transactions.world import World, until


async def drained(world: World) -> None:
    """Everything delivered, the two books equal."""
    await world.make_due()
    while await world.deliver():
        await world.make_due()
    await check_invariants(world)
    await check_books_agree(world)


async def test_a_reversal_takes_an_approved_payment_back_and_its_repeats_say_the_same(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    assert [(await world.reverse(item)).reason for _ in range(3)] == [Reason.APPROVED] * 3
    assert (await world.row(item.id))["state"] == State.REVERSED
    assert (await world.pay(world.again(item))).reason == Reason.ALREADY_REVERSED
    await drained(world)
    assert len(world.host.messages("0420")) == 1


async def test_a_reversal_before_its_authorisation_refuses_the_authorisation(world: World) -> None:
    item = world.payment()
    assert (await world.reverse(item)).reason == Reason.APPROVED
    assert (await world.pay(item)).reason == Reason.ALREADY_REVERSED
    assert (await world.reverse(item)).reason == Reason.APPROVED
    assert world.host.messages("0200") == []
    await drained(world)


async def test_a_reversal_while_the_host_thinks_wins_over_its_approval(world: World) -> None:
    world.host.script.append(behaviour.HOLD)
    item = world.payment()
    world.send(item)
    await until(lambda: item.id in world.host.held)
    assert (await world.reverse(item)).reason == Reason.APPROVED
    world.host.held[item.id]()
    assert (await world.answer_to(item)).reason == Reason.HOST_NO_REPLY
    await world.until_event(item.id, EventKind.LATE_REPLY)
    await drained(world)
    assert world.host.book[rrn_of(item.id)].reversed


async def test_a_reversal_by_a_terminal_nobody_knows_is_answered_and_ends(world: World) -> None:
    stranger = world.payment(terminal_id=world.new_id())
    assert (await world.request(REVERSE, world.reversal(stranger))).reason == Reason.TERMINAL_UNKNOWN


async def test_a_captured_payment_is_not_reversed(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    await world.day_passes()
    assert (await world.reverse(item)).reason == Reason.ALREADY_CAPTURED
    await check_invariants(world)


async def test_a_completion_captures_a_hold_for_less_and_only_once(world: World) -> None:
    item = world.authorisation(amount_minor=5_000)
    await world.pay(item)
    completion = world.completion(item, amount_minor=3_000)
    assert (await world.book(completion)).reason == Reason.APPROVED
    repeat = await world.book(completion)
    assert (repeat.reason, repeat.replayed) == (Reason.APPROVED, True)
    assert (await world.book(world.completion(item))).reason == Reason.ALREADY_CAPTURED
    row = await world.row(item.id)
    assert (row["state"], row["captured_minor"]) == (State.CAPTURED, 3_000)
    await drained(world)


async def test_a_completion_above_its_hold_is_refused_and_holds_on(world: World) -> None:
    item = world.authorisation(amount_minor=5_000)
    await world.pay(item)
    over = await world.book(world.completion(item, amount_minor=5_001))
    assert over.reason == Reason.ORIGINAL_NOT_CAPTURABLE
    assert (await world.row(item.id))["state"] == State.APPROVED
    await drained(world)


async def test_fifty_completions_at_once_capture_once(world: World) -> None:
    item = world.authorisation()
    await world.pay(item)
    replies = await asyncio.gather(*(world.book(world.completion(item)) for _ in range(50)))
    reasons = [reply.reason for reply in replies]
    assert sorted(set(reasons)) == [Reason.ALREADY_CAPTURED, Reason.APPROVED]
    assert reasons.count(Reason.APPROVED) == 1
    await drained(world)


async def test_an_advice_is_booked_delivered_once_and_its_repeat_gets_the_first_answer(world: World) -> None:
    advice = world.booking(Kind.ADVICE)
    assert (await world.book(advice)).reason == Reason.APPROVED
    assert (await world.book(advice)).replayed
    other = world.booking(Kind.ADVICE, stan=advice.stan, body_hash=2)
    assert (await world.book(other)).reason == Reason.REPEAT_DIFFERS
    await drained(world)
    assert len(world.host.messages("0220")) == 1


async def test_an_advice_taken_back_before_its_delivery_is_never_told_to_the_host(world: World) -> None:
    advice = world.booking(Kind.ADVICE)
    await world.book(advice)
    assert (await world.reverse(advice)).reason == Reason.APPROVED
    await drained(world)
    assert world.host.messages("0220") == []


async def test_an_advice_whose_delivery_got_no_answer_is_reversed_at_the_host(world: World) -> None:
    advice = world.booking(Kind.ADVICE)
    await world.book(advice)
    world.host.silent_deliveries = True
    await world.deliver()
    world.host.silent_deliveries = False
    await world.reverse(advice)
    await drained(world)
    assert world.host.messages("0221") == []


async def test_a_completion_that_the_host_cannot_place_is_not_taken_for_delivered(world: World) -> None:
    item = world.authorisation()
    await world.pay(item)
    await world.book(world.completion(item))
    line = world.host.book.pop(rrn_of(item.id))
    await world.deliver()
    assert await world.owner.fetchval("SELECT accepted_at FROM delivery") is None
    world.host.book[rrn_of(item.id)] = line
    await drained(world)


async def test_a_delivery_is_repeated_as_0421_until_accepted_once(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    world.host.refuse_deliveries = True
    await world.reverse(item)
    await world.deliver()
    assert await world.deliver() == 0  # Not due yet: each try sets the next one first.
    await world.make_due()
    await world.deliver()
    assert await world.owner.fetchval("SELECT last_result FROM delivery") == "code 96"
    world.host.refuse_deliveries = False
    await drained(world)
    assert [r.message for r in world.host.seen if r.message[:2] == "04"] == ["0420", "0421", "0421"]
    accepted = [e for e in await world.events(item.id) if e["kind"] == EventKind.REVERSAL_ACCEPTED]
    assert len(accepted) == 1


async def test_what_the_host_refuses_for_good_is_asked_ever_less_often(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    await world.reverse(item)
    until_next = "SELECT extract(epoch FROM due_at - now())::float8 FROM delivery"
    for tries, silent, at_least_s, at_most_s in (
        (2, False, 6, 9),
        (40, True, 50, 61),  # no answer: the link or the host is down, and comes back
        (9, False, 1_000, 1_025),
        (40, False, 21_500, 21_601),
    ):
        await world.owner.execute("UPDATE delivery SET tries = $1, refusals = $1", tries)
        await world.make_due()
        world.host.silent_deliveries, world.host.refuse_deliveries = silent, not silent
        assert await world.deliver() == 1
        assert at_least_s <= (await world.owner.fetchval(until_next) or 0) <= at_most_s
    world.host.silent_deliveries = world.host.refuse_deliveries = False
    await drained(world)


async def test_a_lease_survives_the_worker_that_took_it(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    await world.reverse(item)
    world.host.silent_deliveries = True
    await world.deliver()
    world.host.silent_deliveries = False
    tries, ahead = await world.owner.fetchrow("SELECT tries, due_at > now() AS ahead FROM delivery") or (0, 0)
    assert (tries, ahead) == (1, True)
    await drained(world)
    assert await world.owner.fetchval("SELECT tries FROM delivery") == 2


async def test_a_refund_takes_from_what_was_captured_and_never_more(world: World) -> None:
    item = world.payment(amount_minor=1_000)
    await world.pay(item)
    assert (await world.pay(world.refund(item, amount_minor=400))).reason == Reason.APPROVED
    above = await world.pay(world.refund(item, amount_minor=601))
    assert above.reason == Reason.REFUND_ABOVE_CAPTURED
    last = world.refund(item, amount_minor=600)
    assert (await world.pay(last)).reason == Reason.APPROVED
    assert (await world.row(item.id))["state"] == State.REFUNDED
    assert (await world.pay(world.again(last))).reason == Reason.APPROVED
    assert (await world.pay(world.again(last, body_hash=9))).reason == Reason.REPEAT_DIFFERS
    await drained(world)


async def test_a_refund_taken_back_can_be_made_again(world: World) -> None:
    item = world.payment(amount_minor=1_000)
    await world.pay(item)
    refund = world.refund(item)
    await world.pay(refund)
    assert (await world.reverse(refund)).reason == Reason.APPROVED
    assert (await world.row(item.id))["refunded_minor"] == 0
    assert (await world.pay(world.refund(item))).reason == Reason.APPROVED
    await drained(world)


async def test_a_refund_without_an_answer_stays_reserved_until_its_reversal_is_accepted(world: World) -> None:
    item = world.payment(amount_minor=1_000)
    await world.pay(item)
    world.host.script.append(behaviour.SILENT)
    refund = world.refund(item)
    assert (await world.pay(refund)).reason == Reason.HOST_NO_REPLY
    assert (await world.pay(world.refund(item))).reason == Reason.REFUND_ABOVE_CAPTURED
    await drained(world)
    assert (await world.row(item.id))["refunded_minor"] == 0
    assert (await world.pay(world.refund(item))).reason == Reason.APPROVED


async def test_a_refund_reversed_while_the_host_thinks_is_never_told_as_approved(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    world.host.script.append(behaviour.HOLD)
    refund = world.refund(item)
    world.send(refund)
    await until(lambda: refund.id in world.host.held)
    assert (await world.reverse(refund)).reason == Reason.APPROVED
    world.host.held[refund.id]()
    reply = await world.answer_to(refund)
    assert (reply.reason, reply.approved_minor, reply.approval_code) == (Reason.HOST_NO_REPLY, 0, "")
    await drained(world)


async def test_a_refund_repeated_while_it_is_decided_gets_one_answer_each(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    refund = world.refund(item)
    repeats = [world.again(refund) for _ in range(8)]
    world.send(refund, *repeats[:4])
    await asyncio.sleep(0.005)
    world.send(*repeats[4:])
    for asked in (refund, *repeats):
        assert (await world.answer_to(asked)).reason == Reason.APPROVED
    assert len([r for r in world.host.messages("0200") if r.processing_code == "200000"]) == 1
    await drained(world)


async def test_fifty_refunds_at_once_never_exceed_what_was_captured(world: World) -> None:
    item = world.payment(amount_minor=1_000)
    await world.pay(item)
    await world.day_passes()
    refunds = [world.refund(item, amount_minor=150) for _ in range(25)]
    world.send(*refunds)
    agents = await asyncio.gather(*(world.refund_by_agent(item, 150) for _ in range(25)))
    taken = [reply for reply in agents if reply.reason == Reason.NONE]
    answers = [await world.answer_to(refund) for refund in refunds]
    approved = [reply for reply in answers if reply.reason == Reason.APPROVED]
    assert len(taken) + len(approved) == 6
    await asyncio.sleep(0.2)
    assert (await world.row(item.id))["refunded_minor"] == 900
    await drained(world)


async def test_fifty_cancellations_and_refunds_at_once_have_one_winner(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    refunds = [world.refund(item) for _ in range(25)]
    world.send(*refunds)
    await asyncio.gather(*(world.cancel(item) for _ in range(25)))
    approved = [r for r in refunds if (await world.answer_to(r)).reason == Reason.APPROVED]
    row = await world.row(item.id)
    assert (row["state"], len(approved)) in ((State.REVERSED, 0), (State.REFUNDED, 1))
    await drained(world)


async def test_an_agents_refund_repeated_is_one_refund(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    act_id = await world.record_refund(item, 1_250)
    first = await world.carry_out(act_id)
    await asyncio.sleep(0.1)
    second = await world.carry_out(act_id)
    assert (first.reason, second.reason) == (Reason.NONE, Reason.APPROVED)
    assert await world.owner.fetchval("SELECT count(*) FROM attempt WHERE kind = 4") == 1
    await drained(world)


async def test_an_agent_cancels_what_is_not_captured_and_only_that(world: World) -> None:
    item, captured = world.payment(), world.payment()
    await world.pay(captured)
    await world.day_passes()
    await world.pay(item)
    assert (await world.cancel(item)).reason == Reason.APPROVED
    assert (await world.cancel(captured)).reason == Reason.ALREADY_CAPTURED
    await drained(world)


async def test_the_day_is_captured_once_and_totals_say_what_was_bought_and_refunded(world: World) -> None:
    items = [world.payment(amount_minor=1_000) for _ in range(3)]
    for item in items:
        await world.pay(item)
    await world.reverse(items[0])
    await world.pay(world.refund(items[1], amount_minor=300))
    await world.day_passes()
    await world.day_passes()
    ours = await world.totals(world.today())
    assert (ours.debit_count, ours.debit_minor, ours.credit_count, ours.credit_minor) == (2, 2_000, 1, 300)
    assert (ours.reversal_count, ours.reversal_minor, ours.in_balance) == (1, 1_000, False)
    await drained(world)


async def test_totals_that_are_repeated_are_kept_once_and_told_as_at_first(world: World) -> None:
    stan = next(world.stans)
    first = await world.totals(world.today(), stan=stan)
    assert first.in_balance, "nothing declared, and nothing there"
    await world.pay(world.payment(amount_minor=1_000))
    repeat, anew = await world.totals(world.today(), stan=stan), await world.totals(world.today())
    assert (repeat.in_balance, repeat.debit_minor) == (True, 0)
    assert (anew.in_balance, anew.debit_minor) == (False, 1_000)
    assert await world.owner.fetchval("SELECT count(*) FROM batch_total WHERE stan = $1", stan) == 1
    await drained(world)
