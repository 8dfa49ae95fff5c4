"""Which amounts are paid in instalments, from the plans that are offered today."""

from collections.abc import Mapping, Sequence
from typing import Any

Plan = Mapping[str, Any]
"""A plan as the merchants' API says it."""


def takes(plan: Plan, amount_minor: int) -> bool:
    """Tell whether a plan is for an amount."""
    return plan["amount_min"]["amount"] <= amount_minor <= plan["amount_max"]["amount"]


def ranges_of(plans: Sequence[Plan]) -> list[tuple[int, int]]:
    """Return from what amount up to what amount there is a plan, in cents; what overlaps or adjoins is one range."""
    ranges: list[tuple[int, int]] = []
    for low, high in sorted((plan["amount_min"]["amount"], plan["amount_max"]["amount"]) for plan in plans):
        if ranges and low <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], high))
        else:
            ranges.append((low, high))
    return ranges
