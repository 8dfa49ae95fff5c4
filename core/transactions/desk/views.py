"""Rows turned into the public shapes of API v1."""

from typing import Final

import asyncpg

from core.contracts.reasons import Reason
from core.contracts.references import CompanyRef, KindName, LocatedStore, Money, StateName, TerminalRef
from core.contracts.states import (
    DeliveryKind,
    EventKind,
    Kind,
    Layer,
    LedgerAccount,
    LedgerOperation,
    State,
    net_minor,
)
from core.contracts.transactions import (
    CardView,
    DeliveryView,
    EventView,
    LedgerEntryView,
    ReasonView,
    RelatedTransaction,
    Transaction,
)
from core.merchants.api import BRAND_NAMES
from core.transactions.desk.model import DeskDelivery, DeskTransaction
from core.transactions.reasons import meaning_of
from core.transactions.reasons_kinds import words_of
from core.transactions.stored_cards.payment import STORED_CARD_MESSAGE_CLASS
from core.values.ids import encode_id, rrn_of
from core.values.timestamps import timestamp, timestamp_or_none

KIND_NAMES: Final[dict[int, KindName]] = {
    Kind.AUTHORISATION: "authorisation",
    Kind.PURCHASE: "purchase",
    Kind.VERIFICATION: "verification",
    Kind.REFUND: "refund",
    Kind.ADVICE: "advice",
    Kind.COMPLETION: "completion",
}
STATE_NAMES: Final[dict[int, StateName]] = {
    State.RECEIVED: "received",
    State.SENT: "sent",
    State.APPROVED: "approved",
    State.PARTIALLY_APPROVED: "partially_approved",
    State.DECLINED: "declined",
    State.UNKNOWN: "unknown",
    State.REVERSED: "reversed",
    State.CAPTURED: "captured",
    State.REFUNDED: "refunded",
    State.SETTLED: "settled",
}
_UNUSABLE: Final = (Reason.HOST_CODE_UNKNOWN, Reason.HOST_ANSWER_DIFFERS, Reason.PARTIAL_APPROVAL)
EVENT_TITLES: Final[dict[int, tuple[str, str]]] = {
    EventKind.REFUSED: ("Refusée avant envoi", "Refused before sending"),
    EventKind.DECIDED: ("Réponse de l’acquéreur", "The acquirer answered"),
    EventKind.TIMED_OUT: ("Pas de réponse à temps", "No answer in time"),
    EventKind.LATE_REPLY: ("Réponse arrivée trop tard", "The answer came too late"),
    EventKind.REVERSED: ("Annulée", "Taken back"),
    EventKind.REVERSAL_ACCEPTED: (
        "Annulation acceptée par l’acquéreur",
        "The acquirer accepted the reversal",
    ),
    EventKind.BOOKED_OFFLINE: ("Enregistrée hors ligne", "Booked offline"),
    EventKind.CAPTURED: ("Capturée", "Captured"),
    EventKind.REFUNDED: ("Remboursée", "Refunded"),
    EventKind.CANCELLED: ("Annulée", "Cancelled"),
    EventKind.DELIVERED: ("Envoi accepté par l’acquéreur", "The acquirer took what we sent"),
    EventKind.PARTLY_REVERSED: ("Annulée en partie par le terminal", "Taken back in part by the terminal"),
    EventKind.REVERSAL_REFUSED: (
        "Annulation refusée : elle décrit une autre opération",
        "Reversal refused: it describes another operation",
    ),
    EventKind.DOUBTED: ("Enregistrée, à vérifier", "Booked, to be checked"),
    EventKind.DELIVERY_REFUSED: ("Envoi refusé par l’acquéreur", "The acquirer refused what we sent"),
    EventKind.DELIVERY_CLOSED: ("Close par un agent", "Closed by an agent"),
}


def transaction_of(row: asyncpg.Record, locale: str) -> Transaction:
    """Return the transaction of a row of the lists or of one by id."""
    currency = row["currency"]
    return Transaction(
        id=encode_id("transaction", row["id"].bytes),
        kind=KIND_NAMES[row["kind"]],
        state=STATE_NAMES[row["state"]],
        reason=reason_of(row["reason"], kind=row["kind"], state=row["state"], locale=locale),
        amount=Money(row["amount_minor"], currency),
        approved_amount=Money(row["approved_minor"], currency),
        captured_amount=Money(row["captured_minor"], currency),
        refunded_amount=Money(row["refunded_minor"] - row["refund_pending_minor"], currency),
        refund_pending_amount=Money(row["refund_pending_minor"], currency),
        net_amount=Money(net_minor(row["kind"], row["state"], row["approved_minor"]), currency),
        card=CardView(
            brand=BRAND_NAMES.get(row["card_brand"], "other"),
            bin=row["card_bin"],
            last_four=row["card_last_four"],
            expiry=row["card_expiry"] or None,
        ),
        terminal=TerminalRef(encode_id("terminal", row["terminal_id"].bytes), row["terminal"] or ""),
        store=None
        if row["store_id"] is None
        else LocatedStore(
            encode_id("store", row["store_id"].bytes),
            row["store_name"] or "",
            row["department"] or "",
            row["time_zone"] or "",
        ),
        company=None
        if row["company_id"] is None
        else CompanyRef(encode_id("company", row["company_id"].bytes), row["legal_name"]),
        received_at=timestamp(row["received_at"]),
        decided_at=timestamp_or_none(row["decided_at"]),
        stan=f"{row['stan']:06d}",
        rrn=rrn_of(row["id"].bytes),
        approval_code=row["approval_code"],
        host_code=row["host_code"],
        entry_mode=row["entry_mode"],
    )


def facts_of(row: asyncpg.Record) -> DeskTransaction:
    """Return what the rules need of a row."""
    return DeskTransaction(
        id=row["id"].bytes,
        business_date=row["business_date"],
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        reason=row["reason"],
        amount_minor=row["amount_minor"],
        approved_minor=row["approved_minor"],
        captured_minor=row["captured_minor"],
        reserved_minor=row["refunded_minor"],
        refund_pending_minor=row["refund_pending_minor"],
        currency=row["currency"],
        received_at=row["received_at"],
        sent_at=row["sent_at"],
        decided_at=row["decided_at"],
        host_sent_us=row["host_sent_us"],
        host_replied_us=row["host_replied_us"],
        host_code=row["host_code"],
        is_of_order=row["message_class"] == STORED_CARD_MESSAGE_CLASS,
    )


def reason_of(reason: int, *, kind: int, state: int, locale: str) -> ReasonView:
    """Return the reason of an operation with the words that are true of it."""
    meaning = meaning_of(reason)
    words = words_of(reason, kind=kind, state=state, locale=locale)
    return ReasonView(
        code=reason_code(reason),
        declined_by=meaning.declined_by,
        severity=meaning.severity,
        retry=meaning.retry,
        customer=words.customer,
        agent=words.agent,
        next_step=words.next_step,
    )


# Other classes are core's own, for what people ask.
_CLASSES_OF_TERMINALS: Final = (1, 2)


def _first_title(kind: str, *, asked_by_agent: bool) -> tuple[str, str]:
    if kind == "sent":
        return "Enregistrée et envoyée à l’acquéreur", "Recorded and sent to the acquirer"
    if asked_by_agent:
        return "Demandée par un agent", "Requested by an agent"
    return "Reçue du terminal", "Received from the terminal"


def reason_code(reason: int) -> str:
    """Return the stable code of a reason."""
    try:
        return Reason(reason).name.lower()
    except ValueError:
        return Reason.OTHER_DECLINE.name.lower()


def event_of(row: asyncpg.Record, locale: str) -> EventView:
    """Return one event."""
    kind = row["kind"]
    french, english = EVENT_TITLES.get(kind, ("Événement", "Event"))
    if kind == EventKind.TIMED_OUT and row["reason"] in _UNUSABLE:
        french, english = "Réponse inutilisable de l’acquéreur", "Unusable answer of the acquirer"
    return EventView(
        id=f"{row['txid']}-{row['seq']}",
        at=timestamp(row["at"]),
        kind=EventKind(kind).name.lower() if kind in EVENT_TITLES else "other",
        state=STATE_NAMES[row["state"]],
        reason=reason_code(row["reason"]),
        cause=row["cause"],
        title=english if locale == "en" else french,
    )


def first_events_of(row: asyncpg.Record, locale: str) -> list[EventView]:
    """Return the transitions that the attempt's own row records (decision 0011): received, and sent when it was."""
    asked_by_agent = row["message_class"] not in _CLASSES_OF_TERMINALS
    moments = (("received", State.RECEIVED, row["received_at"]), ("sent", State.SENT, row["sent_at"]))
    return [
        EventView(
            id=kind,
            at=timestamp(at),
            kind=kind,
            state=STATE_NAMES[state],
            reason=reason_code(Reason.NONE),
            cause="",
            title=_first_title(kind, asked_by_agent=asked_by_agent)[locale == "en"],
        )
        for kind, state, at in moments
        if at is not None
    ]


def entry_of(row: asyncpg.Record) -> LedgerEntryView:
    """Return one ledger entry."""
    return LedgerEntryView(
        operation=LedgerOperation(row["operation"]).name.lower(),
        layer="pending" if row["layer"] == Layer.PENDING else "posted",
        account=LedgerAccount(row["account"]).name.lower(),
        owner=row["owner"],
        amount=Money(row["amount_minor"], row["currency"]),
        posted_at=timestamp(row["posted_at"]),
    )


def delivery_of(delivery: DeskDelivery) -> DeliveryView:
    """Return one delivery."""
    names = {
        DeliveryKind.REVERSAL: "reversal",
        DeliveryKind.ADVICE: "advice",
        DeliveryKind.COMPLETION: "completion",
        DeliveryKind.PARTIAL_REVERSAL: "partial_reversal",
    }
    return DeliveryView(
        kind=names[delivery.kind],  # pyright: ignore[reportArgumentType]
        state=delivery.state,
        tries=delivery.tries,
        due_at=timestamp(delivery.due_at),
        ended_at=timestamp_or_none(delivery.accepted_at),
        last_result=delivery.last_result,
    )


def related_of(row: asyncpg.Record) -> RelatedTransaction:
    """Return another transaction about the same payment."""
    return RelatedTransaction(
        id=encode_id("transaction", row["id"].bytes),
        relation="original" if row["is_original"] else "follow_up",
        kind=KIND_NAMES[row["kind"]],
        state=STATE_NAMES[row["state"]],
        amount=Money(row["amount_minor"], row["currency"]),
        received_at=timestamp(row["received_at"]),
    )
