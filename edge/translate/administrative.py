"""0620 and its repeat: a terminal tells of an event, such as paper, power, a key or its software.

Fields: 48 and 60 to 63, as text; one of them must be there. The data record of the 1993 edition comes
in 60. Source: ISO 8583:1987, clause 4.1 (message class 6).
"""

from typing import Final

from core.contracts.payment import AdministrativeAdvice
from core.values.card_numbers import hide_possible_card_numbers
from edge.keys.port import SecurityModule
from edge.protocol.field import Message
from edge.protocol.message_types import is_repeat
from edge.translate.errors import malformed
from edge.translate.fields import Arrival, read_happened, read_stan, text_of

_PRIVATE: Final = 48
_TEXTS: Final = (_PRIVATE, 60, 61, 62, 63)
_OF_A_CARD: Final = frozenset({2, 34, 35, 36, 45, 52, 55})


def from_administrative_advice(
    message: Message, arrival: Arrival, _keys: SecurityModule
) -> AdministrativeAdvice:
    """Return the request to core: no money, no card. Raises: RequestRefused, 30 where it tells nothing."""
    # Beside a card, private additional data may carry its verification value.
    texts = _TEXTS if _OF_A_CARD.isdisjoint(message) else _TEXTS[1:]
    told = [text for number in texts if (text := text_of(message, number))]
    if not told:
        raise malformed(_PRIVATE)
    return AdministrativeAdvice(
        id=arrival.id,
        terminal_id=arrival.terminal_id,
        stan=read_stan(message),
        local_time=read_happened(message, arrival).local_time,
        text=hide_possible_card_numbers("\n".join(told)),
        received_at_us=arrival.received_at_us,
        repeat=is_repeat(str(message[0])),
    )
