"""Every currency has its number and its decimals."""

import pytest

from core.values.money import ALPHA_TO_NUMERIC, EXPONENTS, NUMERIC_CODES
from portals.kit import formats


@pytest.mark.parametrize(
    ("numeric", "alpha", "decimals"),
    [
        ("008", "ALL", 2), ("036", "AUD", 2), ("048", "BHD", 3), ("124", "CAD", 2), ("156", "CNY", 2),
        ("392", "JPY", 0), ("410", "KRW", 0), ("414", "KWD", 3), ("504", "MAD", 2), ("532", "XCG", 2),
        ("752", "SEK", 2), ("784", "AED", 2), ("788", "TND", 3), ("925", "SLE", 2), ("927", "UYW", 4),
        ("949", "TRY", 2), ("950", "XAF", 0), ("952", "XOF", 0), ("953", "XPF", 0), ("978", "EUR", 2),
        ("985", "PLN", 2), ("990", "CLF", 4),
    ],
)  # fmt: skip
def test_a_currency_has_its_number_and_decimals(numeric: str, alpha: str, decimals: int) -> None:
    assert NUMERIC_CODES[numeric] == alpha
    assert EXPONENTS.get(alpha, 2) == decimals


def test_each_number_has_one_name_and_back() -> None:
    assert len(NUMERIC_CODES) == len(ALPHA_TO_NUMERIC) == 181
    assert all(len(n) == 3 and n.isdigit() and len(a) == 3 and a.isupper() for n, a in NUMERIC_CODES.items())


def test_screens_show_the_decimals_that_money_has() -> None:
    assert {code: EXPONENTS.get(code, 2) for code in ALPHA_TO_NUMERIC} == {
        code: formats._EXPONENTS.get(code, 2) for code in ALPHA_TO_NUMERIC
    }
