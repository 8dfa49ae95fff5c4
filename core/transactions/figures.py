"""Figures as screens and the API show them, summed from the views figure_minute and attempt_figure (docs/figures.md)."""

import re
from collections.abc import Iterable
from typing import Any, Final

from core.contracts.references import Money
from core.contracts.transactions import MoneyFigures

COUNTS: Final = ("payments", "approved", "cancelled", "declined", "unknown", "refunds")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class Tally:
    """Counts, and money by currency: amounts of two currencies are never one sum."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(COUNTS, 0)
        self._money: dict[str, list[int]] = {}

    def add(self, row: Any) -> None:
        """Add one row of sums, of one currency."""
        for name in COUNTS:
            self.counts[name] += row[name]
        gross, refunded = int(row["gross_minor"]), int(row["refunded_minor"])
        # A row without a currency that can be read has moved no money, and must not spoil the page.
        if (gross or refunded) and _CURRENCY.fullmatch(row["currency"]):
            sums = self._money.setdefault(row["currency"], [0, 0])
            sums[0] += gross
            sums[1] += refunded

    @property
    def money(self) -> list[MoneyFigures]:
        """Gross, refunds (negative) and net of each currency, by its code."""
        return [
            MoneyFigures(
                Money(gross, currency), Money(-refunded, currency), Money(gross - refunded, currency)
            )
            for currency, (gross, refunded) in sorted(self._money.items())
        ]

    def shown(self) -> dict[str, Any]:
        """Return the fields that every figure of the API has."""
        return {
            **self.counts,
            "approval_rate": approval_rate(self.counts["approved"], self.counts["declined"]),
            "money": self.money,
        }


def approval_rate(approved: int, declined: int) -> float | None:
    """Return the share of decided payments that were approved; None when none was. Unknown is neither."""
    decided = approved + declined
    return round(approved / decided, 4) if decided else None


def tallies(rows: Iterable[Any], key: str) -> dict[Any, Tally]:
    """Return the sums of rows by one of their columns, in the order in which each first comes."""
    found: dict[Any, Tally] = {}
    for row in rows:
        found.setdefault(row[key], Tally()).add(row)
    return found


def together(rows: Iterable[Any]) -> Tally:
    """Return the sum of all rows."""
    tally = Tally()
    for row in rows:
        tally.add(row)
    return tally
