"""The codes of requests that people say on the phone: `DJYVVV158AC`, eleven digits, the last one a check."""

import hashlib
from collections.abc import Sequence
from typing import Final

CODE_LENGTH: Final = 11
# Crockford's digits: no I, L, O or U, so that a code survives the telephone.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISHEARD: Final = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})


def code_of(raw: bytes) -> str:
    """Return the code of a request's id: ten digits of its hash and one that tells a slip of the tongue."""
    value = int.from_bytes(hashlib.sha256(raw).digest()[:8], "big") >> 14
    digits = [value >> 5 * place & 31 for place in reversed(range(CODE_LENGTH - 1))]
    return "".join(_ALPHABET[digit] for digit in [*digits, _check_of(digits)])


def code_said(text: str) -> str | None:
    """Return the code that somebody typed, mended where a letter looks like a digit; None when it is none."""
    said = text.upper().translate(_MISHEARD)
    if len(said) != CODE_LENGTH or any(letter not in _ALPHABET for letter in said):
        return None
    *digits, check = (_ALPHABET.index(letter) for letter in said)
    return said if _check_of(digits) == check else None


def _check_of(digits: Sequence[int]) -> int:
    # Weights 1 to 10 modulo a prime tell a wrong digit and swapped neighbours, but 0 from 31: one slip in a thousand.
    return sum((place + 1) * digit for place, digit in enumerate(digits)) % 31
