"""One event as the bytes that a listener reads."""

from enum import IntEnum
from typing import Any, Final

import msgspec

from core.contracts.feed import Position, TransactionSummary
from core.contracts.reasons import Reason
from core.contracts.references import CompanyRef, LocatedStore, Money, TerminalRef
from core.contracts.states import Brand, Kind, State, net_minor
from core.contracts.transactions import CardView, ReasonText, ReasonTexts, ReasonView, Transaction
from core.values.clock import from_unix_us
from core.values.ids import encode_id, rrn_of
from core.values.timestamps import timestamp

HEARTBEAT: Final = b": heartbeat\n\n"


class Renderer:
    """Knows the words of every reason; encodes summaries."""

    def __init__(self, texts: ReasonTexts) -> None:
        self._reasons = {
            locale: {number: _reason_view(number, text) for number, text in by_number.items()}
            for locale, by_number in texts.by_locale.items()
        }
        self._encode = msgspec.json.Encoder().encode

    def event(self, position: Position, summary: TransactionSummary, locale: str) -> bytes:
        """Return one server-sent event."""
        name = event_id(position)
        body = self._encode(self._transaction(name, summary, locale))
        return b"id: %b\nevent: transaction\ndata: %b\n\n" % (name.encode(), body)

    def _transaction(self, name: str, summary: TransactionSummary, locale: str) -> Transaction:
        currency = summary.currency
        reasons = self._reasons[locale]
        decided_at = timestamp(from_unix_us(summary.decided_at_us)) if summary.decided_at_us else None
        return Transaction(
            id=encode_id("transaction", summary.id),
            kind=_name(Kind, summary.kind),
            state=_name(State, summary.state),
            reason=reasons.get(summary.reason) or reasons[Reason.OTHER_DECLINE],
            amount=Money(summary.amount_minor, currency),
            approved_amount=Money(summary.approved_minor, currency),
            net_amount=Money(net_minor(summary.kind, summary.state, summary.approved_minor), currency),
            card=CardView(_name(Brand, summary.brand), summary.card_bin, summary.card_last_four),
            terminal=TerminalRef(encode_id("terminal", summary.terminal_id), summary.terminal),
            store=LocatedStore(
                encode_id("store", summary.store_id),
                summary.store_name,
                summary.department,
                summary.time_zone,
            )
            if summary.store_id
            else None,
            company=CompanyRef(encode_id("company", summary.company_id)) if summary.company_id else None,
            received_at=timestamp(from_unix_us(summary.received_at_us)),
            decided_at=decided_at,
            stan=f"{summary.stan:06d}",
            rrn=rrn_of(summary.id),
            approval_code=summary.approval_code,
            host_code=summary.host_code,
            entry_mode=summary.entry_mode,
            event_id=name,
        )


def event_id(position: Position) -> str:
    """Return the public form of a position."""
    return f"{position.txid}-{position.seq}"


def read_event_id(text: str) -> Position | None:
    """Return a position from its public form, None for what is none."""
    txid, dash, seq = text.partition("-")
    if not dash or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (txid, seq)):
        return None
    return Position(int(txid), int(seq))


def position_frame(position: Position) -> bytes:
    """Return a frame that moves the reader's Last-Event-ID and raises no event."""
    return f"id: {event_id(position)}\n\n".encode()


def notice(event: str, **facts: str) -> bytes:
    """Return an event about the feed itself."""
    return b"event: %b\ndata: %b\n\n" % (event.encode(), msgspec.json.encode(facts))


def _reason_view(number: int, text: ReasonText) -> ReasonView:
    return msgspec.convert(
        {
            "code": _name(Reason, number),
            "declined_by": text.declined_by,
            "severity": text.severity,
            "retry": text.retry,
            "customer": text.customer,
            "agent": text.agent,
            "next_step": text.next_step,
        },
        ReasonView,
    )


def _name(table: type[IntEnum], number: int) -> Any:
    return table(number).name.lower()
