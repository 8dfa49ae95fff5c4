"""The words of a reason where an operation is no payment: a refund gives money back, a verification moves none.

Sentences are replaced one by one: what a reason says of its cause holds for every kind, what it says of money and of the
next step does not.
"""

from typing import Final, NamedTuple, TypeAlias

from core.contracts.reasons import Reason
from core.contracts.states import Kind, State
from core.transactions.reasons import meaning_of
from core.transactions.reasons_model import Words

_Text: TypeAlias = tuple[str, str]
"""French and English."""


class _Kind(NamedTuple):
    """Texts of one kind."""

    under_way: _Text  # for the customer
    accepted: tuple[Words, Words]
    unanswered: tuple[_Text, _Text]  # for the customer; the next step
    taken_back: tuple[_Text, _Text]  # for the customer; the next step once the acquirer holds nothing
    not_made: _Text  # by us, for the customer
    still_held: tuple[_Text, _Text, _Text]  # its reversal is not confirmed: customer; explanation; next step


_NOTHING: Final = ("Rien à faire.", "Nothing to do.")
_PARTLY: Final = (
    "La banque n’a accepté qu’une partie du montant, que personne ne prend. L’annulation part seule.",
    "The bank accepted only part of the amount, which nobody takes. The reversal leaves by itself.",
)
_PAYMENT_STILL_HELD: Final = (
    (
        "Votre banque peut encore retenir ce montant ; nous le réglons avec l’acquéreur.",
        "Your bank may still hold this amount; we are settling it with the acquirer.",
    ),
    (
        "L’acquéreur ne l’a pas confirmée : le client peut rester débité.",
        "The acquirer did not confirm it: the customer may still be charged.",
    ),
    (
        "Vérifiez auprès de l’acquéreur avant de dire que rien n’est débité, ou de refaire le paiement.",
        "Check with the acquirer before you say that nothing is charged, or let it be paid again.",
    ),
)
_KINDS: Final[dict[Kind, _Kind]] = {
    Kind.REFUND: _Kind(
        under_way=("Le remboursement est en cours.", "The refund is in progress."),
        accepted=(
            Words("Remboursement accepté.", "L’acquéreur a accepté le remboursement.", _NOTHING[0]),
            Words("Refund accepted.", "The acquirer accepted the refund.", _NOTHING[1]),
        ),
        unanswered=(
            (
                "Le remboursement n’a pas pu être confirmé : il est annulé, et pourra être refait.",
                "The refund could not be confirmed: it is taken back, and can be made again.",
            ),
            (
                "Attendez que l’annulation du remboursement soit acceptée, puis refaites-le.",
                "Wait until the reversal of the refund is accepted, then make it again.",
            ),
        ),
        taken_back=(
            ("Ce remboursement a été annulé.", "This refund was taken back."),
            (
                "Refaites le remboursement s’il est toujours dû : le client n’est pas remboursé.",
                "Make the refund again if it is still due: the customer is not refunded.",
            ),
        ),
        not_made=(
            "Le remboursement n’a pas été fait. Adressez-vous au magasin.",
            "The refund was not made. Please ask the shop.",
        ),
        still_held=(
            (
                "Le remboursement est peut-être déjà parti ; nous le vérifions avec l’acquéreur.",
                "The refund may have gone out already; we are checking with the acquirer.",
            ),
            (
                "L’acquéreur ne l’a pas confirmée : le client peut avoir été remboursé.",
                "The acquirer did not confirm it: the customer may have been refunded.",
            ),
            (
                "Vérifiez auprès de l’acquéreur avant de refaire le remboursement.",
                "Check with the acquirer before you make the refund again.",
            ),
        ),
    ),
    Kind.VERIFICATION: _Kind(
        under_way=("La vérification de la carte est en cours.", "The card is being verified."),
        accepted=(
            Words(
                "Carte acceptée. Rien n’est débité.", "La banque du porteur accepte la carte.", _NOTHING[0]
            ),
            Words(
                "Card accepted. Nothing is charged.", "The cardholder’s bank accepts the card.", _NOTHING[1]
            ),
        ),
        unanswered=(
            (
                "La carte n’a pas pu être vérifiée. Rien n’est débité.",
                "The card could not be verified. Nothing is charged.",
            ),
            ("Refaites la vérification.", "Verify the card again."),
        ),
        taken_back=(
            ("Cette vérification a été annulée.", "This verification was taken back."),
            (
                "Rien à faire : une vérification ne débite rien, et peut être refaite.",
                "Nothing to do: a verification charges nothing, and can be made again.",
            ),
        ),
        not_made=(
            "La carte n’a pas été vérifiée. Rien n’est débité.",
            "The card was not verified. Nothing is charged.",
        ),
        still_held=(
            (
                "Rien n’est débité : c’était une vérification de la carte.",
                "Nothing is charged: it was a verification of the card.",
            ),
            (
                "L’acquéreur ne l’a pas confirmée ; une vérification ne débite rien.",
                "The acquirer did not confirm it; a verification charges nothing.",
            ),
            _NOTHING,
        ),
    ),
    Kind.AUTHORISATION: _Kind(
        under_way=("Le paiement est en cours.", "The payment is in progress."),
        accepted=(
            Words("Montant réservé.", "La banque du porteur a accepté de réserver ce montant.", _NOTHING[0]),
            Words("Amount held.", "The cardholder’s bank agreed to hold this amount.", _NOTHING[1]),
        ),
        unanswered=(
            (
                "La banque n’a pas confirmé. Vous n’êtes pas débité : un montant réservé sera libéré.",
                "The bank did not confirm. You are not charged: an amount that is held will be released.",
            ),
            (
                "Refaites l’autorisation. Suivez l’annulation sur cette page.",
                "Make the authorisation again. Follow the reversal on this page.",
            ),
        ),
        taken_back=(
            ("Cette autorisation a été annulée.", "This authorisation was taken back."),
            (
                "Rien à faire : le client n’est pas débité, et l’autorisation peut être refaite.",
                "Nothing to do: the customer is not charged, and the authorisation can be made again.",
            ),
        ),
        not_made=(
            "L’autorisation n’a pas été faite. Adressez-vous au magasin.",
            "The authorisation was not made. Please ask the shop.",
        ),
        still_held=_PAYMENT_STILL_HELD,
    ),
    Kind.PURCHASE: _Kind(
        under_way=("Le paiement est en cours.", "The payment is in progress."),
        accepted=(
            Words("Paiement accepté.", "La banque du porteur a accepté.", _NOTHING[0]),
            Words("Payment accepted.", "The cardholder’s bank accepted.", _NOTHING[1]),
        ),
        unanswered=(
            (
                "Le paiement n’a pas abouti. Vous n’êtes pas débité : si un montant apparaît, il sera rendu.",
                "The payment did not go through. You are not charged: if an amount shows, it will be given back.",
            ),
            (
                "Refaites le paiement. Suivez l’annulation sur cette page.",
                "Make the payment again. Follow the reversal on this page.",
            ),
        ),
        taken_back=(
            ("Ce paiement a été annulé.", "This payment was cancelled."),
            (
                "Rien à faire : le client n’est pas débité, et le paiement peut être refait.",
                "Nothing to do: the customer is not charged, and the payment can be made again.",
            ),
        ),
        not_made=(
            "Le paiement n’a pas été fait. Adressez-vous au magasin.",
            "The payment was not made. Please ask the shop.",
        ),
        still_held=_PAYMENT_STILL_HELD,
    ),
    Kind.ADVICE: _Kind(
        under_way=("Le paiement est en cours.", "The payment is in progress."),
        accepted=(
            Words(
                "Paiement accepté.",
                "Paiement accepté hors ligne par le terminal, puis enregistré ici.",
                _NOTHING[0],
            ),
            Words("Payment accepted.", "Accepted offline by the terminal, then booked here.", _NOTHING[1]),
        ),
        unanswered=(
            ("Ce paiement a été annulé.", "This payment was taken back."),
            ("Suivez l’annulation sur cette page.", "Follow the reversal on this page."),
        ),
        taken_back=(
            ("Ce paiement a été annulé.", "This payment was taken back."),
            (
                "Rien à faire : le client n’est pas débité, et le paiement peut être refait.",
                "Nothing to do: the customer is not charged, and the payment can be made again.",
            ),
        ),
        not_made=(
            "Ce paiement accepté hors ligne n’a pas été enregistré. Adressez-vous au magasin.",
            "This payment, accepted offline, was not booked. Please ask the shop.",
        ),
        still_held=_PAYMENT_STILL_HELD,
    ),
    Kind.COMPLETION: _Kind(
        under_way=("La finalisation est en cours.", "The completion is in progress."),
        accepted=(
            Words(
                "Paiement débité.",
                "Le montant réservé par l’autorisation d’origine est capturé.",
                _NOTHING[0],
            ),
            Words(
                "Payment charged.",
                "The amount held by the original authorisation is captured.",
                _NOTHING[1],
            ),
        ),
        unanswered=(
            ("Cette finalisation a été annulée.", "This completion was taken back."),
            ("Suivez l’annulation sur cette page.", "Follow the reversal on this page."),
        ),
        taken_back=(
            ("Cette finalisation a été annulée.", "This completion was taken back."),
            (
                "Rien à faire : le client n’est pas débité par cette finalisation, qui peut être refaite.",
                "Nothing to do: this completion does not charge the customer, and can be made again.",
            ),
        ),
        not_made=(
            "La finalisation n’a pas été faite. Adressez-vous au magasin.",
            "The completion was not made. Please ask the shop.",
        ),
        still_held=_PAYMENT_STILL_HELD,
    ),
}
_REFUND_DECLINED: Final[tuple[_Text, _Text]] = (
    (
        "Le remboursement n’a pas été accepté. Adressez-vous au magasin.",
        "The refund was not accepted. Please ask the shop.",
    ),
    (
        "Demandez le motif à l’acquéreur, ou remboursez par un autre moyen.",
        "Ask the acquirer why, or refund by another means.",
    ),
)
_CARD_DECLINED: Final = (
    "Votre banque n’a pas accepté cette carte. Utilisez une autre carte ou appelez votre banque.",
    "Your bank did not accept this card. Use another card or call your bank.",
)
_UNANSWERED: Final = frozenset({Reason.HOST_NO_REPLY, Reason.HOST_CODE_UNKNOWN, Reason.HOST_ANSWER_DIFFERS})
_TAKEN_BACK: Final = frozenset({Reason.REVERSED_BY_TERMINAL, Reason.ALREADY_REVERSED})
_TAKEN_BACK_CAUSES: Final[dict[Reason, _Text]] = {
    Reason.HOST_NO_REPLY: (
        "L’acquéreur n’a pas répondu à temps. L’opération a donc été annulée.",
        "The acquirer did not answer in time. So the operation was reversed.",
    ),
    Reason.HOST_CODE_UNKNOWN: (
        "L’acquéreur a répondu sans code connu. L’opération a donc été annulée.",
        "The acquirer answered without a code that we know. So the operation was reversed.",
    ),
    Reason.HOST_ANSWER_DIFFERS: (
        "La réponse de l’acquéreur ne correspond pas à la demande. L’opération a donc été annulée.",
        "The acquirer’s answer does not match what was asked. So the operation was reversed.",
    ),
    Reason.PARTIAL_APPROVAL: (
        "La banque n’a accepté qu’une partie du montant, que personne n’a prise. L’opération a donc été annulée.",
        "The bank accepted only part of the amount, which nobody took. So the operation was reversed.",
    ),
}
_CANCELLED: Final = frozenset({Reason.CANCELLED_BY_CUSTOMER, Reason.CANCELLED_BY_AGENT})
_FIT: Final = frozenset(
    {
        Reason.ORIGINAL_NOT_FOUND,
        Reason.REFUND_ABOVE_CAPTURED,
        Reason.ORIGINAL_NOT_CAPTURABLE,
        Reason.ALREADY_CAPTURED,
    }
)
"""Our refusals whose words to the customer say what they are about."""

_STEPS: Final[dict[tuple[Kind, Reason], _Text]] = {
    (Kind.REFUND, Reason.ORIGINAL_NOT_CAPTURABLE): (
        "Regardez où en est le paiement d’origine.",
        "Look at where the original payment stands.",
    ),
    (Kind.REFUND, Reason.AMOUNT_ABOVE_LIMIT): ("Faites revoir le plafond.", "Have the limit reviewed."),
    (Kind.REFUND, Reason.BRAND_REFUSED): (
        "Remboursez par un autre moyen, ou ajoutez la marque au contrat.",
        "Refund by another means, or add the brand to the contract.",
    ),
    (Kind.REFUND, Reason.DUPLICATE_PAYMENT): (
        "Regardez le premier remboursement avant d’en refaire un.",
        "Look at the first refund before you make another.",
    ),
    (Kind.REFUND, Reason.CARD_EXPIRED_AT_TERMINAL): (
        "Remboursez par un autre moyen.",
        "Refund by another means.",
    ),
    (Kind.REFUND, Reason.ALREADY_CAPTURED): (
        "Regardez où en est le paiement d’origine.",
        "Look at where the original payment stands.",
    ),
    (Kind.COMPLETION, Reason.ALREADY_CAPTURED): (
        "Rien à faire : le montant n’est pas capturé deux fois.",
        "Nothing to do: the amount is not captured twice.",
    ),
}
_ANY_DECLINE: Final = tuple(
    meaning_of(Reason.DO_NOT_HONOUR).words(locale).customer for locale in ("fr", "en")
)
_STANDS: Final = frozenset({State.PARTIALLY_APPROVED, State.CAPTURED, State.REFUNDED, State.SETTLED})


def words_of(reason: int, *, kind: int, state: int, locale: str) -> Words:
    """Return the texts of a reason as they are true of this operation."""
    meaning, at, asked = meaning_of(reason), int(locale == "en"), Kind(kind)
    words, texts = meaning.words(locale), _KINDS[asked]
    if reason == Reason.NONE:
        return words._replace(customer=texts.under_way[at])
    if reason in (Reason.APPROVED, Reason.ADVICE_BOOKED):
        return texts.accepted[at]
    if reason == Reason.PARTIAL_APPROVAL:
        # A part that the terminal cannot take, or that was to be given back, is no part at all.
        return words if state in _STANDS else _unanswered(texts, at, _PARTLY[at])
    if asked == Kind.PURCHASE:
        return words
    if reason in _UNANSWERED:
        return _unanswered(texts, at, words.agent)
    if reason in _TAKEN_BACK or (asked == Kind.REFUND and reason in _CANCELLED):
        customer, next_step = texts.taken_back
        return Words(customer[at], words.agent, next_step[at])
    return _declined(words, meaning.declined_by, reason, asked, at)


def taken_back_step(kind: int, locale: str) -> str:
    """Return what to do about an operation that was taken back, and that the acquirer holds no more."""
    return _KINDS[Kind(kind)].taken_back[1][locale == "en"]


def taken_back_cause(reason: int, locale: str) -> str:
    """Return why an operation was taken back, once it has been: its reason's own words say that this is still to come."""
    return _TAKEN_BACK_CAUSES[Reason(reason)][locale == "en"]


def still_held(kind: int, locale: str) -> Words:
    """Return the texts of an operation whose reversal the acquirer has not confirmed."""
    customer, agent, next_step = (text[locale == "en"] for text in _KINDS[Kind(kind)].still_held)
    return Words(customer, agent, next_step)


def _unanswered(texts: _Kind, at: int, cause: str) -> Words:
    customer, next_step = texts.unanswered
    return Words(customer[at], cause, next_step[at])


def _declined(words: Words, declined_by: str, reason: int, kind: Kind, at: int) -> Words:
    next_step = _STEPS.get((kind, Reason(reason)), (words.next_step, words.next_step))[at]
    match declined_by:
        case "us" if reason not in _FIT or (kind == Kind.REFUND and reason != Reason.REFUND_ABOVE_CAPTURED):
            return words._replace(customer=_KINDS[kind].not_made[at], next_step=next_step)
        case "issuer" | "acquirer" if kind == Kind.REFUND:
            customer, step = _REFUND_DECLINED
            return words._replace(customer=customer[at], next_step=step[at])
        case "issuer" if kind == Kind.VERIFICATION and words.customer == _ANY_DECLINE[at]:
            return words._replace(customer=_CARD_DECLINED[at])
        case _:
            return words._replace(next_step=next_step)
