"""Pure decisions of the diagnosis: the hop at fault, and what is worse than usual."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from core.contracts.reasons import Reason
from core.contracts.states import DeliveryKind, State
from core.contracts.terminals import HopAtFault, Level, LevelOf, LevelVerdict
from core.transactions.desk.model import DeskDelivery, DeskTransaction
from core.transactions.desk.rules import SLOW_MS
from core.transactions.exchanges.rules import UNKNOWN_REASONS
from core.transactions.reasons import meaning_of
from core.values.clock import PARIS
from core.values.zones import hour_there

RECENT_BEFORE: Final = timedelta(hours=2)
RECENT_AFTER: Final = timedelta(minutes=30)
USUAL_SPAN: Final = timedelta(days=14)
NETWORK_DAYS_BEFORE: Final = (1, 2, 7)

RECENT_COUNT_MIN: Final = 5
RECENT_FAILED_MIN: Final = 3
USUAL_COUNT_MIN: Final = 20
WORSE_BY_MIN: Final = 0.15

_OF_THE_TERMINAL: Final = frozenset(
    {
        Reason.TERMINAL_UNKNOWN,
        Reason.TERMINAL_BLOCKED,
        Reason.TERMINAL_NOT_ACTIVE,
        Reason.BUSINESS_DATE_REFUSED,
        Reason.REPEAT_DIFFERS,
        Reason.CARD_EXPIRED_AT_TERMINAL,
        Reason.MESSAGE_REFUSED,
        Reason.REVERSED_BY_TERMINAL,
        Reason.FORMAT_ERROR,
    }
)
_HOP_WORDS: Final[dict[HopAtFault, tuple[str, str]]] = {
    "terminal": ("Le terminal", "The terminal"),
    "edge": ("L’entrée du réseau, entre le terminal et nous", "The edge, between the terminal and us"),
    "core": ("Nos contrôles", "Our own checks"),
    "link": ("La liaison avec l’acquéreur", "The link to the acquirer"),
    "host": ("L’acquéreur", "The acquirer"),
    "issuer": ("La banque du porteur", "The cardholder’s bank"),
}
_LEVEL_WORDS: Final[dict[LevelOf, tuple[str, str]]] = {
    "terminal": ("Ce terminal", "This terminal"),
    "store": ("Ce magasin", "This store"),
    "network": ("Ce réseau, chez les autres magasins", "This network, at other stores"),
}


class Counted(msgspec.Struct, frozen=True):
    """Decided payments around the transaction and in the usual span before, and those of them that were declined.

    What got no answer that can be used is unknown: it is in neither count, and stands beside them.
    """

    recent_count: int
    recent_declined: int
    usual_count: int
    usual_declined: int
    since: datetime | None  # the first decline of the recent ones
    recent_unknown: int = 0


def hop_at_fault(transaction: DeskTransaction, deliveries: Sequence[DeskDelivery]) -> HopAtFault | None:
    """Return the hop that failed or was slow; None when nothing did."""
    if any(one.kind is DeliveryKind.REVERSAL and one.accepted_at is None for one in deliveries):
        return "host"
    if transaction.reason in _OF_THE_TERMINAL:
        return "terminal"
    match transaction.state:
        case State.RECEIVED:
            return "core"
        case State.SENT:
            return "core" if transaction.host_replied_us else "host"
        case State.DECLINED | State.UNKNOWN | State.REVERSED:
            return _hop_of_failure(transaction)
        case State.APPROVED | State.PARTIALLY_APPROVED | State.CAPTURED | State.REFUNDED | State.SETTLED:
            return _slow_hop(transaction)


def hop_text(hop: HopAtFault | None, *, english: bool) -> str:
    """Return the hop in words; empty for none."""
    return "" if hop is None else _HOP_WORDS[hop][english]


def verdict_of(counted: Counted) -> LevelVerdict:
    """Return whether the recent share of declines is worse than the usual one; few payments prove nothing."""
    if counted.recent_count < RECENT_COUNT_MIN or counted.usual_count < USUAL_COUNT_MIN:
        return "too_few"
    recent = counted.recent_declined / counted.recent_count
    usual = counted.usual_declined / counted.usual_count
    if counted.recent_declined < RECENT_FAILED_MIN or recent - usual < WORSE_BY_MIN or recent < 2 * usual:
        return "usual"
    return "worse"


def level_text(of: LevelOf, counted: Counted, *, time_zone: str, english: bool) -> str:
    """Return one level in a sentence with its figures, and in a second one what has an unknown result."""
    return _declines_text(of, counted, time_zone, english=english) + _unknown_text(counted, english=english)


def _declines_text(of: LevelOf, counted: Counted, time_zone: str, *, english: bool) -> str:
    who = _LEVEL_WORDS[of][english]
    recent = _percent(counted.recent_declined, counted.recent_count, english=english)
    usual = _percent(counted.usual_declined, counted.usual_count, english=english)
    match verdict_of(counted):
        case "too_few":
            return (
                f"{who}: too few payments to compare."
                if english
                else f"{who} : trop peu de paiements pour comparer."
            )
        case "usual":
            return (
                f"{who} declines {recent} of its payments, as usual ({usual})."
                if english
                else f"{who} refuse {recent} de ses paiements, comme d’habitude ({usual})."
            )
        case "worse":
            since = _clock(counted.since, time_zone, english=english)
            return (
                f"{who} declines {recent} of its payments{since}, usually {usual}."
                if english
                else f"{who} refuse {recent} de ses paiements{since}, d’habitude {usual}."
            )


def _unknown_text(counted: Counted, *, english: bool) -> str:
    match counted.recent_unknown:
        case 0:
            return ""
        case 1:
            return (
                " One payment has an unknown result." if english else " Un paiement est au résultat inconnu."
            )
        case count:
            return (
                f" {count} payments have an unknown result."
                if english
                else f" {count} paiements sont au résultat inconnu."
            )


def verdict_text(levels: Sequence[Level], *, english: bool) -> str:
    """Return what the levels say together; empty when they say nothing."""
    verdicts = {level.of: level.verdict for level in levels}
    if verdicts.get("network") == "worse":
        return (
            "This network declines more than usual at other stores too: it is not the merchant."
            if english
            else "Ce réseau refuse plus que d’habitude, chez d’autres magasins aussi : ce n’est pas le commerçant."
        )
    if verdicts.get("store") == "worse":
        return (
            "The whole store declines more than usual: look at its connection and its service."
            if english
            else "Tout le magasin refuse plus que d’habitude : regardez sa connexion et son service."
        )
    if verdicts.get("terminal") == "worse" and verdicts.get("store") == "usual":
        return (
            "Only this terminal declines more than usual: look at the terminal itself."
            if english
            else "Seul ce terminal refuse plus que d’habitude : regardez le terminal lui-même."
        )
    if verdicts.get("terminal") == "worse":
        return (
            "This terminal declines more than usual: look at the terminal itself."
            if english
            else "Ce terminal refuse plus que d’habitude : regardez le terminal lui-même."
        )
    if "usual" in verdicts.values():
        return (
            "Nothing unusual around this payment: it is about this payment alone."
            if english
            else "Rien d’inhabituel autour de ce paiement : il est seul en cause."
        )
    return ""


def _hop_of_failure(transaction: DeskTransaction) -> HopAtFault | None:
    if transaction.reason == Reason.HOST_UNREACHABLE:
        return "link"
    if transaction.reason in UNKNOWN_REASONS:
        return "host"
    if transaction.reason in {
        Reason.CANCELLED_BY_CUSTOMER,
        Reason.CANCELLED_BY_AGENT,
        Reason.PARTIAL_APPROVAL,
    }:
        return None
    match meaning_of(transaction.reason).declined_by:
        case "us":
            return "core"
        case "acquirer":
            return "host"
        case "issuer":
            return "issuer"
        case "nobody":
            return None


def _slow_hop(transaction: DeskTransaction) -> HopAtFault | None:
    slow = timedelta(milliseconds=SLOW_MS)
    if transaction.sent_at is not None and transaction.sent_at - transaction.received_at > slow:
        return "edge"
    sent_us, replied_us = transaction.host_sent_us or 0, transaction.host_replied_us or 0
    if replied_us and replied_us - sent_us > SLOW_MS * 1000:
        return "host"
    return None


def _percent(part: int, whole: int, *, english: bool) -> str:
    if not whole:
        return "–"
    share = round(100 * part / whole)
    return f"{share}%" if english else f"{share}\u202f%"


def _clock(moment: datetime | None, time_zone: str, *, english: bool) -> str:
    if moment is None:
        return ""
    local, there = moment.astimezone(PARIS), hour_there(moment, time_zone)
    if english:
        return f" since {local:%H:%M}" + ("" if there is None else f" ({there:%H:%M} at the store)")
    return f" depuis {local:%H} h {local:%M}" + (
        "" if there is None else f" ({there:%H} h {there:%M} au magasin)"
    )
