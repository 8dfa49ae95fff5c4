"""The engine believes nobody: an act is a row that core wrote, and right, limit and approval are looked at again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from core.bus import BusError
from core.contracts.payment import AUTHORISE, BOOK, REVERSE, Authorise
from core.contracts.payment_acts import CARRY_OUT, CarryOut
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.transactions.bookings.refunds import AGENT_MESSAGE_CLASS
from core.values.ids import encode_id
from tests.integration.core.transactions.directory import ADD_GRANT
from tests.integration.core.transactions.world import AGENT, World, eventually

ASKER, DECIDER, THIRD = (bytes(13) + b"\x0a\x0c" + bytes([n]) for n in (1, 2, 3))
PAID_MINOR = 200_000
LARGE_MINOR = 154_907
LIMIT_MINOR = 50_000


@pytest.fixture(autouse=True)
async def _settled(world: World) -> AsyncIterator[None]:
    """Leave nothing under way behind: the next test begins by forgetting everything."""
    yield

    async def none_is_sent() -> bool:
        return not await world.owner.fetchval("SELECT count(*) FROM attempt WHERE state = 2")

    await eventually(none_is_sent)


async def captured(world: World) -> Authorise:
    """Return a payment of 2,000 EUR that was captured yesterday evening."""
    paid = world.payment(amount_minor=PAID_MINOR)
    await world.pay(paid)
    await world.day_passes()
    return paid


async def refunds_of(world: World, paid: Authorise) -> list[int]:
    rows = await world.owner.fetch(
        "SELECT amount_minor FROM attempt WHERE original_id = $1 ORDER BY id", UUID(bytes=paid.id)
    )
    return [row["amount_minor"] for row in rows]


async def kinds_of(world: World, paid: Authorise) -> list[str]:
    rows = await world.owner.fetch(
        "SELECT kind FROM action WHERE target_id = $1 ORDER BY seq", UUID(bytes=paid.id)
    )
    return [row["kind"] for row in rows]


async def approval(
    world: World, paid: Authorise, result_id: bytes, *, asked_by: bytes = ASKER, decided_by: bytes = DECIDER,
    amount_minor: int = LARGE_MINOR, state: str = "approved",
) -> bytes:  # fmt: skip
    """Write an approval as two people leave it."""
    approval_id = world.new_id()
    now = world.clock.now()
    await world.owner.execute(
        "INSERT INTO approval (id, kind, target_kind, target_id, store_id, service, payload, amount_minor, currency,"
        " reason, state, asked_by, asked_at, expires_at, decided_by, decided_at, result_id)"
        " VALUES ($1, 'transaction.refund', 'transaction', $2, $3, 'pax', '{}', $4, 'EUR', 'broken', $5, $6, $7, $8, $9,"
        " $7, $10)",
        UUID(bytes=approval_id), UUID(bytes=paid.id), world.directory.store, amount_minor, state,
        UUID(bytes=asked_by), now, now + timedelta(days=7), UUID(bytes=decided_by), UUID(bytes=result_id),
    )  # fmt: skip
    return approval_id


async def approved_refund(
    world: World, paid: Authorise, *, amount_minor: int = LARGE_MINOR, agent_id: bytes = DECIDER, **of: object
) -> bytes:
    """Record the act of an approval, and return its id."""
    act_id = world.new_id()
    approval_id = await approval(world, paid, act_id, **of)  # type: ignore[arg-type]
    return await world.record_refund(
        paid, amount_minor, agent_id=agent_id, approval_id=approval_id, act_id=act_id
    )


async def test_an_id_that_core_did_not_write_moves_nothing(world: World) -> None:
    paid = await captured(world)
    assert (await world.carry_out(world.new_id())).reason == Reason.MESSAGE_REFUSED
    assert (await refunds_of(world, paid), await kinds_of(world, paid)) == ([], [])


async def test_a_refund_and_its_action_are_one_commit(world: World) -> None:
    paid = await captured(world)
    act_id = await world.record_refund(paid, 1_000)
    assert await kinds_of(world, paid) == [], "recorded is not done"
    assert (await world.carry_out(act_id)).reason == Reason.NONE
    row = await world.owner.fetchrow(
        "SELECT x.kind, x.agent_id, x.facts->>'refund' AS refund, x.xmin::text = a.xmin::text AS same"
        " FROM action x, act a WHERE x.target_id = $1 AND a.id = $2",
        UUID(bytes=paid.id),
        UUID(bytes=act_id),
    )
    assert row is not None
    assert tuple(row) == (
        "transaction.refunded",
        UUID(bytes=AGENT),
        encode_id("transaction", act_id),
        True,
    )


async def test_a_refund_that_we_refuse_is_not_told_as_one_that_was_done(world: World) -> None:
    paid = world.payment(amount_minor=4_000)
    await world.pay(paid)
    await world.owner.execute("UPDATE store SET blocked_at = now()")
    act_id = await world.record_refund(paid, 1_000)
    assert (await world.carry_out(act_id)).reason == Reason.STORE_BLOCKED
    row = await world.owner.fetchrow("SELECT kind, facts FROM action ORDER BY seq DESC LIMIT 1")
    assert row is not None
    assert (row["kind"], json.loads(row["facts"])["code"]) == ("transaction.refunded", "store_blocked")


async def test_one_person_gives_back_no_more_than_the_limit(world: World) -> None:
    paid = await captured(world)
    large = await world.record_refund(paid, LARGE_MINOR)
    assert (await world.carry_out(large)).reason == Reason.AMOUNT_ABOVE_LIMIT
    assert (await world.carry_out(large)).reason == Reason.AMOUNT_ABOVE_LIMIT, "a repeat is told the same"
    assert await refunds_of(world, paid) == []
    first, second = [await world.record_refund(paid, 30_000) for _ in range(2)]
    assert (await world.carry_out(first)).reason == Reason.NONE
    assert (await world.carry_out(second)).reason == Reason.AMOUNT_ABOVE_LIMIT, "parts count together"
    assert await refunds_of(world, paid) == [30_000]
    assert await kinds_of(world, paid) == ["transaction.refunded"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE agent_grant SET revoked_at = now() WHERE agent_id = $1",
        "UPDATE agent_grant SET role = 'hotline' WHERE agent_id = $1",
        "UPDATE agent_grant SET departments = '{69}' WHERE agent_id = $1",
        "UPDATE agent_grant SET regions = '{84}' WHERE agent_id = $1",
        "UPDATE agent_grant SET services = '{softpos}' WHERE agent_id = $1",
        "UPDATE agent SET disabled_at = now() WHERE id = $1",
    ],
)
async def test_a_right_that_went_before_the_money_moved_moves_none(world: World, change: str) -> None:
    paid = await captured(world)
    act_id = await world.record_refund(paid, 1_000)
    await world.owner.execute(change, UUID(bytes=AGENT))
    try:
        assert (await world.carry_out(act_id)).reason == Reason.MESSAGE_REFUSED
    finally:
        await world.owner.execute("UPDATE agent SET disabled_at = NULL WHERE id = $1", UUID(bytes=AGENT))
    assert (await refunds_of(world, paid), await kinds_of(world, paid)) == ([], [])


async def test_a_right_reaches_as_far_as_it_was_given_at_that_place(world: World) -> None:
    paid = await captured(world)
    await world.owner.execute(
        "UPDATE agent_grant SET regions = '{11}', amount_max_minor = 1000 WHERE agent_id = $1",
        UUID(bytes=AGENT),
    )
    await world.owner.execute(
        "INSERT INTO agent_grant (agent_id, role, departments) VALUES ($1, 'supervisor', '{69}')",
        UUID(bytes=AGENT),
    )
    above = await world.record_refund(paid, 1_001)
    assert (await world.carry_out(above)).reason == Reason.AMOUNT_ABOVE_LIMIT, "Lyon's bound is not Paris's"
    assert (await world.carry_out(await world.record_refund(paid, 1_000))).reason == Reason.NONE


async def test_a_large_refund_needs_an_approval_of_this_act_by_a_second_person(world: World) -> None:
    paid = await captured(world)
    for who in (ASKER, DECIDER, THIRD):
        await world.person(who)
    refused = {
        "another amount": await approved_refund(world, paid, amount_minor=LARGE_MINOR + 1),
        "another person's": await approved_refund(world, paid, agent_id=THIRD),
        "refused": await approved_refund(world, paid, agent_id=THIRD, state="failed"),
        "of another payment": await approved_refund(world, await captured(world)),
    }
    elsewhere = refused.pop("of another payment")
    for what, act_id in refused.items():
        assert (await world.carry_out(act_id)).reason == Reason.MESSAGE_REFUSED, what
    assert await refunds_of(world, paid) == []
    assert (await world.carry_out(elsewhere)).reason == Reason.NONE

    good = await approved_refund(world, paid)
    answers = await asyncio.gather(*(world.carry_out(good) for _ in range(8)))
    assert {answer.reason for answer in answers} <= {Reason.NONE, Reason.HOST_NO_REPLY, Reason.APPROVED}
    assert await refunds_of(world, paid) == [LARGE_MINOR]
    assert await kinds_of(world, paid) == [*["approval.failed"] * 3, "transaction.refunded"]
    state = await world.owner.fetchval("SELECT state FROM approval WHERE result_id = $1", UUID(bytes=good))
    assert state == "done"


async def test_an_approval_by_who_owes_the_asker_his_right_is_none(world: World) -> None:
    paid = await captured(world)
    await world.person(ASKER)
    await world.person(DECIDER, granted_by=ASKER)
    owed = await approved_refund(world, paid)
    assert (await world.carry_out(owed)).reason == Reason.MESSAGE_REFUSED
    await world.person(DECIDER)
    assert (await world.carry_out(await approved_refund(world, paid))).reason == Reason.NONE
    assert await refunds_of(world, paid) == [LARGE_MINOR]


async def test_an_approval_by_who_owes_the_asker_his_right_at_any_remove_is_none(world: World) -> None:
    paid = await captured(world)
    await world.person(ASKER, role="administrator")
    await world.person(THIRD, role="administrator", granted_by=ASKER)
    await world.person(DECIDER, granted_by=THIRD)
    owed = await approved_refund(world, paid)
    assert (await world.carry_out(owed)).reason == Reason.MESSAGE_REFUSED, "at two removes"
    await world.person(AGENT, role="administrator", granted_by=THIRD)
    await world.person(DECIDER, granted_by=AGENT)
    assert (await world.carry_out(await approved_refund(world, paid))).reason == Reason.MESSAGE_REFUSED, (
        "at three"
    )
    await world.owner.execute(ADD_GRANT, UUID(bytes=THIRD), "hotline", None)
    assert (await world.carry_out(await approved_refund(world, paid))).reason == Reason.MESSAGE_REFUSED, (
        "a right of his own that gives no right to give"
    )
    assert await refunds_of(world, paid) == []
    await world.owner.execute(
        "INSERT INTO agent_grant (agent_id, role, granted_at) VALUES ($1, 'administrator', now() - interval '1 d')",
        UUID(bytes=THIRD),
    )
    assert (await world.carry_out(await approved_refund(world, paid))).reason == Reason.NONE, (
        "he had it before"
    )


async def test_an_approval_by_who_was_invited_by_the_asker_is_none(world: World) -> None:
    paid = await captured(world)
    await world.person(ASKER, role="administrator")
    await world.person(THIRD, role="administrator")
    await world.person(DECIDER, granted_by=THIRD)
    add = """
        INSERT INTO agent_invitation (token_hash, agent_id, invited_by, created_at, expires_at, accepted_at, resets_factors)
        VALUES ($1, $2, $3, now(), now(), now(), $4)
    """
    reset = UUID(bytes=world.new_id())
    await world.owner.execute(add, reset.bytes, UUID(bytes=DECIDER), UUID(bytes=ASKER), True)
    assert (
        await world.carry_out(await approved_refund(world, paid, amount_minor=LARGE_MINOR))
    ).reason == Reason.NONE
    other = await captured(world)
    invited = UUID(bytes=world.new_id())
    await world.owner.execute(add, invited.bytes, UUID(bytes=DECIDER), UUID(bytes=ASKER), False)
    try:
        assert (await world.carry_out(await approved_refund(world, other))).reason == Reason.MESSAGE_REFUSED
    finally:
        await world.owner.execute("DELETE FROM agent_invitation WHERE agent_id = $1", UUID(bytes=DECIDER))


async def test_a_cancellation_is_judged_too_and_told_once(world: World) -> None:
    first, second = world.payment(), world.payment()
    for item in (first, second):
        await world.pay(item)
    await world.person(AGENT, role="shop_seller")
    assert (await world.cancel(first)).reason == Reason.MESSAGE_REFUSED
    assert (await world.row(first.id))["state"] == State.APPROVED
    await world.person(AGENT)
    assert (await world.cancel(second)).reason == Reason.APPROVED
    assert (await world.cancel(second)).reason == Reason.APPROVED
    assert (await kinds_of(world, first), await kinds_of(world, second)) == ([], ["transaction.cancelled"])


async def test_what_somebody_else_took_back_is_never_answered_as_ones_own_cancellation(world: World) -> None:
    by_another, by_its_terminal = world.payment(), world.payment()
    for item in (by_another, by_its_terminal):
        await world.pay(item)
    for agent_id in (AGENT, THIRD):
        await world.person(agent_id)
    assert (await world.cancel(by_another)).reason == Reason.APPROVED
    await world.reverse(by_its_terminal)
    for item in (by_another, by_its_terminal):
        assert (await world.cancel(item, agent_id=THIRD)).reason == Reason.ALREADY_REVERSED
    assert (await kinds_of(world, by_another), await kinds_of(world, by_its_terminal)) == (
        ["transaction.cancelled"],
        [],
    )


async def test_edge_may_not_tell_of_an_act(world: World) -> None:
    paid = await captured(world)
    act_id = await world.record_refund(paid, 1_000)
    with pytest.raises(BusError):
        await world.edge.request(CARRY_OUT.subject, msgspec.msgpack.encode(CarryOut(act_id)), 0.3)
    assert await refunds_of(world, paid) == []


async def test_an_answer_goes_to_who_may_ask_and_nowhere_else(world: World) -> None:
    item, other = world.payment(), world.payment()
    heard: list[str] = []
    listening = world.desk.subscribe(
        "_INBOX.desk.stolen", lambda subject, _reply, _body: heard.append(subject)
    )
    await world.desk.flush()
    for reply in (
        "_INBOX.desk.stolen",
        "events.transactions",
        "host.acq1",
        "$JS.API.STREAM.UPDATE.EVENTS",
        "",
    ):
        world.edge.publish(AUTHORISE.subject, msgspec.msgpack.encode([item]), reply)
        world.edge.publish(REVERSE.subject, msgspec.msgpack.encode(world.reversal(other)), reply)
    await world.edge.flush()
    assert (await world.pay(world.payment())).reason == Reason.APPROVED
    listening.unsubscribe()
    ids = [UUID(bytes=item.id), UUID(bytes=other.id)]
    assert await world.owner.fetchval("SELECT count(*) FROM attempt WHERE id = ANY($1)", ids) == 0
    assert heard == []


async def test_edge_cannot_speak_under_the_keys_of_people(world: World) -> None:
    paid = await captured(world)
    forged = world.refund(paid, message_class=AGENT_MESSAGE_CLASS, amount_minor=1_000)
    assert (await world.pay(forged)).reason == Reason.MESSAGE_REFUSED
    act_id = await world.record_refund(paid, 1_000)
    await world.carry_out(act_id)
    row = await world.row(act_id)
    assert (row["kind"], row["message_class"]) == (Kind.REFUND, AGENT_MESSAGE_CLASS)
    taken_back = world.reversal(paid, original_message_class=AGENT_MESSAGE_CLASS, original_stan=row["stan"])
    booked = world.booking(Kind.ADVICE, message_class=AGENT_MESSAGE_CLASS)
    for request, asked in ((REVERSE, taken_back), (BOOK, booked)):
        assert (await world.request(request, asked)).reason == Reason.MESSAGE_REFUSED
    assert (await world.row(act_id))["state"] in (State.SENT, State.APPROVED)
    assert await refunds_of(world, paid) == [1_000]


async def test_edge_cannot_say_that_a_person_cancelled(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    asked = msgspec.to_builtins(world.reversal(item), builtin_types=(bytes,))
    asked[7] = int(Reason.CANCELLED_BY_AGENT)
    assert (await world.request(REVERSE, asked)).reason == Reason.MESSAGE_REFUSED
    assert (await world.row(item.id))["state"] == State.APPROVED
