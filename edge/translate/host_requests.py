"""What a host asks of us, and what it is answered: 08xx at once, reversals and totals once core has kept them.

A host asks in its own name too (0302, 0422, and 0423 for a repeat) and by advice (0620, 0820). Whatever is no answer is
answered, if only to say that we do not do it: a host repeats what is met with silence.

A reversal of the host's own is answered 00, which says that it is ours to settle: a person compares it with the
payment. Applied blindly it would take back what a shop has handed over, on the word of one message that may name
another payment. Totals are answered "unavailable" (field 66, 0). We hold no key of a host, so a key exchange is refused.

Source: ISO 8583:1987, clauses 4.1 (message types), 4.4 data elements 66 and 70.
"""

from hashlib import blake2b
from typing import Final

from core.contracts.host_messages import HostMessageKind, HostSays
from core.values.edition1987 import APPROVED, FORMAT_ERROR, NOT_SUPPORTED
from edge.protocol.field import Message
from edge.translate.masked import masked_bytes

TOTALS_UNAVAILABLE: Final = "0"

_SIGN_ON_AND_OFF: Final = frozenset({"001", "002"})
_ECHO: Final = frozenset({"270", "301"})
_CUT_OVER: Final = frozenset({"201", "202"})
_MIRRORED: Final = (3, 4, 7, 11, 12, 13, 15, 17, 37, 41, 42, 49, 70, 90)
# What a repeat repeats: not its type, whose last digit says that it is one.
_OF_THE_KEY: Final = (3, 4, 7, 11, 15, 17, 37, 41, 42, 49, 70, 74, 76, 86, 88, 90, 97)
_ASKS: Final = frozenset("024")  # The function digit of a request, an advice and a notification.
_NETWORK_MANAGEMENT: Final = "8"  # The class digit.


def is_request(message: Message) -> bool:
    """Whether it asks something of us; what is no request answers something."""
    return str(message[0])[2] in _ASKS


def is_network_management(message: Message) -> bool:
    """Whether it is about the link itself."""
    return str(message[0])[1] == _NETWORK_MANAGEMENT


def kind_to_keep(message: Message) -> HostMessageKind | None:
    """Return as what core must keep a request before it is answered; None for what may be answered at once."""
    match str(message[0])[1]:
        case "4":
            return HostMessageKind.REVERSAL
        case "5":
            return HostMessageKind.TOTALS
        case "8" if message.get(70) in _CUT_OVER:
            return HostMessageKind.CUT_OVER
        case _:
            return None


def code_at_once(message: Message) -> str:
    """Return the response code of a request that core need not keep."""
    if not is_network_management(message):
        return NOT_SUPPORTED
    code = message.get(70)
    if code is None:
        return FORMAT_ERROR
    return APPROVED if code in _SIGN_ON_AND_OFF or code in _ECHO else NOT_SUPPORTED


def answer_to_host(message: Message, response_code: str) -> Message:
    """Return the answer: the next function, from the same origin, which an odd digit says to repeat itself."""
    version_and_class, function, origin = str(message[0])[:2], *map(int, str(message[0])[2:])
    answer: Message = {0: f"{version_and_class}{function + 1}{origin - origin % 2}"}
    for number in _MIRRORED:
        if number in message:
            answer[number] = message[number]
    answer[39] = response_code
    if kind_to_keep(message) is HostMessageKind.TOTALS:
        answer[66] = TOTALS_UNAVAILABLE
    return answer


def to_host_says(message: Message, kind: HostMessageKind, *, acquirer: str, received_at_us: int) -> HostSays:
    """Return what core is to keep, without anything that lets a card be used."""
    text = "|".join(
        [acquirer, str(message[0])[:3], *(str(message.get(number, "")) for number in _OF_THE_KEY)]
    )
    amount = str(message.get(4, "0"))
    return HostSays(
        acquirer=acquirer,
        kind=kind,
        key=blake2b(text.encode(), digest_size=16).digest(),
        reference=str(message.get(37, "")).strip(),
        terminal=str(message.get(41, "")).strip(),
        amount_minor=int(amount),
        currency=str(message.get(49, "")),
        host_date=str(message.get(15, message.get(17, ""))),
        received_at_us=received_at_us,
        message=masked_bytes(message),
    )
