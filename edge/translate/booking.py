"""What advices and completions have in common: something to book that a terminal already did or promised."""

from core.contracts.payment import Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.protocol.message_types import is_repeat
from edge.translate.errors import RequestRefused, malformed
from edge.translate.fields import (
    NO_ORIGINAL,
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

_CREDITS = "2"
"""First digit of the processing codes by which money goes back to the card."""


def to_book(
    message: Message,
    arrival: Arrival,
    keys: SecurityModule,
    *,
    kind: Kind,
    original_rrn: str = "",
    original: Original = NO_ORIGINAL,
) -> Book:
    """Return the request to core. Raises: RequestRefused."""
    stan = read_stan(message)
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
        body_hash=hash_body(
            message,
            card=card,
            amount_minor=amount_minor,
            currency=currency,
            original_rrn=original_rrn,
            original=original if original.stan else None,
        ),
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
        gives_back=text_of(message, 3)[:1] == _CREDITS,
    )
