"""Filters between the page's address and the gateway; the hops' bars."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from portals.agent.transaction.record import lay_out_hops
from portals.agent.transactions.filters import read_filters
from portals.agent.transactions.page import every_minute
from portals.kit.records import path_part

NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


def test_filters_survive_their_own_address() -> None:
    pairs = [
        ("terminal", "T0000001"),
        ("state", "declined"),
        ("state", "unknown"),
        ("min", "1,50"),
        ("brand", "visa"),
        ("period", "7d"),
    ]
    filters = read_filters(pairs)
    assert read_filters(parse_qsl(filters.query())) == filters
    assert ("state", "declined,unknown") in filters.live_parameters()
    assert ("amount_min", "150") in filters.live_parameters()


def test_a_period_an_identifier_or_a_page_is_history() -> None:
    assert read_filters([("brand", "visa")]).is_live
    for pair in (
        ("period", "today"),
        ("rrn", "0123456789AB"),
        ("cursor", "x"),
        ("before", "2026-01-01T00:00:00Z"),
    ):
        assert not read_filters([pair]).is_live


def test_what_cannot_be_read_is_named_and_left_out() -> None:
    filters = read_filters(
        [("min", "douze"), ("terminal", "???"), ("state", "no_such"), ("store", "x y"), ("period", "zz")]
    )
    assert set(filters.problems) == {"min", "terminal"}
    assert filters.live_parameters() == []
    assert filters.is_live


def test_days_begin_at_midnight_in_paris() -> None:
    sent = dict(read_filters([("period", "yesterday")]).list_parameters(now=NOW, limit=10))
    assert sent["from"] == "2026-06-29T22:00:00.000Z"
    assert sent["to"] == "2026-06-30T22:00:00.000Z"


def test_chosen_dates_are_paris_time() -> None:
    pairs = [("period", "custom"), ("from", "2026-01-02T08:00"), ("to", "2026-07-02T08:00")]
    sent = dict(read_filters(pairs).list_parameters(now=NOW, limit=10))
    assert sent["from"] == "2026-01-02T07:00:00.000Z"
    assert sent["to"] == "2026-07-02T06:00:00.000Z"


def test_bars_start_where_their_hop_started_and_never_leave_the_rail() -> None:
    hops = [
        {"name": "host", "started_at": "2026-07-01T10:00:00.010Z", "duration_ms": 90, "ok": True},
        {"name": "edge_to_core", "started_at": "2026-07-01T10:00:00.000Z", "duration_ms": 10, "ok": True},
        {"name": "decide", "started_at": "2026-07-01T10:00:00.100Z", "duration_ms": None, "ok": False},
    ]
    laid = lay_out_hops(hops)
    assert [(hop["name"], hop["left"], hop["width"]) for hop in laid] == [
        ("edge_to_core", 0, 10),
        ("host", 10, 90),
        ("decide", 99.4, 0.6),
    ]


def test_minutes_in_which_nothing_happened_are_filled_in() -> None:
    busy = {
        "minute": "2026-07-01T09:58:00.000Z",
        "approved": 3,
        "declined": 1,
        "unknown": 0,
        "amount": {"amount": 1, "currency": "EUR"},
    }
    counters = {"minutes": 15, "amount": {"amount": 1, "currency": "EUR"}, "by_minute": [busy]}
    rows = every_minute(counters, now=NOW)
    assert len(rows) == 15
    assert rows[-3] is busy
    assert rows[0]["minute"] == "2026-07-01T09:46:00.000Z"
    assert sum(row["approved"] for row in rows) == 3


@pytest.mark.parametrize("text", ["../v1/sessions", "a?b=c", "", "x" * 65, "é"])
def test_an_identifier_never_escapes_its_path(text: str) -> None:
    assert path_part(text) == "unknown"
