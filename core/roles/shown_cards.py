"""Hides card numbers in what the desk answers: a row that held one before the guards knew it is shown without it.

Answers are searched as encoded, which costs a list of fifty rows some 0.2 ms; only one that may hold a number is read
value by value. What is searched for is more than what is hidden, never less.
"""

import re
from typing import Any, Final

import msgspec

from core.values.card_numbers import hide_card_numbers

_DIGITS: Final = b"0123456789"
# Colons are with the letters, for times have them.
_LETTERS: Final = bytes(sign for sign in range(128) if chr(sign).isalpha() or chr(sign) == ":")
_KINDS: Final = bytes(
    ord("0") if sign in _DIGITS else ord("x") if sign in _LETTERS else sign for sign in range(256)
)
"""Each digit as 0 and each letter as x: what is alike is searched many times faster than what is not."""
_BETWEEN: Final = bytes(sign for sign in range(256) if sign not in _DIGITS and sign not in _LETTERS)
_TWELVE: Final = b"0" * 12
# With anything between them.
_FOUR_FOURS: Final = re.compile(rb"0000(?:[^0]{1,8}0000){3}(?!0)")
# Each begins with a byte that is looked for by itself.
_OTHER_DIGITS: Final = tuple(
    re.compile(pattern).search
    for pattern in (
        rb"\xd9[\xa0-\xa9]",
        rb"\xdb[\xb0-\xb9]",
        rb"\xe0[\xa5-\xbf][\xa6-\xbf]",
        rb"\xef\xbc[\x90-\x99]",
        rb"\xf0\x9d\x9f[\x8e-\xbf]",
    )
)
"""Of scripts that no page of ours has."""

_OF_COMPANIES: Final = re.compile(rb"\xa5siren\xa9[0-9]{9}|\xa5siret\xae[0-9]{14}")
"""Fields that stand in nearly every list, as msgpack has them."""

_EXPECTED: Final = frozenset({"siren", "siret", "acceptor", "rrn", "next_cursor"})
"""What such a field holds passes the check digit by its own right, or is no text of anybody's."""


def without_card_numbers(answer: bytes) -> bytes:
    """Return an answer in msgpack with the digits of card numbers hidden in every text but those that expect others."""
    if not _may_hold(answer) or not _may_hold(_OF_COMPANIES.sub(b"x", answer)):
        return answer
    value = msgspec.msgpack.decode(answer)
    hidden = _hidden(value)
    return answer if hidden == value else msgspec.msgpack.encode(hidden)


def _may_hold(answer: bytes) -> bool:
    kinds = answer.translate(_KINDS)
    return (
        _TWELVE in kinds.translate(None, _BETWEEN)
        or _FOUR_FOURS.search(kinds) is not None
        or any(search(answer) is not None for search in _OTHER_DIGITS)
    )


def _hidden(value: Any) -> Any:
    match value:
        case str():
            return hide_card_numbers(value)
        case bytes() if value[:1] in {b"{", b"["}:
            return _hidden_json(value)
        case dict():
            return {
                _hidden(name): item if name in _EXPECTED else _hidden(item) for name, item in value.items()
            }
        case list():
            return [_hidden(item) for item in value]
    return value


def _hidden_json(body: bytes) -> bytes:
    """Return the body of a write's answer, which core encodes itself, without card numbers; other bytes as they are."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return body
    hidden = _hidden(value)
    return body if hidden == value else msgspec.json.encode(hidden)
