"""Frames: any chunking of a stream gives the same ones, and a forbidden length ends it."""

import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.protocol.errors import FrameRefused
from edge.protocol.framing import FrameReader, frame, mirror_tpdu

PAYLOADS = st.lists(st.binary(min_size=1, max_size=300), max_size=6)


def chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut the bytes at the given places."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@pytest.mark.parametrize("header_bytes", [2, 4])
@given(payloads=PAYLOADS, cuts=st.lists(st.integers(0, 1800), max_size=12))
def test_any_chunking_gives_the_same_frames(
    header_bytes: int, payloads: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(frame(payload, header_bytes=header_bytes) for payload in payloads)
    reader = FrameReader(header_bytes=header_bytes)
    assert [found for chunk in chunks(stream, cuts) for found in reader.feed(chunk)] == payloads
    assert not reader.mid_frame


@given(
    pairs=st.lists(
        st.tuples(st.binary(min_size=5, max_size=5), st.binary(min_size=1, max_size=99)), max_size=5
    ),
    cuts=st.lists(st.integers(0, 600), max_size=12),
)
def test_each_frame_keeps_its_own_tpdu(pairs: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    stream = b"".join(frame(payload, tpdu) for tpdu, payload in pairs)
    reader = FrameReader(tpdu=True)
    found: list[tuple[bytes, bytes]] = []
    for chunk in chunks(stream, cuts):
        payloads = reader.feed(chunk)
        assert reader.tpdus is not None
        found += zip(reader.tpdus, payloads, strict=True)
    assert found == pairs


@given(
    payloads=PAYLOADS,
    size=st.sampled_from([0, 4097, 65535]),
    rest=st.binary(max_size=20),
    cuts=st.lists(st.integers(0, 1800), max_size=12),
)
def test_frames_before_a_refused_one_are_not_lost(
    payloads: list[bytes], size: int, rest: bytes, cuts: list[int]
) -> None:
    stream = b"".join(map(frame, payloads)) + size.to_bytes(2, "big") + rest
    reader = FrameReader()
    found: list[bytes] = []
    refused: FrameRefused | None = None
    for chunk in chunks(stream, cuts):
        try:
            found += reader.feed(chunk)
        except FrameRefused as error:
            refused = error
            break
    assert refused is not None
    assert found + refused.frames == payloads
    assert refused.limit == ("frame_bytes_max" if size else "frame_bytes_min")
    assert refused.announced_bytes == size


def test_a_length_above_the_limit_is_refused_before_its_body_comes() -> None:
    with pytest.raises(FrameRefused):
        FrameReader().feed(b"\xff\xff")


def test_a_whole_frame_above_the_limit_is_refused() -> None:
    with pytest.raises(FrameRefused, match="frame_bytes_max"):
        FrameReader(max_frame_bytes=10).feed(frame(bytes(11)))
    assert FrameReader(max_frame_bytes=10).feed(frame(bytes(10))) == [bytes(10)]


def test_a_frame_without_room_for_a_message_behind_its_tpdu_is_refused() -> None:
    with pytest.raises(FrameRefused) as caught:
        FrameReader(tpdu=True).feed(frame(b"hello", b"\x60\x00\x01\x00\x02") + frame(b"short"))
    assert caught.value.limit == "tpdu_bytes"
    assert caught.value.frames == [b"hello"]


def test_an_answer_goes_back_by_the_mirrored_tpdu() -> None:
    assert mirror_tpdu(bytes.fromhex("6000010002")) == bytes.fromhex("6000020001")


def test_nothing_and_too_much_cannot_be_framed() -> None:
    for payload in (b"", bytes(65536)):
        with pytest.raises(FrameRefused):
            frame(payload)
    with pytest.raises(FrameRefused, match="tpdu_bytes"):
        frame(b"hello", b"\x60")


def test_a_reader_says_when_it_is_inside_a_frame_and_weighs_little_when_idle() -> None:
    reader = FrameReader()
    assert reader.feed(b"\x00") == []
    assert reader.mid_frame
    assert reader.feed(b"\x01a") == [b"a"]
    assert not reader.mid_frame
    assert sys.getsizeof(reader) < 100
    assert not hasattr(reader, "__dict__")


def test_a_header_has_two_or_four_bytes() -> None:
    with pytest.raises(ValueError, match="2 or 4"):
        FrameReader(header_bytes=3)
