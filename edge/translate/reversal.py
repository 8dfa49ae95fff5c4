"""0400, 0420 and their repeats: the terminal takes back one of its own messages, or a part of its amount.

Field 90: original message type (4), trace number (6), transmission date and time (10), then zeros. Which message that
is, core finds by comparing all that the reversal says; nothing of the original is worked out here.
A trace number of zeros numbers nothing: then the reference in field 37 must name the original, whose type may be zeros too.
Field 95: what stays of the amount (12), of the settlement amount (12), of the fee and of the settlement fee (a letter and
8 digits each); all zeros: nothing stays. What stays is what all of them say: a part that only some name is refused.
Field 4: the amount of the original, zero when it was for nothing.
A reversal's own times are not asked for: a terminal whose clock is wrong must still be able to take back.
Source: ISO 8583:1987, data elements 90 and 95.
"""

import re
from typing import Final

from core.contracts.payment import Reverse
from core.contracts.reasons import Reason
from core.values.edition1987 import ORIGINAL_CLASSES
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.protocol.message_types import CANCELLED_BY_CUSTOMER, is_repeat
from edge.translate.errors import RequestRefused, malformed
from edge.translate.fields import (
    Arrival,
    code_of,
    currency_of,
    is_time,
    nearest_date,
    read_card,
    read_stan,
    reference_of,
    text_of,
)
from edge.translate.masked import masked_bytes

_REPLACEMENT: Final = re.compile(
    r"([0-9]{12})(?:([0-9]{12}| {12})(?:[CDX0 ]([0-9]{8}| {8})(?:[CDX0 ]([0-9]{8}| {8}))?)?)? *", re.ASCII
)


def from_reversal(message: Message, arrival: Arrival, keys: SecurityModule) -> Reverse:
    """Return the request to core.

    Raises: RequestRefused, 30 without an original, without a number and a reference of it, or with a malformed
    replacement, 13 for a replacement that
    contradicts itself, 12 for an original that cannot be reversed.
    """
    stan, original = read_stan(message), message.get(90)
    if not isinstance(original, str):
        raise malformed(90)
    original_rrn = reference_of(message)
    if not original[4:10].strip("0 ") and not original_rrn:
        raise malformed(90)
    original_class, number = ORIGINAL_CLASSES.get(original[:2]), original[4:10]
    if not original[:10].strip("0 "):
        original_class, number = 0, "0"
    if original_class is None or not number.isdigit():
        raise RequestRefused(Reason.INVALID_TRANSACTION, field=90)
    card = None
    if 2 in message or 35 in message:
        pan, expiry = read_card(message)
        card = keys.seal_card(pan, expiry)
    customer = message.get(39) == CANCELLED_BY_CUSTOMER or message.get(25) == CANCELLED_BY_CUSTOMER
    own_date = nearest_date(str(message.get(13) or message.get(7) or "")[:4], arrival.today) or arrival.today
    sent_at = original[10:20]
    if not is_time(sent_at):
        sent_at = ""
    return Reverse(
        id=arrival.id,
        terminal_id=arrival.terminal_id,
        stan=stan,
        business_date=own_date,
        original_message_class=original_class,
        original_stan=int(number),
        original_business_date=nearest_date(sent_at[:4], arrival.today) or own_date,
        cause=Reason.CANCELLED_BY_CUSTOMER if customer else Reason.REVERSED_BY_TERMINAL,
        amount_minor=int(message[4]) if 4 in message else -1,
        currency=currency_of(text_of(message, 49)),
        card=card,
        received_at_us=arrival.received_at_us,
        request=masked_bytes(message),
        original_sent_at=sent_at,
        original_rrn=original_rrn,
        replacement_minor=_replacement(message),
        approval_code=code_of(message, 38),
        repeat=is_repeat(message[0]),  # pyright: ignore
        date_in_utc=13 not in message,
        original_function=int(original[2]) if original_class and original[2:3].isdigit() else -1,
    )


def _replacement(message: Message) -> int:
    """Return what stays of the amount, 0 when nothing does, -1 when the reversal does not say."""
    amounts = message.get(95)
    if not isinstance(amounts, str) or not amounts.strip():
        return -1
    read = _REPLACEMENT.fullmatch(amounts)
    if read is None:
        raise malformed(95)
    stays, *others = (int(digits) if digits and digits.strip() else 0 for digits in read.groups())
    settled = others[0]
    if (
        (stays == 0 and any(others))
        # In one currency there is one amount.
        or (settled not in (0, stays) and message.get(50) in (None, message.get(49)) and 49 in message)
    ):
        raise RequestRefused(Reason.REPLACEMENT_REFUSED, field=95)
    return stays
