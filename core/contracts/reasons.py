"""Stable reasons of a result (AUT-6). Numbers are stored; the words are in core.transactions.reasons."""

from enum import IntEnum


class Reason(IntEnum):
    """Why an attempt ended as it did. Below 100: ours to say; 100 and above: the issuer or the acquirer said it."""

    NONE = 0
    # Ours, before sending.
    TERMINAL_UNKNOWN = 1
    TERMINAL_BLOCKED = 2
    TERMINAL_NOT_ACTIVE = 3
    STORE_BLOCKED = 4
    SERVICE_NOT_ACTIVE = 5
    SERVICE_BLOCKED = 6
    CURRENCY_REFUSED = 7
    BRAND_REFUSED = 8
    AMOUNT_ABOVE_LIMIT = 9
    TERMINAL_DAY_LIMIT = 10
    STORE_DAY_LIMIT = 11
    DUPLICATE_PAYMENT = 12
    ALREADY_REVERSED = 13
    BUSINESS_DATE_REFUSED = 14
    REPEAT_DIFFERS = 15
    ORIGINAL_NOT_FOUND = 16
    ORIGINAL_NOT_CAPTURABLE = 17
    REFUND_ABOVE_CAPTURED = 18
    CARD_EXPIRED_AT_TERMINAL = 19
    MESSAGE_REFUSED = 20
    SYSTEM_BUSY = 21
    ALREADY_CAPTURED = 22
    ORIGINAL_DISAGREES = 23  # what undoes or completes describes another message than the one it names
    REPLACEMENT_REFUSED = 24  # a part cannot be taken back, or not that part
    # Between us and the host.
    HOST_UNREACHABLE = 50  # nothing was sent: a decline, nothing to reverse
    HOST_NO_REPLY = 51  # sent, no answer by the deadline: unknown
    REVERSED_BY_TERMINAL = 52
    CANCELLED_BY_CUSTOMER = 53
    CANCELLED_BY_AGENT = 54
    ADVICE_BOOKED = 55
    HOST_CODE_UNKNOWN = 58  # answered without a code that we know: unknown
    HOST_ANSWER_DIFFERS = 59  # answered with another amount, currency, card or reference than asked: unknown
    DECLINED_AT_TERMINAL = 60  # its advice says that nothing was sold: neither booked nor sent
    # The issuer or acquirer.
    APPROVED = 100
    PARTIAL_APPROVAL = 101
    REFER_TO_ISSUER = 102
    INVALID_MERCHANT = 103
    PICK_UP_CARD = 104
    DO_NOT_HONOUR = 105
    INVALID_TRANSACTION = 106
    INVALID_AMOUNT = 107
    INVALID_CARD_NUMBER = 108
    NO_SUCH_ISSUER = 109
    FORMAT_ERROR = 110
    LOST_CARD = 111
    STOLEN_CARD = 112
    INSUFFICIENT_FUNDS = 113
    EXPIRED_CARD = 114
    INCORRECT_PIN = 115
    NOT_PERMITTED_TO_CARDHOLDER = 116
    NOT_PERMITTED_TO_TERMINAL = 117
    SUSPECTED_FRAUD = 118
    AMOUNT_LIMIT_EXCEEDED = 119
    RESTRICTED_CARD = 120
    FREQUENCY_EXCEEDED = 121
    PIN_TRIES_EXCEEDED = 122
    STRONG_AUTHENTICATION_REQUIRED = 123
    REVOCATION_OF_MANDATE = 124
    ISSUER_UNAVAILABLE = 125
    SYSTEM_MALFUNCTION = 126
    DUPLICATE_AT_HOST = 127
    OTHER_DECLINE = 199
