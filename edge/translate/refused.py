"""What a terminal took back or did off line, in a message that cannot be taken: as much of it as a person can use."""

from core.contracts.payment import RefusedFact
from core.values.money import NUMERIC_CODES
from edge.protocol.field import Message
from edge.translate.fields import Arrival, text_of
from edge.translate.masked import masked_bytes


def from_refused(message: Message, arrival: Arrival, *, field: int, response_code: str) -> RefusedFact:
    """Return what core keeps. Fields may be absent or senseless: what cannot be read is left empty."""
    stan, amount = text_of(message, 11), text_of(message, 4)
    day, time = text_of(message, 13), text_of(message, 12)
    return RefusedFact(
        id=arrival.id,
        terminal_id=arrival.terminal_id,
        message_type=text_of(message, 0),
        stan=int(stan) if stan.isdigit() else 0,
        local_time=(f"{day:0>4}{time:0>6}"[:10] if day or time else ""),
        amount_minor=int(amount) if amount.isdigit() else -1,
        currency=NUMERIC_CODES.get(text_of(message, 49), ""),
        field=field,
        response_code=response_code,
        received_at_us=arrival.received_at_us,
        request=masked_bytes(message),
    )
