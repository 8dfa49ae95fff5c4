"""A message as it may be stored: msgpack map of field number to text, with nothing that lets a card be used.

The usual fields of a payment are shorter than any card number and go as they are; all others take the rules of
edge.protocol.masking, one by one. Which fields need a rule is found once per shape of message.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec

from core.values.card_numbers import hide_possible_card_numbers, mask_card_number
from edge.protocol.field import AS_SENT, Message
from edge.protocol.masking import HIDDEN, describe
from edge.translate.fields import CARD_DIGITS_MIN, holds_own_card

# Fields of at most twelve characters in every dialect: no card number of a length in use fits. Field 37 holds a
# reference of twelve digits, which nothing tells from a number of twelve but that it is the card's own.
_HARMLESS: Final = frozenset(
    {0, *range(3, 27), 28, 29, 37, 38, 39, 40, 41, 49, 50, 51, *range(67, 72), *range(73, 86), 91, 92, 93, 94}
)
_SHAPES_MAX: Final = 1024

encode = msgspec.msgpack.Encoder().encode
_Mask: TypeAlias = Callable[[Any], str]
_careful_by_shape: dict[tuple[int, ...], tuple[tuple[int, _Mask], ...]] = {}


def masked(message: Message) -> dict[int, Any]:
    """Return a copy that may be stored and shown."""
    shape = tuple(message)
    careful = _careful_by_shape.get(shape)
    if careful is None:
        careful = _learn(shape)
    shown: dict[int, Any] = message.copy()
    for number, mask in careful:
        shown[number] = mask(message[number])
    if (
        37 in message
        and (len(message.get(2, "")) == CARD_DIGITS_MIN or 35 in message)
        and holds_own_card(message, 37)
    ):
        shown[37] = mask_card_number(shown[37])
    shown.pop(AS_SENT, None)
    return shown


def masked_bytes(message: Message) -> bytes:
    """Return the masked message as msgpack, the form of every `request` of the contracts."""
    return encode(masked(message))


def _learn(shape: tuple[int, ...]) -> tuple[tuple[int, _Mask], ...]:
    if len(_careful_by_shape) >= _SHAPES_MAX:
        _careful_by_shape.clear()
    careful = _careful_by_shape[shape] = tuple(
        (number, _mask_of(number)) for number in shape if number not in _HARMLESS and number != AS_SENT
    )
    return careful


def _mask_of(number: int) -> _Mask:
    if number == 2:
        return mask_card_number
    if number == 42:
        return _scrub_acceptor
    if number == 35:
        return lambda _: HIDDEN
    return lambda value: describe({number: value}, {})[0]["value"]


@lru_cache(maxsize=8192)
def _scrub_acceptor(acceptor: str) -> str:
    # The same few acceptors come again and again; nearly all are digits, which is what takes long to search.
    return hide_possible_card_numbers(acceptor)
