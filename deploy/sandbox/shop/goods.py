"""What the shop sells."""

from collections.abc import Mapping
from typing import Final, NamedTuple

QUANTITY_MAX: Final = 9


class Good(NamedTuple):
    """One article; `drawing` is the paths of its picture, 48 by 48."""

    code: str
    price_minor: int
    drawing: str


_GOODS: Final = (
    Good("lamp", 6_490, "M16 8h16l5 14H11z M24 22v16 M15 40h18"),
    Good("blanket", 4_550, "M8 12h32v20H8z M8 18h32 M8 26h32 M11 32v5 M18 32v5 M24 32v5 M30 32v5 M37 32v5"),
    Good(
        "teapot",
        3_890,
        "M14 20h18v10a9 9 0 0 1-18 0z M32 22h4a4 4 0 0 1 0 9h-4 M14 24l-6-5 M20 20v-3h6v3 M23 17v-3",
    ),
    Good("bowls", 2_356, "M8 20h32c0 9-7 14-16 14S8 29 8 20z M18 38h12 M14 14c4 3 16 3 20 0"),
    Good("chair", 18_900, "M16 6v20h16V6 M14 26h20 M16 26v16 M32 26v16 M16 34h16 M16 12h16 M16 18h16"),
    Good("desk", 64_900, "M6 18h36 M9 18v22 M39 18v22 M26 18v12h13 M32 24h1"),
)
GOODS: Final[Mapping[str, Good]] = {each.code: each for each in _GOODS}

Basket = dict[str, int]
"""How many of which article."""


def read_basket(text: str) -> Basket:
    """Return a basket as its cookie has it (`lamp-1.bowls-2`); what is no article or no number is left out."""
    basket: Basket = {}
    for part in text.split(".")[: len(GOODS)]:
        code, _, number = part.partition("-")
        if code in GOODS and number.isdecimal() and len(number) == 1 and int(number) > 0:
            basket[code] = int(number)
    return basket


def write_basket(basket: Basket) -> str:
    """Return a basket as its cookie has it."""
    return ".".join(f"{code}-{number}" for code, number in basket.items() if number)


def total_of(basket: Basket) -> int:
    """Return what a basket costs, in cents."""
    return sum(GOODS[code].price_minor * number for code, number in basket.items())
