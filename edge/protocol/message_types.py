"""Message types and network management codes, as data.

Source: ISO 8583:1987, clause 4.1: version, class, function, origin; an odd origin is a repeat.
"""

from typing import Final, Literal

from edge.protocol.errors import MessageTypeUnknown

FinancialKind = Literal[
    "authorisation",
    "authorisation_advice",
    "financial",
    "financial_advice",
    "reversal",
    "reversal_advice",
    "totals",
    "totals_advice",
    "file",
]

FINANCIAL_KINDS: Final[dict[str, FinancialKind]] = {
    "0100": "authorisation",
    "0101": "authorisation",
    "0120": "authorisation_advice",
    "0121": "authorisation_advice",
    "0200": "financial",
    "0201": "financial",
    "0220": "financial_advice",
    "0221": "financial_advice",
    "0300": "file",
    "0301": "file",
    "0400": "reversal",
    "0401": "reversal",
    "0420": "reversal_advice",
    "0421": "reversal_advice",
    "0500": "totals",
    "0501": "totals",
    "0520": "totals_advice",
    "0521": "totals_advice",
}
"""What each request of a terminal is, but for network management. A repeat is the same kind as its original."""

NETWORK_MANAGEMENT: Final = frozenset({"0800", "0801", "0804", "0805"})
"""Of an acquirer, and of another origin, as terminals of the 1993 edition send it."""

SIGN_ON: Final = "001"
SIGN_OFF: Final = "002"
KEY_EXCHANGE: Final = "101"
CUT_OVER: Final = "201"
ECHO: Final = "301"

_RESPONSES: Final[dict[str, str]] = {
    mti: f"{mti[:2]}{int(mti[2]) + 1}{int(mti[3]) // 2 * 2}"
    for mti in (*FINANCIAL_KINDS, *NETWORK_MANAGEMENT)
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
