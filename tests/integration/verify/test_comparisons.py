"""What terminals were told and what the acquirer keeps, compared with the database: each difference is seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.contracts.states import Kind, State
from core.verify import checks
from core.verify.model import Finding, HostEntry
from tests.integration.verify.conftest import Verification
from tests.integration.verify.payments import Writer, book_of


async def told(verification: Verification, *facts: object) -> Finding:
    return (await verification(list(facts))).finding("V3")


async def compared(verification: Verification, *entries: HostEntry) -> Finding:
    return (await verification(None, book_of(*entries))).finding("V6")


# V3


async def test_v3_sees_an_approval_that_was_told_and_lost(writer: Writer, verification: Verification) -> None:
    paid = await writer.pay()
    lost = paid.told(stan=4242)
    finding = await told(verification, paid.told(), lost)
    assert (finding.checked, finding.breaches) == (2, 1)
    assert finding.examples == [
        f"told approved, nothing recorded: {paid.reference} (terminal T0000001 {paid.day} STAN 004242)"
    ]


@pytest.mark.parametrize("state", [State.DECLINED, State.UNKNOWN, State.SENT])
async def test_v3_sees_an_approval_that_is_none_here(
    writer: Writer, verification: Verification, state: State
) -> None:
    paid = await writer.pay(state)
    assert (await told(verification, paid.told())).examples[0].startswith("told approved, not approved here")


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"approved_minor": 1251}, "told another amount"),
        ({"approval_code": "999999"}, "told another approval code"),
        ({"reference": "01J000000000"}, "told another reference"),
        ({"reference": ""}, "told another reference"),
    ],
)
async def test_v3_sees_an_answer_that_says_something_else(
    writer: Writer, verification: Verification, changes: dict[str, object], verdict: str
) -> None:
    paid = await writer.pay()
    finding = await told(verification, paid.told(**changes))
    assert finding.breaches == 1
    assert finding.examples[0].startswith(verdict)


async def test_v3_sees_a_decline_that_was_told_of_an_approval(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay()
    assert (await told(verification, paid.told(code="91"))).breaches == 1
    assert (await told(verification, paid.told(code="94"))).breaches == 0


async def test_v3_counts_money_that_its_terminal_does_not_know_of(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay()
    finding = await told(verification, paid.told(outcome="no_answer", code=""))
    assert (finding.breaches, finding.waiting) == (0, 1)


async def test_v3_sees_a_reversal_that_was_acknowledged_and_not_done(
    writer: Writer, verification: Verification
) -> None:
    kept = await writer.pay(State.REVERSED)
    forgotten = await writer.pay(State.APPROVED)
    unheard = forgotten.told(outcome="reversal_acknowledged", stan=777)
    finding = await told(
        verification,
        kept.told(outcome="reversal_acknowledged"),
        forgotten.told(outcome="reversal_acknowledged"),
        unheard,
    )
    assert [example.split(":")[0] for example in finding.examples] == [
        "reversal acknowledged, not reversed",
        "reversal acknowledged, nothing recorded",
    ]


async def test_v3_sees_an_advice_that_was_acknowledged_and_not_booked(
    writer: Writer, verification: Verification
) -> None:
    booked = await writer.pay(kind=Kind.ADVICE)
    other = await writer.pay(kind=Kind.ADVICE)
    finding = await told(
        verification,
        booked.told(outcome="advice_acknowledged"),
        other.told(outcome="advice_acknowledged", amount_minor=5),
        other.told(outcome="advice_acknowledged", stan=778),
    )
    assert finding.breaches == 2


# V6


@pytest.mark.parametrize(
    ("kind", "sort"),
    [
        (Kind.AUTHORISATION, "hold"),
        (Kind.PURCHASE, "purchase"),
        (Kind.VERIFICATION, "verification"),
        (Kind.REFUND, "refund"),
        (Kind.ADVICE, "advice"),
    ],
)
async def test_v6_sees_another_kind_of_operation(
    writer: Writer, verification: Verification, kind: Kind, sort: str
) -> None:
    paid = await writer.pay(kind=kind, booked=False)
    assert (await compared(verification, paid.booked(sort=sort))).breaches == 0
    assert (await compared(verification, paid.booked(sort=""))).breaches == 0
    for other in {"hold", "purchase", "verification", "refund", "advice"} - {sort}:
        finding = await compared(verification, paid.booked(sort=other))
        assert finding.examples == [f"another kind of operation there: {paid.reference}"]


@pytest.mark.parametrize(
    ("state", "theirs", "verdict"),
    [
        (State.APPROVED, None, "approved here, nothing there"),
        (State.APPROVED, "declined", "approved here, declined there"),
        (State.CAPTURED, "reversed", "approved here, reversed there"),
        (State.DECLINED, "approved", "approved there, not here"),
        (State.REVERSED, "captured", "captured there, not here"),
        (State.UNKNOWN, "approved", "approved there, not here"),
        (State.DECLINED, "reversed", "reversed there, not here"),
    ],
)
async def test_v6_sees_two_books_that_disagree(
    writer: Writer, verification: Verification, state: State, theirs: str | None, verdict: str
) -> None:
    before, after = await writer.pay(), await writer.pay(age=timedelta(minutes=1))
    paid = await writer.pay(state, age=timedelta(minutes=10))
    entries = [before.booked(), after.booked(), *([paid.booked(theirs)] if theirs else [])]
    finding = await compared(verification, *entries)
    assert finding.examples == [f"{verdict}: {paid.reference}"]


async def test_v6_sees_a_reference_that_only_the_acquirer_has(
    writer: Writer, verification: Verification
) -> None:
    paid = await writer.pay()
    foreign = HostEntry("not-of-ours", "approved", 1, 0, paid.booked().at_us)
    lost = paid.booked(reference="0" + paid.reference[1:])
    finding = await compared(verification, paid.booked(), foreign, lost)
    assert finding.breaches == 2


async def test_v6_sees_another_amount(writer: Writer, verification: Verification) -> None:
    paid = await writer.pay()
    finding = await compared(verification, paid.booked(approved_minor=1))
    assert finding.examples == [f"another amount there: {paid.reference}"]


async def test_v6_sees_a_hold_captured_twice_at_the_host(writer: Writer, verification: Verification) -> None:
    hold = await writer.pay(State.CAPTURED, kind=Kind.AUTHORISATION)
    assert (await compared(verification, hold.booked("captured", captured_minor=1250))).breaches == 0
    finding = await compared(verification, hold.booked("captured", captured_minor=2500))
    assert finding.examples == [f"another amount captured there: {hold.reference}"]


async def test_v6_waits_for_what_is_still_owed(writer: Writer, verification: Verification) -> None:
    unknown = await writer.pay(State.UNKNOWN)
    await writer.owe(unknown, accepted=False)
    advice = await writer.pay(kind=Kind.ADVICE)
    await writer.owe(advice, accepted=False, kind=2)
    finding = await compared(verification, unknown.booked())
    assert (finding.breaches, finding.waiting, finding.closed) == (0, 2, 0)
    # Ended by a person's word: nobody knows what the host holds, and nothing is on its way any more.
    await writer.connection.execute(
        "UPDATE delivery SET accepted_at = now() - interval '1 hour', closed_by = uuidv7(), closed_reason = 'seen' WHERE kind = 1"
    )
    report = await verification(None, book_of(unknown.booked()))
    assert [(one.breaches, one.waiting, one.closed) for one in map(report.finding, ("V5", "V6"))] == [
        (0, 0, 1),
        (0, 1, 1),
    ]


async def test_v6_covers_every_attempt_whatever_the_chunks(
    writer: Writer, verification: Verification, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "CHUNK_ROWS", 3)
    paid = [await writer.pay(age=timedelta(minutes=40 - n)) for n in range(20)]
    absent = {0, 7, 8, 13, 19}
    entries = [each.booked() for n, each in enumerate(paid) if n not in absent]
    finding = await compared(verification, *entries)
    assert finding.breaches == len(absent)
    assert (await compared(verification, *(each.booked() for each in paid))).breaches == 0
    assert (await compared(verification)).breaches == len(paid)
