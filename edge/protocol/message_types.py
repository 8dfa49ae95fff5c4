"""What the four digits of a message type say, the codes of network management, and why a terminal reverses.

Source: ISO 8583:1987, clause 4.1: version, class, function, origin; an odd origin is a repeat.
"""

from typing import Final

from edge.protocol.errors import MessageTypeUnknown

SIGN_ON: Final = "001"
SIGN_OFF: Final = "002"
KEY_EXCHANGE: Final = "101"
CUT_OVER: Final = "201"
ECHO: Final = "301"

CANCELLED_BY_CUSTOMER: Final = "17"
"""Data element 39 of a reversal that the cardholder asked for."""

# A request (function 0) and an advice (function 2) have an answer, of the next function and from the same origin.
_RESPONSES: Final[dict[str, str]] = {
    f"0{message_class}{function}{origin}": f"0{message_class}{function + 1}{origin // 2 * 2}"
    for message_class in range(1, 9)
    for function in (0, 2)
    for origin in range(6)
}
_REQUESTS: Final[dict[str, str]] = {
    response: f"{response[:2]}{int(response[2]) - 1}{response[3]}" for response in _RESPONSES.values()
}


def response_mti(mti: str) -> str:
    """Return the type of the answer: 0100 gives 0110, 0201 gives 0210, 0421 gives 0430, 0805 gives 0814.

    Raises: MessageTypeUnknown for anything that is not a request.
    """
    try:
        return _RESPONSES[mti]
    except KeyError:
        raise MessageTypeUnknown(mti) from None


def request_mti(mti: str) -> str:
    """Return the type, not repeated, of the request that an answer answers: 0110 gives 0100, 0430 gives 0420.

    Raises: MessageTypeUnknown for anything that is not an answer.
    """
    try:
        return _REQUESTS[mti]
    except KeyError:
        raise MessageTypeUnknown(mti) from None


def is_repeat(mti: str) -> bool:
    """Whether the sender says that it has sent this before."""
    return mti[3:] in {"1", "5"}
