"""Which cards are taken, until when one is good, and who may spend a token."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from core.cards.model import Token, TypedCard, Use
from core.cards.rules import good_until, refuse_card, refuse_spending, session_state
from core.contracts.states import Brand

TODAY = date(2026, 12, 1)
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
LAST_DEBIT = date(2027, 10, 3)


@pytest.mark.parametrize(
    ("expiry", "last_day"),
    [("2702", date(2027, 2, 28)), ("2802", date(2028, 2, 29)), ("2612", date(2026, 12, 31))],
)
def test_a_card_is_good_until_the_last_day_of_its_month(expiry: str, last_day: date) -> None:
    assert good_until(expiry) == last_day


@pytest.mark.parametrize("expiry", ["", "27", "2700", "2713", "27021", "27 2", "²702", "-102"])
def test_what_is_no_month_is_no_expiry(expiry: str) -> None:
    assert good_until(expiry) is None
    assert refuse_card(TypedCard(Brand.VISA, expiry), needed_until=TODAY, today=TODAY) == "malformed"


def test_a_card_must_be_good_on_the_day_of_the_last_debit() -> None:
    # S2.32: the last debit is on 3 October 2027, so that 09/27 is refused and 10/27 is taken.
    assert _refusal("2709") == "card_ends_too_soon"
    assert _refusal("2710") is None


def test_a_card_that_has_expired_or_is_good_for_longer_than_cards_are_is_refused() -> None:
    assert _refusal("2611") == "card_expired"
    assert refuse_card(TypedCard(Brand.VISA, "2612"), needed_until=TODAY, today=TODAY) is None
    assert _refusal("4612") is None
    assert _refusal("4701") == "malformed"


@pytest.mark.parametrize("brand", Brand)
def test_only_visa_and_mastercard_are_taken(brand: Brand) -> None:
    is_taken = brand in {Brand.VISA, Brand.MASTERCARD, Brand.CB}
    assert (_refusal("3012", brand) is None) is is_taken


def test_a_page_is_open_until_it_has_a_token_or_its_time_is_over() -> None:
    later = NOW + timedelta(seconds=1)
    assert session_state(expires_at=later, has_token=False, now=NOW) == "open"
    assert session_state(expires_at=NOW, has_token=False, now=NOW) == "expired"
    assert session_state(expires_at=later, has_token=True, now=NOW) == "used"


def test_a_token_is_spent_once_within_its_time_and_for_what_it_was_made() -> None:
    token = Token(b"c", "purchase", b"o", NOW + timedelta(minutes=15), None)
    use = Use(b"c", "purchase", b"o")
    assert refuse_spending(token, use, now=NOW + timedelta(minutes=14, seconds=59)) is None
    assert refuse_spending(token, use, now=NOW + timedelta(minutes=15)) == "expired"
    spent = Token(b"c", "purchase", b"o", NOW + timedelta(minutes=15), NOW)
    assert refuse_spending(spent, use, now=NOW) == "spent"
    for other in (Use(b"d", "purchase", b"o"), Use(b"c", "change", b"o"), Use(b"c", "purchase", b"p")):
        assert refuse_spending(token, other, now=NOW) == "unknown"


def _refusal(expiry: str, brand: Brand = Brand.VISA) -> str | None:
    return refuse_card(TypedCard(brand, expiry), needed_until=LAST_DEBIT, today=TODAY)
