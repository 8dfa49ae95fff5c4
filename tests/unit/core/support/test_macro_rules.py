"""What must be typed to run a sequence, and how a receipt says its amount."""

from __future__ import annotations

import pytest

from core.support.macros.rules import problems_of_inputs
from core.values.money import money_text


@pytest.mark.parametrize(
    "address",
    [
        "undisclosed:;@b.example",
        "a@[b.example",
        "a,b@c.example",
        "<a@b.example",
        "a@b",
        "a b@c.example",
        "a\u202e@c.example",
        "",
        "a" * 65 + "@b.example",
    ],
)
def test_a_receipt_goes_to_nothing_but_one_address(address: str) -> None:
    (problem,) = problems_of_inputs(["resend_receipt"], reason="", email=address, comment="")
    assert (problem.field, problem.code) == ("email", "malformed")


def test_an_ordinary_address_gets_its_receipt() -> None:
    assert not problems_of_inputs(["resend_receipt"], reason="", email="o'neil+tpe@b.example", comment="")


@pytest.mark.parametrize(
    ("amount_minor", "currency", "locale", "said"),
    [
        (1250, "EUR", "fr", "12,50\u00a0€"),
        (123_456_750, "EUR", "fr", "1\u202f234\u202f567,50\u00a0€"),
        (123_450, "EUR", "en", "€1,234.50"),
        (1500, "JPY", "fr", "1\u202f500\u00a0JPY"),
        (1500, "JPY", "en", "JPY\u00a01,500"),
        (5, "USD", "fr", "0,05\u00a0USD"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(
    amount_minor: int, currency: str, locale: str, said: str
) -> None:
    assert money_text(amount_minor, currency, locale) == said
