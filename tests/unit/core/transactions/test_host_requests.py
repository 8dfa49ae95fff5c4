"""What hosts and the live feed are told of attempts: each value in its own field, though the structs are made by position."""

from __future__ import annotations

import msgspec

from core.contracts.feed import TransactionSummary
from core.contracts.payment import Authorise, HostReply, HostRequest, SealedCard
from core.contracts.reasons import Reason
from core.contracts.states import EventKind, Kind, State
from core.transactions.engine.deciding import summary_of_payment
from core.transactions.exchanges.exchange import Exchange, HostOutcome, Source
from core.transactions.exchanges.labels import Labels
from core.transactions.exchanges.requests import request_of_attempt
from core.transactions.exchanges.rules import Outcome
from core.values.ids import rrn_of

ID = bytes.fromhex("0193740a8e2b7c3d8123456789abcdef")
RECEIVED_AT_US = 1_764_500_000_000_000
LABELS = Labels(
    terminal="T0000001",
    store_id=b"store678" * 2,
    store_name="Boulangerie",
    company_id=b"company8" * 2,
    department="75",
    acceptor="GCT000000000001",
    merchant_category="5462",
    acquirer="acq1",
    acquirer_id=1,
    service="contactless",
    time_zone="Europe/Paris",
)
ITEM = Authorise(
    id=ID,
    terminal_id=b"terminal" * 2,
    kind=Kind.REFUND,
    message_class=2,
    stan=123_456,
    business_date=739_000,
    body_hash=1,
    amount_minor=1_250,
    currency="EUR",
    card=SealedCard(b"sealed", 2, "497010", "0014", "2912", 1),
    sensitive=b"track",
    entry_mode="051",
    transmitted_at="1130110203",
    local_time="1130120203",
    partial_ok=True,
    received_at_us=RECEIVED_AT_US,
    request=b"\x80",
)


def test_a_request_says_each_value_in_its_own_field() -> None:
    assert request_of_attempt(
        ITEM, LABELS, sensitive=b"track", partial_ok=True, deadline_at_us=RECEIVED_AT_US + 7
    ) == HostRequest(
        id=ID,
        message="0200",
        processing_code="200000",
        amount_minor=1_250,
        currency="EUR",
        card_ciphertext=b"sealed",
        card_expiry="2912",
        sensitive=b"track",
        stan=123_456,
        transmitted_at="1130110203",
        local_time="1130120203",
        entry_mode="051",
        merchant_category="5462",
        rrn=rrn_of(ID),
        terminal="T0000001",
        acceptor="GCT000000000001",
        partial_ok=True,
        received_at_us=RECEIVED_AT_US,
        deadline_at_us=RECEIVED_AT_US + 7,
    )


def test_a_host_is_told_when_we_received_what_its_terminal_does_not_date() -> None:
    undated = msgspec.structs.replace(ITEM, transmitted_at="")
    request = request_of_attempt(undated, LABELS, sensitive=b"", partial_ok=False, deadline_at_us=0)
    assert request.transmitted_at == "1130105320"


def test_a_summary_says_each_value_in_its_own_field() -> None:
    request = request_of_attempt(ITEM, LABELS, sensitive=b"", partial_ok=True, deadline_at_us=0)
    source = Source("terminal", "edge.one.authorised")
    payment = Exchange(request, acquirer="acq1", source=source, about=(ITEM, LABELS), settle=len)
    reply = HostReply(
        id=ID,
        message="0200",
        result=1,
        reason=Reason.PARTIAL_APPROVAL,
        host_code="10",
        approval_code="A12345",
        approved_minor=1_000,
        sent_us=1,
        replied_us=2,
        messages=b"",
    )
    outcome = Outcome(State.PARTIALLY_APPROVED, Reason.PARTIAL_APPROVAL, 1_000)
    assert summary_of_payment(HostOutcome(payment, reply), outcome, RECEIVED_AT_US + 9) == TransactionSummary(
        id=ID,
        kind=Kind.REFUND,
        state=State.PARTIALLY_APPROVED,
        reason=Reason.PARTIAL_APPROVAL,
        amount_minor=1_250,
        approved_minor=1_000,
        currency="EUR",
        brand=1,
        card_bin="497010",
        card_last_four="0014",
        terminal="T0000001",
        terminal_id=b"terminal" * 2,
        store_id=b"store678" * 2,
        store_name="Boulangerie",
        company_id=b"company8" * 2,
        department="75",
        received_at_us=RECEIVED_AT_US,
        decided_at_us=RECEIVED_AT_US + 9,
        stan=123_456,
        approval_code="A12345",
        host_code="10",
        event=EventKind.DECIDED,
        entry_mode="051",
        service="contactless",
        taken_back_minor=0,
        time_zone="Europe/Paris",
    )
