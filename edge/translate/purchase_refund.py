"""0200 and 0201: a purchase, or with processing code 20 a refund of the payment that field 37 or 90 names."""

from core.contracts.payment import Authorise
from core.contracts.reasons import Reason
from core.contracts.states import Kind
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.translate.errors import RequestRefused, malformed
from edge.translate.fields import (
    NO_ORIGINAL,
    SALE,
    Arrival,
    code_of,
    read_amount,
    read_currency,
    read_original,
    reference_of,
)
from edge.translate.payment import to_authorise

REFUND = "20"


def from_purchase_or_refund(message: Message, arrival: Arrival, keys: SecurityModule) -> Authorise:
    """Return the request to core.

    Raises: RequestRefused, 12 for another processing code, 13 for amount zero, 30 for a refund of nothing.
    """
    processing = message.get(3)
    if processing is None:
        raise malformed(3)
    kind, original_rrn, approval_code, original = Kind.PURCHASE, "", "", NO_ORIGINAL
    if processing[:2] == REFUND:
        kind, original_rrn = Kind.REFUND, reference_of(message)
        approval_code, original = code_of(message, 38), read_original(message)
        if not original_rrn and not original.stan:
            raise malformed(37)
    elif processing[:2] != SALE:
        raise RequestRefused(Reason.INVALID_TRANSACTION, field=3)
    amount_minor = read_amount(message)
    if amount_minor == 0:
        raise RequestRefused(Reason.INVALID_AMOUNT, field=4)
    return to_authorise(
        message,
        arrival,
        keys,
        kind=kind,
        amount_minor=amount_minor,
        currency=read_currency(message),
        original_rrn=original_rrn,
        approval_code=approval_code,
        original=original,
    )
