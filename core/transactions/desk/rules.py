"""Pure decisions of the desk: hops in milliseconds, diagnosis, what may be refunded or cancelled."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from core.contracts.host_matters import STUCK_AFTER
from core.contracts.reasons import Reason
from core.contracts.references import Money
from core.contracts.states import DeliveryKind, Kind, State
from core.contracts.transaction_filter import TransactionFilter
from core.contracts.transactions import Actions, CancelAction, Diagnosis, Hop, HopName, RefundAction
from core.transactions.desk.deliveries import (
    customer_of_unconfirmed,
    is_confirmed,
    reversal_diagnosis,
    reversal_of,
    waits_for_a_person,
    with_unconfirmed,
)
from core.transactions.desk.model import DeskDelivery, DeskTransaction
from core.transactions.reasons import meaning_of
from core.transactions.reasons_kinds import taken_back_cause, taken_back_step, words_of
from core.values.ids import lowest_id
from core.values.timestamps import timestamp

SLOW_MS: Final = 3_000.0
_STUCK_MINUTES: Final = STUCK_AFTER // timedelta(minutes=1)
_REASONS_OF_OTHERS: Final = frozenset(
    {
        Reason.NONE,
        Reason.HOST_NO_REPLY,
        Reason.HOST_CODE_UNKNOWN,
        Reason.HOST_ANSWER_DIFFERS,
        Reason.REVERSED_BY_TERMINAL,
        Reason.CANCELLED_BY_CUSTOMER,
        Reason.CANCELLED_BY_AGENT,
        Reason.ADVICE_BOOKED,
        Reason.APPROVED,
        Reason.PARTIAL_APPROVAL,
    }
)


def bounds_of_times(wanted: TransactionFilter) -> tuple[bytes, bytes]:
    """Return the lowest id of a filter's times, and the one to stay below."""
    low, high = bytes(16), b"\xff" * 16
    if wanted.received_from_us is not None:
        low = lowest_id(wanted.received_from_us)
    if wanted.received_to_us is not None:
        # An end within a millisecond takes in all that this one holds.
        high = lowest_id(wanted.received_to_us + 999)
    return low, high


def is_of_declines(reason: int | None) -> bool:
    """Return whether declined transactions alone have the reason: it is final, and stands beside their keys."""
    return reason is not None and reason not in _REASONS_OF_OTHERS


def hops_of(transaction: DeskTransaction) -> list[Hop]:
    """Return the legs of the way, in order, as far as their times are known.

    `check_and_commit` runs from reception at the edge to the recorded attempt, so the way to core is inside it.
    """
    received = transaction.received_at
    if transaction.sent_at is None:
        if transaction.decided_at is None:
            return []
        # Refused by us, or booked without asking the host: an advice, a completion.
        booked = transaction.state is not State.DECLINED
        return [_hop("check_and_commit", received, transaction.decided_at, ok=booked)]
    hops = [_hop("check_and_commit", received, transaction.sent_at, ok=True)]
    if transaction.host_sent_us is None or transaction.host_sent_us <= 0:
        if transaction.state is State.SENT or transaction.reason == Reason.HOST_UNREACHABLE:
            waits = transaction.state is State.SENT
            hops.append(_hop("wait_for_link", transaction.sent_at, transaction.decided_at, ok=waits))
        else:
            # Only an answer tells when the link sent. Without one the link is not at fault: it says when nothing left.
            hops.append(_hop("host", transaction.sent_at, transaction.decided_at, ok=False))
        return hops
    host_sent = received + timedelta(microseconds=transaction.host_sent_us)
    hops.append(_hop("wait_for_link", transaction.sent_at, host_sent, ok=True))
    if transaction.host_replied_us is None or transaction.host_replied_us <= 0:
        hops.append(_hop("host", host_sent, transaction.decided_at, ok=transaction.state is State.SENT))
        return hops
    host_replied = received + timedelta(microseconds=transaction.host_replied_us)
    hops.append(_hop("host", host_sent, host_replied, ok=True))
    hops.append(_hop("decide", host_replied, transaction.decided_at, ok=transaction.decided_at is not None))
    return hops


def diagnosis_of(
    transaction: DeskTransaction, deliveries: Sequence[DeskDelivery], *, locale: str, now: datetime
) -> Diagnosis:
    """Return what happened in plain words, the hop that failed if one did, and what to do."""
    reversal = reversal_diagnosis(transaction, deliveries, locale=locale, now=now)
    if reversal is not None:
        return reversal
    diagnosis = _diagnosis_of_state(transaction, deliveries, locale=locale, now=now)
    return with_unconfirmed(diagnosis, transaction, deliveries, locale=locale, now=now)


def _diagnosis_of_state(
    transaction: DeskTransaction, deliveries: Sequence[DeskDelivery], *, locale: str, now: datetime
) -> Diagnosis:
    english = locale == "en"
    meaning = meaning_of(transaction.reason)
    words = words_of(transaction.reason, kind=transaction.kind, state=transaction.state, locale=locale)
    match transaction.state:
        case State.RECEIVED | State.SENT:
            if now - transaction.received_at > STUCK_AFTER:
                return Diagnosis(
                    title="Still without a result" if english else "Toujours sans résultat",
                    explanation=(
                        f"The operation was sent more than {_STUCK_MINUTES} minutes ago and nothing closed it."
                        if english
                        else f"L’opération est partie il y a plus de {_STUCK_MINUTES} minutes et rien ne l’a close."
                    ),
                    next_step=(
                        "Tell operations: the sweeper should have reversed it."
                        if english
                        else "Prévenez l’exploitation : elle aurait dû être annulée automatiquement."
                    ),
                    hop="decide",
                    severity="problem",
                )
            return Diagnosis(
                title="In progress" if english else "En cours",
                explanation=(
                    "We wait for the acquirer’s answer."
                    if english
                    else "Nous attendons la réponse de l’acquéreur."
                ),
                next_step="Wait a few seconds." if english else "Attendez quelques secondes.",
                hop=None,
                severity="ok",
            )
        case State.DECLINED:
            return Diagnosis(
                title=_declined_title(meaning.declined_by, english=english),
                explanation=words.agent,
                next_step=words.next_step,
                hop=_hop_of_reason(transaction.reason),
                severity="problem" if meaning.declined_by in {"us", "acquirer"} else "warning",
            )
        case State.UNKNOWN | State.REVERSED if transaction.reason in _HOST_FAILED:
            return Diagnosis(
                title=_taken_back_title(transaction.reason, english=english),
                explanation=taken_back_cause(transaction.reason, locale)
                if transaction.state is State.REVERSED
                else words.agent,
                next_step=taken_back_step(transaction.kind, locale),
                hop="host",
                severity="warning",
            )
        case State.UNKNOWN | State.REVERSED:
            return Diagnosis(
                title="Taken back" if english else "Annulée",
                explanation=words.agent,
                next_step=words.next_step,
                hop=None,
                severity="ok",
            )
        case State.APPROVED | State.PARTIALLY_APPROVED | State.CAPTURED | State.REFUNDED | State.SETTLED:
            approved = _approved(
                transaction, english=english, explanation=words.agent, next_step=words.next_step
            )
            return _less_a_part(approved, english=english) if _is_less_a_part(deliveries) else approved


def customer_of(
    transaction: DeskTransaction, deliveries: Sequence[DeskDelivery], *, locale: str, now: datetime
) -> str | None:
    """Return what may be said to the customer, None where the state says all."""
    if said := customer_of_unconfirmed(transaction, deliveries, locale=locale, now=now):
        return said
    if transaction.state is State.PARTIALLY_APPROVED and _is_less_a_part(deliveries):
        return None
    if transaction.state in (State.DECLINED, State.UNKNOWN, State.PARTIALLY_APPROVED):
        words = words_of(transaction.reason, kind=transaction.kind, state=transaction.state, locale=locale)
        return words.customer or None
    return None


def _is_less_a_part(deliveries: Sequence[DeskDelivery]) -> bool:
    """Whether the terminal took a part back."""
    return any(one.kind is DeliveryKind.PARTIAL_REVERSAL for one in deliveries)


def actions_of(
    transaction: DeskTransaction,
    deliveries: Sequence[DeskDelivery] = (),
    *,
    may_refund: bool,
    may_cancel: bool,
    now: datetime,
) -> Actions:
    """Return what may be done now: one act at most, or the one reason why none."""
    reversal = reversal_of(deliveries)
    if reversal is not None and not is_confirmed(reversal, now):
        why = "reversal_refused_for_now"
        if reversal.state == "closed":
            why = "reversal_closed"
        elif waits_for_a_person(reversal, now):
            why = "reversal_unconfirmed"
        nothing = Money(0, transaction.currency)
        return Actions(RefundAction(False, nothing, why), CancelAction(False, why), why)
    refund = refund_action(transaction, permitted=may_refund)
    cancel = cancel_action(transaction, permitted=may_cancel)
    act, why = _possible_act(transaction)
    match act:
        case "refund":
            return Actions(refund, cancel, None if refund.allowed else refund.why)
        case "cancel":
            return Actions(refund, cancel, None if cancel.allowed else cancel.why)
        case None:
            if reversal is not None and reversal.state == "due" and why in _TAKEN_BACK:
                # Neither "will not" nor "is not charged" is known before the acquirer has taken it.
                why = "reversal_under_way"
                refund.why = cancel.why = why
            return Actions(refund, cancel, why)


def refund_action(transaction: DeskTransaction, *, permitted: bool) -> RefundAction:
    """Return whether it may be refunded now and up to how much."""
    act, why = _possible_act(transaction)
    if act != "refund":
        return RefundAction(False, Money(0, transaction.currency), "not_captured" if act == "cancel" else why)
    remaining = Money(transaction.captured_minor - transaction.reserved_minor, transaction.currency)
    return RefundAction(permitted, remaining, None if permitted else "not_permitted")


def cancel_action(transaction: DeskTransaction, *, permitted: bool) -> CancelAction:
    """Return whether it may be cancelled now: approved, and nothing captured yet."""
    act, why = _possible_act(transaction)
    if act != "cancel":
        return CancelAction(False, "already_captured" if act == "refund" else why)
    return CancelAction(permitted, None if permitted else "not_permitted")


def _possible_act(transaction: DeskTransaction) -> tuple[Literal["refund", "cancel"] | None, str]:
    """Return the one act that kind and state leave, or none and why: a table, so that no page can say two things."""
    match transaction.kind:
        case Kind.VERIFICATION:
            return None, "moves_no_money"
        case Kind.REFUND:
            return None, "is_refund"
        case Kind.COMPLETION:
            return None, "is_completion"
        case Kind.AUTHORISATION | Kind.PURCHASE | Kind.ADVICE:
            pass
    act, why = _act_by_state(transaction)
    # Taken back beside its order, it would leave a schedule that says paid.
    return (None, PAID_BY_ORDER) if act is not None and transaction.is_of_order else (act, why)


def _act_by_state(transaction: DeskTransaction) -> tuple[Literal["refund", "cancel"] | None, str]:
    match transaction.state:
        case State.RECEIVED | State.SENT:
            return None, "under_way"
        case State.DECLINED:
            return None, "was_declined"
        case State.UNKNOWN:
            return None, "being_reversed"
        case State.REVERSED:
            return None, "was_reversed"
        case State.APPROVED | State.PARTIALLY_APPROVED:
            # Booked offline: the terminal alone takes it back, until it is captured tonight.
            return (None, "booked_offline") if transaction.kind is Kind.ADVICE else ("cancel", "")
        case State.CAPTURED | State.REFUNDED | State.SETTLED:
            if transaction.captured_minor > transaction.reserved_minor:
                return "refund", ""
            return None, "refund_pending" if transaction.refund_pending_minor else "nothing_left"


PAID_BY_ORDER: Final = "paid_by_order"
_TAKEN_BACK: Final = frozenset({"being_reversed", "was_reversed"})
_HOST_FAILED: Final = frozenset(
    {Reason.HOST_NO_REPLY, Reason.HOST_CODE_UNKNOWN, Reason.HOST_ANSWER_DIFFERS, Reason.PARTIAL_APPROVAL}
)


def _hop(name: HopName, start: datetime, end: datetime | None, *, ok: bool) -> Hop:
    duration_ms = None if end is None else max(0.0, round((end - start) / timedelta(milliseconds=1), 3))
    return Hop(name=name, started_at=timestamp(start), duration_ms=duration_ms, ok=ok)


def _hop_of_reason(reason: int) -> HopName | None:
    if reason == Reason.HOST_UNREACHABLE:
        return "wait_for_link"
    if reason < Reason.HOST_UNREACHABLE:
        return "check_and_commit"
    return "host" if reason >= Reason.APPROVED else None


def _declined_title(declined_by: str, *, english: bool) -> str:
    match declined_by:
        case "us":
            return "Declined by us" if english else "Refusée par nous"
        case "acquirer":
            return "Declined by the acquirer" if english else "Refusée par l’acquéreur"
        case "issuer":
            return "Declined by the card’s bank" if english else "Refusée par la banque de la carte"
        case _:
            return "Declined" if english else "Refusée"


def to_check(diagnosis: Diagnosis, *, locale: str) -> Diagnosis:
    """Return a diagnosis that sends to what waits for a person, instead of saying that there is nothing to do."""
    return msgspec.structs.replace(
        diagnosis,
        next_step=(
            "A person must look: see “To check”."
            if locale == "en"
            else "Une personne doit regarder : voir « À vérifier »."
        ),
        severity="warning" if diagnosis.severity == "ok" else diagnosis.severity,
        is_to_check=True,
    )


def _taken_back_title(reason: int, *, english: bool) -> str:
    if reason != Reason.HOST_NO_REPLY:
        return "Unusable answer, taken back" if english else "Réponse inutilisable, annulée"
    return "No answer, taken back" if english else "Sans réponse, annulée"


def _less_a_part(approved: Diagnosis, *, english: bool) -> Diagnosis:
    return msgspec.structs.replace(
        approved,
        title=f"{approved.title}, less a part" if english else f"{approved.title}, moins une partie",
        explanation=(
            "The terminal took a part back: what stays is said below."
            if english
            else "Le terminal a annulé une partie : ce qui reste est indiqué plus bas."
        ),
        next_step="Nothing to do." if english else "Rien à faire.",
    )


def _approved(transaction: DeskTransaction, *, english: bool, explanation: str, next_step: str) -> Diagnosis:
    replied = transaction.host_replied_us or 0
    host_ms = (replied - (transaction.host_sent_us or 0)) / 1000 if replied else 0.0
    title = {
        State.APPROVED: ("Approved", "Approuvée"),
        State.PARTIALLY_APPROVED: ("Approved in part", "Approuvée en partie"),
        State.CAPTURED: ("Captured", "Capturée"),
        State.REFUNDED: ("Refunded", "Remboursée"),
        State.SETTLED: ("Settled", "Réglée au magasin"),
    }[transaction.state][0 if english else 1]
    if host_ms > SLOW_MS:
        return Diagnosis(
            title=f"{title}, slowly" if english else f"{title}, lentement",
            explanation=(
                f"The acquirer took {host_ms / 1000:.1f} s to answer."
                if english
                else f"L’acquéreur a mis {host_ms / 1000:.1f} s à répondre.".replace(".", ",", 1)
            ),
            next_step=(
                "If it lasts, look at the acquirer’s links."
                if english
                else "Si cela dure, regardez les liaisons avec l’acquéreur."
            ),
            hop="host",
            severity="warning",
        )
    return Diagnosis(title=title, explanation=explanation, next_step=next_step, hop=None, severity="ok")
