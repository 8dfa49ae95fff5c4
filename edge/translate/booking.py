"""What advices and completions have in common: something to book that a terminal already did or promised."""

from typing import Final

from core.contracts.payment import DELIVERY_REFUSED, Book
from core.contracts.reasons import Reason
from core.contracts.response_codes import CODES_1987, UNKNOWN_CODE
from core.contracts.states import Kind
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.protocol.message_types import is_repeat
from edge.translate.errors import RequestRefused, malformed
from edge.translate.fields import (
    NO_ORIGINAL,
    SALE,
    Arrival,
    Original,
    code_of,
    currency_of,
    hash_body,
    read_amount,
    read_card,
    read_happened,
    read_stan,
    text_of,
)
from edge.translate.masked import masked_bytes

_CREDITS: Final = "2"
"""First digit of the processing codes by which money goes back to the card."""

_SALES: Final = frozenset({SALE, "01", "09"})
"""First two digits of those that debit it: goods, cash, goods with cash. A void (02) of a hold captures nothing."""

_APPROVED_OFF_LINE: Final = frozenset({"Y1", "Y2", "Y3"})
_DECLINED_OFF_LINE: Final = frozenset({"Z1", "Z2", "Z3"})
# What a terminal decides with the card alone (EMV book 4, annex A6).


def to_book(
    message: Message,
    arrival: Arrival,
    keys: SecurityModule,
    *,
    kind: Kind,
    original_rrn: str = "",
    original: Original = NO_ORIGINAL,
) -> Book:
    """Return the request to core.

    Raises: RequestRefused, 12 for a processing code that is neither a sale nor a credit, and for a response code that
    says neither that it was made nor that it was not.
    """
    stan = read_stan(message)
    processing = text_of(message, 3) or SALE
    gives_back = processing[:1] == _CREDITS
    if not gives_back and processing[:2] not in _SALES:
        raise RequestRefused(Reason.INVALID_TRANSACTION, field=3)
    amount_minor = read_amount(message)
    if amount_minor == 0:
        raise RequestRefused(Reason.INVALID_AMOUNT, field=4)
    numeric = text_of(message, 49)
    if not numeric:
        raise malformed(49)
    pan, expiry = read_card(message)
    currency, at = currency_of(numeric), read_happened(message, arrival)
    card = keys.seal_card(pan, expiry)
    return Book(
        id=arrival.id,
        terminal_id=arrival.terminal_id,
        kind=kind,
        message_class=1 if message[0][1] == "1" else 2,
        stan=stan,
        business_date=at.business_date,
        body_hash=hash_body(message, card=card, amount_minor=amount_minor, currency=currency),
        amount_minor=amount_minor,
        currency=currency,
        card=card,
        entry_mode=text_of(message, 22),
        transmitted_at=at.transmitted_at,
        local_time=at.local_time,
        approval_code=code_of(message, 38),
        original_rrn=original_rrn,
        received_at_us=arrival.received_at_us,
        request=masked_bytes(message),
        repeat=is_repeat(message[0]),  # pyright: ignore
        original_message_class=original.message_class,
        original_stan=original.stan,
        original_sent_at=original.sent_at,
        date_unreadable=not at.is_dated,
        date_in_utc=at.in_utc,
        gives_back=gives_back,
        declined_code=_declined_code(message),
    )


def _declined_code(message: Message) -> str:
    """Return data element 39 where it says that nothing was sold; empty where it says that it was, or nothing.

    Raises: RequestRefused, 12 for what says neither: nobody was reached, or a code that is not in the table.
    """
    code = text_of(message, 39)
    meant = CODES_1987.get(code, UNKNOWN_CODE)
    if not code or code in _APPROVED_OFF_LINE or meant.outcome in ("approved", "approved_partly"):
        return ""
    if code in _DECLINED_OFF_LINE or (meant.outcome == "declined" and meant.delivery == DELIVERY_REFUSED):
        return code
    raise RequestRefused(Reason.INVALID_TRANSACTION, field=39)
