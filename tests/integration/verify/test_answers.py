"""V11 sees what was booked on an answer that says something else, and V6 a book that believes something else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from core.contracts.states import Kind, State
from core.verify.model import Finding
from tests.integration.verify.conftest import Verification
from tests.integration.verify.payments import Paid, Writer, book_of

ASKED: dict[int, Any] = {
    2: "497010******0006", 3: "000000", 4: "000000001250", 7: "1122050200", 11: "000001", 37: "R00000000001",
    41: "T0000001", 49: "978",
}  # fmt: skip


async def answered(writer: Writer, paid: Paid, state: State = State.APPROVED, **changes: Any) -> None:
    """Keep the exchange of a payment as the engine does: `_4="…"` changes a field of the answer, None takes it out."""
    answer = {number: ASKED[number] for number in (3, 4, 7, 11, 37, 41, 49)} | {39: "00"}
    for name, value in changes.items():
        number = int(name.lstrip("_"))
        if value is None:
            answer.pop(number, None)
        else:
            answer[number] = value
    await writer.connection.execute(
        "INSERT INTO event (attempt_id, business_date, kind, state, reason, detail) VALUES ($1, $2, 2, $3, 100, $4)",
        paid.id, paid.day, int(state), msgspec.msgpack.encode([{}, ASKED, answer]),
    )  # fmt: skip


async def v11(verification: Verification) -> Finding:
    return (await verification()).finding("V11")


@pytest.mark.parametrize("code", ["00", "08", "11", "16"])
async def test_v11_holds_where_the_answer_is_the_question(
    writer: Writer, verification: Verification, code: str
) -> None:
    await answered(writer, await writer.pay(), _39=code)
    finding = await v11(verification)
    assert (finding.checked, finding.breaches, finding.note) == (1, 0, "1 exchanges with hosts compared")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"_4": "000000001251"}, "field 4"),
        ({"_49": "840"}, "field 49"),
        ({"_2": "411111******1111"}, "field 2"),
        ({"_37": "R00000000002"}, "field 37"),
        ({"_7": "1122050201"}, "field 7"),
        ({"_39": "77"}, "field 39"),
        ({"_39": None}, "field 39"),
        ({"_39": "85"}, "field 39"),
    ],
)
async def test_v11_sees_what_was_booked_on_the_answer_to_something_else(
    writer: Writer, verification: Verification, changes: dict[str, Any], named: str
) -> None:
    await answered(writer, await writer.pay(), **changes)
    finding = await v11(verification)
    assert finding.breaches == 1
    assert finding.examples[0].startswith(f"{named}: txn_")


async def test_v11_sees_a_declined_approval_and_an_unclear_answer_that_was_settled(
    writer: Writer, verification: Verification
) -> None:
    declined, unclear = await writer.pay(State.DECLINED), await writer.pay(State.DECLINED)
    await writer.connection.execute("UPDATE attempt SET host_code = '08' WHERE id = $1", declined.id)
    await writer.connection.execute("UPDATE attempt SET reason = 59 WHERE id = $1", unclear.id)
    assert (await v11(verification)).breaches == 2


async def test_v11_sees_another_amount_and_a_part_that_nobody_can_take(
    writer: Writer, verification: Verification
) -> None:
    more, part = await writer.pay(), await writer.pay()
    await writer.connection.execute(
        "UPDATE attempt SET host_code = '00', approved_minor = 1251 WHERE id = $1", more.id
    )
    await writer.connection.execute(
        "UPDATE attempt SET host_code = '10', state = 4, approved_minor = 600 WHERE id = $1", part.id
    )
    assert (await v11(verification)).breaches == 2


async def test_v6_sees_another_currency_and_another_card_there(
    writer: Writer, verification: Verification
) -> None:
    same, currency, card = await writer.pay(), await writer.pay(), await writer.pay()
    book = book_of(
        same.booked(currency="978", digits_shown="4970100006"),
        currency.booked(currency="840", digits_shown="4970100006"),
        card.booked(currency="978", digits_shown="4111111111"),
    )
    finding = (await verification(None, book)).finding("V6")
    assert {example.split(":")[0] for example in finding.examples} == {
        "another currency there",
        "another card there",
    }


async def test_a_reversal_that_the_host_refused_for_good_waits_for_a_person(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay(State.UNKNOWN)
    await writer.owe(paid, accepted=False)
    report = await verification()
    assert [report.finding(name).breaches for name in ("V4", "V5")] == [1, 1]
    await writer.connection.execute("UPDATE delivery SET refused_at = now()")
    report = await verification()
    assert [(report.finding(name).breaches, report.finding(name).waiting) for name in ("V4", "V5")] == [
        (0, 1),
        (0, 1),
    ]


async def test_a_verification_approves_no_amount(writer: Writer, verification: Verification) -> None:
    paid = await writer.pay(kind=Kind.VERIFICATION, amount_minor=0, booked=False)
    await answered(writer, paid, _4="000000000000", _39="85")
    assert (await v11(verification)).breaches == 0
