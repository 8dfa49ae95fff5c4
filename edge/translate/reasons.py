"""Reasons to response codes (data element 39) for terminals. What a host's codes mean is edge.translate.codes1987."""

from typing import Final

from core.contracts.reasons import Reason
from edge.protocol.answers import APPROVED, FORMAT_ERROR, MALFUNCTION, UNAVAILABLE
from edge.translate.codes1987 import CODES_1987, UNKNOWN_CODE

_ISSUER: Final[dict[Reason, str]] = {
    Reason.APPROVED: "00",
    Reason.PARTIAL_APPROVAL: "10",
    Reason.REFER_TO_ISSUER: "01",
    Reason.INVALID_MERCHANT: "03",
    Reason.PICK_UP_CARD: "04",
    Reason.DO_NOT_HONOUR: "05",
    Reason.INVALID_TRANSACTION: "12",
    Reason.INVALID_AMOUNT: "13",
    Reason.INVALID_CARD_NUMBER: "14",
    Reason.NO_SUCH_ISSUER: "15",
    Reason.FORMAT_ERROR: "30",
    Reason.LOST_CARD: "41",
    Reason.STOLEN_CARD: "43",
    Reason.INSUFFICIENT_FUNDS: "51",
    Reason.EXPIRED_CARD: "54",
    Reason.INCORRECT_PIN: "55",
    Reason.NOT_PERMITTED_TO_CARDHOLDER: "57",
    Reason.NOT_PERMITTED_TO_TERMINAL: "58",
    Reason.SUSPECTED_FRAUD: "59",
    Reason.AMOUNT_LIMIT_EXCEEDED: "61",
    Reason.RESTRICTED_CARD: "62",
    Reason.FREQUENCY_EXCEEDED: "65",
    Reason.PIN_TRIES_EXCEEDED: "75",
    Reason.STRONG_AUTHENTICATION_REQUIRED: "1A",
    Reason.REVOCATION_OF_MANDATE: "R1",
    Reason.ISSUER_UNAVAILABLE: "91",
    Reason.DUPLICATE_AT_HOST: "94",
    Reason.SYSTEM_MALFUNCTION: "96",
}
"""The code that stands for a reason of others where the host's own code is not at hand."""

_OURS: Final[dict[Reason, str]] = {
    Reason.NONE: MALFUNCTION,
    Reason.TERMINAL_UNKNOWN: "03",
    # 60 and 66 send the merchant to us; 57 and 62 would blame the cardholder and the card.
    Reason.TERMINAL_BLOCKED: "66",
    Reason.TERMINAL_NOT_ACTIVE: "58",
    Reason.STORE_BLOCKED: "60",
    Reason.SERVICE_NOT_ACTIVE: "40",
    Reason.SERVICE_BLOCKED: "60",
    Reason.CURRENCY_REFUSED: "12",
    Reason.BRAND_REFUSED: "40",
    Reason.AMOUNT_ABOVE_LIMIT: "61",
    Reason.TERMINAL_DAY_LIMIT: "65",
    Reason.STORE_DAY_LIMIT: "65",
    Reason.DUPLICATE_PAYMENT: "94",
    Reason.ALREADY_REVERSED: "12",
    Reason.BUSINESS_DATE_REFUSED: FORMAT_ERROR,
    Reason.REPEAT_DIFFERS: "94",
    Reason.ORIGINAL_NOT_FOUND: "25",
    Reason.ORIGINAL_NOT_CAPTURABLE: "12",
    Reason.REFUND_ABOVE_CAPTURED: "13",
    Reason.CARD_EXPIRED_AT_TERMINAL: "54",
    Reason.MESSAGE_REFUSED: FORMAT_ERROR,
    Reason.SYSTEM_BUSY: UNAVAILABLE,
    Reason.ALREADY_CAPTURED: "12",
    Reason.ORIGINAL_DISAGREES: "12",
    Reason.REPLACEMENT_REFUSED: "13",
    Reason.HOST_UNREACHABLE: UNAVAILABLE,
    Reason.HOST_NO_REPLY: UNAVAILABLE,
    Reason.HOST_CODE_UNKNOWN: UNAVAILABLE,
    Reason.HOST_ANSWER_DIFFERS: UNAVAILABLE,
    Reason.REVERSED_BY_TERMINAL: "12",
    Reason.CANCELLED_BY_CUSTOMER: "12",
    Reason.CANCELLED_BY_AGENT: "12",
    Reason.ADVICE_BOOKED: APPROVED,
    Reason.OTHER_DECLINE: "05",
}
_PAYMENT_CODES: Final[dict[int, str]] = {
    **{int(reason): code for reason, code in _ISSUER.items()},
    **{int(reason): code for reason, code in _OURS.items()},
}
SHOWN_CHARACTERS_MAX: Final = 25
"""Of field 44 in the 1987 field set."""

# Codes are shared with issuers, so field 44 says in words for the till that the refusal is ours. Capital ASCII letters:
# displays of terminals have little else.
_SHOWN: Final[dict[Reason, str]] = {
    Reason.TERMINAL_UNKNOWN: "TERMINAL INCONNU",
    Reason.TERMINAL_BLOCKED: "TERMINAL BLOQUE",
    Reason.TERMINAL_NOT_ACTIVE: "TERMINAL NON ACTIVE",
    Reason.STORE_BLOCKED: "MAGASIN BLOQUE",
    Reason.SERVICE_NOT_ACTIVE: "SERVICE NON ACTIVE",
    Reason.SERVICE_BLOCKED: "SERVICE BLOQUE",
    Reason.CURRENCY_REFUSED: "MONNAIE NON ACCEPTEE",
    Reason.BRAND_REFUSED: "MARQUE NON ACCEPTEE ICI",
    Reason.AMOUNT_ABOVE_LIMIT: "PLAFOND DU MAGASIN",
    Reason.TERMINAL_DAY_LIMIT: "PLAFOND JOUR DU TERMINAL",
    Reason.STORE_DAY_LIMIT: "PLAFOND JOUR DU MAGASIN",
    Reason.DUPLICATE_PAYMENT: "PAIEMENT DEJA FAIT",
    Reason.CARD_EXPIRED_AT_TERMINAL: "DATE DE CARTE PASSEE",
    Reason.REFUND_ABOVE_CAPTURED: "REMBOURSEMENT TROP ELEVE",
    Reason.SYSTEM_BUSY: "SERVICE OCCUPE REESSAYEZ",
    Reason.ORIGINAL_DISAGREES: "AUTRE OPERATION",
    Reason.ORIGINAL_NOT_FOUND: "OPERATION INTROUVABLE",
    Reason.ORIGINAL_NOT_CAPTURABLE: "OPERATION NON MODIFIABLE",
    Reason.ALREADY_CAPTURED: "OPERATION DEJA ENCAISSEE",
    Reason.ALREADY_REVERSED: "OPERATION DEJA ANNULEE",
    Reason.REPLACEMENT_REFUSED: "MONTANT PARTIEL REFUSE",
    Reason.REPEAT_DIFFERS: "REPETITION NON CONFORME",
    Reason.MESSAGE_REFUSED: "MESSAGE REFUSE",
    Reason.BUSINESS_DATE_REFUSED: "DATE REFUSEE",
}
_BY_SHOWN: Final[dict[str, Reason]] = {text: reason for reason, text in _SHOWN.items()}
# What takes something back or books what already happened is acknowledged, also when it was done before.
_DONE: Final = frozenset(
    {
        Reason.NONE,
        Reason.APPROVED,
        Reason.ADVICE_BOOKED,
        Reason.REVERSED_BY_TERMINAL,
        Reason.CANCELLED_BY_CUSTOMER,
        Reason.CANCELLED_BY_AGENT,
        Reason.ALREADY_REVERSED,
        Reason.HOST_NO_REPLY,
        Reason.HOST_CODE_UNKNOWN,
        Reason.HOST_ANSWER_DIFFERS,
        Reason.HOST_UNREACHABLE,
    }
)


def payment_code(reason: int) -> str:
    """Return the response code of an authorisation, purchase, verification or refund; 96 for what is not a Reason."""
    return _PAYMENT_CODES.get(reason, MALFUNCTION)


def booking_code(reason: int) -> str:
    """Return the response code of a reversal, an advice or a completion."""
    return APPROVED if reason in _DONE else payment_code(reason)


def sign_on_code(reason: int) -> str:
    """Return the response code of a sign-on: each rule of EDG-2 has its own."""
    return APPROVED if reason == Reason.NONE else payment_code(reason)


def declined_code(host_code: str, reason: int) -> str | None:
    """Return the host's own code where the table knows it for a decline of this reason: terminals speak it too."""
    meant = CODES_1987.get(host_code)
    return host_code if meant is not None and meant.outcome == "declined" and meant.reason == reason else None


def reason_of_host(code: str) -> Reason:
    """Return what a host's response code says of a payment; HOST_CODE_UNKNOWN for one that the table does not have."""
    return CODES_1987.get(code, UNKNOWN_CODE).reason


def shown_for(reason: int) -> str:
    """Return what the till shows of a refusal of ours (field 44, at most SHOWN_CHARACTERS_MAX), empty for others'."""
    return _SHOWN.get(reason, "")  # pyright: ignore[reportCallIssue, reportArgumentType]


def reason_of_answer(code: str, shown: str) -> int:
    """Return the Reason that an answer to a terminal carries: ours by its words, else the issuer's by its code."""
    ours = _BY_SHOWN.get(shown.strip())
    return reason_of_host(code) if ours is None else ours
