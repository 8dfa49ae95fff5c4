"""What the page of a transaction says its terminal was told is what edge writes, for each reason, kind and dialect."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from core.contracts.feed import TransactionSummary
from core.contracts.payment import AuthoriseReply
from core.contracts.reasons import Reason
from core.contracts.response_codes import CODES_1987
from core.contracts.states import EventKind, Kind
from core.contracts.terminal_answers import answer_to
from core.transactions.desk.messages import messages_of
from core.transactions.rules import SWEPT
from core.values.edition1987 import MIRRORED
from core.values.ids import rrn_of
from edge.dialects import TERMINAL_DIALECTS
from edge.protocol.field import AS_SENT, Message
from edge.translate.masked import masked, masked_bytes
from edge.translate.terminal_messages import BY_TYPE

ID = uuid.UUID(int=77)
REQUEST: Message = {
    0: "0200", 2: "4970101234567890", 3: "000000", 4: "000000001000", 7: "1122101500", 11: "000123", 12: "111500",
    13: "1122", 22: "051", 41: "T0000001", 42: "MAGASIN00000001", 49: "978",
}  # fmt: skip
TYPES = {
    Kind.AUTHORISATION: "0100", Kind.VERIFICATION: "0100", Kind.PURCHASE: "0200", Kind.REFUND: "0200",
    Kind.ADVICE: "0120", Kind.COMPLETION: "0220",
}  # fmt: skip


def told_by_edge(request: Message, reply: AuthoriseReply) -> Message:
    row = BY_TYPE[str(request[0])]
    return row.finish(row.begin(request), reply)


def written(dialect: int, answer: Message) -> bytes:
    speaks = TERMINAL_DIALECTS[dialect]
    return speaks.codec.encode(answer if speaks.from_1987 is None else speaks.from_1987(answer))


@pytest.mark.parametrize("kind", list(TYPES))
@pytest.mark.parametrize("reason", [*Reason, 150])
def test_core_knows_what_edge_answers(kind: Kind, reason: int) -> None:
    request = {**REQUEST, 0: TYPES[kind]}
    for host_code in ("", "77", *CODES_1987):
        for replayed in (False, True):
            reply = AuthoriseReply(ID.bytes, reason, "A12345", 500, "633210000077", host_code, replayed)
            told = told_by_edge(request, reply)
            shown: Message = {number: request[number] for number in MIRRORED}
            answer_to(kind, shown, reply)
            assert {number: value for number, value in told.items() if number} == shown


def event_of(
    kind: EventKind, reason: int, *, cause: str = "", approved_minor: int | None = None
) -> dict[str, Any]:
    summary = None
    if approved_minor is not None:
        summary = msgspec.msgpack.encode(
            TransactionSummary(
                ID.bytes, 2, 3, reason, 1000, approved_minor, "EUR", 2, "497010", "7890", "T0000001", ID.bytes,
                ID.bytes, "", ID.bytes, "75", 1, 2, 123, "A12345", "10", kind,
            )
        )  # fmt: skip
    return {"kind": kind, "reason": reason, "cause": cause, "detail": None, "summary": summary}


def shown_of(
    kind: Kind, request: Message, *events: dict[str, Any], host_code: str = "", approved_minor: int = 0
) -> dict[str, str] | None:
    """Return the fields of the answer on the page, with its type under 000."""
    row = {
        "id": ID, "kind": kind, "message_class": 2, "request": masked_bytes(request), "approved_minor": approved_minor,
        "approval_code": "A12345", "host_code": host_code, "decided_at": datetime(2026, 11, 22, tzinfo=UTC),
    }  # fmt: skip
    shown = messages_of(row, events, [], "fr")  # pyright: ignore[reportArgumentType]
    answers = [one for one in shown if one.direction == "edge_to_terminal"]
    if not answers:
        return None
    (answer,) = answers
    assert answer.reconstructed
    return {"000": answer.mti} | {field.field: field.value for field in answer.fields}


OUTCOMES = [
    *((EventKind.REFUSED, reason, "") for reason in Reason if Reason.NONE < reason < Reason.HOST_UNREACHABLE),
    (EventKind.DECIDED, Reason.HOST_UNREACHABLE, ""),
    (EventKind.DECIDED, Reason.PARTIAL_APPROVAL, "10"),
    *(
        (EventKind.DECIDED, meant.reason, code)
        for code, meant in CODES_1987.items()
        if meant.outcome != "unknown"
    ),
    (EventKind.TIMED_OUT, Reason.HOST_NO_REPLY, ""),
    (EventKind.TIMED_OUT, Reason.HOST_CODE_UNKNOWN, "77"),
    (EventKind.TIMED_OUT, Reason.HOST_ANSWER_DIFFERS, "00"),
    (EventKind.TIMED_OUT, Reason.PARTIAL_APPROVAL, "10"),
]


@pytest.mark.parametrize("kind", [Kind.AUTHORISATION, Kind.VERIFICATION, Kind.PURCHASE, Kind.REFUND])
@pytest.mark.parametrize("dialect", [ord("0"), ord("1"), 0x02], ids=["ascii1987", "ascii1993", "bcd1987"])
@pytest.mark.parametrize(("event", "reason", "host_code"), OUTCOMES)
def test_the_page_shows_the_answer_that_edge_encodes(
    kind: Kind, dialect: int, event: EventKind, reason: int, host_code: str
) -> None:
    request = {**REQUEST, 0: TYPES[kind]}
    if TERMINAL_DIALECTS[dialect].to_1987 is not None:
        request[AS_SENT] = "261122111500|200|000000001000|978"
    unknown, decided = event == EventKind.TIMED_OUT, event == EventKind.DECIDED
    reply = AuthoriseReply(
        ID.bytes,
        Reason.HOST_NO_REPLY if unknown else reason,
        "A12345" if decided else "",
        500 if decided else 0,
        rrn_of(ID.bytes),
        host_code if decided else "",
    )
    told = told_by_edge(request, reply)
    shown = shown_of(
        kind, request, event_of(event, reason, approved_minor=500 if decided else None), host_code=host_code
    )
    assert shown is not None
    as_message: Message = {int(number): value for number, value in shown.items()}
    if AS_SENT in told:
        as_message[AS_SENT] = told[AS_SENT]
    assert written(dialect, as_message) == written(dialect, told)
    assert masked(told) == masked(as_message)


@pytest.mark.parametrize(
    ("event", "reason", "host_code", "code"),
    [
        (EventKind.TIMED_OUT, Reason.HOST_ANSWER_DIFFERS, "00", "91"),
        (EventKind.TIMED_OUT, Reason.HOST_CODE_UNKNOWN, "77", "91"),
        (EventKind.TIMED_OUT, Reason.HOST_NO_REPLY, "", "91"),
        (EventKind.REFUSED, Reason.STORE_BLOCKED, "", "60"),
        (EventKind.REFUSED, Reason.DUPLICATE_PAYMENT, "", "94"),
    ],
)
def test_what_the_host_said_is_not_shown_as_what_the_terminal_was_told(
    event: EventKind, reason: Reason, host_code: str, code: str
) -> None:
    shown = shown_of(Kind.PURCHASE, REQUEST, event_of(event, reason), host_code=host_code)
    assert shown is not None
    assert shown["039"] == code
    assert ("044" in shown) == (event == EventKind.REFUSED)
    assert "038" not in shown


def test_a_partial_approval_shows_the_amount_that_the_terminal_was_told_whatever_was_taken_back_since() -> (
    None
):
    shown = shown_of(
        Kind.PURCHASE,
        REQUEST,
        event_of(EventKind.DECIDED, Reason.PARTIAL_APPROVAL, approved_minor=500),
        event_of(EventKind.PARTLY_REVERSED, Reason.PARTIAL_APPROVAL),
        host_code="10",
        approved_minor=200,
    )
    assert shown is not None
    assert (shown["004"], shown["039"], shown["054"]) == ("000000000500", "10", "0057978D000000001000")


def test_an_approval_that_was_cancelled_since_shows_the_approval() -> None:
    shown = shown_of(
        Kind.PURCHASE,
        REQUEST,
        event_of(EventKind.DECIDED, Reason.APPROVED, approved_minor=1000),
        event_of(EventKind.CANCELLED, Reason.CANCELLED_BY_AGENT),
        host_code="00",
    )
    assert shown is not None
    assert (shown["039"], shown["038"]) == ("00", "A12345")


@pytest.mark.parametrize("kind", [Kind.ADVICE, Kind.COMPLETION])
@pytest.mark.parametrize(
    ("event", "reason"),
    [(EventKind.BOOKED_OFFLINE, Reason.APPROVED), (EventKind.REFUSED, Reason.ORIGINAL_NOT_FOUND)],
)
def test_a_booking_shows_what_the_terminal_was_told(kind: Kind, event: EventKind, reason: Reason) -> None:
    request = {**REQUEST, 0: TYPES[kind], 38: "B54321"}
    told = told_by_edge(request, AuthoriseReply(ID.bytes, reason, "B54321", 0, rrn_of(ID.bytes)))
    shown = shown_of(kind, request, event_of(event, reason), host_code="05")
    assert shown is not None
    assert {int(number): value for number, value in shown.items()} == told


def test_a_booking_whose_approval_code_is_all_zeros_is_answered_without_one() -> None:
    request = {**REQUEST, 0: "0120", 38: "000000"}
    shown = shown_of(Kind.ADVICE, request, event_of(EventKind.BOOKED_OFFLINE, Reason.APPROVED))
    assert shown is not None
    assert "038" not in shown


def test_a_terminal_that_was_told_nothing_has_no_answer() -> None:
    swept = event_of(EventKind.TIMED_OUT, Reason.HOST_NO_REPLY, cause=SWEPT)
    assert shown_of(Kind.PURCHASE, REQUEST, swept) is None
