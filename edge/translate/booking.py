"""What advices and completions have in common: something to book that a terminal already did or promised."""

from core.contracts.payment import Book
from core.contracts.reasons import Reason
from core.contracts.states import Kind
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.protocol.message_types import is_repeat
from edge.translate.errors import RequestRefused
from edge.translate.fields import (
    Arrival,
    hash_body,
    read_amount,
    read_business_date,
    read_card,
    read_currency,
    read_host_times,
    read_stan,
    text_of,
)
from edge.translate.masked import masked_bytes


def to_book(
    message: Message, arrival: Arrival, keys: SecurityModule, *, kind: Kind, original_rrn: str
) -> Book:
    """Return the request to core. Raises: RequestRefused."""
    stan = read_stan(message)
    amount_minor = read_amount(message)
    if amount_minor == 0:
        raise RequestRefused(Reason.INVALID_AMOUNT, field=4)
    currency = read_currency(message)
    pan, expiry = read_card(message)
    transmitted_at, local_time = read_host_times(message, arrival)
    card = keys.seal_card(pan, expiry)
    return Book(
        id=arrival.id,
        terminal_id=arrival.terminal_id,
        kind=kind,
        message_class=1 if message[0][1] == "1" else 2,
        stan=stan,
        business_date=read_business_date(local_time, today=arrival.today),
        body_hash=hash_body(
            message, card=card, amount_minor=amount_minor, currency=currency, original_rrn=original_rrn
        ),
        amount_minor=amount_minor,
        currency=currency,
        card=card,
        entry_mode=text_of(message, 22),
        transmitted_at=transmitted_at,
        local_time=local_time,
        approval_code=text_of(message, 38),
        original_rrn=original_rrn,
        received_at_us=arrival.received_at_us,
        request=masked_bytes(message),
        repeat=is_repeat(message[0]),  # pyright: ignore
    )
