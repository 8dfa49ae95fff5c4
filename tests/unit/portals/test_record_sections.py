"""Sections of several records in one."""

from __future__ import annotations

from typing import Any

from portals.agent.record.sections import FAILED, about, together


def test_what_is_not_shown_of_one_of_them_is_not_shown_of_all() -> None:
    whole: dict[str, Any] = {"data": [1, 2], "next_cursor": None}
    cut: dict[str, Any] = {"data": [3], "next_cursor": "c"}
    assert together([whole, None]) == {"data": [1, 2], "next_cursor": None, "left_out": 0}
    assert together([whole, cut]) == {"data": [1, 2, 3], "next_cursor": "more", "left_out": 0}
    assert together([whole], left_out=2) == {"data": [1, 2], "next_cursor": "more", "left_out": 2}
    assert together([whole, FAILED]) is FAILED
    assert together([None, None]) is None


def test_what_was_not_read_is_not_said_to_be_none() -> None:
    assert about(None, {"sto_1"}) is None, "no right to read alerts"
    assert about(FAILED, {"sto_1"}) is FAILED
    page: dict[str, Any] = {"data": [{"subject": "sto_1"}, {"subject": "sto_2"}], "next_cursor": "c"}
    assert about(page, {"sto_2"}) == {"data": [{"subject": "sto_2"}], "next_cursor": "c"}
