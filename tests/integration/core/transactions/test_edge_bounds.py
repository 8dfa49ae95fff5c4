"""What edge's login alone may say to the engine: what is out of bounds is kept aside and refused, all else flows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from core.contracts.payment import AUTHORISE, BOOK, REVERSE
from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.contracts.subjects import edge_inbox
from tests.integration.core.transactions.world import CARD, World, eventually

OUT_OF_BOUNDS: dict[str, dict[str, Any]] = {
    "a short id": {"id": b"abc"},
    "no id": {"id": b""},
    "a terminal of one byte": {"terminal_id": b"1"},
    "the day 0": {"business_date": 0},
    "a day before all days": {"business_date": -5},
    "a day far ahead": {"business_date": 10**9},
    "the last day there is": {"business_date": 3_652_059},
    "a moment in the year 33658": {"received_at_us": 10**18},
    "a moment that is no 64 bits": {"received_at_us": 2**63},
    "a number of 2**40": {"stan": 2**40},
    "a number below 0": {"stan": -1},
    "an amount of thirteen digits": {"amount_minor": 10**12},
    "an amount below 0": {"amount_minor": -1},
    "a currency of six letters": {"currency": "EUREUR"},
    "no currency": {"currency": ""},
    "a currency in small letters": {"currency": "eur"},
    "a currency with a NUL": {"currency": "E\0R"},
    "a currency of other letters": {"currency": "ЕUR"},
    "a time with a mark of direction": {"local_time": "\u202e1128"},
    "a scheme that there is not": {"card": msgspec.structs.replace(CARD, brand=99_999)},
    "a fingerprint of 65 bits": {"card": msgspec.structs.replace(CARD, fingerprint=2**63)},
    "a kind that there is not": {"kind": 99},
    "a mode of 5,000 signs": {"entry_mode": "0" * 5_000},
}


async def dead_letters(world: World, subject: str) -> int:
    """How many are kept."""
    return len(await world.owner.fetch("SELECT FROM dead_letter WHERE subject = $1", subject))


@pytest.mark.parametrize("changes", OUT_OF_BOUNDS.values(), ids=OUT_OF_BOUNDS)
async def test_the_payments_beside_one_out_of_bounds_are_answered(
    world: World, changes: dict[str, Any]
) -> None:
    before = await dead_letters(world, AUTHORISE.subject)
    good, bad = [world.payment() for _ in range(3)], world.payment(**changes)
    world.send(good[0], bad, *good[1:])
    for item in good:
        assert (await world.answer_to(item)).reason == Reason.APPROVED
    await eventually(lambda: _is_more(world, AUTHORISE.subject, before))
    if len(bad.id) == 16:
        assert (await world.answer_to(bad)).reason == Reason.MESSAGE_REFUSED


async def _is_more(world: World, subject: str, before: int) -> bool:
    return await dead_letters(world, subject) > before


async def test_a_text_that_is_no_utf_8_spoils_its_own_payment_only(world: World) -> None:
    good, bad = world.payment(), world.payment(currency="QQQ")
    packed = msgspec.msgpack.encode([bad, good]).replace(b"QQQ", b"\xff\xfe\xfd")
    world.edge.publish(AUTHORISE.subject, packed, edge_inbox("test"))
    assert (await world.answer_to(good)).reason == Reason.APPROVED
    assert (await world.answer_to(bad)).reason == Reason.MESSAGE_REFUSED


async def test_what_is_kept_of_a_refused_payment_holds_nothing_sensitive(world: World) -> None:
    item = world.payment(currency="EUREUR", sensitive=b"track and PIN")
    await world.pay(item)
    await eventually(lambda: _is_more(world, AUTHORISE.subject, 0))
    rows = await world.owner.fetch("SELECT payload FROM dead_letter WHERE subject = $1", AUTHORISE.subject)
    assert rows
    assert not any(b"track and PIN" in row["payload"] for row in rows)


@pytest.mark.parametrize("kind", [Kind.PURCHASE, Kind.REFUND])
async def test_what_was_received_in_two_days_to_come_is_not_recorded(world: World, kind: Kind) -> None:
    item = world.payment(kind=int(kind), received_at_us=world.now_us() + 2 * 86_400_000_000)
    assert (await world.pay(item)).reason == Reason.SYSTEM_BUSY
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 0


async def test_a_booking_of_another_kind_or_beyond_its_field_is_refused_and_kept(world: World) -> None:
    for changes in (
        {"kind": int(Kind.REFUND)},
        {"amount_minor": 9 * 10**18},
        {"currency": "eur"},
        {"approval_code": "\u202e12345"},
        {"business_date": 0},
        {"received_at_us": 10**18},
        {"received_at_us": world.now_us() + 2 * 86_400_000_000},
    ):
        before = await dead_letters(world, BOOK.subject)
        answer = await world.request(BOOK, world.booking(**{"kind": Kind.ADVICE, **changes}))
        assert answer.reason == Reason.MESSAGE_REFUSED, changes
        assert await dead_letters(world, BOOK.subject) == before + 1, changes
    assert await world.owner.fetchval("SELECT count(*) FROM attempt") == 0


async def test_totals_beyond_their_fields_get_a_clear_answer(world: World) -> None:
    advice = world.booking(Kind.ADVICE, amount_minor=1_250)
    assert (await world.request(BOOK, advice)).reason == Reason.APPROVED
    await world.owner.execute(
        "UPDATE attempt SET approved_minor = 9000000000000000000, amount_minor = approved_minor"
    )
    answer = await world.totals(world.today())
    assert (answer.in_balance, answer.debit_minor) == (False, 0)


async def test_a_reversal_out_of_bounds_is_refused_and_kept(world: World) -> None:
    item = world.payment()
    await world.pay(item)
    for changes in ({"original_business_date": 10**9}, {"currency": "eur"}, {"received_at_us": 10**18}):
        answer = await world.request(REVERSE, world.reversal(item, **changes))
        assert answer.reason == Reason.MESSAGE_REFUSED, changes
    assert await dead_letters(world, REVERSE.subject) == 3


HOST_LIES: dict[str, dict[str, Any]] = {
    "a code of 3,000 signs": {"host_code": "x" * 3_000},
    "a card number as approval code": {"approval_code": "4111111111111111"},
    "a mark of direction in the approval code": {"approval_code": "\u202eabc"},
    "an amount of thirteen digits": {"approved_minor": 10**12},
}


@pytest.mark.parametrize("changes", HOST_LIES.values(), ids=HOST_LIES)
async def test_a_host_reply_out_of_bounds_decides_nothing_and_its_neighbour_is_told(
    world: World, changes: dict[str, Any]
) -> None:
    lied, honest = world.payment(), world.payment()
    world.host.changes.update({lied.id: changes, honest.id: {}})
    world.send(*[lied, honest])
    assert (await world.answer_to(honest)).reason == Reason.APPROVED
    row = await world.owner.fetchrow(
        "SELECT state, host_code, approval_code FROM attempt WHERE id = $1", UUID(bytes=lied.id)
    )
    assert row is not None
    assert row["state"] in (State.SENT, State.UNKNOWN)
    assert row["approval_code"] == ""
    assert len(row["host_code"]) <= 8


async def test_a_reason_that_there_is_not_decides_nothing(world: World) -> None:
    item = world.payment()
    world.host.changes.update({item.id: {"reason": 180, "host_code": "05"}})
    world.send(*[item])
    assert (await world.answer_to(item)).reason == Reason.HOST_NO_REPLY
    row = await world.owner.fetchrow("SELECT state, reason FROM attempt WHERE id = $1", UUID(bytes=item.id))
    assert row is not None
    assert (row["state"], row["reason"]) == (State.UNKNOWN, Reason.HOST_CODE_UNKNOWN)


async def test_an_exchange_that_cannot_be_read_is_not_kept(world: World) -> None:
    item = world.payment()
    world.host.changes.update({item.id: {"messages": b"\x92\xc1"}})
    world.send(*[item])
    assert (await world.answer_to(item)).reason == Reason.APPROVED
    detail = await world.owner.fetchval("SELECT detail FROM event WHERE attempt_id = $1", UUID(bytes=item.id))
    assert detail is not None
    assert msgspec.msgpack.decode(detail) == [{}]
