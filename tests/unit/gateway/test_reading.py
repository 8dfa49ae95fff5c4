"""Numbers in a cursor are plain digits of a bounded length, whoever wrote them."""

from __future__ import annotations

import pytest

from core.values.clock import from_unix_us
from gateway.problems import Problem
from gateway.v1.reading import cursor_number


def test_a_cursor_holds_any_time_that_a_date_can_tell() -> None:
    assert cursor_number("0", 17) == 0
    assert from_unix_us(cursor_number("9" * 17, 17)).year == 5138


@pytest.mark.parametrize("part", ["", "-1", "1.5", "²", "٣", "1" * 18])
def test_anything_else_in_its_place_is_the_cursor_s_fault(part: str) -> None:
    with pytest.raises(Problem) as refused:
        cursor_number(part, 17)
    assert [error.field for error in refused.value.errors] == ["cursor"]
