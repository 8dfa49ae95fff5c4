"""Changes of card as customers see them."""

from datetime import date

from core.contracts import card_changes as ask
from core.contracts.references import Money
from core.schedules.changing.rules import Standing


def rule_view(standing: Standing, currency: str) -> ask.MyCardRule:
    """Return whether a card may be changed now, and if not, why."""
    return ask.MyCardRule(
        allowed=standing.refusal is None,
        refusal=standing.refusal,
        until=_day(standing.until),
        next_debit=_day(standing.next_debit),
        last_debit=_day(standing.last_debit),
        waiting=None if not standing.waiting_minor else Money(standing.waiting_minor, currency),
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
