"""The NATS wire protocol, byte by byte."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.bus.errors import WireMalformed
from core.bus.wire import ServerInfo, WireReader, publish_line, subscribe_line
from tests.support.lengths import WHOLE


class Recorder:
    """A sink that writes down what it is told."""

    def __init__(self) -> None:
        self.seen: list[tuple[object, ...]] = []

    def message(self, sid: bytes, subject: bytes, reply: bytes, payload: bytes) -> None:
        self.seen.append(("message", sid, subject, reply, payload))

    def no_responders(self, sid: bytes, subject: bytes) -> None:
        self.seen.append(("no_responders", sid, subject))

    def ping(self) -> None:
        self.seen.append(("ping",))

    def pong(self) -> None:
        self.seen.append(("pong",))

    def info(self, info: ServerInfo) -> None:
        self.seen.append(("info", info.max_payload))

    def error(self, text: str) -> None:
        self.seen.append(("error", text))


_OPERATIONS = (
    b'INFO {"server_name":"a","max_payload":1000,"unknown":[1]}\r\n',
    b"PING\r\nPONG\r\n+OK\r\n",
    b"MSG a.b 1 5\r\nhello\r\n",
    b"MSG a.b 12 back.to 7\r\nMSG\r\n x\r\n",
    b"HMSG a 3 16 16\r\nNATS/1.0 503\r\n\r\n\r\n",
    b"HMSG a 3 back 12 15\r\nNATS/1.0\r\n\r\nabc\r\n",
    b"MSG a 1 0\r\n\r\n",
    b"-ERR 'Authorization Violation'\r\n",
)
STREAM = b"".join(_OPERATIONS)
EXPECTED = [
    ("info", 1000),
    ("ping",),
    ("pong",),
    ("message", b"1", b"a.b", b"", b"hello"),
    ("message", b"12", b"a.b", b"back.to", b"MSG\r\n x"),
    ("no_responders", b"3", b"a"),
    ("message", b"3", b"a", b"back", b"abc"),
    ("message", b"1", b"a", b"", b""),
    ("error", "Authorization Violation"),
]


@given(st.lists(st.integers(min_value=0, max_value=len(STREAM)), max_size=30))
def test_any_chunking_of_the_stream_gives_the_same_operations(cuts: list[int]) -> None:
    recorder = Recorder()
    assert read_of(recorder, chunks_of(STREAM, cuts)) == ""
    assert recorder.seen == EXPECTED


@st.composite
def damaged_streams(draw: st.DrawFn) -> bytes:
    """Draw operations in any order, some of their bytes changed, left out or doubled, or bytes of no order at all."""
    operations = st.sampled_from([*_OPERATIONS, b"MSG ", b"HMSG a 1 ", b" 4\r\n", b"\r\n", b"INFO {}\r\n"])
    stream = bytearray(b"".join(draw(st.lists(operations | st.binary(max_size=20), max_size=12))))
    for _ in range(draw(st.integers(0, 6))):
        if stream:
            place = draw(st.integers(0, len(stream) - 1))
            stream[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(stream)


@settings(max_examples=20_000 if WHOLE else 300, deadline=None)
@given(damaged_streams(), st.lists(st.integers(0, 400), max_size=20))
def test_a_damaged_stream_is_read_alike_in_any_chunks_or_refused(stream: bytes, cuts: list[int]) -> None:
    whole, in_chunks = Recorder(), Recorder()
    refusals = [read_of(whole, [stream]), read_of(in_chunks, chunks_of(stream, cuts))]
    assert in_chunks.seen == whole.seen
    assert refusals[0] == refusals[1]


def read_of(recorder: Recorder, chunks: list[bytes]) -> str:
    """Feed the chunks and return what was refused, nothing else being raised."""
    reader = WireReader(recorder)
    for chunk in chunks:
        try:
            reader.feed(chunk)
        except WireMalformed as error:
            return str(error)
    return ""


def chunks_of(stream: bytes, cuts: list[int]) -> list[bytes]:
    """Cut the bytes at the given places."""
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(edges) if end > start]


@pytest.mark.parametrize(
    "stream",
    [
        b"MSG a 1 x\r\n",
        b"MSG a 1 99999999\r\n",
        b"MSG a\r\n",
        b"HELLO\r\n",
        b"HMSG a 1 9 3\r\n",
        b"INFO {\r\n",
        b'INFO {"server_name":"\x80"}\r\n',
        b"x" * 70_000,
    ],
)
def test_what_is_not_nats_is_refused(stream: bytes) -> None:
    with pytest.raises(WireMalformed):
        WireReader(Recorder()).feed(stream)


def test_a_publication_carries_its_reply_subject_and_size() -> None:
    assert publish_line("a.b", "", b"xyz") == b"PUB a.b 3\r\nxyz\r\n"
    assert publish_line("a.b", "c", b"") == b"PUB a.b c 0\r\n\r\n"


@pytest.mark.parametrize("subject", ["", "a b", "a\r\nPUB x 0"])
def test_a_subject_cannot_smuggle_an_operation(subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        subscribe_line(subject=subject, queue="", sid=1)
    if subject:
        with pytest.raises(ValueError, match="subject"):
            publish_line(subject, "", b"")
