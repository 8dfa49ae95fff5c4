"""A terminal's session: who may ask what, when, and how much."""

import contextlib
from itertools import pairwise
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.dialects import DIALECTS, TERMINAL_DIALECTS
from edge.protocol import limits
from edge.protocol.errors import AnswerIncomplete, FrameRefused, MessageTypeUnknown
from edge.protocol.field import Message
from edge.protocol.framing import FrameReader, frame
from edge.protocol.message_types import is_repeat, request_mti, response_mti
from edge.protocol.session import (
    DialectUnknown,
    Malformed,
    NetworkRequest,
    Refused,
    SessionState,
    TerminalRequest,
    TerminalSession,
)
from edge.translate.terminal_messages import BY_TYPE, TerminalMessage
from tests.support.lengths import WHOLE
from tests.unit.edge.protocol.messages import messages

Session: TypeAlias = TerminalSession[TerminalMessage]
FINANCIAL = {mti: row for mti, row in BY_TYPE.items() if row.path != "network"}


def management(code: str, terminal: str = "TERM0001") -> Message:
    return {0: "0800", 11: "000001", 41: terminal, 70: code}


def purchase(mti: str = "0200", terminal: str = "TERM0001") -> Message:
    return {0: mti, 4: "000000001250", 11: "000123", 41: terminal}


def new_session(now: float = 0.0) -> Session:
    return TerminalSession(TERMINAL_DIALECTS, BY_TYPE, now=now)


def hear(session: Session, message: Message, now: float = 0.0) -> str:
    """Return what the session makes of a message, in a word or two."""
    event = session.receive_message(message, now=now)
    match event:
        case TerminalRequest():
            return event.row.name
        case NetworkRequest():
            return event.function
        case Refused():
            return (
                f"answers {event.answer[39]}: {event.reason}" if event.answer else f"closes: {event.reason}"
            )
        case _:
            raise AssertionError(event)


def signed_on(now: float = 0.0) -> Session:
    session = new_session(now)
    event = session.receive_message(management("001"), now=now)
    assert isinstance(event, NetworkRequest)
    assert (event.function, event.terminal_id) == ("sign_on", "TERM0001")
    session.signed_on("TERM0001")
    return session


@pytest.mark.parametrize("mti", FINANCIAL)
def test_nothing_financial_is_heard_before_sign_on(mti: str) -> None:
    session = new_session(0.0)
    assert hear(session, purchase(mti), now=0.1) == "answers 58: not_signed_on"
    assert session.in_flight == 0


@pytest.mark.parametrize("mti", FINANCIAL)
def test_each_request_is_named_after_sign_on(mti: str) -> None:
    message = purchase(mti)
    assert signed_on().receive_message(message, now=0.1) == TerminalRequest(message, FINANCIAL[mti], b"")


def test_asking_to_sign_on_is_not_being_signed_on() -> None:
    session = new_session(0.0)
    session.receive_message(management("001"), now=0.0)
    assert session.state is SessionState.NEW
    assert hear(session, purchase(), now=0.1) == "answers 58: not_signed_on"


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("002", "sign_off"),
        ("101", "key_exchange"),
        ("201", "cut_over"),
        ("301", "echo"),
        ("001", "sign_on"),
        ("999", "answers 12: network_code_unknown"),
    ],
)
def test_network_management_when_signed_on(code: str, word: str) -> None:
    assert hear(signed_on(), management(code), now=1.0) == word


@pytest.mark.parametrize("code", ["002", "101", "201", "301"])
def test_only_sign_on_is_heard_on_a_new_connection(code: str) -> None:
    assert hear(new_session(), management(code)) == "answers 58: not_signed_on"


def test_a_terminal_signs_off_and_on_again() -> None:
    session = signed_on()
    session.receive_message(management("002"), now=1.0)
    session.signed_off()
    assert session.state is SessionState.SIGNED_OFF
    assert hear(session, purchase(), now=2.0) == "answers 58: not_signed_on"
    assert hear(session, management("301"), now=2.0) == "echo"
    assert hear(session, management("001"), now=3.0) == "sign_on"
    session.signed_on("TERM0001")
    assert isinstance(session.receive_message(purchase(), now=4.0), TerminalRequest)


def test_a_session_belongs_to_one_terminal() -> None:
    session = signed_on()
    assert hear(session, purchase(terminal="TERM0002"), now=1.0) == "answers 63: terminal_changed"
    assert hear(session, management("001", "TERM0002"), now=1.0) == "answers 63: terminal_changed"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({0: "0800", 70: "001"}, "terminal_absent"),
        ({0: "0800", 41: "        ", 70: "001"}, "terminal_absent"),
        ({0: "0800", 41: "TERM0001"}, "network_code_absent"),
        ({0: "0200", 11: "000001"}, "terminal_absent"),
        ({0: "0200", 41: "TERM0001"}, "trace_number_absent"),
        ({0: "0210", 11: "000001", 41: "TERM0001"}, "message_type_unknown"),
        ({0: "1200", 11: "000001", 41: "TERM0001"}, "message_type_unknown"),
    ],
)
def test_what_is_missing_or_unknown_is_said(message: Message, reason: str) -> None:
    refused = signed_on().receive_message(message, now=1.0)
    assert isinstance(refused, Refused)
    assert refused.reason == reason


def test_a_closed_session_hears_nothing() -> None:
    session = signed_on()
    session.close()
    session.signed_on("TERM0001")
    assert session.state is SessionState.CLOSED
    assert hear(session, management("301"), now=1.0) == "closes: closed"


def test_requests_in_flight_are_bounded_and_answers_make_room() -> None:
    session = signed_on()
    for _ in range(limits.IN_FLIGHT_MAX):
        assert isinstance(session.receive_message(purchase(), now=1.0), TerminalRequest)
    assert hear(session, purchase(), now=1.0) == "answers 91: in_flight_max"
    session.answered()
    assert isinstance(session.receive_message(purchase(), now=1.0), TerminalRequest)


def test_messages_a_second_are_bounded() -> None:
    session = signed_on(now=0.5)
    for _ in range(limits.MESSAGES_PER_SECOND_MAX - 1):
        assert hear(session, management("301"), now=1.0) == "echo"
    assert hear(session, management("301"), now=1.2) == "closes: messages_per_second_max"
    assert hear(session, management("301"), now=1.5) == "echo"


def test_each_deadline_has_its_name() -> None:
    session = new_session(100.0)
    assert session.overdue(now=114.9) is None
    assert session.overdue(now=115.0) == "sign_on_deadline_s"
    session = signed_on(now=100.0)
    assert session.overdue(now=699.0) is None
    assert session.overdue(now=700.0) == "idle_timeout_s"
    assert session.feed(b"\x00", now=650.0) == session.feed(b"\x02a", now=679.0) == []
    assert session.overdue(now=679.9) is None
    assert session.overdue(now=680.0) == "read_deadline_s"
    assert session.feed(b"b", now=680.0) == [b"ab"]
    assert session.overdue(now=681.0) is None


@pytest.mark.parametrize(
    ("mti", "answer"),
    [
        ("0100", "0110"),
        ("0121", "0130"),
        ("0201", "0210"),
        ("0421", "0430"),
        ("0520", "0530"),
        ("0800", "0810"),
        ("0804", "0814"),
    ],
)
def test_an_answer_has_its_type(mti: str, answer: str) -> None:
    assert response_mti(mti) == answer
    assert request_mti(answer) == mti[:3] + answer[3]
    assert is_repeat(mti) == mti.endswith("1")


@pytest.mark.parametrize("mti", ["0110", "0999", "1200", ""])
def test_what_is_no_request_has_no_answer(mti: str) -> None:
    with pytest.raises(MessageTypeUnknown):
        response_mti(mti)


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["0200", "0401", "0800", "0210", "9999"]),
            st.sampled_from(["001", "002", "101", "201", "301", "777", None]),
            st.sampled_from(["TERM0001", "OTHER", "", None]),
        ),
        max_size=40,
    )
)
def test_no_order_of_messages_gets_a_payment_in_without_a_sign_on(
    steps: list[tuple[str, str | None, str | None]],
) -> None:
    session = new_session(0.0)
    accepted = ""
    for place, (mti, code, terminal) in enumerate(steps):
        optional = {11: "000001", 41: terminal, 70: code}
        message: Message = {0: mti} | {key: value for key, value in optional.items() if value is not None}
        event = session.receive_message(message, now=float(place))
        if isinstance(event, NetworkRequest) and event.function == "sign_on":
            accepted = event.terminal_id
            session.signed_on(accepted)
        elif isinstance(event, NetworkRequest) and event.function == "sign_off":
            session.signed_off()
        elif isinstance(event, TerminalRequest):
            assert session.state is SessionState.SIGNED_ON
            assert session.terminal_id == accepted
        assert session.in_flight <= limits.IN_FLIGHT_MAX


TPDU = bytes.fromhex("6000010002")


def frame_of(message: Message, dialect: str = "ascii1987") -> bytes:
    return DIALECTS[dialect].encode(message)


def speaking(dialect: str = "ascii1987") -> Session:
    """Return a session that is signed on and knows the terminal's dialect."""
    session = signed_on()
    echo: Message = management("301")
    if dialect == "ascii1993":
        echo = {0: "1804", 11: "000001", 24: "831", 41: "TERM0001"}
    event = session.receive(frame_of(echo, dialect), now=1.0)
    assert isinstance(event, NetworkRequest)
    assert event.function == "echo"
    return session


def answer_of(session: Session, frame: bytes, now: float = 2.0) -> Message | None:
    """Return the answer to a malformed frame, None where the session closes."""
    event = session.receive(frame, now=now)
    assert isinstance(event, Malformed)
    return event.answer


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_first_byte_tells_the_dialect_and_answers_are_written_in_it(dialect: str) -> None:
    session = speaking(dialect)
    written = session.write({0: "0810", 11: "000001", 39: "00", 41: "TERM0001"})
    read = DIALECTS[dialect].decode(written[2:])
    assert int.from_bytes(written[:2], "big") == len(written) - 2
    assert (read[0], read[39]) == (("1810", "800") if dialect == "ascii1993" else ("0810", "00"))


@pytest.mark.parametrize("junk", [b"GET / HTTP/1.1", bytes(100), b"\x16\x03\x01"])
def test_what_no_dialect_begins_with_closes(junk: bytes) -> None:
    assert new_session().receive(junk, now=0.0) == DialectUnknown()


def test_a_tpdu_is_kept_for_its_answer_which_carries_its_mirror() -> None:
    event = signed_on().receive(TPDU + frame_of(purchase()), now=1.0)
    assert isinstance(event, TerminalRequest)
    assert (event.message[11], event.tpdu) == ("000123", TPDU)
    assert speaking().write({0: "0210"}, TPDU)[2:7] == bytes.fromhex("6000020001")


def test_a_malformed_message_is_answered_30_with_what_can_be_read() -> None:
    cut = frame_of(purchase()).replace(b"000000001250", b"00000000125X")
    answer = answer_of(speaking(), cut)
    assert answer is not None
    assert {number: answer.get(number) for number in (0, 4, 11, 39, 41)} == {
        0: "0210",
        4: None,
        11: "000123",
        39: "30",
        41: "TERM0001",
    }


def test_a_malformed_message_of_1993_is_answered_in_its_own_code() -> None:
    session = speaking("ascii1993")
    message: Message = {0: "1200", 4: "000000001250", 11: "000123", 41: "TERM0001"}
    answer = answer_of(session, frame_of(message, "ascii1993").replace(b"1250", b"125X"))
    assert answer is not None
    read = DIALECTS["ascii1993"].decode(session.write(answer)[2:])
    assert (read[0], read[11], read[39]) == ("1210", "000123", "904")


def test_a_malformed_message_closes_before_sign_on_and_where_its_type_is_none_of_ours() -> None:
    assert answer_of(new_session(), frame_of(purchase())[:-1]) is None
    for mti in ("0210", "0600"):
        assert answer_of(speaking(), frame_of(purchase(mti))[:-1]) is None


def test_malformed_messages_of_a_connection_are_bounded() -> None:
    session = speaking()
    answers = [answer_of(session, frame_of(purchase())[:-1]) for _ in range(limits.MALFORMED_MAX + 1)]
    assert all(answers[:-1])
    assert answers[-1] is None


@pytest.mark.parametrize(
    ("dialect", "unwritable", "code"),
    [
        ("ascii1987", {37: "\u00e9"}, "05"),
        ("ascii1993", {37: "\u00e9"}, "100"),
        ("ascii1987", {4: "1250"}, "96"),
        ("bcd1987", {4: "125X"}, "96"),
        ("ascii1993", {4: "1250"}, "909"),
        ("ascii1987", {39: "ZZZZ"}, "96"),
    ],
)
def test_what_a_dialect_cannot_write_is_left_out_and_half_an_answer_is_a_failure(
    dialect: str, unwritable: Message, code: str
) -> None:
    whole: Message = {0: "0210", 4: "000000001250", 11: "000123", 38: "A12345", 39: "05", 41: "TERM0001"}
    with pytest.raises(AnswerIncomplete) as caught:
        speaking(dialect).write(whole | unwritable)
    assert caught.value.field in unwritable
    read = DIALECTS[dialect].decode(caught.value.frame[2:])
    assert (read[11], read[39], 38 in read) == ("000123", code, 37 in unwritable)


@settings(max_examples=5_000 if WHOLE else 100, deadline=None)
@given(data=st.data(), is_signed_on=st.booleans())
def test_no_damaged_stream_makes_a_reader_or_a_session_fail(data: st.DataObject, is_signed_on: bool) -> None:
    session = signed_on() if is_signed_on else new_session()
    codecs = [
        DIALECTS[data.draw(st.sampled_from(sorted(DIALECTS)))] for _ in range(data.draw(st.integers(1, 4)))
    ]
    stream = bytearray(
        b"".join(frame(codec.encode(data.draw(messages(codec, fields_max=6)))) for codec in codecs)
    )
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(stream) - 1))
        stream[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(min_size=1, max_size=3))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = FrameReader()
    frames: list[bytes] = []
    with contextlib.suppress(FrameRefused):
        for start, end in pairwise([0, *cuts, len(stream)]):
            frames += reader.feed(bytes(stream[start:end]))
    for now, each in enumerate(frames):
        session.receive(each, now=float(now))


@given(frame=st.binary(min_size=1, max_size=200), is_signed_on=st.booleans())
def test_no_frame_makes_a_session_fail(frame: bytes, is_signed_on: bool) -> None:
    session = signed_on() if is_signed_on else new_session()
    for now in range(3):
        session.receive(frame, now=float(now))
