"""Money: integers of minor units with a currency; never a float."""

from typing import NamedTuple

EXPONENTS = {"EUR": 2, "GBP": 2, "USD": 2, "CHF": 2, "JPY": 0}
"""Digits after the point, by ISO 4217 alphabetic code."""

NUMERIC_CODES = {"978": "EUR", "826": "GBP", "840": "USD", "756": "CHF", "392": "JPY"}
"""ISO 4217 numeric code (data element 49) to alphabetic."""

ALPHA_TO_NUMERIC = {alpha: numeric for numeric, alpha in NUMERIC_CODES.items()}


class Money(NamedTuple):
    """An amount of minor units (cents) of a currency."""

    amount_minor: int
    currency: str
