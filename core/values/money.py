"""Money: integers of minor units with a currency; never a float."""

from typing import NamedTuple

_NO_DECIMALS = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"
)  # fmt: skip
_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
EXPONENTS = {
    **dict.fromkeys(("EUR", "GBP", "USD", "CHF"), 2),
    **dict.fromkeys(_NO_DECIMALS, 0),
    **dict.fromkeys(_THREE_DECIMALS, 3),
}
"""Digits after the point, by ISO 4217 alphabetic code; two for every other one."""

NUMERIC_CODES = {"978": "EUR", "826": "GBP", "840": "USD", "756": "CHF", "392": "JPY"}
"""ISO 4217 numeric code (data element 49) to alphabetic."""

ALPHA_TO_NUMERIC = {alpha: numeric for numeric, alpha in NUMERIC_CODES.items()}


class Money(NamedTuple):
    """An amount of minor units (cents) of a currency."""

    amount_minor: int
    currency: str
