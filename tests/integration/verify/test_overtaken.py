"""V10: what a reversal came before, and described otherwise or in all but its time, is shown to a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.values.clock import PARIS
from tests.integration.verify.conftest import Verification
from tests.integration.verify.payments import Paid, Writer
from tests.integration.verify.test_left_standing import NOBODYS, breaches
from tests.integration.verify.test_reversals import say

CAME = timedelta(minutes=30)  # before now: as payments.Writer.pay writes


async def overtaken(writer: Writer, *, sent_before: timedelta = timedelta(minutes=1)) -> tuple[Paid, str]:
    """Write a payment that was sent so long before it came; return it with its time of sending."""
    paid = await writer.pay()
    sent = writer.now - CAME - sent_before
    shown = f"{sent:%m%d%H%M%S}"
    await writer.connection.execute(
        "UPDATE attempt SET transmitted_at = $1, local_time = $2 WHERE id = $3",
        shown,
        f"{sent.astimezone(PARIS):%m%d%H%M%S}",
        paid.id,
    )
    return paid, shown


async def show(writer: Writer, paid: Paid, cause: str) -> None:
    await writer.connection.execute(
        "INSERT INTO doubt (attempt_id, business_date, cause) VALUES ($1, $2, $3)", paid.id, paid.day, cause
    )


def before(writer: Writer, **by: float) -> dict[str, Any]:
    """Return what nobody's reversal is that came so long before the payment."""
    return {**NOBODYS, "received_at": writer.now - CAME - timedelta(**by)}


@pytest.mark.parametrize("said", [{"card_fingerprint": 78}, {"amount_minor": 900}, {"currency": "USD"}])
@pytest.mark.parametrize("is_timed", [True, False])
async def test_v10_sees_what_stands_though_its_reversal_described_it_otherwise(
    writer: Writer, verification: Verification, said: dict[str, Any], is_timed: bool
) -> None:
    paid, shown = await overtaken(writer)
    await say(writer, paid, **before(writer, seconds=5), sent_at=shown if is_timed else "", **said)
    assert await breaches(verification) == 1
    await show(writer, paid, "unlike_one_reversed")
    assert await breaches(verification) == 0


@pytest.mark.parametrize("moved", [-40, 30, -1_800])
async def test_v10_sees_what_came_after_a_reversal_that_says_another_time(
    writer: Writer, verification: Verification, moved: int
) -> None:
    paid, _ = await overtaken(writer)
    sent_at = f"{writer.now - CAME + timedelta(seconds=moved - 60):%m%d%H%M%S}"
    await say(writer, paid, **before(writer, seconds=5), sent_at=sent_at)
    assert await breaches(verification) == 1
    await show(writer, paid, "like_one_reversed")
    assert await breaches(verification) == 0


async def test_v10_leaves_what_was_sent_after_the_reversal_unless_it_was_sent_before(
    writer: Writer, verification: Verification
) -> None:
    paid, _ = await overtaken(writer, sent_before=timedelta(seconds=1))
    sent_at = f"{writer.now - CAME - timedelta(minutes=21):%m%d%H%M%S}"
    await say(writer, paid, **before(writer, minutes=20), sent_at=sent_at)
    assert await breaches(verification) == 0
    await writer.connection.execute("UPDATE attempt SET request = $1", msgspec.msgpack.encode({0: "0201"}))
    assert await breaches(verification) == 1, "its type says that it was sent before"


async def test_v10_sees_what_a_reversal_overtook_that_was_told_the_answer_of_another(
    writer: Writer, verification: Verification
) -> None:
    paid, _ = await overtaken(writer)
    await say(writer, paid, **{**before(writer, seconds=5), "finding": 5}, sent_at="")
    assert await breaches(verification) == 1
    await show(writer, paid, "like_one_repeated")
    assert await breaches(verification) == 0


async def test_v10_wants_a_payment_shown_whose_reversal_names_it_on_a_day_far_off(
    writer: Writer, verification: Verification
) -> None:
    paid, shown = await overtaken(writer)
    far = f"{int(shown[:2]) % 12 + 1:02d}{shown[2:]}"
    await say(
        writer, paid, **{**NOBODYS, "received_at": writer.now - CAME + timedelta(seconds=9)}, sent_at=far
    )
    assert await breaches(verification) == 1
    await show(writer, paid, "like_one_reversed")
    assert await breaches(verification) == 0


async def test_v10_takes_midnight_for_no_time(writer: Writer, verification: Verification) -> None:
    paid, _ = await overtaken(writer)
    midnight = f"{writer.now:%m%d}000000"
    await writer.connection.execute("UPDATE attempt SET transmitted_at = $1, local_time = $1", midnight)
    await say(writer, paid, **before(writer, minutes=40), sent_at=midnight, amount_minor=900)
    assert await breaches(verification) == 0


async def test_v10_sees_a_wrong_number_by_another_clock_and_by_the_time_of_a_repeat(
    writer: Writer, verification: Verification
) -> None:
    paid, _ = await overtaken(writer)
    sent = writer.now - CAME - timedelta(minutes=1)
    await writer.connection.execute("UPDATE attempt SET local_time = transmitted_at")
    await say(
        writer,
        paid,
        **NOBODYS,
        stan=4_242,
        sent_at=f"{sent.astimezone(PARIS):%m%d%H%M%S}",
        received_at=writer.now,
    )
    assert await breaches(verification) == 1
    repeated = f"{sent + timedelta(seconds=47):%m%d%H%M%S}"
    await writer.connection.execute("UPDATE reversal SET sent_at = $1", repeated)
    assert await breaches(verification) == 0
    await writer.connection.execute(
        "INSERT INTO repeat_time VALUES ($1, $2, $3, $3)", paid.id, paid.day, repeated
    )
    assert await breaches(verification) == 1
