"""V10: what a reversal left standing is shown, and what it may have repeated took back no other payment."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.contracts.states import Kind, State
from core.values.ids import encode_id, rrn_of, uuid7
from tests.integration.verify.conftest import Verification
from tests.integration.verify.payments import Writer
from tests.integration.verify.test_reversals import say, show_like_one

NOBODYS: dict[str, Any] = {"attempt_id": None, "attempt_date": None, "finding": 2}


async def breaches(verification: Verification, name: str = "V10") -> int:
    return (await verification()).finding(name).breaches


async def test_v10_sees_each_payment_that_a_far_time_may_have_meant(
    writer: Writer, verification: Verification
) -> None:
    first, second = await writer.pay(), await writer.pay()
    await writer.connection.execute(
        "UPDATE attempt SET stan = $1, business_date = business_date - 1 WHERE id = $2", second.stan, first.id
    )
    await say(writer, second, **NOBODYS, sent_at="0822050200")
    await show_like_one(writer, second)
    assert await breaches(verification) == 1
    await writer.connection.execute("UPDATE doubt SET attempt_id = $1", first.id)
    assert await breaches(verification) == 1


async def test_v10_sees_what_came_between_a_reversal_and_its_repeat(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay()
    await say(
        writer, paid, **NOBODYS, sent_at="0822050200", received_at=writer.now - timedelta(days=1), repeats=1
    )
    assert await breaches(verification) == 0, "it had not come"
    await writer.connection.execute("UPDATE reversal SET last_at = $1", writer.now)
    assert await breaches(verification) == 1


async def test_v10_sees_what_a_far_time_without_a_card_left_just_before_it(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay()
    await say(writer, paid, **NOBODYS, sent_at="0822050200", card_fingerprint=None)
    assert await breaches(verification) == 0, "number and price come back by themselves"
    await writer.connection.execute("UPDATE attempt SET received_at = $1", writer.now - timedelta(seconds=1))
    assert await breaches(verification) == 1


@pytest.mark.parametrize("mistaken", [{"stan": 4_242}, {"message_class": 1}])
async def test_v10_sees_what_was_sent_at_the_very_time_under_another_number_or_type(
    writer: Writer, verification: Verification, mistaken: dict[str, int]
) -> None:
    paid = await writer.pay()
    shown = await writer.connection.fetchval("SELECT transmitted_at FROM attempt WHERE id = $1", paid.id)
    await say(writer, paid, **NOBODYS, sent_at=shown, **mistaken)
    assert await breaches(verification) == 1
    await writer.connection.execute("UPDATE reversal SET amount_minor = amount_minor + 1")
    assert await breaches(verification) == 0


@pytest.mark.parametrize(("shown", "said"), [("000021", "21"), ("AB12  ", "AB12")])
async def test_v10_knows_an_approval_code_by_its_characters(
    writer: Writer, verification: Verification, shown: str, said: str
) -> None:
    paid = await writer.pay(State.REVERSED, age=timedelta(days=1))
    await writer.connection.execute("UPDATE attempt SET approval_code = $1", shown)
    untimed = {"sent_at": "", "card_fingerprint": None, "original_day": writer.now.date()}
    await say(writer, paid, approval_code=said, **untimed)
    assert await breaches(verification) == 0


async def test_v10_takes_the_time_of_a_repeat(writer: Writer, verification: Verification) -> None:
    paid = await writer.pay(State.REVERSED)
    await say(writer, paid, sent_at="1122091500")
    assert await breaches(verification) == 1
    await writer.connection.execute(
        "INSERT INTO repeat_time VALUES ($1, $2, '1122091500', '1122101500')", paid.id, paid.day
    )
    assert await breaches(verification) == 0


@pytest.mark.parametrize("names", ["nothing", "ours", "its own"])
async def test_v10_leaves_the_second_of_two_alike_that_its_reversal_names(
    writer: Writer, verification: Verification, names: str
) -> None:
    own = "644400000022"
    first, second = await writer.pay(State.REVERSED), await writer.pay(State.REVERSED)
    await writer.connection.execute(
        "UPDATE attempt SET stan = $1, business_date = business_date - 1 WHERE id = $2", second.stan, first.id
    )
    await writer.connection.execute(
        "UPDATE attempt SET request = $1 WHERE id = $2",
        msgspec.msgpack.encode({0: "0200", 37: own}),
        second.id,
    )
    reference = {"nothing": "", "ours": second.reference, "its own": own}[names]
    untimed = {"sent_at": "", "own_stan": 7, "stan": second.stan}
    await say(
        writer,
        first,
        **{**untimed, "attempt_date": first.day - timedelta(days=1)},
        received_at=writer.now - timedelta(hours=20),
        said=1,
    )
    await say(writer, second, **untimed, reference=reference, said=2)
    assert await breaches(verification, "V10 repeated") == (1 if names == "nothing" else 0)


@pytest.mark.parametrize("sent_at", ["", "1122050200"])
@pytest.mark.parametrize(
    ("own_stan", "message_type", "untrue"), [(7, "0400", 1), (8, "0401", 1), (8, "0400", 0)]
)
async def test_v10_sees_a_repeat_that_took_back_more_than_the_part_before_it(
    writer: Writer, verification: Verification, sent_at: str, own_stan: int, message_type: str, untrue: int
) -> None:
    paid = await writer.pay(State.REVERSED)
    await say(
        writer,
        paid,
        id=uuid.uuid4(),
        said=1,
        own_stan=7,
        sent_at=sent_at,
        replacement_minor=400,
        received_at=writer.now - timedelta(hours=1),
    )
    request = msgspec.msgpack.encode({0: message_type})
    await say(writer, paid, said=2, own_stan=own_stan, sent_at=sent_at, request=request)
    assert await breaches(verification, "V10 repeated") == untrue


async def test_a_reference_is_ours_in_the_database_as_here(writer: Writer) -> None:
    for sequence in range(64):
        made = uuid7(
            unix_ms=1_790_000_000_000 + sequence * 7_919, sequence=sequence * 61, randomness=sequence << 56
        )
        row = await writer.connection.fetchrow("SELECT reference_of($1) AS ours", uuid.UUID(bytes=made))
        assert row is not None
        assert row["ours"] == rrn_of(made)


ALREADY_CAPTURED = {"reason": 22}


async def test_v10_sees_a_refused_reversal_that_nobody_is_shown(
    writer: Writer, verification: Verification
) -> None:
    shown, unshown = await writer.pay(State.CAPTURED), await writer.pay(State.CAPTURED)
    await say(writer, shown, **ALREADY_CAPTURED)
    # By its finding nothing stood, so the list leaves it out; by its payment it does.
    await say(writer, unshown, **ALREADY_CAPTURED, finding=2)
    finding = (await verification()).finding("V10 refused")
    assert (finding.checked, finding.breaches) == (2, 1)
    assert finding.examples == [encode_id("transaction", unshown.id.bytes)]


@pytest.mark.parametrize("state", [State.REVERSED, State.REFUNDED, State.DECLINED])
async def test_v10_leaves_a_refused_reversal_of_what_no_longer_stands(
    writer: Writer, verification: Verification, state: State
) -> None:
    await say(writer, await writer.pay(state), **ALREADY_CAPTURED, finding=2)
    assert (await verification()).finding("V10 refused").checked == 0


async def owing(writer: Writer) -> None:
    """Write an advice, a completion and a payment of which a part was taken back, each of which its host has accepted."""
    for kind, delivery in ((Kind.ADVICE, 2), (Kind.COMPLETION, 3)):
        await writer.owe(await writer.pay(kind=kind, booked=False), accepted=True, kind=delivery)
    part = await writer.pay(amount_minor=900)
    await writer.note(part, 13, State.APPROVED, writer.now)
    await writer.connection.execute("UPDATE attempt SET approved_minor = 600 WHERE id = $1", part.id)
    await writer.owe(part, accepted=True, kind=4)
    await writer.connection.execute("UPDATE delivery SET amount_minor = 600 WHERE kind = 4")
    await writer.owe(await writer.pay(State.REVERSED), accepted=True)


@pytest.mark.parametrize(
    ("change", "breaches"),
    [
        ("DELETE FROM delivery WHERE kind <> 1", 3),
        ("UPDATE delivery SET attempt_id = gen_random_uuid() WHERE kind = 3", 2),
        ("UPDATE delivery SET kind = 3 WHERE kind = 2", 2),
        ("UPDATE delivery SET amount_minor = amount_minor + 1", 4),
        ("UPDATE delivery SET amount_minor = amount_minor - 1", 4),
        ("UPDATE delivery SET acquirer_id = 9", 4),
        ("UPDATE delivery SET business_date = business_date - 1", 4),
        ("UPDATE delivery SET accepted_at = NULL", 4),
    ],
)
async def test_v5_sees_what_a_host_is_not_told_or_told_otherwise(
    writer: Writer, verification: Verification, change: str, breaches: int
) -> None:
    await owing(writer)
    found = (await verification()).finding("V5 owed")
    assert (found.checked, found.breaches) == (4, 0)
    await writer.connection.execute(change)
    assert (await verification()).finding("V5 owed").breaches == breaches


async def test_v5_asks_for_no_payment_of_a_month_that_was_put_away_and_was_told(
    writer: Writer, verification: Verification
) -> None:
    connection = writer.connection
    await owing(writer)
    gone = await connection.fetchval(
        "DELETE FROM attempt WHERE id = (SELECT attempt_id FROM delivery WHERE kind = 1) RETURNING id"
    )
    assert (await verification()).finding("V5 owed").breaches == 1
    await connection.execute(
        "UPDATE delivery SET business_date = business_date - 70 WHERE attempt_id = $1", gone
    )
    assert (await verification()).finding("V5 owed").breaches == 0
    await connection.execute("UPDATE delivery SET accepted_at = NULL WHERE attempt_id = $1", gone)
    assert (await verification()).finding("V5 owed").breaches == 1


async def test_v5_waits_for_a_host_and_for_people(writer: Writer, verification: Verification) -> None:
    await owing(writer)
    await writer.connection.execute(
        "UPDATE delivery SET accepted_at = NULL, created_at = CASE kind WHEN 2 THEN now() ELSE created_at END,"
        " refused_at = CASE kind WHEN 2 THEN NULL ELSE now() END"
    )
    found = (await verification()).finding("V5 owed")
    assert (found.breaches, found.waiting) == (0, 4)
