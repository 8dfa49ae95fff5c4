"""Regions add up, trading hours are those of the place, and scopes name the places they can hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from core.contracts.terminals import TerminalOptions
from core.terminals.assigning.rules import problems_of_options
from core.terminals.wall.rules import is_trading, regions_of, sum_of, total, troubled
from core.values.zones import time_zone_of


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
    ("department", "from_utc"), [("75", 7), ("971", 12), ("974", 4), ("975", 11), ("987", 18), ("988", 21)]
)
def test_shops_trade_from_8_to_20_by_the_clock_of_their_place(department: str, from_utc: int) -> None:
    opens = datetime(2026, 11, 23, from_utc, 0, tzinfo=UTC)
    for minutes, trading in ((-1, False), (0, True), (719, True), (720, False)):
        assert is_trading(opens + timedelta(minutes=minutes), time_zone_of(department)) is trading


def test_the_clocks_of_paris_change_and_shops_open_with_them() -> None:
    assert is_trading(datetime(2026, 7, 6, 6, 0, tzinfo=UTC), "Europe/Paris")
    assert not is_trading(datetime(2026, 12, 7, 6, 0, tzinfo=UTC), "Europe/Paris")


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
    options = msgspec.structs.replace(TerminalOptions(dialect="ascii1987", connectivity="wifi"), **changes)
    assert [problem.field for problem in problems_of_options(options)] == ([field] if field else [])
