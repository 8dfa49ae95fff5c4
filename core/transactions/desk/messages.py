"""The messages of a transaction as they are shown: those that are stored, and what its terminal was answered."""

from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg
import msgspec

from core.contracts.feed import TransactionSummary
from core.contracts.payment import AuthoriseReply
from core.contracts.reasons import Reason
from core.contracts.states import EventKind, Kind
from core.contracts.terminal_answers import answer_to
from core.contracts.transactions import Direction, FieldView, MessageView
from core.transactions.desk.fields import field_name
from core.transactions.rules import SWEPT
from core.values.edition1987 import MIRRORED
from core.values.ids import rrn_of

_OUTCOMES: Final = (
    EventKind.REFUSED,
    EventKind.DECIDED,
    EventKind.TIMED_OUT,
    EventKind.BOOKED_OFFLINE,
)


def messages_of(
    row: asyncpg.Record, events: Sequence[asyncpg.Record], reversals: Sequence[bytes], locale: str
) -> list[MessageView]:
    """Return the messages in their order: stored ones, and our answer built again by its own rule; then reversals."""
    exchanges = [_exchange(event["detail"]) for event in events]
    # Three maps begin with the terminal's own message, one is nothing else; two are the host's alone.
    from_terminal = [exchange.pop(0) for exchange in exchanges if len(exchange) in {1, 3}]
    request = _fields(row["request"]) or (from_terminal[0] if from_terminal else {})
    mti = request.pop(0, f"0{row['message_class']}{'20' if row['kind'] == Kind.ADVICE else '00'}")
    messages: list[MessageView] = []
    if request:
        messages.append(_message("terminal_to_edge", mti, request, locale, reconstructed=False))
    for exchange in exchanges:
        for direction, part in zip(("edge_to_host", "host_to_edge"), exchange, strict=False):
            if part:
                host_mti = part.pop(0, mti if direction == "edge_to_host" else _answer_mti(mti))
                messages.append(_message(direction, host_mti, part, locale, reconstructed=False))
    reply = reply_of(row, events, request)
    if reply is not None and request:
        answer = {number: request[number] for number in MIRRORED if number in request}
        answer_to(row["kind"], answer, reply)
        messages.append(_message("edge_to_terminal", _answer_mti(mti), answer, locale, reconstructed=True))
    taken_back = [fields for packed in reversals if (fields := _fields(packed))]
    return messages + [
        _message("terminal_to_edge", fields.pop(0, "0400"), fields, locale, reconstructed=False)
        for fields in taken_back
    ]


def reply_of(
    row: asyncpg.Record, events: Sequence[asyncpg.Record], request: Mapping[int, str]
) -> AuthoriseReply | None:
    """Return what core let the terminal be told, from the event of the outcome; None where it told nothing.

    What became of the attempt since is no part of it: a payment that was taken back later was approved all the same.
    """
    outcome = next((event for event in events if event["kind"] in _OUTCOMES), None)
    if outcome is None or (outcome["kind"] == EventKind.TIMED_OUT and outcome["cause"] == SWEPT):
        return None
    attempt_id: bytes = row["id"].bytes
    rrn = rrn_of(attempt_id)
    if row["kind"] in (Kind.ADVICE, Kind.COMPLETION):
        # Zeros say no more than blanks.
        said = request.get(38, "").strip()
        return AuthoriseReply(attempt_id, outcome["reason"], said if said.strip("0") else "", 0, rrn)
    match outcome["kind"]:
        case EventKind.DECIDED:
            approved_minor = _approved_then(outcome["summary"], row["approved_minor"])
            return AuthoriseReply(
                attempt_id, outcome["reason"], row["approval_code"], approved_minor, rrn, row["host_code"]
            )
        case EventKind.TIMED_OUT:
            # Whatever made it unknown.
            return AuthoriseReply(attempt_id, Reason.HOST_NO_REPLY, "", 0, rrn)
        case _:
            return AuthoriseReply(attempt_id, outcome["reason"], "", 0, rrn)


def _approved_then(summary: bytes | None, approved_minor: int) -> int:
    # A part may have been taken back since; refunds, of which a part is never approved, have no summary.
    if not summary:
        return approved_minor
    return msgspec.msgpack.decode(summary, type=TransactionSummary).approved_minor


def _message(
    direction: Direction, mti: str, fields: dict[int, str], locale: str, *, reconstructed: bool
) -> MessageView:
    shown = [
        FieldView(field=f"{number:03d}", name=field_name(number, locale), value=text)
        for number, text in sorted(fields.items())
    ]
    return MessageView(direction=direction, mti=mti, fields=shown, reconstructed=reconstructed)


def _answer_mti(mti: str) -> str:
    # The third digit's next odd value is the answer: 0100 -> 0110, 0420 -> 0430.
    return f"{mti[:2]}{int(mti[2]) | 1}{'0' if mti[3:] == '1' else mti[3:]}" if mti[2:3].isdigit() else mti


def _fields(packed: bytes) -> dict[int, str]:
    try:
        return msgspec.msgpack.decode(packed, type=dict[int, str])
    except msgspec.DecodeError:
        return {}


def _exchange(packed: bytes | None) -> list[dict[int, str]]:
    if not packed:
        return []
    try:
        return msgspec.msgpack.decode(packed, type=list[dict[int, str]])
    except msgspec.DecodeError:
        return []
