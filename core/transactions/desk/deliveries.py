"""What is said of an operation while something of it must reach the acquirer: pure words and decisions.

The acquirer may hold another amount than we do until it has confirmed. So whatever is refused, closed by a person or late
has a sentence of its own, and none says that there is nothing to do.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple, TypeAlias, assert_never

import msgspec

from core.contracts.host_matters import STUCK_AFTER
from core.contracts.states import APPROVED_STATES, DeliveryKind, Kind
from core.contracts.transactions import Diagnosis
from core.transactions.desk.model import DeskDelivery, DeskTransaction
from core.transactions.reasons_kinds import still_held

Standing: TypeAlias = Literal["confirmed", "under_way", "refused_for_now", "late", "refused", "closed"]
"""Where a delivery stands, for a person: late and refused ones are listed under "to check"."""


def standing_of(delivery: DeskDelivery, now: datetime) -> Standing:
    """Return where a delivery stands."""
    match delivery.state:
        case "accepted" | "withdrawn":
            return "confirmed"
        case "closed" | "refused":
            return delivery.state
        case "due":
            if now - delivery.since > STUCK_AFTER:
                return "late"
            # The host had it and said no: it is asked again, and a person can help meanwhile.
            return "refused_for_now" if delivery.last_result.startswith("code ") else "under_way"
        case _:
            assert_never(delivery.state)


def waits_for_a_person(delivery: DeskDelivery, now: datetime) -> bool:
    """Whether "to check" lists what must reach the host: refused for good, or not accepted for too long."""
    return standing_of(delivery, now) in ("refused", "late")


def is_confirmed(delivery: DeskDelivery, now: datetime) -> bool:
    """Whether nothing speaks against the acquirer's having taken it, or taking it soon."""
    return standing_of(delivery, now) in ("confirmed", "under_way")


def reversal_of(deliveries: Sequence[DeskDelivery]) -> DeskDelivery | None:
    """Return the reversal of the whole amount."""
    return next((one for one in deliveries if one.kind is DeliveryKind.REVERSAL), None)


def reversal_diagnosis(
    transaction: DeskTransaction, deliveries: Sequence[DeskDelivery], *, locale: str, now: datetime
) -> Diagnosis | None:
    """Return what is said of a reversal that the acquirer has not confirmed; None where it has, or there is none."""
    reversal = reversal_of(deliveries)
    if reversal is None:
        return None
    if reversal.state == "closed":
        return _reversal_closed(transaction.kind, locale=locale)
    return (
        _reversal_waiting(reversal, english=locale == "en", now=now) if reversal.accepted_at is None else None
    )


def with_unconfirmed(
    diagnosis: Diagnosis,
    transaction: DeskTransaction,
    deliveries: Sequence[DeskDelivery],
    *,
    locale: str,
    now: datetime,
) -> Diagnosis:
    """Return a diagnosis that takes in what else of it the acquirer has not confirmed."""
    if (delivery := _worst_of(transaction, deliveries, now)) is None:
        return diagnosis
    at = int(locale == "en")
    told, standing = _TOLD[delivery.kind], standing_of(delivery, now)
    if standing == "under_way":
        if diagnosis.severity != "ok":
            return diagnosis
        return msgspec.structs.replace(
            diagnosis,
            explanation=f"{diagnosis.explanation} {told.under_way[at].format(tries=delivery.tries)}",
            next_step=_UNDER_WAY[at],
        )
    return Diagnosis(
        title=told.titles[standing][at],
        explanation=told.at_stake[at],
        next_step=_STEPS[standing][at],
        hop="host",
        severity="warning",
        is_to_check=waits_for_a_person(delivery, now),
    )


def customer_of_unconfirmed(
    transaction: DeskTransaction, deliveries: Sequence[DeskDelivery], *, locale: str, now: datetime
) -> str | None:
    """Return what may be said to the customer while the acquirer may hold another amount than we do."""
    reversal = reversal_of(deliveries)
    if reversal is not None and not is_confirmed(reversal, now):
        return still_held(transaction.kind, locale).customer
    delivery = _worst_of(transaction, deliveries, now)
    if delivery is None or is_confirmed(delivery, now):
        return None
    return _TOLD[delivery.kind].customer[locale == "en"]


def _worst_of(
    transaction: DeskTransaction, deliveries: Sequence[DeskDelivery], now: datetime
) -> DeskDelivery | None:
    # What was taken back as a whole leaves nothing that the acquirer could hold or lack.
    if transaction.state not in APPROVED_STATES:
        return None
    waiting = [
        one
        for one in deliveries
        if one.kind is not DeliveryKind.REVERSAL and standing_of(one, now) != "confirmed"
    ]
    return min(waiting, key=lambda one: _WORST_FIRST.index(standing_of(one, now)), default=None)


def _reversal_closed(kind: Kind, *, locale: str) -> Diagnosis:
    words = still_held(kind, locale)
    return Diagnosis(
        title="Reversal closed by an agent" if locale == "en" else "Annulation close par un agent",
        explanation=words.agent,
        next_step=words.next_step,
        hop="host",
        severity="warning",
    )


def _reversal_waiting(reversal: DeskDelivery, *, english: bool, now: datetime) -> Diagnosis:
    if reversal.state == "refused":
        return Diagnosis(
            title="Reversal refused by the acquirer" if english else "Annulation refusée par l’acquéreur",
            explanation=(
                "The acquirer refused the reversal for good: it is not sent again by itself."
                if english
                else "L’acquéreur a refusé l’annulation définitivement : elle n’est plus renvoyée d’elle-même."
            ),
            next_step=(
                "See “To check”: send it again once the acquirer can take it, or close it with the reason."
                if english
                else "Voir « À vérifier » : renvoyez-la quand l’acquéreur peut la prendre, ou clôturez-la avec le motif."
            ),
            hop="host",
            severity="problem",
        )
    late = waits_for_a_person(reversal, now)
    refused = reversal.last_result.startswith("code ")
    tries = reversal.tries
    return Diagnosis(
        title="Reversal on its way" if english else "Annulation en cours d’envoi",
        explanation=(
            f"The acquirer has not accepted the reversal yet; tries so far: {tries}."
            if english
            else f"L’acquéreur n’a pas encore accepté l’annulation ; nombre d’essais : {tries}."
        ),
        next_step=(
            "Give the acquirer the reference: it answers and refuses."
            if refused and english
            else "Signalez la référence à l’acquéreur : il répond et refuse."
            if refused
            else (
                "See “To check”: call the acquirer, which has not taken it."
                if english
                else "Voir « À vérifier » : joignez l’acquéreur, qui ne l’a pas prise."
            )
            if late
            else (
                "Nothing to do: it is sent again until it is accepted."
                if english
                else "Rien à faire : elle est renvoyée jusqu’à son acceptation."
            )
        ),
        hop="host",
        severity="problem" if late or refused else "warning",
    )


_Text: TypeAlias = tuple[str, str]
"""French and English."""

_WORST_FIRST: Final[tuple[Standing, ...]] = ("refused", "late", "closed", "refused_for_now", "under_way")
_UNDER_WAY: Final[_Text] = (
    "Rien à faire : l’envoi est répété jusqu’à son acceptation.",
    "Nothing to do: it is sent again until it is accepted.",
)
_SEE_TO_CHECK: Final[_Text] = (
    "Voir « À vérifier » : joignez l’acquéreur, puis renvoyez ou clôturez.",
    "See “To check”: call the acquirer, then send it again or close it.",
)
_STEPS: Final[dict[Standing, _Text]] = {
    "refused_for_now": (
        "Signalez la référence à l’acquéreur : il répond et refuse.",
        "Give the acquirer the reference: it answers and refuses.",
    ),
    "late": _SEE_TO_CHECK,
    "refused": _SEE_TO_CHECK,
    "closed": (
        "Vérifiez auprès de l’acquéreur ce qu’il a retenu avant de répondre au client.",
        "Check with the acquirer what it holds before you answer the customer.",
    ),
}


class _Told(NamedTuple):
    """What is said of one kind of delivery that the acquirer has not confirmed."""

    titles: dict[Standing, _Text]
    at_stake: _Text  # what the acquirer may hold, or lack
    under_way: _Text  # with `tries`
    customer: _Text


_NOT_CHARGED_YET: Final[_Text] = (
    "Votre paiement est accepté. Votre banque ne l’a peut-être pas encore reçu.",
    "Your payment is accepted. Your bank may not have received it yet.",
)
_TOLD: Final[dict[DeliveryKind, _Told]] = {
    DeliveryKind.PARTIAL_REVERSAL: _Told(
        titles={
            "refused_for_now": (
                "Annulation partielle refusée pour l’instant",
                "Partial reversal refused for now",
            ),
            "late": (
                "Annulation partielle non acceptée par l’acquéreur",
                "Partial reversal not accepted by the acquirer",
            ),
            "refused": (
                "Annulation partielle refusée par l’acquéreur",
                "Partial reversal refused by the acquirer",
            ),
            "closed": ("Annulation partielle close par un agent", "Partial reversal closed by an agent"),
        },
        at_stake=(
            "L’acquéreur ne l’a pas confirmée : le client peut rester débité de plus que ce qui reste ici.",
            "The acquirer did not confirm it: the customer may stay charged more than what is left here.",
        ),
        under_way=(
            "L’acquéreur n’a pas encore accepté l’annulation partielle ; nombre d’essais : {tries}.",
            "The acquirer has not accepted the partial reversal yet; tries so far: {tries}.",
        ),
        customer=(
            "Votre banque peut encore retenir plus que le montant payé ; nous le réglons avec l’acquéreur.",
            "Your bank may still hold more than what you paid; we are settling it with the acquirer.",
        ),
    ),
    DeliveryKind.ADVICE: _Told(
        titles={
            "refused_for_now": ("Avis refusé pour l’instant", "Advice refused for now"),
            "late": ("Avis non accepté par l’acquéreur", "Advice not accepted by the acquirer"),
            "refused": ("Avis refusé par l’acquéreur", "Advice refused by the acquirer"),
            "closed": ("Avis clos par un agent", "Advice closed by an agent"),
        },
        at_stake=(
            "L’acquéreur ne l’a pas confirmé : ce paiement compte chez nous, et le client n’en est peut-être pas débité.",
            "The acquirer did not confirm it: this payment counts here, and the customer may not be charged for it.",
        ),
        under_way=(
            "L’acquéreur n’a pas encore accepté l’avis ; nombre d’essais : {tries}.",
            "The acquirer has not accepted the advice yet; tries so far: {tries}.",
        ),
        customer=_NOT_CHARGED_YET,
    ),
    DeliveryKind.COMPLETION: _Told(
        titles={
            "refused_for_now": ("Finalisation refusée pour l’instant", "Completion refused for now"),
            "late": ("Finalisation non acceptée par l’acquéreur", "Completion not accepted by the acquirer"),
            "refused": ("Finalisation refusée par l’acquéreur", "Completion refused by the acquirer"),
            "closed": ("Finalisation close par un agent", "Completion closed by an agent"),
        },
        at_stake=(
            "L’acquéreur ne l’a pas confirmée : ce paiement compte chez nous, et le client n’en est peut-être pas débité.",
            "The acquirer did not confirm it: this payment counts here, and the customer may not be charged for it.",
        ),
        under_way=(
            "L’acquéreur n’a pas encore accepté la finalisation ; nombre d’essais : {tries}.",
            "The acquirer has not accepted the completion yet; tries so far: {tries}.",
        ),
        customer=_NOT_CHARGED_YET,
    ),
}
