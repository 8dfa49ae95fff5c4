"""The hop at fault and what is worse than usual follow from facts and counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from core.contracts.reasons import Reason
from core.contracts.states import DeliveryKind, Kind, State
from core.contracts.terminals import HopAtFault, Level, LevelOf, LevelVerdict, Proof
from core.transactions.desk.model import DeskDelivery, DeskTransaction
from core.transactions.diagnosis.rules import Counted, hop_at_fault, level_text, verdict_of, verdict_text

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
APPROVED = DeskTransaction(
    id=bytes(16),
    business_date=date(2026, 11, 23),
    kind=Kind.PURCHASE,
    state=State.APPROVED,
    reason=Reason.APPROVED,
    amount_minor=1000,
    approved_minor=1000,
    captured_minor=0,
    reserved_minor=0,
    refund_pending_minor=0,
    currency="EUR",
    received_at=NOW,
    sent_at=NOW + timedelta(milliseconds=1),
    decided_at=NOW + timedelta(milliseconds=20),
    host_sent_us=2_000,
    host_replied_us=18_000,
    host_code="00",
)
MANY_FAIL = Counted(recent_count=10, recent_declined=4, usual_count=100, usual_declined=6, since=NOW)
AS_EVER = Counted(recent_count=10, recent_declined=1, usual_count=100, usual_declined=6, since=NOW)
FEW = Counted(recent_count=2, recent_declined=2, usual_count=3, usual_declined=0, since=NOW)


@pytest.mark.parametrize(
    ("changes", "hop"),
    [
        ({}, None),
        ({"state": State.DECLINED, "reason": Reason.INSUFFICIENT_FUNDS}, "issuer"),
        ({"state": State.DECLINED, "reason": Reason.INVALID_MERCHANT}, "host"),
        ({"state": State.DECLINED, "reason": Reason.STORE_BLOCKED}, "core"),
        ({"state": State.DECLINED, "reason": Reason.TERMINAL_NOT_ACTIVE}, "terminal"),
        ({"state": State.DECLINED, "reason": Reason.HOST_UNREACHABLE}, "link"),
        ({"state": State.UNKNOWN, "reason": Reason.HOST_NO_REPLY}, "host"),
        ({"state": State.REVERSED, "reason": Reason.REVERSED_BY_TERMINAL}, "terminal"),
        ({"state": State.REVERSED, "reason": Reason.CANCELLED_BY_AGENT}, None),
        ({"state": State.RECEIVED, "reason": Reason.NONE}, "core"),
        ({"host_replied_us": 5_000_000}, "host"),
        ({"sent_at": NOW + timedelta(seconds=5)}, "edge"),
    ],
)
def test_the_hop_at_fault_is_named(changes: dict[str, object], hop: HopAtFault | None) -> None:
    assert hop_at_fault(msgspec.structs.replace(APPROVED, **changes), []) == hop


def test_a_reversal_that_waits_is_the_hosts() -> None:
    waiting = DeskDelivery(
        DeliveryKind.REVERSAL, since=NOW, tries=1, due_at=NOW, accepted_at=None, last_result=""
    )
    assert hop_at_fault(APPROVED, [waiting]) == "host"


def test_a_level_says_its_figures_in_both_languages() -> None:
    assert (
        level_text("terminal", MANY_FAIL, time_zone="Europe/Paris", english=False)
        == "Ce terminal refuse 40\u202f% de ses paiements depuis 14 h 00, d’habitude 6\u202f%."
    )
    assert (
        level_text("terminal", MANY_FAIL, time_zone="Europe/Paris", english=True)
        == "This terminal declines 40% of its payments since 14:00, usually 6%."
    )
    assert "comme d’habitude" in level_text("store", AS_EVER, time_zone="Europe/Paris", english=False)
    assert "trop peu" in level_text("network", FEW, time_zone="Europe/Paris", english=False)


@pytest.mark.parametrize(
    ("zone", "french", "english"),
    [
        ("America/Guadeloupe", "depuis 14 h 00 (09 h 00 au magasin),", "since 14:00 (09:00 at the store),"),
        ("Indian/Reunion", "depuis 14 h 00 (17 h 00 au magasin),", "since 14:00 (17:00 at the store),"),
        ("Europe/Paris", "depuis 14 h 00,", "since 14:00,"),
    ],
)
def test_a_level_says_the_hour_of_a_store_that_lives_by_another_clock(
    zone: str, french: str, english: str
) -> None:
    assert french in level_text("store", MANY_FAIL, time_zone=zone, english=False)
    assert english in level_text("store", MANY_FAIL, time_zone=zone, english=True)


def test_few_payments_prove_nothing_and_a_single_failure_is_not_a_trend() -> None:
    assert [verdict_of(one) for one in (MANY_FAIL, AS_EVER, FEW)] == ["worse", "usual", "too_few"]
    # Twice as much as a high usual level is asked for, not only a few points more.
    assert verdict_of(Counted(10, 6, 100, 45, NOW)) == "usual"


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        ({"terminal": "worse", "store": "worse", "network": "worse"}, "ce n’est pas le commerçant"),
        ({"terminal": "worse", "store": "worse", "network": "usual"}, "Tout le magasin"),
        ({"terminal": "worse", "store": "usual", "network": "usual"}, "Seul ce terminal"),
        ({"terminal": "worse", "store": "too_few", "network": "too_few"}, "Ce terminal"),
        ({"terminal": "usual", "store": "usual", "network": "usual"}, "Rien d’inhabituel"),
    ],
)
def test_the_widest_level_that_is_worse_gives_the_verdict(
    verdicts: dict[LevelOf, LevelVerdict], words: str
) -> None:
    proof = Proof(from_="", to="", figure="declined")
    levels = [
        Level(
            of=of,
            label="",
            verdict=verdict,
            recent_count=0,
            recent_declined=0,
            recent_unknown=0,
            usual_count=0,
            usual_declined=0,
            since=None,
            text="",
            proof=proof,
        )
        for of, verdict in verdicts.items()
    ]
    assert words in verdict_text(levels, english=False)
    assert verdict_text([], english=False) == ""
