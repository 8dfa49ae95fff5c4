"""What the projection adds up, and which batches are one transaction."""

from __future__ import annotations

from typing import Any

import msgspec

from core.contracts.feed import EventBatch, FeedItem, TransactionSummary
from core.contracts.states import EventKind, Kind, State
from core.transactions.jobs.projection import EVENTS_PER_TRANSACTION_MAX, cells_of, runs_of

MESSAGE: Any = object()


def _summary(**changes: Any) -> TransactionSummary:
    usual: dict[str, Any] = {
        "id": bytes(16),
        "kind": 2,
        "state": State.APPROVED,
        "reason": 100,
        "amount_minor": 1250,
        "approved_minor": 1250,
        "currency": "EUR",
        "brand": 2,
        "card_bin": "497010",
        "card_last_four": "0014",
        "terminal": "T0000001",
        "terminal_id": bytes(16),
        "store_id": b"s" * 16,
        "store_name": "Halles",
        "company_id": bytes(16),
        "department": "75",
        "received_at_us": 60_000_000,
        "decided_at_us": 60_300_000,
        "stan": 1,
        "approval_code": "",
        "host_code": "00",
        "event": EventKind.DECIDED,
        "service": "pax",
    }
    return TransactionSummary(**{**usual, **changes})


def test_a_minute_is_counted_by_service_and_brand_with_how_long_it_took() -> None:
    cells = cells_of(
        [
            _summary(),
            _summary(decided_at_us=67_000_000),
            _summary(service="softpos"),
            _summary(event=EventKind.REFUSED, state=State.DECLINED, reason=2, approved_minor=0),
            _summary(event=EventKind.CAPTURED),
        ]
    )
    by_place = {(key.service, key.state): sums for key, sums in cells.items()}
    assert by_place["pax", State.APPROVED] == [2, 2500, 2, 7300, 0, 0, 1, 1, 1, 1, 2, 0, 2500, 0, 0]
    assert by_place["softpos", State.APPROVED][0] == 1
    # What we refuse ourselves asks nobody: it is counted, and not timed.
    assert by_place["pax", State.DECLINED][:4] == [1, 0, 0, 0]
    assert len(cells) == 3


def _batch(after: int, last: int) -> EventBatch:
    items = [FeedItem(number, 0, msgspec.Raw(b"")) for number in range(after + 1, last + 1)]
    return EventBatch(after, 0, items)


def test_batches_that_follow_each_other_are_one_run_and_a_gap_begins_another() -> None:
    batches = [_batch(0, 3), _batch(3, 5), _batch(7, 9), _batch(9, 10), _batch(9, 10)]
    runs = runs_of([(MESSAGE, batch) for batch in batches])
    assert [[(batch.after_txid, len(batch.items)) for _, batch in run] for run in runs] == [
        [(0, 3), (3, 2)],
        [(7, 2), (9, 1)],
        [(9, 1)],
    ]


def test_a_run_is_bounded() -> None:
    half = EVENTS_PER_TRANSACTION_MAX // 2
    batches = [_batch(0, half), _batch(half, 2 * half), _batch(2 * half, 2 * half + 1)]
    assert [len(run) for run in runs_of([(MESSAGE, batch) for batch in batches])] == [2, 1]


def figures(*summaries: TransactionSummary) -> list[int]:
    """Return payments, cancelled, gross, refunds and refunded of all cells together."""
    return [sum(column) for column in zip(*(sums[-5:] for sums in cells_of(summaries).values()), strict=True)]


def test_a_payment_that_is_taken_back_leaves_no_money_and_stays_a_payment() -> None:
    undone = _summary(event=EventKind.REVERSED, state=State.REVERSED, reason=52)
    assert figures(_summary(), undone) == [1, 1, 0, 0, 0]
    assert sum(sums[0] for sums in cells_of([_summary(), undone]).values()) == 1


def test_a_hold_and_its_completion_are_one_payment_and_its_money_once() -> None:
    hold = _summary(kind=Kind.AUTHORISATION)
    captured = _summary(kind=Kind.AUTHORISATION, event=EventKind.CAPTURED, state=State.CAPTURED)
    completion = _summary(kind=Kind.COMPLETION, event=EventKind.BOOKED_OFFLINE, approved_minor=1000)
    assert figures(hold, captured, completion) == [1, 0, 1000, 0, 0]


def test_a_refund_is_no_payment_and_its_reversal_gives_it_back() -> None:
    refund = _summary(kind=Kind.REFUND, approved_minor=300)
    undone = _summary(kind=Kind.REFUND, approved_minor=300, event=EventKind.REVERSED, state=State.REVERSED)
    assert figures(_summary(), refund) == [1, 0, 1250, 1, 300]
    assert figures(_summary(), refund, undone) == [1, 0, 1250, 0, 0]


def test_what_is_reversed_while_the_host_is_asked_counts_once_and_as_unknown() -> None:
    asked = _summary(event=EventKind.REVERSED, state=State.UNKNOWN, reason=52, approved_minor=0)
    accepted = _summary(event=EventKind.REVERSAL_ACCEPTED, state=State.REVERSED, reason=52, approved_minor=0)
    assert {key.state: sums[0] for key, sums in cells_of([asked, accepted]).items()} == {State.UNKNOWN: 1}
    assert figures(asked, accepted) == [1, 0, 0, 0, 0]


def test_a_reversal_before_its_payment_is_no_payment() -> None:
    assert cells_of([_summary(event=EventKind.REVERSED, state=State.REVERSED, approved_minor=0)]) == {}


def test_a_part_that_is_taken_back_comes_off_once_whenever_the_summaries_are_made() -> None:
    part = {"approved_minor": 750, "taken_back_minor": 500}
    less = _summary(event=EventKind.PARTLY_REVERSED, **part)
    undone = _summary(event=EventKind.REVERSED, state=State.REVERSED, reason=52, **part)
    assert figures(_summary(), less) == [1, 0, 750, 0, 0]
    assert figures(_summary(**part), less) == [1, 0, 750, 0, 0]
    assert figures(_summary(), less, undone) == [1, 1, 0, 0, 0]
    hold = _summary(kind=Kind.AUTHORISATION, event=EventKind.PARTLY_REVERSED, **part)
    assert figures(_summary(kind=Kind.AUTHORISATION), hold) == [1, 0, 0, 0, 0]
