"""A terminal's message as it is kept, masked: read by data elements. Pure; what it does not say is empty."""

from typing import Any, TypeAlias

import msgspec

Elements: TypeAlias = dict[int, Any]


def elements_in(encoded: bytes) -> Elements:
    """Return what a kept message says, the first of several; empty where it cannot be read."""
    try:
        message = msgspec.msgpack.decode(encoded)
    except msgspec.MsgspecError:
        return {}
    if isinstance(message, list):
        message = message[0] if message else {}
    return message if isinstance(message, dict) else {}


def text_in(message: Elements, number: int) -> str:
    """Return a data element as it was said."""
    value = message.get(number)
    return "" if value is None else str(value)


def sent_at_in(message: Elements) -> str:
    """Return data element 7."""
    return text_in(message, 7)


def reference_in(message: Elements) -> str:
    """Return data element 37 as it is compared."""
    return text_in(message, 37).strip().upper()


def approval_code_in(message: Elements) -> str:
    """Return data element 38 as it is compared."""
    return text_in(message, 38).strip()


def described_type_in(message: Elements) -> str:
    """Return the type of what a message describes, by data element 90 (1987) or 56 (1993)."""
    return (text_in(message, 90) or text_in(message, 56))[:4]
