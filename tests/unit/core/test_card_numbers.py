"""A card number is known however it is written, and nothing that merchants are known by is taken for one."""

from __future__ import annotations

import pytest
from stdnum import luhn

from core.values.card_numbers import holds_card_number, passes_check_digit


@pytest.mark.parametrize(
    "text",
    [
        "4970101234567893",
        "Carte 4970 1012 3456 7893 refusée",
        "4970-1012-3456-7893.",
        "n°4970.1012.3456.7893 exp 12/29",
        "4970\u202f1012\u202f3456\u202f7893 1229",
        "5555 5555 5555 4444",
        "378282246310005",
        "3782 822463 10005",
        "30569309025904 de passage",
        "2223003122003222",
        "06 12 34 56 78 puis 4111 1111 1111 1111",
    ],
)
def test_a_card_number_is_found(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4970101234567894",
        "·· 7893",
        "497010 ****** 7893",
        "SIRET 380 129 866 00014",
        "38012986600014",
        "FR76 4255 9100 0008 0123 4567 890",
        "DE89 3704 0044 0532 0130 00",
        "txn_01m81fbzfqe90rcgwqmv3s356j",
        "2026-11-22T11:15:45.334123Z",
        "+33 1 42 68 53 00, +33 6 12 34 56 78",
        "A4111111111111111Z",
    ],
)
def test_what_is_no_card_passes(text: str) -> None:
    assert not holds_card_number(text)


def test_the_check_digit_agrees_with_another_implementation() -> None:
    for number in range(0, 10_000_000, 991):
        digits = f"{number:07d}"
        assert passes_check_digit(digits.encode()) == luhn.is_valid(digits)
