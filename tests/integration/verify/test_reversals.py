"""V10: a reversal that was told 00 is true, and nothing else was taken back."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import Any

import msgspec
import pytest

from core.contracts.reasons import Reason
from core.contracts.states import EventKind, Kind, State
from core.values.ids import encode_id
from tests.integration.verify.conftest import Verification
from tests.integration.verify.payments import Paid, Writer


async def say(writer: Writer, paid: Paid, **changes: Any) -> None:
    """Write a reversal that describes a payment and was told 00, with `changes`."""
    values: dict[str, Any] = {
        "id": paid.id,
        "terminal_id": writer.terminal_id,
        "received_at": writer.now,
        "said": paid.stan,
        "message_class": 2,
        "stan": paid.stan,
        "original_day": paid.day,
        "sent_at": "1122050200",
        "currency": "EUR",
        "amount_minor": paid.amount_minor,
        "card_fingerprint": 77,
        "request": b"\x80",
        "finding": 1,
        "reason": 100,
        "attempt_id": paid.id,
        "attempt_date": paid.day,
        **changes,
    }
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await writer.connection.execute(
        f"INSERT INTO reversal ({', '.join(values)}) VALUES ({places})",  # noqa: S608 -- Names of this file.
        *values.values(),
    )


async def show_one_clock(writer: Writer) -> None:
    """Have payments show one time, as those of terminals that do not tell local time."""
    await writer.connection.execute("UPDATE attempt SET local_time = transmitted_at")


async def show_like_one(writer: Writer, paid: Paid) -> None:
    """Have a person see a payment that is like one which a reversal names and that never came."""
    await writer.connection.execute(
        "INSERT INTO doubt (attempt_id, business_date, cause) VALUES ($1, $2, 'like_one_reversed')",
        paid.id,
        paid.day,
    )


async def take_back(writer: Writer, paid: Paid) -> None:
    """Write the event of a payment that its terminal took back."""
    await writer.connection.execute(
        "INSERT INTO event (attempt_id, business_date, kind, state, reason, cause) VALUES ($1, $2, $3, 7, 52, 'terminal')",
        paid.id,
        paid.day,
        int(EventKind.REVERSED),
    )


async def test_what_was_taken_back_as_told_holds(writer: Writer, verification: Verification) -> None:
    paid, lost = await writer.pay(State.REVERSED), await writer.pay(State.DECLINED)
    await say(writer, paid)
    await take_back(writer, paid)
    await say(writer, lost, attempt_id=None, attempt_date=None, finding=2)
    report = await verification()
    for name, checked in (("V10", 2), ("V10 asked", 1)):
        finding = report.finding(name)
        assert (finding.checked, finding.breaches) == (checked, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {},  # told 00, and it stands
        {"attempt_id": None, "attempt_date": None, "finding": 2},  # told that none stood
        {
            "attempt_id": None,
            "attempt_date": None,
            "finding": 2,
            "sent_at": "",
            "early": True,
        },  # it overtook it
        {"attempt_id": None, "attempt_date": None, "finding": 2, "sent_at": "1122040200"},  # by another clock
        {"replacement_minor": 1_000},  # a part should stay, and all does
    ],
)
async def test_v10_sees_a_reversal_that_was_told_and_not_done(
    writer: Writer, verification: Verification, changes: dict[str, Any]
) -> None:
    paid = await writer.pay()
    await show_one_clock(writer)
    if "early" in changes:
        changes = {**changes, "received_at": writer.now - timedelta(minutes=35)}
    await say(writer, paid, **{name: value for name, value in changes.items() if name != "early"})
    finding = (await verification()).finding("V10")
    assert (finding.checked, finding.breaches) == (1, 1)


@pytest.mark.parametrize("sent_at", ["1122043200", "1121050200", "1122053200", "1120230200", "1122051700"])
async def test_v10_sees_a_neighbour_taken_back_for_what_was_sent_at_another_time(
    writer: Writer, verification: Verification, sent_at: str
) -> None:
    paid = await writer.pay(State.REVERSED)
    await say(writer, paid, sent_at=sent_at)
    assert (await verification()).finding("V10").breaches == 1, "no two clocks are so far apart"


@pytest.mark.parametrize("changes", [{"reference": ""}, {"sent_at": "1122060200"}, {"sent_at": "1122040200"}])
async def test_v10_takes_another_clock_or_our_reference(
    writer: Writer, verification: Verification, changes: dict[str, Any]
) -> None:
    paid = await writer.pay(State.REVERSED)
    await show_one_clock(writer)
    if "reference" in changes:
        changes = {"reference": paid.reference, "sent_at": "0101000000"}
    await say(writer, paid, **changes)
    assert (await verification()).finding("V10").breaches == 0


@pytest.mark.parametrize(
    ("days", "told", "breaches"),
    [
        (0, "010000", 0),
        (-1, "210000", 0),
        (0, "020000", 0),
        (-1, "200000", 1),  # an hour from one time and five from the other: by two clocks that do not agree
        (0, "000000", 1),
        (0, "050000", 1),
        (0, "013000", 1),
        (-1, "010000", 1),
    ],
)
async def test_v10_reads_a_time_off_one_clock_for_all_that_a_payment_shows(
    writer: Writer, verification: Verification, days: int, told: str, breaches: int
) -> None:
    paid = await writer.pay(State.REVERSED)
    await writer.connection.execute("UPDATE store SET time_zone = 'America/Guadeloupe'")
    await writer.connection.execute(
        "UPDATE attempt SET transmitted_at = $1, local_time = $2",
        f"{paid.day:%m%d}010000",
        f"{paid.day - timedelta(days=1):%m%d}210000",
    )
    await say(writer, paid, sent_at=f"{paid.day + timedelta(days=days):%m%d}{told}")
    assert (await verification()).finding("V10").breaches == breaches


async def test_v10_sees_yesterdays_hold_taken_back_for_what_nobody_described(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay(State.REVERSED, age=timedelta(days=1))
    await say(writer, paid, sent_at="", card_fingerprint=None, original_day=writer.now.date())
    assert (await verification()).finding("V10").breaches == 1
    await writer.connection.execute("UPDATE reversal SET card_fingerprint = 77")
    assert (await verification()).finding("V10").breaches == 0


@pytest.mark.parametrize("sent_at", ["1122040200", "1122070200"])
async def test_v10_leaves_what_fits_one_of_two_times_that_a_payment_shows(
    writer: Writer, verification: Verification, sent_at: str
) -> None:
    paid = await writer.pay()  # 05:02 by one clock and 06:02 by the other: no third one shows this.
    await say(writer, paid, attempt_id=None, attempt_date=None, finding=2, sent_at=sent_at)
    await show_like_one(writer, paid)
    assert (await verification()).finding("V10").breaches == 0


async def test_v10_names_the_payment_that_stands(writer: Writer, verification: Verification) -> None:
    paid = await writer.pay()
    await say(writer, paid, id=uuid.uuid4(), attempt_id=None, attempt_date=None, finding=2)
    found = (await verification()).finding("V10").found
    assert [one.facts["id"] for one in found] == [encode_id("transaction", paid.id.bytes)]


async def test_v10_sees_what_stands_though_a_dead_clock_took_it_back(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay()
    await writer.connection.execute("UPDATE attempt SET received_at = $1", writer.now)
    new_year = paid.day.replace(month=1, day=1)
    await say(writer, paid, attempt_id=None, attempt_date=None, finding=2, sent_at="", original_day=new_year)
    assert (await verification()).finding("V10").breaches == 1


@pytest.mark.parametrize("sent_at", ["1122051700", "0202050222", "0822050200"])
async def test_v10_leaves_what_was_sent_at_another_time_only_where_a_person_is_shown_it(
    writer: Writer, verification: Verification, sent_at: str
) -> None:
    paid = await writer.pay()
    await say(writer, paid, attempt_id=None, attempt_date=None, finding=2, sent_at=sent_at)
    assert (await verification()).finding("V10").breaches == 1
    await show_like_one(writer, paid)
    assert (await verification()).finding("V10").breaches == 0


async def test_v10_reads_an_approval_code_without_its_zeros(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay(State.REVERSED)
    await writer.connection.execute("UPDATE attempt SET approval_code = '000021'")
    await say(writer, paid, approval_code="21")
    assert (await verification()).finding("V10").breaches == 0


@pytest.mark.parametrize(
    ("message", "breaches"),
    [
        ({3: "000000"}, 0),
        ({3: "090000", 39: "Y1"}, 0),
        ({39: "00"}, 0),
        ({3: "020000"}, 1),
        ({3: "310000"}, 1),
        ({3: "000000", 39: "05"}, 1),
        ({3: "000000", 39: "Z1"}, 1),
        ({3: "000000", 39: "91"}, 1),
    ],
)
async def test_v10_sees_what_was_booked_and_not_sold(
    writer: Writer, verification: Verification, message: dict[int, str], breaches: int
) -> None:
    await writer.pay(kind=Kind.ADVICE, request=msgspec.msgpack.encode({0: "0220", **message}))
    assert (await verification()).finding("V10 advices").breaches == breaches


@pytest.mark.parametrize(
    ("change", "breaches"), [("", 1), ("approval_code = 'OTHER1'", 0), ("card_fingerprint = 78", 0)]
)
async def test_v10_sees_a_sale_beside_the_hold_whose_approval_code_it_says(
    writer: Writer, verification: Verification, change: str, breaches: int
) -> None:
    await writer.pay(kind=Kind.AUTHORISATION, age=timedelta(minutes=40))
    sold = await writer.pay(kind=Kind.ADVICE)
    if change:
        await writer.connection.execute(f"UPDATE attempt SET {change} WHERE id = $1", sold.id)  # noqa: S608
    assert (await verification()).finding("V10 advices").breaches == breaches


@pytest.mark.parametrize(
    "changes", [{"currency": "USD"}, {"card_fingerprint": 78}, {"amount_minor": 1}, {"stan": 999}]
)
async def test_v10_sees_a_payment_taken_back_that_another_was_described_by(
    writer: Writer, verification: Verification, changes: dict[str, Any]
) -> None:
    paid = await writer.pay(State.REVERSED)
    if "amount_minor" in changes:
        await writer.connection.execute("UPDATE attempt SET approved_minor = 1250")
    await say(writer, paid, **changes)
    assert (await verification()).finding("V10").breaches == 1


async def test_v10_sees_a_payment_taken_back_that_no_reversal_names(
    writer: Writer, verification: Verification
) -> None:
    named, other = await writer.pay(State.REVERSED), await writer.pay(State.REVERSED)
    await say(writer, named)
    await take_back(writer, named)
    await take_back(writer, other)
    assert (await verification()).finding("V10 asked").breaches == 1


async def test_v3_sees_a_part_that_was_told_to_be_taken_back_and_is_held(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay()
    told = paid.told(outcome="reversal_acknowledged", replacement_minor=1_000)
    finding = (await verification([told])).finding("V3")
    assert finding.examples[0].startswith("reversal in part acknowledged, more is held")


async def test_v3_keeps_to_a_reversal_whose_payment_never_came(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay()
    await say(writer, paid, stan=4242, attempt_id=None, attempt_date=None, finding=2)
    lost = paid.told(outcome="reversal_acknowledged", stan=4242)
    unkept = paid.told(outcome="reversal_acknowledged", stan=4343)
    finding = (await verification([lost, unkept])).finding("V3")
    assert [example.partition(":")[0] for example in finding.examples] == [
        "reversal acknowledged, nothing recorded"
    ]


@pytest.mark.parametrize("days", [1, -1, -5])
@pytest.mark.parametrize(
    ("first_type", "message_type", "breaches"),
    [("0200", "0201", 1), ("0220", "0221", 1), ("0221", "0220", 1), ("0200", "0200", 0), ("0220", "0220", 0)],
)
async def test_v8_sees_a_payment_beside_its_repeat_of_another_day_whatever_else_it_says(
    writer: Writer, verification: Verification, first_type: str, message_type: str, breaches: int, days: int
) -> None:
    kind = Kind.ADVICE if message_type[2] == "2" else Kind.PURCHASE
    first = await writer.pay(
        kind=kind, age=timedelta(minutes=40), request=msgspec.msgpack.encode({0: first_type, 3: "000000"})
    )
    again = await writer.pay(kind=kind, request=msgspec.msgpack.encode({0: message_type, 3: "003000"}))
    await writer.connection.execute(
        "UPDATE attempt SET stan = $2, business_date = business_date + $3::integer, body_hash = 2, card_expiry = '',"
        " entry_mode = '052', local_time = '0101000000' WHERE id = $1",
        again.id,
        first.stan,
        days,
    )
    assert (await verification()).finding("V8 repeats").breaches == breaches


async def test_v10_sees_a_refused_fact_that_nobody_is_shown(
    writer: Writer, verification: Verification
) -> None:
    shown, unseen = await writer.pay(State.DECLINED), await writer.pay(State.DECLINED)
    await writer.connection.execute("UPDATE attempt SET kind = 5")
    await writer.connection.execute(
        "INSERT INTO doubt (attempt_id, business_date, cause) VALUES ($1, $2, 'refused')", shown.id, shown.day
    )
    found = (await verification()).finding("V10 facts")
    assert (found.checked, found.breaches) == (2, 1)
    assert [one.facts["id"] for one in found.found] == [encode_id("transaction", unseen.id.bytes)]
    # Where nobody was shown any of them, none was passed over.
    await writer.connection.execute("DELETE FROM doubt")
    found = (await verification()).finding("V10 facts")
    assert (found.checked, found.breaches) == (2, 2)


@pytest.mark.parametrize(("later", "breaches"), [(timedelta(hours=3), 0), (timedelta(hours=-3), 1)])
async def test_v8_knows_a_first_sending_that_was_overtaken_by_its_time(
    writer: Writer, verification: Verification, later: timedelta, breaches: int
) -> None:
    repeat = await writer.pay(
        kind=Kind.ADVICE, age=timedelta(minutes=40), request=msgspec.msgpack.encode({0: "0221"})
    )
    other = await writer.pay(kind=Kind.ADVICE, request=msgspec.msgpack.encode({0: "0220"}))
    await writer.connection.execute(
        "UPDATE attempt SET stan = $3, local_time = to_char(CASE id WHEN $1 THEN $4::timestamp ELSE $5 END,"
        " 'MMDDHH24MISS'), business_date = CASE id WHEN $2 THEN business_date + 1 ELSE business_date END"
        " WHERE id IN ($1, $2)",
        repeat.id,
        other.id,
        repeat.stan,
        noon := datetime.combine(repeat.day, time(20)),
        noon + later,
    )
    assert (await verification()).finding("V8 repeats").breaches == breaches


async def test_v8_sees_what_was_booked_though_its_first_sending_was_declined(
    writer: Writer, verification: Verification
) -> None:
    declined = await writer.pay(State.DECLINED, kind=Kind.ADVICE, age=timedelta(minutes=40))
    booked = await writer.pay(kind=Kind.ADVICE, request=msgspec.msgpack.encode({0: "0221"}))
    await writer.connection.execute(
        "UPDATE attempt SET stan = $2, business_date = business_date + 1 WHERE id = $1",
        booked.id,
        declined.stan,
    )
    await writer.connection.execute(
        "UPDATE attempt SET reason = $2 WHERE id = $1", declined.id, int(Reason.DECLINED_AT_TERMINAL)
    )
    assert (await verification()).finding("V8 repeats").breaches == 1


@pytest.mark.parametrize("is_shown", [False, True])
async def test_v10_sees_a_sale_beside_the_payment_whose_approval_code_it_says(
    writer: Writer, verification: Verification, is_shown: bool
) -> None:
    bought = await writer.pay(age=timedelta(minutes=40))
    sold = await writer.pay(kind=Kind.ADVICE)
    await writer.connection.execute(
        "UPDATE attempt SET approval_code = CASE id WHEN $1 THEN '000376' ELSE '376' END", bought.id
    )
    if is_shown:
        await writer.connection.execute(
            "INSERT INTO doubt (attempt_id, business_date, cause) VALUES ($1, $2, 'like_one_paid')",
            sold.id,
            sold.day,
        )
    assert (await verification()).finding("V10 advices").breaches == (0 if is_shown else 1)


async def test_v3_sees_an_advice_that_was_told_the_answer_of_a_request_nobody_approved(
    writer: Writer, verification: Verification
) -> None:
    asked = await writer.pay(State.REVERSED)
    await writer.connection.execute("UPDATE attempt SET approved_minor = 0")
    finding = (await verification([asked.told(outcome="advice_acknowledged")])).finding("V3")
    assert finding.examples[0].startswith("advice acknowledged, not booked")
