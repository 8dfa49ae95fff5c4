"""Answers to terminals as far as the request decides them."""

from functools import lru_cache
from typing import Final

from core.values.edition1987 import MIRRORED
from edge.protocol.field import AS_SENT, Message
from edge.protocol.message_types import response_mti

_MIRRORED: Final = (*MIRRORED, AS_SENT)
_MIRRORED_IN_NETWORK_ANSWERS: Final = (7, 11, 12, 13, 41, 42, AS_SENT)


def begin_answer(message: Message) -> Message:
    """Return what an answer repeats of its request, never the card number. Raises: MessageTypeUnknown."""
    answer: Message = {0: response_mti(message[0])}  # pyright: ignore
    for number in _mirrored_of(tuple(message)):
        answer[number] = message[number]
    return answer


@lru_cache(maxsize=1024)
def _mirrored_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(number for number in _MIRRORED if number in shape)


def network_answer(message: Message, response_code: str, shown: str = "") -> Message:
    """Return the 0810 or 0814; `shown` is what the till says of a refusal (field 44)."""
    answer: Message = {0: response_mti(str(message[0]))}
    for number in _MIRRORED_IN_NETWORK_ANSWERS:
        if number in message:
            answer[number] = message[number]
    answer[39] = response_code
    if shown:
        answer[44] = shown
    if 70 in message:
        answer[70] = message[70]
    return answer
