"""Pure decisions on cards: which are taken, until when one is good, and who may spend a token."""

from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias

from core.cards.model import Token, TypedCard, Use
from core.contracts.cards import SessionState, Tokenising
from core.contracts.states import Brand

SESSION_LASTS: Final = timedelta(minutes=30)
TOKEN_LASTS: Final = timedelta(minutes=15)
EXPIRY_YEARS_MAX: Final = 20
"""No scheme issues cards for longer: a later year is a slip of the finger."""

TAKEN: Final = frozenset({Brand.CB, Brand.VISA, Brand.MASTERCARD})
"""Visa and Mastercard (S2.31); CB cards here are those that are co-badged with one of them."""

SpendRefusal: TypeAlias = Literal["unknown", "spent", "expired"]


def good_until(expiry: str) -> date | None:
    """Return the last day on which a card of this expiry (YYMM) is good: the last of its month; None where it is none."""
    if not (len(expiry) == 4 and expiry.isascii() and expiry.isdigit()):
        return None
    year, month = 2000 + int(expiry[:2]), int(expiry[2:])
    if not 1 <= month <= 12:
        return None
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def refuse_card(card: TypedCard, *, needed_until: date, today: date) -> Tokenising | None:
    """Return why a card cannot be taken for debits until `needed_until`, None when it can."""
    until = good_until(card.expiry)
    if until is None or until.year > today.year + EXPIRY_YEARS_MAX:
        return "malformed"
    if card.brand not in TAKEN:
        return "brand_refused"
    if until < today:
        return "card_expired"
    return "card_ends_too_soon" if until < needed_until else None


def session_state(*, expires_at: datetime, has_token: bool, now: datetime) -> SessionState:
    """Return whether a card may be typed on a page that there is."""
    if has_token:
        return "used"
    return "expired" if expires_at <= now else "open"


def refuse_spending(token: Token, use: Use, *, now: datetime) -> SpendRefusal | None:
    """Return why a token cannot be spent so, None when it can. Another's token looks like none."""
    if (token.company_id, token.purpose, token.subject_id) != (use.company_id, use.purpose, use.subject_id):
        return "unknown"
    if token.spent_at is not None:
        return "spent"
    return "expired" if token.expires_at <= now else None
