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


@given(payloads=PAYLOADS, cuts=st.lists(st.integers(0, 1800), max_size=12))
def test_any_chunking_gives_the_same_frames(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(frame, payloads))
    reader = FrameReader()
    assert [found for chunk in chunks(stream, cuts) for found in reader.feed(chunk)] == payloads
    assert not reader.mid_frame


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
