"""What a host is told of a payment by a card that is kept, and what its network calls the first one.

| data element | holds | when |
|---|---|---|
| 25 | 59: the holder is not at a terminal (electronic commerce) | always |
| 47 | what the holder's bank answered to the authentication | of a first payment that was authenticated |
| 61 | who asks for it: C104 the holder, M104 the merchant as agreed | always |
| 63 | the network's own identifier of the first payment of the series | in the answer to it, and in each later request |

Schemes tie a merchant-initiated payment to the one at which its holder was authenticated by that identifier (Visa:
Transaction ID; Mastercard: Trace ID). It may be fifteen digits, as a card number may, so that it is kept with its
digits as letters, and whatever searches for card numbers need not be told of it.

Source: ISO 8583:1987, data elements 25, 47, 61 and 63 (the last three are for national and private use).
"""

import re
from typing import Final

from core.contracts.payment import HostRequest
from edge.protocol.field import Message

NETWORK_ID: Final = 63
NETWORK_ID_CHARACTERS_MAX: Final = 32

_NOT_AT_A_TERMINAL: Final = "59"
_FITS: Final = re.compile(rf"[0-9A-Z]{{1,{NETWORK_ID_CHARACTERS_MAX}}}")
_TO_LETTERS: Final = str.maketrans("0123456789", "abcdefghij")
_TO_DIGITS: Final = str.maketrans("abcdefghij", "0123456789")


def stored_card_fields(request: HostRequest) -> Message:
    """Return what a request says of its stored card."""
    fields: Message = {25: _NOT_AT_A_TERMINAL, 61: request.initiator}
    if request.authentication:
        fields[47] = request.authentication
    if request.network_id:
        fields[NETWORK_ID] = request.network_id.translate(_TO_DIGITS)
    return fields


def network_id_kept(said: str) -> str:
    """Return an identifier of a network as core may keep it; empty for one that has not its shape."""
    text = said.strip()
    return text.translate(_TO_LETTERS) if _FITS.fullmatch(text) else ""
