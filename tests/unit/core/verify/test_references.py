"""The fast way from a reference to its identifiers says what the readable one says."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from core.values.ids import id_range_of_rrn, rrn_of, uuid7
from core.verify.checks import _key_of

NOW_US = 1_795_323_456_789_000


@given(st.integers(0, 2**39), st.integers(0, 4095), st.integers(0, 2**62 - 1))
def test_a_reference_gives_the_first_bytes_of_its_identifiers(
    ago_ms: int, sequence: int, randomness: int
) -> None:
    identifier = uuid7(unix_ms=NOW_US // 1000 - ago_ms % 100_000, sequence=sequence, randomness=randomness)
    key = _key_of(rrn_of(identifier), NOW_US)
    assert key is not None
    assert key[:9] == identifier[:9]
    assert key[9] == identifier[9] & 0xC0


@given(st.text(alphabet=string.ascii_letters + string.digits + "_- +é", max_size=14) | st.text(max_size=13))
def test_both_ways_agree_on_any_text(text: str) -> None:
    expected = id_range_of_rrn(text, near_unix_ms=NOW_US // 1000)
    assert _key_of(text, NOW_US) == (None if expected is None else expected[0][:10])
