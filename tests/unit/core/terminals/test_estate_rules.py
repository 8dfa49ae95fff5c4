"""Regions add up, trading hours are Paris time, and scopes name the places they can hold."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from core.contracts.estate import TerminalOptions
from core.terminals.assigning.rules import problems_of_options
from core.terminals.wall.rules import is_trading, regions_of, sum_of, total, troubled


def test_departments_add_up_to_regions_and_regions_to_the_country() -> None:
    cells = [
        ("2A", "active", 5),
        ("2A", "silent", 2),
        ("2B", "failing", 1),
        ("75", "active", 9),
        ("999", "active", 1),
    ]
    regions = regions_of(cells)
    assert [(region.code, region.total, region.troubled) for region in regions] == [
        ("", 1, 0),
        ("94", 8, 3),
        ("11", 9, 0),
    ]
    together = sum_of(regions)
    assert (total(together), troubled(together)) == (18, 3)


@pytest.mark.parametrize(
    ("hour_utc", "trading"), [(6, False), (7, True), (18, True), (19, False), (23, False)]
)
def test_shops_trade_by_the_clock_of_paris(hour_utc: int, trading: bool) -> None:
    assert is_trading(datetime(2026, 11, 23, hour_utc, 30, tzinfo=UTC)) is trading


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"dialect": "morse"}, "dialect"),
        ({"connectivity": "pigeon"}, "connectivity"),
        ({"tip": False, "tip_percent_max": 10}, "tip_percent_max"),
        ({"tip": True, "tip_percent_max": 31}, "tip_percent_max"),
        ({"contactless_max": 1_000_001}, "contactless_max"),
        ({}, None),
    ],
)
def test_wrong_options_are_named_by_their_field(changes: dict[str, object], field: str | None) -> None:
    options = msgspec.structs.replace(TerminalOptions("ascii1987", "wifi"), **changes)
    assert [problem.field for problem in problems_of_options(options)] == ([field] if field else [])
