"""Masks card numbers in whatever is about to be written, whatever the key, the type or the nesting."""

import re
from typing import Any, Final

from core.values.card_numbers import (
    DIGITS_MAX,
    DIGITS_MIN,
    find_card_numbers,
    holds_card_number,
    mask_card_number,
    passes_check_digit,
)

_DEPTH_MAX: Final = 8
__all__ = ["holds_card_number", "redact", "redact_text"]

# Digits in a row, of thirteen at least: what passes the check is hidden whether or not a scheme begins so.
_CANDIDATE: Final = re.compile(r"[0-9](?:[ \-.]?[0-9]){12,}")


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
    """Return the text without card numbers, and without any 13 to 19 digits in a row that pass the check digit.

    What looks like a card number is core.values.card_numbers'. Of each its first six and last four digits stay.
    """
    if len(text) < DIGITS_MIN:
        return text
    # From the end, so that what stands before keeps its place.
    for start, end in reversed(find_card_numbers(text)):
        text = f"{text[:start]}{_mask_digits(text[start:end])}{text[end:]}"
    return _CANDIDATE.sub(_mask, text)


def _mask(match: re.Match[str]) -> str:
    text = match.group()
    digits = re.sub(r"[^0-9]", "", text)
    if len(digits) > DIGITS_MAX:
        # A long row of digits says nothing in a log, and may well hold a number.
        return f"<{len(digits)} digits>"
    return mask_card_number(digits) if passes_check_digit(digits.encode()) else text


def _mask_digits(text: str) -> str:
    digits = re.sub(r"[^0-9]", "", text)
    if digits.isdecimal() and DIGITS_MIN <= len(digits) <= DIGITS_MAX:
        return mask_card_number(digits)
    # Digits of another script, escaped ones, or a number with more behind it.
    return "<card number>"
