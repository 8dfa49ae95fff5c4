"""Whether a text that somebody typed holds a whole card number: those stay inside edge, so a text with one goes nowhere."""

import re
from collections.abc import Iterator
from typing import Final

# A run as people write it: groups of digits with one blank, dash or point between them. Nothing in it can be matched
# in two ways, so that a text made of digits costs no more than its length.
_RUN: Final = re.compile(r"[0-9]+(?:[ \u00a0\u202f.\-][0-9]+)*")
_LETTER: Final = re.compile(r"[0-9A-Za-z]")
_IBAN: Final = re.compile(r"\b[A-Za-z]{2}[0-9]{2}(?:[ \u00a0\u202f]?[0-9A-Za-z]){11,30}\b")
_SCHEME: Final = re.compile(
    r"4[0-9]{12}(?:[0-9]{3})?(?:[0-9]{3})?|5[0-9]{15}|6[0-9]{15}(?:[0-9]{3})?|2[2-7][0-9]{14}|3[47][0-9]{13}"
    r"|35[0-9]{14}|3[0689][0-9]{12}"
)
_SIREN_DIGITS: Final = 9
_SIRET_DIGITS: Final = 14
_DIGITS: Final = range(13, 20)
# Twice a digit, and the digits of that added up.
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def holds_card_number(text: str) -> bool:
    """Return whether somewhere in the text stand digits that a scheme could have given to a card.

    Numbers that merchants are known by pass the same check digit: a SIRET and an IBAN are no cards.
    """
    if len(text) < _DIGITS.start or sum(letter.isdigit() for letter in text) < _DIGITS.start:
        return False
    without_accounts = _IBAN.sub(" / ", text)
    return any(
        _is_card(digits)
        for run in _RUN.finditer(without_accounts)
        for digits in _readings(without_accounts, run)
    )


def _readings(text: str, run: re.Match[str]) -> Iterator[str]:
    """Yield what neighbouring groups of a run say together: an expiry may stand behind the number."""
    groups = re.split(r"[^0-9]", run[0])
    # What touches a letter belongs to it: an identifier, a time.
    if run.start() and _LETTER.match(text, run.start() - 1):
        groups = groups[1:]
    if _LETTER.match(text, run.end()):
        groups = groups[:-1]
    for first in range(len(groups)):
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) >= _DIGITS.stop:
                break
            if len(digits) in _DIGITS:
                yield digits


def _is_card(digits: str) -> bool:
    if _SCHEME.fullmatch(digits) is None:
        return False
    written = digits.encode()
    return passes_check_digit(written) and not is_siret(written)


def is_siret(digits: bytes) -> bool:
    """Whether digits that pass the check digit are a merchant's SIRET: their SIREN passes it by itself.

    Merchants whose SIREN begins with 30, 36, 38 or 39 have a SIRET that looks like a Diners card.
    """
    return len(digits) == _SIRET_DIGITS and passes_check_digit(digits[:_SIREN_DIGITS])


def passes_check_digit(digits: bytes) -> bool:
    """Whether the last of some ASCII digits is the check digit of the others.

    Source: ISO/IEC 7812-1, annex B. By a table: logs are read for cards by the gigabyte, and python-stdnum takes three
    times as long for a number.
    """
    total = 0
    for place, byte in enumerate(reversed(digits)):
        digit = byte - 48
        total += _DOUBLED[digit] if place & 1 else digit
    return total % 10 == 0
