"""Identifiers, their public form and their references."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.ids import TransactionId, all_kinds
from core.values.ids import (
    PREFIXES,
    IdMalformed,
    KindUnknown,
    declare_kind,
    decode_id,
    encode_id,
    id_range_of_rrn,
    lowest_id,
    rrn_of,
    uuid7,
)

CHECKOUT = Path(__file__).resolve().parents[4]
RAW = st.binary(min_size=16, max_size=16)
IDS = st.builds(
    lambda ms, sequence, randomness: uuid7(unix_ms=ms, sequence=sequence, randomness=randomness),
    st.integers(min_value=0, max_value=(1 << 48) - 1),
    st.integers(min_value=0, max_value=(1 << 12) - 1),
    st.integers(min_value=0, max_value=(1 << 62) - 1),
)
LAST_MS = b"\xff" * 6
YEAR_MS = 365 * 86_400_000


@given(IDS.filter(lambda raw: raw[:6] != LAST_MS))
def test_the_lowest_id_of_a_moment_parts_its_millisecond_from_what_came_before(raw: bytes) -> None:
    unix_us = int.from_bytes(raw[:6], "big") * 1000
    assert lowest_id(unix_us) == lowest_id(unix_us + 999) <= raw < lowest_id(unix_us + 1000)


def test_a_moment_before_any_id_is_below_them_all() -> None:
    assert lowest_id(-1) == lowest_id(0) == uuid7(unix_ms=0, sequence=0, randomness=0)


def test_a_kind_and_its_prefix_are_declared_once() -> None:
    assert PREFIXES[TransactionId.kind] == "txn"
    for kind, prefix in (("transaction", "xyz"), ("another", "txn"), ("another", "long")):
        with pytest.raises(ValueError, match="cannot begin with"):
            declare_kind(kind, prefix)


@pytest.mark.parametrize("kind", sorted(all_kinds()))
def test_every_kind_is_known_to_whoever_imports_the_identifiers_alone(kind: str) -> None:
    asked = (
        "import core.contracts.ids\n"
        "from core.values.ids import decode_id, encode_id\n"
        f"print(decode_id({kind!r}, {encode_id(kind, bytes(16))!r}) == bytes(16))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_kind_that_no_contract_declares_is_a_mistake_that_says_so() -> None:
    for ask in (lambda: encode_id("unicorn", bytes(16)), lambda: decode_id("unicorn", "uni_01j")):
        with pytest.raises(
            KindUnknown, match="no class of core/contracts declares the identifiers of 'unicorn'"
        ):
            ask()


@given(st.sampled_from(sorted(all_kinds())), RAW)
def test_the_public_form_reads_back(kind: str, raw: bytes) -> None:
    text = encode_id(kind, raw)
    assert decode_id(kind, text) == raw
    assert decode_id(kind, text[:4] + text[4:].upper()) == raw
    other = next(name for name in PREFIXES if PREFIXES[name] != PREFIXES[kind])
    with pytest.raises(IdMalformed):
        decode_id(other, text)


@given(st.text(max_size=40))
def test_any_other_text_is_malformed_or_reads_back(text: str) -> None:
    try:
        raw = decode_id("transaction", text)
    except IdMalformed:
        return
    assert encode_id("transaction", raw) == text.lower()


@given(IDS, IDS)
def test_public_forms_sort_as_the_identifiers_do(one: bytes, other: bytes) -> None:
    assert (one < other) == (encode_id("transaction", one) < encode_id("transaction", other))


@given(IDS, st.integers(min_value=-YEAR_MS, max_value=YEAR_MS))
def test_a_reference_finds_its_identifier_in_a_range_of_the_key(raw: bytes, elapsed_ms: int) -> None:
    rrn = rrn_of(raw)
    made_at_ms = int.from_bytes(raw[:6], "big")
    near = made_at_ms + elapsed_ms
    if near < 0 or near >> 40 != made_at_ms >> 40:
        near = made_at_ms  # The reference wraps every 34 years.
    found = id_range_of_rrn(rrn, near_unix_ms=near)
    assert len(rrn) == 12
    assert rrn.isascii()
    assert rrn.isalnum()
    assert found is not None
    assert found[0] <= raw <= found[1]
    assert rrn_of(found[0]) == rrn_of(found[1]) == rrn


@given(st.text(max_size=20))
def test_a_text_that_is_no_reference_of_ours_finds_nothing_or_a_range(text: str) -> None:
    found = id_range_of_rrn(text, near_unix_ms=1_700_000_000_000)
    assert found is None or found[0] < found[1]
