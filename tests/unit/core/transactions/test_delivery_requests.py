"""What is delivered again is the same message in its repeat form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asyncpg.pgproto.pgproto import UUID

from core.contracts.payment import HostRequest
from core.contracts.states import DeliveryKind, Kind
from core.transactions.exchanges.requests import request_of_delivery

FIRST_TRY = datetime(2026, 11, 22, 5, 2, tzinfo=UTC)


def attempt(kind: Kind) -> dict[str, Any]:
    """The row that read_delivered gives of a completion or an advice."""
    return {
        "id": UUID(bytes(15) + b"\x07"),
        "kind": int(kind),
        "message_class": 2,
        "stan": 4711,
        "currency": "EUR",
        "card_ciphertext": b"",
        "card_expiry": "3012",
        "transmitted_at": "1122050100",
        "local_time": "1122060100",
        "received_at": FIRST_TRY,
        "entry_mode": "051",
        "approval_code": "123456",
        "original_id": UUID(bytes(15) + b"\x06"),
        "terminal": "T0000001",
        "acceptor": "GCT000000000001",
        "merchant_category": "5411",
        "original_stan": 4710,
        "original_transmitted_at": "1122050000",
        "original_received_at": FIRST_TRY,
        "original_kind": int(Kind.AUTHORISATION),
    }


def request(kind: DeliveryKind, of: Kind, *, tries: int) -> HostRequest:
    """The message of one try; tries are half a minute apart."""
    lease = {"kind": int(kind), "amount_minor": 700, "reason": 100, "tries": tries}
    return request_of_delivery(lease, attempt(of), FIRST_TRY + timedelta(seconds=30 * tries))


@pytest.mark.parametrize(
    ("kind", "of"), [(DeliveryKind.COMPLETION, Kind.COMPLETION), (DeliveryKind.ADVICE, Kind.ADVICE)]
)
def test_a_repeat_says_when_the_terminal_sent_it(kind: DeliveryKind, of: Kind) -> None:
    first, second = request(kind, of, tries=1), request(kind, of, tries=2)
    assert (first.message, second.message) == ("0220", "0221")
    assert first.transmitted_at == second.transmitted_at == "1122050100"
    assert (first.stan, first.rrn, first.local_time) == (second.stan, second.rrn, second.local_time)


@pytest.mark.parametrize("kind", [DeliveryKind.ADVICE, DeliveryKind.REVERSAL])
def test_a_sale_by_a_clock_that_was_never_set_is_told_by_the_time_at_which_it_came(
    kind: DeliveryKind,
) -> None:
    lease = {"kind": int(kind), "amount_minor": 700, "reason": 100, "tries": 1}
    sold = {**attempt(Kind.ADVICE), "transmitted_at": "0101000000", "time_zone": "Europe/Paris"}
    told = request_of_delivery(lease, sold, FIRST_TRY)
    named = told.transmitted_at if kind == DeliveryKind.ADVICE else told.original_transmitted_at
    assert named == f"{FIRST_TRY:%m%d%H%M%S}"


def test_an_original_that_did_not_say_when_it_was_sent_is_named_by_the_time_the_host_was_told() -> None:
    lease = {"kind": int(DeliveryKind.COMPLETION), "amount_minor": 700, "reason": 100, "tries": 1}
    silent = {**attempt(Kind.COMPLETION), "original_transmitted_at": ""}
    assert request_of_delivery(lease, silent, FIRST_TRY).original_transmitted_at == f"{FIRST_TRY:%m%d%H%M%S}"
