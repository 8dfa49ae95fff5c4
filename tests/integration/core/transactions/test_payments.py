"""A payment, its repeats and the host's moods, told as sentences."""

from __future__ import annotations

import asyncio
import time

from core.contracts.payment import HOST_NO_REPLY
from core.contracts.reasons import Reason
from core.contracts.states import EventKind, State
from core.contracts.subjects import core_inbox
from core.values.ids import rrn_of
from tests.integration.core.transactions import stand_in_host as behaviour
from tests.integration.core.transactions.invariants import check_invariants
from tests.integration.core.transactions.world import World, eventually, until


async def test_an_approved_payment_is_held_told_and_noted(world: World) -> None:
    item = world.payment()
    reply = await world.pay(item)
    row = await world.row(item.id)
    assert (reply.reason, reply.approved_minor, reply.approval_code) == (Reason.APPROVED, 1_250, "A12345")
    assert reply.rrn == rrn_of(item.id)
    assert (row["state"], row["approved_minor"]) == (State.APPROVED, 1_250)
    assert [event["kind"] for event in await world.events(item.id)] == [EventKind.DECIDED]
    await check_invariants(world)


async def test_a_repeat_gets_the_stored_answer(world: World) -> None:
    item = world.payment()
    first = await world.pay(item)
    second = await world.pay(world.again(item))
    assert (second.reason, second.approved_minor, second.approval_code, second.rrn, second.host_code) == (
        first.reason,
        first.approved_minor,
        first.approval_code,
        first.rrn,
        first.host_code,
    )
    assert second.replayed
    assert len(world.host.messages("0200")) == 1


async def test_a_repeat_while_the_host_thinks_gets_the_answer_when_it_comes(world: World) -> None:
    world.host.script.append(behaviour.HOLD)
    item = world.payment()
    world.send(item)
    await until(lambda: item.id in world.host.held)
    repeat = world.again(item)
    world.send(repeat)
    await asyncio.sleep(0.1)
    world.host.held[item.id]()
    assert (await world.answer_to(item)).reason == Reason.APPROVED
    assert (await world.answer_to(repeat)).reason == Reason.APPROVED
    assert len(world.host.messages("0200")) == 1


async def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    reply = await world.pay(world.again(item, body_hash=2, amount_minor=9_999))
    assert reply.reason == Reason.REPEAT_DIFFERS
    assert len(world.host.messages("0200")) == 1


async def test_one_message_delivered_five_times_is_one_payment(world: World) -> None:
    item = world.payment()
    for _ in range(5):
        world.send(item, item)
    await world.answer_to(item, count=10)
    world.send(item)
    await world.answer_to(item, count=11)
    assert len(world.host.messages("0200")) == 1
    assert {(r.reason, r.approved_minor, r.approval_code) for r in world.answers[item.id]} == {
        (Reason.APPROVED, 1_250, "A12345")
    }
    await check_invariants(world)


async def test_a_declined_payment_moves_no_money(world: World) -> None:
    world.host.script.append(behaviour.DECLINE)
    item = world.payment()
    reply = await world.pay(item)
    assert (reply.reason, reply.host_code, reply.approved_minor) == (Reason.INSUFFICIENT_FUNDS, "51", 0)
    assert await world.owner.fetchval("SELECT count(*) FROM ledger_entry") == 0
    assert await world.owner.fetchval("SELECT count(*) FROM delivery") == 0


async def test_what_never_left_is_declined_and_needs_no_reversal(world: World) -> None:
    world.host.script.append(behaviour.NOT_SENT)
    item = world.payment()
    assert (await world.pay(item)).reason == Reason.HOST_UNREACHABLE
    assert (await world.row(item.id))["state"] == State.DECLINED
    assert await world.owner.fetchval("SELECT count(*) FROM delivery") == 0


async def test_with_no_host_link_up_anywhere_a_payment_is_declined_at_once_and_nothing_is_owed(
    world: World,
) -> None:
    captured = world.payment()
    await world.pay(captured)
    await world.day_passes()
    refund = world.refund(captured)
    assert world.host.listening is not None
    world.host.listening.unsubscribe()
    await world.host.bus.flush()
    began = time.monotonic()
    items = [world.payment(), world.authorisation(), refund]
    world.send(*items)
    replies = [await world.answer_to(item) for item in items]
    took_s = time.monotonic() - began
    world.host.start()
    await world.host.bus.flush()
    assert [reply.reason for reply in replies] == [Reason.HOST_UNREACHABLE] * 3
    assert took_s < 1, took_s
    states = [(await world.row(item.id))["state"] for item in items]
    assert states == [State.DECLINED] * 3
    assert await world.owner.fetchval("SELECT count(*) FROM delivery") == 0
    assert (await world.pay(world.payment())).reason == Reason.APPROVED, (
        "and the next one finds the link again"
    )
    await check_invariants(world)


async def test_a_partial_approval_is_taken_by_a_terminal_that_declares_it(world: World) -> None:
    world.host.script.append(behaviour.PARTIAL)
    item = world.payment(partial_ok=True)
    reply = await world.pay(item)
    assert (reply.reason, reply.approved_minor) == (Reason.PARTIAL_APPROVAL, 625)
    assert (await world.row(item.id))["state"] == State.PARTIALLY_APPROVED
    await check_invariants(world)


async def test_a_partial_approval_nobody_declared_is_reversed_and_never_told(world: World) -> None:
    world.host.script.append(behaviour.PARTIAL)
    item = world.payment()
    first = await world.pay(item)
    repeat = await world.pay(world.again(item))
    assert first.reason == repeat.reason == Reason.HOST_NO_REPLY
    assert (await world.row(item.id))["state"] == State.UNKNOWN
    await world.deliver()
    assert (await world.row(item.id))["state"] == State.REVERSED
    assert world.host.book[rrn_of(item.id)].reversed
    await check_invariants(world)


async def test_no_reply_is_unknown_then_reversed_and_the_repeat_is_told_so(world: World) -> None:
    world.host.script.append(behaviour.SILENT)
    item = world.payment()
    assert (await world.pay(item)).reason == Reason.HOST_NO_REPLY
    assert (await world.row(item.id))["state"] == State.UNKNOWN
    assert (await world.pay(world.again(item))).reason == Reason.HOST_NO_REPLY
    await world.deliver()
    assert (await world.pay(world.again(item))).reason == Reason.ALREADY_REVERSED
    assert [e["kind"] for e in await world.events(item.id)] == [
        EventKind.TIMED_OUT,
        EventKind.REVERSAL_ACCEPTED,
    ]
    await check_invariants(world)


async def test_when_not_even_the_link_speaks_the_engine_times_out_itself(world: World) -> None:
    world.host.script.append(behaviour.MUTE)
    item = world.payment()
    assert (await world.pay(item)).reason == Reason.HOST_NO_REPLY
    assert (await world.row(item.id))["state"] == State.UNKNOWN


async def test_an_edge_whose_clock_is_ahead_holds_nobody_elses_deadline_back(world: World) -> None:
    world.host.script.extend([behaviour.HOLD, behaviour.MUTE])
    ahead = world.payment(received_at_us=world.payment().received_at_us + 3_600_000_000)
    world.send(ahead)
    await until(lambda: ahead.id in world.host.held)
    assert (await world.pay(world.payment())).reason == Reason.HOST_NO_REPLY
    world.host.held[ahead.id]()
    assert (await world.answer_to(ahead)).reason == Reason.APPROVED


async def test_a_late_approval_never_revives_a_payment(world: World) -> None:
    world.host.script.append(behaviour.LATE)
    item = world.payment()
    assert (await world.pay(item)).reason == Reason.HOST_NO_REPLY
    await world.until_event(item.id, EventKind.LATE_REPLY)
    assert (await world.row(item.id))["state"] == State.UNKNOWN
    await world.deliver()
    assert (await world.row(item.id))["state"] == State.REVERSED
    assert world.host.book[rrn_of(item.id)].reversed
    assert len(world.answers[item.id]) == 1
    await check_invariants(world)


async def test_a_second_answer_of_the_host_is_an_event_and_no_more(world: World) -> None:
    world.host.script.append(behaviour.TWICE)
    item = world.payment()
    assert (await world.pay(item)).reason == Reason.APPROVED
    await world.until_event(item.id, EventKind.LATE_REPLY)
    assert (await world.row(item.id))["state"] == State.APPROVED
    await check_invariants(world)


async def test_in_a_race_the_timeout_that_comes_first_wins_and_the_reply_is_an_event(world: World) -> None:
    world.host.script.append(behaviour.HOLD)
    item = world.payment()
    world.send(item)
    await until(lambda: item.id in world.host.held)
    # Another process, the sweeper, wins the race: its clock says that the deadline has passed.
    async with world.owner.transaction():
        await world.owner.execute("UPDATE attempt SET reverse_after = now() - interval '1 s'")
    assert await world.sweeper.round() == 1
    world.host.held[item.id]()
    reply = await world.answer_to(item)
    assert (reply.reason, reply.approved_minor) == (Reason.HOST_NO_REPLY, 0)
    await world.until_event(item.id, EventKind.LATE_REPLY)
    assert (await world.row(item.id))["state"] == State.UNKNOWN
    await check_invariants(world)


async def test_in_a_race_the_reply_that_comes_first_wins_and_the_timeout_changes_nothing(
    world: World,
) -> None:
    world.host.script.append(behaviour.HOLD)
    item = world.payment()
    world.send(item)
    await until(lambda: item.id in world.host.held)
    world.host.held[item.id]()
    assert (await world.answer_to(item)).reason == Reason.APPROVED
    request = world.host.messages("0200")[0]
    inbox = core_inbox(world.core_bus._name if world.core_bus else "")
    world.host.say(inbox, request, HOST_NO_REPLY, Reason.HOST_NO_REPLY)
    await world.owner.execute("UPDATE attempt SET reverse_after = now() - interval '1 s'")
    assert await world.sweeper.round() == 0
    await asyncio.sleep(0.1)
    assert (await world.row(item.id))["state"] == State.APPROVED
    # A link that reports silence after its own answer has said nothing new.
    assert [e["kind"] for e in await world.events(item.id)] == [EventKind.DECIDED]
    await check_invariants(world)


async def test_a_payment_older_than_thirty_seconds_is_not_recorded(world: World) -> None:
    item = world.payment(received_at_us=world.now_us() - 31_000_000)
    assert (await world.pay(item)).reason == Reason.SYSTEM_BUSY
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 0


async def test_a_poisonous_row_becomes_a_dead_letter_and_the_others_of_its_batch_flow(world: World) -> None:
    good = [world.payment() for _ in range(3)]
    poison = [
        world.payment(amount_minor=-1),
        world.payment(entry_mode="05\x001"),
        world.payment(stan=1 << 40),
    ]
    batch = [good[0], poison[0], good[1], poison[1], good[2], poison[2]]
    world.send(*batch)
    for item in good:
        assert (await world.answer_to(item)).reason == Reason.APPROVED
    for item in poison:
        assert (await world.answer_to(item)).reason == Reason.MESSAGE_REFUSED

    async def all_kept() -> bool:
        return await world.owner.fetchval("SELECT count(*) FROM dead_letter") == len(poison)

    await eventually(all_kept)
    letters = await world.owner.fetch("SELECT consumer, payload FROM dead_letter")
    assert len(letters) == len(poison)
    assert all(b"track" not in letter["payload"] for letter in letters)
