"""0800 and 0804: sign-on, sign-off, echo. Answered with the same network management code (field 70)."""

from core.contracts.payment import SignOn
from edge.protocol.field import AS_SENT, Message
from edge.protocol.message_types import response_mti
from edge.translate.fields import text_of

_MIRRORED = (7, 11, 12, 13, 41, 42, AS_SENT)


def to_sign_on(message: Message, *, certificate_name: str, edge: str, address: str, at_us: int) -> SignOn:
    """Return the request to core. Field 48 names the terminal's firmware where it sends one."""
    return SignOn(
        terminal=text_of(message, 41),
        acceptor=text_of(message, 42),
        certificate_name=certificate_name,
        edge=edge,
        address=address,
        firmware=text_of(message, 48)[:40],
        at_us=at_us,
    )


def network_answer(message: Message, response_code: str, shown: str = "") -> Message:
    """Return the 0810 or 0814; `shown` is what the till says of a refusal (field 44)."""
    answer: Message = {0: response_mti(str(message[0]))}
    for number in _MIRRORED:
        if number in message:
            answer[number] = message[number]
    answer[39] = response_code
    if shown:
        answer[44] = shown
    if 70 in message:
        answer[70] = message[70]
    return answer
