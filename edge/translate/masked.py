"""A message as it may be stored: msgpack map of field number to text, with nothing that lets a card be used.

The usual fields of a payment are shorter than any card number and go as they are; all others take the rules of
edge.protocol.masking, one by one.
"""

from typing import Any, Final

import msgspec

from edge.protocol.field import Message
from edge.protocol.masking import HIDDEN, describe, mask_pan

# Fixed fields of at most twelve characters, or with nothing but digits of an amount or a time in them.
_HARMLESS: Final = frozenset(
    {0, *range(3, 27), 28, 29, 30, 31, 37, 38, 39, 40, 41, 49, 50, 51, 66, 67, 68, 69, 70, *range(71, 86), 91, 92, 93, 94}
)  # fmt: skip

encode = msgspec.msgpack.Encoder().encode


def masked(message: Message) -> dict[int, Any]:
    """Return a copy that may be stored and shown."""
    shown: dict[int, Any] = message.copy()
    for number in message.keys() - _HARMLESS:
        if number == 2:
            shown[2] = mask_pan(message[2])  # pyright: ignore
        elif number == 35:
            shown[35] = HIDDEN
        elif number == 42 and not message[42].strip().isdigit():  # pyright: ignore
            continue
        else:
            shown[number] = describe({number: message[number]}, {})[0]["value"]
    return shown


def masked_bytes(message: Message) -> bytes:
    """Return the masked message as msgpack, the form of every `request` of the contracts."""
    return encode(masked(message))
