"""Numbers in a cursor are plain digits of a bounded length, whoever wrote them."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient

from core.values.cursors import CursorMalformed, moment_of_part, number_of_part
from gateway.app import build_app
from gateway.wellformed import WellFormed


def test_a_cursor_holds_any_time_that_a_date_can_tell() -> None:
    assert number_of_part("0") == 0
    assert moment_of_part("9" * 17).year == 5138


@pytest.mark.parametrize("part", ["", "-1", "1.5", "²", "٣", "1" * 18])
def test_anything_else_in_its_place_is_the_cursor_s_fault(part: str) -> None:
    with pytest.raises(CursorMalformed):
        moment_of_part(part)


@pytest.mark.parametrize("text", ["1e2", "5.0", "1E+2", ".5", "-1.", "1.5e3"])
def test_a_number_in_a_parameter_is_written_as_a_whole_one(text: str) -> None:
    with TestClient(WellFormed(build_app(None))) as client:  # pyright: ignore[reportArgumentType]
        for path, name in (("/v1/transactions", "amount_min"), ("/v1/stores", "limit")):
            answer = client.get(path, params={name: text})
            found = [(error["field"], error["code"]) for error in answer.json()["errors"]]
            assert (answer.status_code, found) == (422, [(name, "not_integer")])
