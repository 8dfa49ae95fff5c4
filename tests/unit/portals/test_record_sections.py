"""Sections of several records in one."""

from __future__ import annotations

from typing import Any

from portals.agent.record.sections import FAILED, together


def test_what_is_not_shown_of_one_of_them_is_not_shown_of_all() -> None:
    whole: dict[str, Any] = {"data": [1, 2], "next_cursor": None}
    cut: dict[str, Any] = {"data": [3], "next_cursor": "c"}
    assert together([whole, None]) == {"data": [1, 2], "next_cursor": None, "left_out": 0}
    assert together([whole, cut]) == {"data": [1, 2, 3], "next_cursor": "more", "left_out": 0}
    assert together([whole], left_out=2) == {"data": [1, 2], "next_cursor": "more", "left_out": 2}
    assert together([whole, FAILED]) is FAILED
    assert together([None, None]) is None
