"""What each response code of a host means, as data: of a payment, and of what is delivered to the host.

A code that is not here, a blank one and none at all are unknown: the host may have debited, so we reverse (law 3).
08 asks to look at an identity document, 11 and 16 are approvals with a remark. 85 has no reason to decline and
approves nothing: it is honest for an amount of zero only. 32 did a part that it does not name. 87 approves without a
cash-back that was never asked for. 76 to 89 are private use, where 85 alone is the same with every scheme.

Source: ISO 8583:1987, table of response codes, as published by Cross River Bank (docs.crbcos.com, "P2C response
codes") and myPOS (developers.mypos.eu, "Response codes": 08 "Approve", 85 "Valid for all zero amount transactions");
`1A` and `R1` are the schemes' own additions.
"""

from typing import Final, Literal, NamedTuple

from core.contracts.payment import (
    DELIVERY_ACCEPTED,
    DELIVERY_AGAIN,
    DELIVERY_NO_ORIGINAL,
    DELIVERY_REFUSED,
)
from core.contracts.reasons import Reason

Outcome = Literal["approved", "approved_partly", "approved_if_zero", "declined", "unknown"]


class HostCode(NamedTuple):
    """One response code of a host."""

    outcome: Outcome  # of an authorisation, a purchase, a verification or a refund
    reason: Reason
    delivery: int  # of a reversal, an advice or a completion: core.contracts.payment.DELIVERY_…


def _approved(outcome: Outcome = "approved", reason: Reason = Reason.APPROVED) -> HostCode:
    return HostCode(outcome, reason, DELIVERY_ACCEPTED)


def _declined(reason: Reason = Reason.OTHER_DECLINE, delivery: int = DELIVERY_REFUSED) -> HostCode:
    return HostCode("declined", reason, delivery)


def _unknown(delivery: int = DELIVERY_AGAIN) -> HostCode:
    return HostCode("unknown", Reason.HOST_CODE_UNKNOWN, delivery)


UNKNOWN_CODE: Final = _unknown()
"""What every code outside the table means."""

CODES_1987: Final[dict[str, HostCode]] = {
    "00": _approved(),
    "01": _declined(Reason.REFER_TO_ISSUER),
    "02": _declined(Reason.REFER_TO_ISSUER),
    "03": _declined(Reason.INVALID_MERCHANT),
    "04": _declined(Reason.PICK_UP_CARD),
    "05": _declined(Reason.DO_NOT_HONOUR),
    "06": _declined(Reason.SYSTEM_MALFUNCTION, DELIVERY_AGAIN),
    "07": _declined(Reason.PICK_UP_CARD),
    "08": _approved(),  # honour with identification
    # Request in progress: the host has it, and has not decided.
    "09": _unknown(),
    # Of a delivery: only a part was taken, and a person must see which.
    "10": HostCode("approved_partly", Reason.PARTIAL_APPROVAL, DELIVERY_REFUSED),
    "11": _approved(),  # approved (VIP)
    "12": _declined(Reason.INVALID_TRANSACTION),
    "13": _declined(Reason.INVALID_AMOUNT),
    "14": _declined(Reason.INVALID_CARD_NUMBER),
    "15": _declined(Reason.NO_SUCH_ISSUER),
    "16": _approved(),  # approved, update track 3
    "17": _declined(),  # customer cancellation
    "18": _declined(),  # customer dispute
    "19": _declined(Reason.OTHER_DECLINE, DELIVERY_AGAIN),  # re-enter transaction
    "20": _declined(),  # invalid response
    # No action taken: of a reversal, the host could not undo.
    "21": _declined(),
    "22": _declined(Reason.SYSTEM_MALFUNCTION, DELIVERY_AGAIN),
    "23": _declined(),  # unacceptable fee
    # Unable to locate the record: of a reversal, there is nothing to undo.
    "25": _declined(Reason.ORIGINAL_NOT_FOUND, DELIVERY_NO_ORIGINAL),
    "30": _declined(Reason.FORMAT_ERROR),
    "31": _declined(Reason.NO_SUCH_ISSUER),  # bank not supported
    "32": _unknown(DELIVERY_REFUSED),  # completed partially, without saying how much
    "33": _declined(Reason.EXPIRED_CARD),  # and keep the card, as up to 38
    "34": _declined(Reason.SUSPECTED_FRAUD),
    "35": _declined(Reason.PICK_UP_CARD),
    "36": _declined(Reason.RESTRICTED_CARD),
    "37": _declined(Reason.PICK_UP_CARD),
    "38": _declined(Reason.PIN_TRIES_EXCEEDED),
    "39": _declined(Reason.NOT_PERMITTED_TO_CARDHOLDER),  # no credit account
    "40": _declined(Reason.INVALID_TRANSACTION),  # function not supported
    "41": _declined(Reason.LOST_CARD),
    "42": _declined(Reason.NOT_PERMITTED_TO_CARDHOLDER),  # no universal account
    "43": _declined(Reason.STOLEN_CARD),
    "44": _declined(Reason.NOT_PERMITTED_TO_CARDHOLDER),  # no investment account
    "51": _declined(Reason.INSUFFICIENT_FUNDS),
    "52": _declined(Reason.NOT_PERMITTED_TO_CARDHOLDER),  # no cheque account
    "53": _declined(Reason.NOT_PERMITTED_TO_CARDHOLDER),  # no savings account
    "54": _declined(Reason.EXPIRED_CARD),
    "55": _declined(Reason.INCORRECT_PIN),
    "56": _declined(Reason.INVALID_CARD_NUMBER),  # no card record
    "57": _declined(Reason.NOT_PERMITTED_TO_CARDHOLDER),
    "58": _declined(Reason.NOT_PERMITTED_TO_TERMINAL),
    "59": _declined(Reason.SUSPECTED_FRAUD),
    "60": _declined(),  # card acceptor, contact acquirer
    "61": _declined(Reason.AMOUNT_LIMIT_EXCEEDED),
    "62": _declined(Reason.RESTRICTED_CARD),
    "63": _declined(),  # security violation
    "64": _declined(Reason.INVALID_AMOUNT),  # original amount incorrect
    "65": _declined(Reason.FREQUENCY_EXCEEDED),
    "66": _declined(),  # call the acquirer's security department
    "67": _declined(Reason.PICK_UP_CARD),  # hard capture
    # Response received too late: what the host says of an answer that it did not use, so nobody knows.
    "68": _unknown(),
    "75": _declined(Reason.PIN_TRIES_EXCEEDED),
    "85": HostCode("approved_if_zero", Reason.APPROVED, DELIVERY_ACCEPTED),  # no reason to decline
    "90": _declined(Reason.ISSUER_UNAVAILABLE, DELIVERY_AGAIN),  # cut-over in progress
    "91": _declined(Reason.ISSUER_UNAVAILABLE, DELIVERY_AGAIN),
    "92": _declined(Reason.ISSUER_UNAVAILABLE, DELIVERY_AGAIN),  # no route
    "93": _declined(),  # violation of law
    # Of a payment the first one stands, so it is a decline; of a delivery that was sent before it is done.
    "94": _declined(Reason.DUPLICATE_AT_HOST, DELIVERY_ACCEPTED),
    "95": _declined(),  # reconcile error
    "96": _declined(Reason.SYSTEM_MALFUNCTION, DELIVERY_AGAIN),
    "1A": _declined(Reason.STRONG_AUTHENTICATION_REQUIRED),
    "R1": _declined(Reason.REVOCATION_OF_MANDATE),
}
