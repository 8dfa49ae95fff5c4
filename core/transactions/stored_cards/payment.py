"""A payment by a card that is kept, as the machine of payments takes it."""

from typing import Final

import msgspec

from core.contracts.payment import BY_CUSTOMER, BY_MERCHANT, Authorise, SealedCard
from core.contracts.states import Kind
from core.values.clock import from_unix_us
from core.values.zones import zone_of

STORED_CARD_MESSAGE_CLASS: Final = 13
"""Natural keys of payments by cards that are kept stand apart from what terminals name, and from what agents cause."""

ENTERED: Final = {BY_CUSTOMER: "810", BY_MERCHANT: "100"}
"""How the number was had, data element 22: typed on a page (81), or from the store (10); no PIN can be entered.

Source: Mastercard, Quick Reference Booklet, DE 22, subfield 1; Visa takes 10 for a credential on file likewise.
"""

_NO_REQUEST: Final = msgspec.msgpack.encode({})


class StoredPayment(Authorise, array_like=True, gc=False):
    """What a terminal would ask, and what its host is told besides.

    `id` holds the moment at which it was first written down: what is older than half a minute when it comes to be armed
    is not armed any more, whatever happened in between.
    """

    initiator: str = BY_MERCHANT
    network_id: str = ""
    authentication: str = ""


def stored_payment(
    attempt_id: bytes,
    *,
    terminal_id: bytes,
    time_zone: str,
    stan: int,
    amount_minor: int,
    currency: str,
    card: SealedCard,
    initiator: str,
    network_id: str = "",
    authentication: str = "",
    sensitive: bytes = b"",
    kind: Kind = Kind.PURCHASE,
) -> StoredPayment:
    """Return a payment at a virtual point of sale, dated by its identifier; `time_zone` is that of its store."""
    made_at_us = int.from_bytes(attempt_id[:6], "big") * 1000
    made_at = from_unix_us(made_at_us)
    there = made_at.astimezone(zone_of(time_zone))
    return StoredPayment(
        id=attempt_id,
        terminal_id=terminal_id,
        kind=kind,
        message_class=STORED_CARD_MESSAGE_CLASS,
        stan=stan,
        business_date=there.toordinal(),
        body_hash=0,
        amount_minor=amount_minor,
        currency=currency,
        card=card,
        sensitive=sensitive,
        entry_mode=ENTERED[initiator],
        transmitted_at=f"{made_at:%m%d%H%M%S}",
        local_time=f"{there:%m%d%H%M%S}",
        partial_ok=False,
        received_at_us=made_at_us,
        request=_NO_REQUEST,
        initiator=initiator,
        network_id=network_id,
        authentication=authentication,
    )
