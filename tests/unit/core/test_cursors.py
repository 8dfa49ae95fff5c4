"""What a list wrote into a cursor is read back; anything else is the cursor's fault."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.values.clock import to_unix_us
from core.values.cursors import CursorMalformed, encode_cursor, moment_and_id_in, name_and_id_in
from core.values.ids import encode_id

STORE = bytes(range(16))


def test_a_page_begins_after_a_name_or_before_a_moment() -> None:
    moment = datetime(2026, 11, 28, 17, 30, tzinfo=UTC)
    by_name = encode_cursor("Ondine", encode_id("store", STORE))
    by_time = encode_cursor(str(to_unix_us(moment)), encode_id("store", STORE))
    assert name_and_id_in("store", by_name) == ("Ondine", STORE)
    assert moment_and_id_in("store", by_time) == (moment, STORE)
    assert (name_and_id_in("store", None), moment_and_id_in("store", None)) == (("", bytes(16)), (None, None))


@pytest.mark.parametrize("moment", ["", "-1", "1.5", "²", "1" * 18])
def test_what_no_list_has_written_is_no_moment(moment: str) -> None:
    with pytest.raises(CursorMalformed):
        moment_and_id_in("store", encode_cursor(moment, encode_id("store", STORE)))
