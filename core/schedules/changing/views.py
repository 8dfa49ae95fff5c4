"""Changes of card as customers see them."""

from datetime import date
from typing import Final

import asyncpg

from core.contracts import card_changes as ask
from core.contracts.references import Money
from core.merchants.api import BRAND_NAMES
from core.schedules.changing.rules import Standing
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_STATES: Final[dict[str, ask.CardChangeState]] = {
    "opened": "to_type",
    "typed": "checking",
    "verifying": "checking",
    "done": "done",
    "failed": "failed",
}


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


def change_view(
    row: asyncpg.Record, *, order: str, redirect: str | None, waiting: Money | None
) -> ask.MyCardChange:
    """Return a change; `redirect` is where its holder confirms it."""
    return ask.MyCardChange(
        id=encode_id("card_change", row["id"].bytes),
        order=order,
        shop=row["shop"],
        state="to_confirm" if redirect is not None else _STATES[row["state"]],
        asked_at=timestamp(row["asked_at"]),
        old_card=_card(row["old_brand"], row["old_last_four"], row["old_expiry"]),
        new_card=None
        if row["new_last_four"] is None
        else _card(row["new_brand"], row["new_last_four"], row["new_expiry"]),
        failure=row["failure"],
        redirect=redirect,
        waiting=waiting,
    )


def _card(brand: int, last_four: str, expiry: str) -> ask.MyCard:
    return ask.MyCard(
        brand=BRAND_NAMES.get(brand, "other"), last_four=last_four, expires=f"20{expiry[:2]}-{expiry[2:]}"
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
