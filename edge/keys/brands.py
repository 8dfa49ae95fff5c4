"""The card scheme, from the first four digits.

Visa begins with 4; Mastercard with 51 to 55 and 2221 to 2720; American Express with 34 and 37. CB cards are co-badged
and share the ranges of their international scheme; 4970 to 4979 and 5131 to 5136 are French issuers' and count as CB
here, which includes 4970 10, the range of the test cards (docs/sandbox.md). An issuer table replaces this in production.
"""

from typing import Final

from core.contracts.states import Brand

_FIRST_DIGITS: Final = 4


def brand_of(pan: str) -> int:
    """Return the Brand as its number; `pan` is at least four digits."""
    return _BRANDS[int(pan[:_FIRST_DIGITS])]


def _brand(prefix: int) -> Brand:
    if 4970 <= prefix <= 4979 or 5131 <= prefix <= 5136:
        return Brand.CB
    if prefix // 1000 == 4:
        return Brand.VISA
    if 51 <= prefix // 100 <= 55 or 2221 <= prefix <= 2720:
        return Brand.MASTERCARD
    if prefix // 100 in {34, 37}:
        return Brand.AMEX
    return Brand.OTHER


_BRANDS: Final = bytes(_brand(prefix) for prefix in range(10**_FIRST_DIGITS))
