"""A message as it may be stored: msgpack map of field number to text, with nothing that lets a card be used.

The usual fields of a payment are shorter than any card number and go as they are; all others take the rules of
edge.protocol.masking, one by one. Which fields need a rule is found once per shape of message.
"""

from functools import lru_cache
from typing import Any, Final

import msgspec

from core.values.card_numbers import hide_possible_card_numbers, mask_card_number
from edge.protocol.field import AS_SENT, Message
from edge.protocol.masking import HIDDEN, describe

# Fixed fields of at most twelve characters in every dialect: no card number of a length in use fits. Field 37 holds a
# reference of twelve digits, which nothing tells from a number of twelve.
_HARMLESS: Final = frozenset(
    {0, *range(3, 27), 28, 29, 31, 37, 38, 39, 40, 41, 49, 50, 51, *range(66, 86), 91, 92, 93, 94}
)
_SHAPES_MAX: Final = 1024

encode = msgspec.msgpack.Encoder().encode
_careful_by_shape: dict[tuple[int, ...], tuple[int, ...]] = {}


def masked(message: Message) -> dict[int, Any]:
    """Return a copy that may be stored and shown."""
    shape = tuple(message)
    careful = _careful_by_shape.get(shape)
    if careful is None:
        careful = _learn(shape)
    shown: dict[int, Any] = message.copy()
    for number in careful:
        if number == 2:
            shown[2] = mask_card_number(message[2])  # pyright: ignore
        elif number == 42:
            shown[42] = _scrub_acceptor(message[42])
        elif number == AS_SENT:
            del shown[AS_SENT]
        elif number == 35:
            shown[35] = HIDDEN
        else:
            shown[number] = describe({number: message[number]}, {})[0]["value"]
    return shown


def masked_bytes(message: Message) -> bytes:
    """Return the masked message as msgpack, the form of every `request` of the contracts."""
    return encode(masked(message))


def _learn(shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(_careful_by_shape) >= _SHAPES_MAX:
        _careful_by_shape.clear()
    careful = _careful_by_shape[shape] = tuple(number for number in shape if number not in _HARMLESS)
    return careful


@lru_cache(maxsize=8192)
def _scrub_acceptor(acceptor: str) -> str:
    # The same few acceptors come again and again; nearly all are digits, which is what takes long to search.
    return hide_possible_card_numbers(acceptor)
