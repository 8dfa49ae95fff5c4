"""Chip data: read, written, and bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.protocol.errors import TlvMalformed
from edge.protocol.limits import TLV_BYTES_MAX, TLV_ELEMENTS_MAX
from edge.protocol.tlv import decode_tlv, encode_tlv

TAGS = st.sampled_from(
    ["82", "84", "95", "9A", "9C", "5F2A", "5F34", "9F02", "9F1A", "9F26", "9F36", "DF8101", "70"]
)


def test_a_usual_string_is_read() -> None:
    raw = bytes.fromhex("9f0206000000001250 9f360200 01 9505 0000008000 9a03261122".replace(" ", ""))
    assert decode_tlv(raw) == {
        "9F02": bytes.fromhex("000000001250"),
        "9F36": b"\x00\x01",
        "95": bytes.fromhex("0000008000"),
        "9A": bytes.fromhex("261122"),
    }


def test_padding_between_elements_is_skipped_and_long_lengths_are_read() -> None:
    value = bytes(range(200))
    assert decode_tlv(b"\x00\x82\x81\xc8" + value + b"\x00\x00\x95\x82\x00\x01\x07") == {
        "82": value,
        "95": b"\x07",
    }


@given(st.dictionaries(TAGS, st.binary(max_size=300), max_size=3))
def test_what_is_written_reads_the_same(elements: dict[str, bytes]) -> None:
    assert decode_tlv(encode_tlv(elements)) == elements


@given(st.binary(max_size=120))
def test_junk_is_refused_or_reads_as_what_it_writes(raw: bytes) -> None:
    try:
        elements = decode_tlv(raw)
    except TlvMalformed:
        return
    assert decode_tlv(encode_tlv(elements)) == elements


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("9f", "truncated"),
        ("9f02", "truncated"),
        ("9f0206", "truncated"),
        ("9f02060000", "truncated"),
        ("9f818283", "tag"),
        ("8280", "length"),
        ("828300000101", "length"),
        ("8282 01", "truncated"),
        ("820101820102", "duplicate"),
    ],
)
def test_a_broken_string_is_refused(raw: str, problem: str) -> None:
    with pytest.raises(TlvMalformed) as caught:
        decode_tlv(bytes.fromhex(raw))
    assert caught.value.problem == problem


def test_too_many_or_too_long_is_refused_both_ways() -> None:
    many = {f"9F{number:02X}": b"" for number in range(TLV_ELEMENTS_MAX + 1)}
    raw = b"".join(bytes.fromhex(tag) + b"\x00" for tag in many)
    for refused in (lambda: encode_tlv(many), lambda: decode_tlv(raw)):
        with pytest.raises(TlvMalformed, match="limit"):
            refused()
    with pytest.raises(TlvMalformed, match="limit"):
        decode_tlv(bytes(TLV_BYTES_MAX + 1))
    with pytest.raises(TlvMalformed, match="limit"):
        encode_tlv({"82": bytes(TLV_BYTES_MAX)})


@pytest.mark.parametrize("tag", ["", "9F", "8", "zz", "82 ", "9f02", "8282", "00"])
def test_a_tag_that_is_none_is_not_written(tag: str) -> None:
    with pytest.raises(TlvMalformed, match=r"tag|truncated"):
        encode_tlv({tag: b""})
