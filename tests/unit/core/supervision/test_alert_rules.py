"""When an alert opens, stays and ends; what a scope covers; percentiles from counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from core.contracts.scope import EVERYTHING, Area, Scope
from core.supervision.activity.rules import percentile_ms, week_before
from core.supervision.alerts.model import Measured, Rule, Standing
from core.supervision.alerts.rules import decide, is_quiet, minute_of_day
from core.supervision.rules import covers

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
RULE = Rule(
    id=b"r" * 16,
    kind="decline_rate",
    name="Refus",
    enabled=True,
    severity="warning",
    threshold=40,
    window_minutes=15,
    volume_min=20,
    per="store",
    area=Area(),
    quiet_from=None,
    quiet_to=None,
    updated_at=NOW,
)


def _rule(**changes: Any) -> Rule:
    return msgspec.structs.replace(RULE, **changes)


def _seen(measured: float, volume: int = 100, **more: Any) -> Measured:
    return Measured(key="s", label="Halles", measured=measured, volume=volume, **more)


def _standing(minutes_ago: int = 0) -> Standing:
    return Standing(b"a" * 16, "s", NOW - timedelta(minutes=minutes_ago))


@pytest.mark.parametrize(
    ("measured", "volume", "opens", "ends"),
    [(40.0, 100, 1, 0), (39.0, 100, 0, 0), (31.9, 100, 0, 1), (90.0, 19, 0, 0)],
    ids=["at the threshold", "just under it", "below four fifths", "too few to say"],
)
def test_an_alert_opens_at_its_threshold_and_ends_well_below(
    measured: float, volume: int, opens: int, ends: int
) -> None:
    assert len(decide(RULE, [_seen(measured, volume)], [], NOW).put) == opens
    assert len(decide(RULE, [_seen(measured, volume)], [_standing()], NOW).recover) == ends


def test_an_alert_that_nothing_speaks_of_any_more_ends_after_a_while() -> None:
    assert decide(RULE, [], [_standing(29)], NOW).recover == []
    assert decide(RULE, [], [_standing(31)], NOW).recover == [b"a" * 16]


def test_a_terminal_that_is_back_ends_its_alert_at_once() -> None:
    assert decide(_rule(kind="terminal_silence"), [], [_standing()], NOW).recover == [b"a" * 16]


def test_quiet_hours_open_nothing_but_keep_what_stands() -> None:
    # 10:00 UTC is 11:00 in Paris in winter.
    quiet = _rule(quiet_from=22 * 60, quiet_to=11 * 60 + 1)
    assert is_quiet(quiet, NOW)
    assert not is_quiet(quiet, NOW + timedelta(minutes=1))
    assert decide(quiet, [_seen(90.0)], [], NOW).put == []
    assert len(decide(quiet, [_seen(90.0)], [_standing()], NOW).put) == 1


def test_a_store_is_silent_only_where_it_has_the_habit_of_trading() -> None:
    silence = _rule(kind="store_silence")
    habit = _seen(0.0, 0, usual=30.0, weeks=2)
    assert len(decide(silence, [habit], [], NOW).put) == 1
    for other in ({"weeks": 1}, {"usual": 19.0}, {"volume": 1}):
        assert decide(silence, [msgspec.structs.replace(habit, **other)], [], NOW).put == []


@pytest.mark.parametrize(
    ("text", "minute"),
    [("00:00", 0), ("22:30", 1350), ("24:00", None), ("7:00", None), ("07h00", None), ("٠٧:00", None)],
)
def test_a_time_of_the_day_is_read_or_refused(text: str, minute: int | None) -> None:
    assert minute_of_day(text) == minute


def test_a_scope_covers_what_one_of_its_grants_holds_whole() -> None:
    paris = Scope((Area(departments=("75",)),))
    assert covers(EVERYTHING, paris)
    assert not covers(paris, EVERYTHING)
    assert covers(Scope((Area(departments=("75", "69")),)), paris)
    assert not covers(Scope((Area(departments=("75",), services=("pax",)),)), paris)
    # Nothing is covered by nothing, and an empty wish by anybody.
    assert not covers(Scope(), paris)
    assert covers(Scope(), Scope())


def test_a_percentile_is_read_between_the_bounds_that_hold_it() -> None:
    assert percentile_ms(0.5, 0, [0] * 6) is None
    assert percentile_ms(0.5, 100, [100] * 6) == 50.0
    assert percentile_ms(0.95, 100, [0, 90, 100, 100, 100, 100]) == 375.0
    assert percentile_ms(0.95, 100, [0] * 6) == 5000.0


@pytest.mark.parametrize(
    ("moment", "before"),
    [
        ("2026-11-18T09:00+01:00", "2026-11-11T09:00+01:00"),
        ("2026-10-26T09:00+01:00", "2026-10-19T09:00+02:00"),
        ("2026-03-30T09:00+02:00", "2026-03-23T09:00+01:00"),
        ("2026-11-01T00:30+01:00", "2026-10-25T00:30+02:00"),
    ],
)
def test_a_week_before_is_the_same_hour_on_the_wall(moment: str, before: str) -> None:
    assert week_before(datetime.fromisoformat(moment)) == datetime.fromisoformat(before)
