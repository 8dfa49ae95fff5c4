"""What terminals are answered, in the terms of the 1987 edition: code, amount and words for the till.

One rule for whoever tells a terminal and for whoever shows later what it was told. A terminal of another edition is told
the same, rewritten by its dialect.
"""

from typing import Any, Final

from core.contracts.payment import AuthoriseReply
from core.contracts.reasons import Reason
from core.contracts.response_codes import CODES_1987
from core.contracts.states import Kind
from core.values.edition1987 import APPROVED, FORMAT_ERROR, MALFUNCTION, PARTIALLY_APPROVED, UNAVAILABLE

SHOWN_CHARACTERS_MAX: Final = 25
"""Of field 44 in the 1987 field set."""

# ISO 8583:1987, additional amounts: default account, original amount.
_ORIGINAL_AMOUNT: Final = "0057"

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
    Reason.DECLINED_AT_TERMINAL: "05",
    Reason.OTHER_DECLINE: "05",
}
_CODES: Final[dict[int, str]] = {
    **{int(reason): code for reason, code in _ISSUER.items()},
    **{int(reason): code for reason, code in _OURS.items()},
}
# Codes are shared with issuers, so field 44 says in words for the till that the refusal is ours. Capital ASCII letters:
# displays of terminals have little else.
SHOWN: Final[dict[int, str]] = {
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
    Reason.ALREADY_REVERSED: "NUMERO DEJA ANNULE",
    Reason.REPLACEMENT_REFUSED: "MONTANT PARTIEL REFUSE",
    Reason.REPEAT_DIFFERS: "NUMERO DEJA UTILISE",
    Reason.MESSAGE_REFUSED: "MESSAGE REFUSE",
    Reason.BUSINESS_DATE_REFUSED: "DATE REFUSEE",
}
# What takes something back or books what already happened is acknowledged, also when it was done before.
_DONE: Final = frozenset(
    {
        Reason.NONE,
        Reason.APPROVED,
        Reason.ADVICE_BOOKED,
        Reason.DECLINED_AT_TERMINAL,
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
    return _CODES.get(reason, MALFUNCTION)


def booking_code(reason: int) -> str:
    """Return the response code of a reversal, an advice or a completion."""
    return APPROVED if reason in _DONE else payment_code(reason)


def answer_to(kind: int, answer: dict[int, Any], reply: AuthoriseReply) -> dict[int, Any]:
    """Complete, in place, the answer to a message that asked for an attempt of this kind."""
    complete = finish_booking if kind in (Kind.ADVICE, Kind.COMPLETION) else finish_payment
    return complete(answer, reply)


def finish_payment(answer: dict[int, Any], reply: AuthoriseReply) -> dict[int, Any]:
    """Complete the answer to an authorisation, purchase, verification or refund, in place."""
    reason = reply.reason
    if reply.rrn:
        answer[37] = reply.rrn
    if reason == Reason.APPROVED:
        if reply.approval_code:
            answer[38] = reply.approval_code
        answer[39] = "00"
    elif reason == Reason.PARTIAL_APPROVAL:
        if reply.approval_code:
            answer[38] = reply.approval_code
        answer[39] = PARTIALLY_APPROVED
        answer[54] = f"{_ORIGINAL_AMOUNT}{answer.get(49, '')}D{answer.get(4, '')}"
        answer[4] = f"{reply.approved_minor:012d}"
    else:
        answer[39] = _declined_code(reply.host_code, reason) or payment_code(reason)
        if shown := SHOWN.get(reason):
            answer[44] = shown
    return answer


def finish_booking(answer: dict[int, Any], reply: AuthoriseReply) -> dict[int, Any]:
    """Complete the answer to a reversal, an advice or a completion, in place."""
    if reply.rrn:
        answer[37] = reply.rrn
    if reply.approval_code:
        answer[38] = f"{reply.approval_code:6}"
    answer[39] = booking_code(reply.reason)
    if answer[39] != APPROVED and (shown := SHOWN.get(reply.reason)):
        answer[44] = shown
    return answer


def _declined_code(host_code: str, reason: int) -> str | None:
    # The host's own code where it means this reason: terminals speak it too.
    meant = CODES_1987.get(host_code)
    return host_code if meant is not None and meant.outcome == "declined" and meant.reason == reason else None
