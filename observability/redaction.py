"""Masks card numbers in whatever is about to be written, whatever the key, the type or the nesting."""

import re
from typing import Any, Final

_DEPTH_MAX: Final = 8
_CANDIDATE: Final = re.compile(r"\d(?:[ \-.]?\d){12,}")
_DIGITS_MIN: Final = 13
_DIGITS_MAX: Final = 19
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def redact(value: Any, depth: int = 0) -> Any:
    """Return the value with card numbers masked. What is nested too deep, or of an unknown type, becomes text first."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, int):
        text = redact_text(str(value))
        return value if text == str(value) else text
    if depth < _DEPTH_MAX:
        if isinstance(value, dict):
            return {redact_text(str(key)): redact(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [redact(item, depth + 1) for item in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>"
    return redact_text(repr(value))


def redact_text(text: str) -> str:
    """Return the text with every run of 13 to 19 digits that passes the Luhn check masked.

    Blanks, dashes and points between digits do not hide a number, and a longer run is searched for one inside.
    """
    # Most lines hold no such run, and this search is the whole cost for them.
    return _CANDIDATE.sub(_mask, text) if len(text) >= _DIGITS_MIN else text


def luhn_valid(digits: str) -> bool:
    """Whether the check digit fits (ISO/IEC 7812-1, annex B); `digits` is ASCII digits."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        digit = ord(character) - 48
        total += _DOUBLED[digit] if place & 1 else digit
    return total % 10 == 0


def _mask(match: re.Match[str]) -> str:
    text = match.group()
    digits = re.sub(r"[^0-9]", "", text)
    if len(digits) > _DIGITS_MAX:
        # A long run of digits says nothing in a log, and may well hold a number.
        return f"<{len(digits)} digits>"
    if not luhn_valid(digits):
        return text
    return f"{digits[:6]}{'*' * (len(digits) - 10)}{digits[-4:]}"
