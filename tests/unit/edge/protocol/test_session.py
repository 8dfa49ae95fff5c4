"""A terminal's session: who may ask what, when, and how much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.protocol import limits
from edge.protocol.errors import MessageTypeUnknown
from edge.protocol.field import Message
from edge.protocol.message_types import is_repeat, request_mti, response_mti
from edge.protocol.session import (
    CutOverRequested,
    EchoRequested,
    FinancialRequest,
    KeyExchangeRequested,
    Refused,
    SessionState,
    SignOffRequested,
    SignOnRequested,
    TerminalSession,
)
from edge.translate.terminal_messages import BY_TYPE

FINANCIAL = {mti: row for mti, row in BY_TYPE.items() if row.path != "network"}


def management(code: str, terminal: str = "TERM0001") -> Message:
    return {0: "0800", 11: "000001", 41: terminal, 70: code}


def purchase(mti: str = "0200", terminal: str = "TERM0001") -> Message:
    return {0: mti, 4: "000000001250", 11: "000123", 41: terminal}


def signed_on(now: float = 0.0) -> TerminalSession:
    session = TerminalSession(BY_TYPE, now=now)
    assert session.receive(management("001"), now=now) == SignOnRequested("TERM0001")
    session.signed_on("TERM0001")
    return session


@pytest.mark.parametrize("mti", FINANCIAL)
def test_nothing_financial_is_heard_before_sign_on(mti: str) -> None:
    session = TerminalSession(BY_TYPE, now=0.0)
    assert session.receive(purchase(mti), now=0.1) == Refused("not_signed_on")
    assert session.in_flight == 0


@pytest.mark.parametrize("mti", FINANCIAL)
def test_each_request_is_named_after_sign_on(mti: str) -> None:
    event = signed_on().receive(purchase(mti), now=0.1)
    assert event == FinancialRequest(FINANCIAL[mti], mti.endswith("1"), "TERM0001", "000123")


def test_asking_to_sign_on_is_not_being_signed_on() -> None:
    session = TerminalSession(BY_TYPE, now=0.0)
    session.receive(management("001"), now=0.0)
    assert session.state is SessionState.NEW
    assert session.receive(purchase(), now=0.1) == Refused("not_signed_on")


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("002", SignOffRequested()),
        ("101", KeyExchangeRequested()),
        ("201", CutOverRequested()),
        ("301", EchoRequested()),
        ("001", SignOnRequested("TERM0001")),
        ("999", Refused("network_code_unknown")),
    ],
)
def test_network_management_when_signed_on(code: str, event: object) -> None:
    assert signed_on().receive(management(code), now=1.0) == event


@pytest.mark.parametrize("code", ["002", "101", "201", "301"])
def test_only_sign_on_is_heard_on_a_new_connection(code: str) -> None:
    assert TerminalSession(BY_TYPE, now=0.0).receive(management(code), now=0.0) == Refused("not_signed_on")


def test_a_terminal_signs_off_and_on_again() -> None:
    session = signed_on()
    session.receive(management("002"), now=1.0)
    session.signed_off()
    assert session.state is SessionState.SIGNED_OFF
    assert session.receive(purchase(), now=2.0) == Refused("not_signed_on")
    assert session.receive(management("301"), now=2.0) == EchoRequested()
    assert session.receive(management("001"), now=3.0) == SignOnRequested("TERM0001")
    session.signed_on("TERM0001")
    assert isinstance(session.receive(purchase(), now=4.0), FinancialRequest)


def test_a_session_belongs_to_one_terminal() -> None:
    session = signed_on()
    assert session.receive(purchase(terminal="TERM0002"), now=1.0) == Refused("terminal_changed")
    assert session.receive(management("001", "TERM0002"), now=1.0) == Refused("terminal_changed")


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
    refused = signed_on().receive(message, now=1.0)
    assert isinstance(refused, Refused)
    assert refused.reason == reason


def test_a_closed_session_hears_nothing() -> None:
    session = signed_on()
    session.close()
    session.signed_on("TERM0001")
    assert session.state is SessionState.CLOSED
    assert session.receive(management("301"), now=1.0) == Refused("closed", fatal=True)


def test_requests_in_flight_are_bounded_and_answers_make_room() -> None:
    session = signed_on()
    for _ in range(limits.IN_FLIGHT_MAX):
        assert isinstance(session.receive(purchase(), now=1.0), FinancialRequest)
    assert session.receive(purchase(), now=1.0) == Refused("in_flight_max")
    session.answered()
    assert isinstance(session.receive(purchase(), now=1.0), FinancialRequest)


def test_messages_a_second_are_bounded() -> None:
    session = signed_on(now=0.5)
    for _ in range(limits.MESSAGES_PER_SECOND_MAX - 1):
        assert session.receive(management("301"), now=1.0) == EchoRequested()
    assert session.receive(management("301"), now=1.2) == Refused("messages_per_second_max", fatal=True)
    assert session.receive(management("301"), now=1.5) == EchoRequested()


def test_each_deadline_has_its_name() -> None:
    session = TerminalSession(BY_TYPE, now=100.0)
    assert session.overdue(now=114.9) is None
    assert session.overdue(now=115.0) == "sign_on_deadline_s"
    session = signed_on(now=100.0)
    assert session.overdue(now=699.0) is None
    assert session.overdue(now=700.0) == "idle_timeout_s"
    session.partial_frame(True, now=650.0)
    session.partial_frame(True, now=679.0)
    assert session.overdue(now=679.9) is None
    assert session.overdue(now=680.0) == "read_deadline_s"
    session.partial_frame(False, now=680.0)
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
    session = TerminalSession(BY_TYPE, now=0.0)
    accepted = ""
    for place, (mti, code, terminal) in enumerate(steps):
        optional = {11: "000001", 41: terminal, 70: code}
        message: Message = {0: mti} | {key: value for key, value in optional.items() if value is not None}
        event = session.receive(message, now=float(place))
        if isinstance(event, SignOnRequested):
            accepted = event.terminal_id
            session.signed_on(accepted)
        elif isinstance(event, SignOffRequested):
            session.signed_off()
        elif isinstance(event, FinancialRequest):
            assert session.state is SessionState.SIGNED_ON
            assert event.terminal_id == accepted
        assert session.in_flight <= limits.IN_FLIGHT_MAX
