"""What authorisations, purchases, verifications and refunds have in common: one contract."""

from core.contracts.payment import Authorise
from core.contracts.states import Kind
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.protocol.message_types import is_repeat
from edge.translate.fields import (
    NO_ORIGINAL,
    ONLINE_DAYS,
    Arrival,
    Original,
    hash_body,
    read_business_date,
    read_card,
    read_said_times,
    read_stan,
    seal_sensitive,
)
from edge.translate.masked import masked_bytes

PARTIAL_APPROVAL_MARK = "PA"


def to_authorise(
    message: Message,
    arrival: Arrival,
    keys: SecurityModule,
    *,
    kind: Kind,
    amount_minor: int,
    currency: str,
    original_rrn: str = "",
    approval_code: str = "",
    original: Original = NO_ORIGINAL,
) -> Authorise:
    """Return the request to core. Raises: RequestRefused."""
    stan = read_stan(message)
    pan, expiry = read_card(message)
    transmitted_at, local_time = read_said_times(message)
    business_date = read_business_date(message.get(13, local_time), today=arrival.today, days=ONLINE_DAYS)  # pyright: ignore
    card = keys.seal_card(pan, expiry)
    return Authorise(
        arrival.id,
        arrival.terminal_id,
        kind,
        1 if message[0][1] == "1" else 2,
        stan,
        business_date,
        hash_body(message, card=card, amount_minor=amount_minor, currency=currency),
        amount_minor,
        currency,
        card,
        seal_sensitive(message, keys),
        message.get(22, ""),  # pyright: ignore
        transmitted_at,
        local_time,
        60 in message and PARTIAL_APPROVAL_MARK in message[60],  # pyright: ignore
        arrival.received_at_us,
        masked_bytes(message),
        original_rrn,
        is_repeat(message[0]),  # pyright: ignore
        approval_code,
        original.message_class,
        original.stan,
        original.sent_at,
        13 not in message and 12 not in message,
    )
