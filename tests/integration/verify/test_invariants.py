"""Each invariant sees a breach planted in a real database, and is silent without one."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from core.contracts.states import Kind, State
from core.values.ids import encode_id
from core.verify.model import Report
from tests.integration.verify.conftest import Verification
from tests.integration.verify.payments import Paid, Writer, book_of


def broken(report: Report) -> dict[str, int]:
    """The invariants with a breach, by name."""
    return {finding.name: finding.breaches for finding in report.findings if finding.breaches}


async def some_payments(writer: Writer) -> list[Paid]:
    """A payment in each state that payments come to rest in, and everything consumed."""
    rest = [
        await writer.pay(State.APPROVED),
        await writer.pay(State.CAPTURED),
        await writer.pay(State.DECLINED),
        await writer.pay(State.REVERSED),
    ]
    await writer.owe(rest[3], accepted=True)
    await writer.consume()
    return rest


async def test_sound_books_hold_everywhere(writer: Writer, verification: Verification) -> None:
    approved, captured, declined, reversed_ = await some_payments(writer)
    facts = [
        approved.told(),
        captured.told(),
        declined.told(code="51"),
        reversed_.told(outcome="reversal_acknowledged"),
    ]
    book = book_of(
        approved.booked(), captured.booked(), declined.booked("declined"), reversed_.booked("reversed")
    )
    report = await verification(facts, book, drain_s=2)
    assert broken(report) == {}
    assert report.holds
    assert report.drained is True
    checked = {finding.name: finding.checked for finding in report.findings}
    assert checked["V1"] == 12
    assert checked["V3"] == checked["V4"] == checked["V6"] == checked["V13 lists"] == 4
    assert checked["V7"] == 6
    assert checked["V9 rows"] >= 10


async def test_v1_sees_an_operation_that_does_not_sum_to_zero(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay(State.APPROVED, booked=False)
    await writer.entry(paid, 1, 1, 1, 1250)
    await writer.entry(paid, 1, 1, 2, -1249)
    await writer.consume()
    report = await verification()
    assert broken(report) == {"V1": 1}
    assert report.finding("V1").examples == [encode_id("transaction", paid.id.bytes)]
    assert not report.holds


@pytest.mark.parametrize("state", [State.APPROVED, State.CAPTURED])
async def test_v1_sees_an_approval_that_nothing_was_booked_for(
    writer: Writer, verification: Verification, state: State
) -> None:
    await writer.pay(state, booked=False)
    await writer.consume()
    assert broken(await verification()) == {"V1 position": 1, "V1 operations": 1, "V13 books": 1}


async def test_v1_sees_money_held_for_a_decline(writer: Writer, verification: Verification) -> None:
    paid = await writer.pay(State.DECLINED)
    await writer.post(paid, operation=1, layer=1, amount_minor=1250)
    await writer.consume()
    assert broken(await verification()) == {"V1 position": 1, "V1 operations": 1, "V13 books": 1}


async def test_v1_takes_the_operations_of_every_state(writer: Writer, verification: Verification) -> None:
    await some_payments(writer)
    taken_back = await writer.pay(State.APPROVED, amount_minor=900)
    await writer.post(taken_back, operation=2, layer=1, amount_minor=-300, part=1)
    await writer.connection.execute("UPDATE attempt SET approved_minor = 600 WHERE id = $1", taken_back.id)
    for state in (State.APPROVED, State.REVERSED):
        given_back = await writer.pay(state, kind=Kind.REFUND, booked=False)
        await writer.post(given_back, operation=4, layer=2, amount_minor=-1250)
    await writer.post(given_back, operation=5, layer=2, amount_minor=1250)
    await writer.owe(given_back, accepted=True)
    found = (await verification()).finding("V1 operations")
    assert (found.checked, found.breaches) == (7, 0)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_entry SET operation = 4 WHERE operation = 3",
        "UPDATE ledger_entry SET operation = 5 WHERE operation = 2 AND amount_minor < 0",
        "UPDATE ledger_entry SET part = 1 WHERE operation = 2",
        "UPDATE ledger_entry SET layer = 2 WHERE operation = 1",
        "UPDATE ledger_entry SET amount_minor = -amount_minor WHERE operation = 3",
        "UPDATE ledger_entry SET leg = 3 WHERE operation = 3 AND leg = 2",
        "UPDATE ledger_entry SET business_date = business_date + 1 WHERE operation = 3",
        "UPDATE ledger_entry SET attempt_id = gen_random_uuid() WHERE operation = 3",
        "DELETE FROM ledger_entry WHERE operation = 2",
        "UPDATE attempt SET captured_minor = 1250, state = 3; DELETE FROM ledger_entry WHERE operation > 1",
    ],
)
async def test_v1_sees_an_operation_that_its_payments_state_does_not_allow(
    writer: Writer, verification: Verification, change: str
) -> None:
    await writer.pay(State.CAPTURED)
    assert (await verification()).finding("V1 operations").breaches == 0
    await writer.connection.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only")
    await writer.connection.execute(change)
    assert (await verification()).finding("V1 operations").breaches >= 1


@pytest.mark.parametrize(
    ("change", "breaches"),
    [
        ("UPDATE attempt SET approved_minor = 1249 WHERE kind = 6", 1),
        ("UPDATE attempt SET card_fingerprint = 78 WHERE kind = 6", 1),
        ("UPDATE attempt SET currency = 'USD' WHERE kind = 6", 1),
        ("UPDATE attempt SET original_id = gen_random_uuid() WHERE kind = 6", 2),
        ("UPDATE attempt SET state = 5 WHERE kind = 6", 1),
        ("UPDATE attempt SET kind = 2 WHERE kind = 1", 1),
        ("UPDATE attempt SET captured_minor = 1251, approved_minor = 1249 WHERE kind = 1", 1),
    ],
)
async def test_v1_sees_a_hold_that_its_completion_did_not_capture(
    writer: Writer, verification: Verification, change: str, breaches: int
) -> None:
    hold = await writer.pay(State.CAPTURED, kind=Kind.AUTHORISATION)
    completion = await writer.pay(State.APPROVED, kind=Kind.COMPLETION, booked=False)
    await writer.connection.execute(
        "UPDATE attempt SET original_id = $1, original_date = $2 WHERE id = $3",
        hold.id,
        hold.day,
        completion.id,
    )
    found = (await verification()).finding("V1 completions")
    assert (found.checked, found.breaches) == (1, 0)
    await writer.connection.execute(change)
    assert (await verification()).finding("V1 completions").breaches == breaches


@pytest.mark.parametrize(
    ("column", "value"), [("owner_id", "gen_random_uuid()"), ("account", "9"), ("currency", "'USD'")]
)
async def test_v1_sees_an_entry_of_another_store_account_or_currency(
    writer: Writer, verification: Verification, column: str, value: str
) -> None:
    paid = await writer.pay(State.CAPTURED, booked=False)
    await writer.post(paid, operation=3, layer=2, amount_minor=1250)
    await writer.consume()
    assert (await verification()).finding("V1 owners").breaches == 0
    await writer.connection.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only")
    await writer.connection.execute(f"UPDATE ledger_entry SET {column} = {value} WHERE leg = 2")  # noqa: S608
    assert (await verification()).finding("V1 owners").breaches == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE attempt SET refunded_minor = refunded_minor - 50 WHERE kind = 2",
        "UPDATE attempt SET card_fingerprint = 78 WHERE kind = 4",
        "UPDATE attempt SET currency = 'USD' WHERE kind = 4",
        "UPDATE attempt SET state = 5 WHERE kind = 4",
    ],
)
async def test_v1_sees_a_refund_that_its_payment_does_not_count_or_that_is_of_another_card(
    writer: Writer, verification: Verification, change: str
) -> None:
    paid = await writer.pay(State.CAPTURED)
    refund = await writer.pay(State.APPROVED, kind=Kind.REFUND, amount_minor=300, booked=False)
    await writer.connection.execute(
        "UPDATE attempt SET original_id = $1, original_date = $2 WHERE id = $3", paid.id, paid.day, refund.id
    )
    await writer.connection.execute("UPDATE attempt SET refunded_minor = 300 WHERE id = $1", paid.id)
    assert (await verification()).finding("V1 refunds").breaches == 0
    await writer.connection.execute(change)
    assert (await verification()).finding("V1 refunds").breaches == 1


async def test_v1_asks_for_no_payment_of_a_refund_whose_month_was_put_away(
    writer: Writer, verification: Verification
) -> None:
    refund = await writer.pay(State.APPROVED, kind=Kind.REFUND, amount_minor=300, booked=False)
    for day, breaches in ((refund.day, 1), (refund.day - timedelta(days=70), 0)):
        await writer.connection.execute(
            "UPDATE attempt SET original_id = gen_random_uuid(), original_date = $1 WHERE id = $2",
            day,
            refund.id,
        )
        assert (await verification()).finding("V1 refunds").breaches == breaches


async def test_v2_sees_an_operation_booked_again_on_another_day(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay(State.APPROVED)
    await writer.post(paid, operation=1, layer=1, amount_minor=1250, day=paid.day - timedelta(days=1))
    await writer.consume()
    report = await verification()
    assert report.finding("V2").breaches == 2
    assert set(report.finding("V2").examples) == {encode_id("transaction", paid.id.bytes)}


@pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN])
async def test_v4_sees_an_attempt_left_open(writer: Writer, verification: Verification, state: State) -> None:
    await writer.pay(state, age=timedelta(minutes=2), booked=False)
    assert (await verification()).finding("V4").waiting == 1
    await writer.pay(state, age=timedelta(minutes=6), booked=False)
    finding = (await verification()).finding("V4")
    assert (finding.breaches, finding.waiting) == (1, 1)


async def test_v5_sees_a_timeout_without_its_reversal(writer: Writer, verification: Verification) -> None:
    await writer.pay(State.UNKNOWN, age=timedelta(minutes=1))
    assert (await verification()).finding("V5").breaches == 1


async def test_v5_waits_five_minutes_for_the_host(writer: Writer, verification: Verification) -> None:
    waiting = await writer.pay(State.UNKNOWN, age=timedelta(minutes=1))
    await writer.owe(waiting, accepted=False, age=timedelta(minutes=1))
    assert (await verification()).finding("V5").waiting == 1
    late = await writer.pay(State.UNKNOWN, age=timedelta(minutes=20))
    await writer.owe(late, accepted=False, age=timedelta(minutes=6))
    finding = (await verification()).finding("V5")
    assert (finding.breaches, finding.waiting) == (1, 1)


async def test_v5_sees_a_timed_out_payment_that_came_back_to_life(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay(State.APPROVED)
    await writer.note(paid, 3, State.UNKNOWN, writer.now)
    await writer.owe(paid, accepted=True)
    assert (await verification()).finding("V5").breaches == 1


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM delivery",
        "UPDATE delivery SET kind = 2",
        "UPDATE delivery SET accepted_at = NULL",
        "UPDATE delivery SET attempt_id = gen_random_uuid()",
    ],
)
async def test_v5_sees_a_payment_taken_back_whose_host_was_not_told(
    writer: Writer, verification: Verification, change: str
) -> None:
    await some_payments(writer)
    found = (await verification()).finding("V5")
    assert (found.checked, found.breaches) == (1, 0)
    await writer.connection.execute(change)
    assert (await verification()).finding("V5").breaches == 1


async def test_v5_asks_no_reversal_of_what_was_never_sent(writer: Writer, verification: Verification) -> None:
    paid = await writer.pay(State.REVERSED, booked=False)
    await writer.connection.execute(
        "UPDATE attempt SET sent_at = NULL, approved_minor = 0 WHERE id = $1", paid.id
    )
    found = (await verification()).finding("V5")
    assert (found.checked, found.breaches) == (0, 0)


async def test_v7_sees_an_event_behind_the_last_range(writer: Writer, verification: Verification) -> None:
    await some_payments(writer)
    await writer.pay(State.DECLINED, age=timedelta(seconds=10))
    assert (await verification()).finding("V7").waiting == 1
    await writer.pay(State.DECLINED, age=timedelta(seconds=70))
    finding = (await verification()).finding("V7")
    assert (finding.breaches, finding.waiting) == (1, 1)


async def test_v7_sees_an_event_between_two_ranges(writer: Writer, verification: Verification) -> None:
    await some_payments(writer)
    lost = await writer.pay(State.DECLINED)
    await writer.pay(State.DECLINED)
    await writer.consume()
    assert broken(await verification()) == {}
    await writer.connection.execute(
        "UPDATE inbox SET from_txid = e.txid, from_seq = e.seq FROM event AS e"
        " WHERE e.attempt_id = $1 AND inbox.to_seq = (SELECT max(to_seq) FROM inbox)",
        lost.id,
    )
    assert broken(await verification()) == {"V7": 1}


@pytest.mark.parametrize("column", ["state", "reason"])
async def test_v7_sees_a_payment_that_moved_without_its_event(
    writer: Writer, verification: Verification, column: str
) -> None:
    rest = await some_payments(writer)
    # What says nothing of the state, and what is still sent.
    await writer.note(rest[0], 15, State.SENT, writer.now)
    sent = await writer.pay(State.SENT, booked=False)
    await writer.connection.execute("ALTER TABLE event DISABLE TRIGGER event_append_only")
    await writer.connection.execute("DELETE FROM event WHERE attempt_id = $1", sent.id)
    found = (await verification()).finding("V7 states")
    assert (found.checked, found.breaches) == (5, 0)
    await writer.connection.execute(f"UPDATE attempt SET {column} = 9 WHERE id = $1", rest[1].id)  # noqa: S608
    found = (await verification()).finding("V7 states")
    assert found.examples == [encode_id("transaction", rest[1].id.bytes)]
    await writer.connection.execute("DELETE FROM event WHERE attempt_id = $1", rest[2].id)
    assert (await verification()).finding("V7 states").breaches == 2


async def test_v7_sees_a_range_counted_twice(writer: Writer, verification: Verification) -> None:
    await some_payments(writer)
    await writer.pay(State.DECLINED)
    await writer.consume()
    await writer.connection.execute("UPDATE inbox SET from_txid = '0', from_seq = 0")
    assert broken(await verification()) == {"V7 once": 1}


async def test_v8_sees_a_debit_posted_in_two_parts(writer: Writer, verification: Verification) -> None:
    paid = await writer.pay(State.CAPTURED)
    await writer.post(paid, operation=3, layer=2, amount_minor=1250, part=1)
    await writer.consume()
    assert (await verification()).finding("V8").breaches == 1


@pytest.mark.parametrize(
    ("change", "breaches"),
    [
        ("UPDATE activity_minute SET brand = 3 WHERE state = 5", 2),
        ("UPDATE activity_minute SET service = 'softpos' WHERE state = 5", 2),
        ("UPDATE activity_minute SET reason = 54 WHERE state = 5", 2),
        ("UPDATE activity_minute SET state = 4 WHERE state = 3", 2),
        ("UPDATE activity_minute SET transactions = transactions + 1 WHERE state = 5", 1),
        ("UPDATE activity_minute SET cancelled = 0 WHERE state = 7", 1),
        ("UPDATE activity_minute SET within_100ms = 1 WHERE state = 5", 1),
        ("DELETE FROM activity_minute WHERE state = 5", 1),
    ],
)
async def test_v13_sees_activity_of_another_brand_service_outcome_or_reason(
    writer: Writer, verification: Verification, change: str, breaches: int
) -> None:
    await some_payments(writer)
    found = (await verification()).finding("V13 activity")
    assert (found.checked, found.breaches) == (3, 0)
    await writer.connection.execute(change)
    assert (await verification()).finding("V13 activity").breaches == breaches


async def test_v13_leaves_out_an_oldest_minute_of_which_some_counts_may_be_put_away(
    writer: Writer, verification: Verification
) -> None:
    connection = writer.connection
    await some_payments(writer)
    await connection.execute("UPDATE attempt SET received_at = received_at - interval '60 days'")
    await writer.pay(State.CAPTURED)
    await writer.consume()
    await connection.execute("DELETE FROM activity_minute WHERE state = 5")
    for name in ("V13", "V13 activity"):
        found = (await verification()).finding(name)
        assert (found.checked, found.breaches) == (1, 0), name
    await connection.execute(
        "UPDATE activity_minute SET payments = 0 WHERE minute > now() - interval '1 day'"
    )
    for name in ("V13", "V13 activity"):
        assert (await verification()).finding(name).breaches == 1, name


async def test_v13_leaves_out_what_is_not_counted_yet_and_terminals_that_moved(
    writer: Writer, verification: Verification
) -> None:
    await some_payments(writer)
    await writer.pay(State.DECLINED)
    found = (await verification()).finding("V13 activity")
    assert (found.breaches, found.waiting) == (0, 1)
    await writer.consume()
    await writer.connection.execute("UPDATE activity_minute SET service = 'softpos'")
    assert (await verification()).finding("V13 activity").breaches == 6
    await writer.connection.execute(
        "WITH g AS (INSERT INTO agent (email, name, password_hash, role) SELECT 'm@guichet.example', 'M', '', 'hotline' RETURNING id)"
        " INSERT INTO action (agent_id, at, kind, target_kind, target_id, facts)"
        " SELECT g.id, now(), 'terminal.moved', 'terminal', $1, '{}' FROM g",
        writer.terminal_id,
    )
    assert (await verification()).finding("V13 activity").breaches == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE attempt_key SET store_id = NULL",
        "UPDATE attempt_key SET business_date = business_date - 1",
        "UPDATE attempt_key SET stan = stan + 1",
        "UPDATE attempt_key SET amount_minor = amount_minor + 1",
        "UPDATE attempt_key SET card_last_four = '0007'",
        "UPDATE attempt_key SET approval_code = '004712'",
        "UPDATE attempt_key SET decline_reason = 54",
        "DELETE FROM attempt_key",
    ],
)
async def test_v13_sees_a_list_that_shows_a_payment_as_another(
    writer: Writer, verification: Verification, change: str
) -> None:
    await some_payments(writer)
    assert (await verification()).finding("V13 lists").breaches == 0
    await writer.connection.execute(change)
    assert (await verification()).finding("V13 lists").breaches == 4


async def test_v13_waits_five_minutes_for_the_lists(writer: Writer, verification: Verification) -> None:
    await some_payments(writer)
    await writer.pay(State.DECLINED, age=timedelta(minutes=4))
    found = (await verification()).finding("V13 lists")
    assert (found.breaches, found.waiting) == (0, 1)
    await writer.pay(State.DECLINED, age=timedelta(minutes=6))
    found = (await verification()).finding("V13 lists")
    assert (found.breaches, found.waiting) == (1, 1)
    await writer.connection.execute(
        "DELETE FROM attempt_key; UPDATE key_position SET attempt_id = '00000000-0000-0000-0000-000000000000'"
    )
    assert (await verification()).finding("V13 lists").breaches == 5


async def test_v9_sees_a_card_number_in_bytes_and_in_text(writer: Writer, verification: Verification) -> None:
    await writer.pay(State.DECLINED, request=b"\x81\x02\xb04111111111111111")
    await writer.connection.execute(
        "UPDATE store SET street = '12 rue 5555555555554444' WHERE acceptor LIKE '%1'"
    )
    await writer.consume()
    report = await verification()
    assert broken(report) == {"V9 rows": 2}
    assert {example.split("_")[0] for example in report.finding("V9 rows").examples} == {
        "attempt",
        "store.street",
    }
    assert "4111" not in str(report)


@pytest.mark.parametrize(
    "written",
    [
        "4111.1111.1111.1111",
        "4111  1111  1111  1111",
        "4111\u202f1111\u202f1111\u202f1111",
        "4111/1111/1111/1111",
        "4111\u200b1111\u200b1111\u200b1111",
        "\uff14111111111111111",
        "PAN4111111111111111EXP1229",
        "6759 6498 2643 8453",
    ],
)
async def test_v9_sees_a_card_number_whatever_stands_between_its_digits(
    writer: Writer, verification: Verification, written: str
) -> None:
    await writer.pay(State.DECLINED, request=msgspec.msgpack.encode({0: "0200", 62: f"CARD {written}"}))
    await writer.connection.execute("UPDATE store SET street = $1 WHERE acceptor LIKE '%1'", written)
    await writer.consume()
    assert broken(await verification()) == {"V9 rows": 2}


async def test_v9_takes_no_neighbouring_fields_and_no_reference_for_a_card_number(
    writer: Writer, verification: Verification
) -> None:
    # Together, the digits of fields 11 to 13 would be 4111 1111 1111 1111.
    await writer.pay(
        State.DECLINED,
        request=msgspec.msgpack.encode(
            {0: "0200", 11: "411111", 12: "111111", 13: "1111", 37: "675964982643"}
        ),
    )
    await writer.consume()
    assert broken(await verification()) == {}


async def test_v9_sees_ten_digits_of_a_card_of_twelve(writer: Writer, verification: Verification) -> None:
    paid = await writer.pay(State.DECLINED)
    await writer.connection.execute(
        "UPDATE attempt SET card_ciphertext = $2, card_bin = '675964', card_last_four = '8453' WHERE id = $1",
        paid.id,
        bytes(13 + 12 + 16),
    )
    await writer.consume()
    assert broken(await verification()) == {"V9 shown": 1}


async def test_an_advice_still_owed_keeps_a_drain_waiting(writer: Writer, verification: Verification) -> None:
    advice = await writer.pay(State.APPROVED, kind=Kind.ADVICE)
    await writer.owe(advice, accepted=False, kind=2)
    await writer.consume()
    report = await verification(drain_s=0.3)
    assert report.drained is False
    assert report.left == {"undelivered": 1}
    assert not report.holds
