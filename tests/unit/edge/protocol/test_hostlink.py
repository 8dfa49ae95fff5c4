"""A host link: each answer finds its request once, or is late, or was never asked for."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.protocol import limits
from edge.protocol.errors import FieldMalformed, HostLinkRefused, MessageTypeUnknown
from edge.protocol.field import Message
from edge.protocol.hostlink import (
    CorrelationKey,
    HostLink,
    Late,
    LinkState,
    Outstanding,
    Unsolicited,
    answer_key,
    request_key,
)


def request(trace: int, mti: str = "0200", terminal: str = "TERM0001") -> Message:
    return {0: mti, 11: f"{trace:06}", 41: terminal}


def up(now: float = 0.0, *, in_flight_max: int = 8, outstanding: Outstanding | None = None) -> HostLink:
    link = HostLink(in_flight_max=in_flight_max, outstanding=outstanding)
    for cause in ("connect", "connected", "accepted"):
        link.change(cause, now=now)
    return link


def test_an_answer_finds_its_request_once() -> None:
    link = up()
    key = request_key(request(1))
    link.sent(key, 5.0)
    assert link.answered(request(1, "0210")) == key
    assert link.answered(request(1, "0210")) == Unsolicited(key)
    assert link.in_flight == 0


def test_answers_come_in_any_order() -> None:
    link = up()
    keys = [request_key(request(trace)) for trace in range(5)]
    for key in keys:
        link.sent(key, 5.0)
    assert [link.answered(request(trace, "0210")) for trace in (3, 0, 4, 2, 1)] == [
        keys[n] for n in (3, 0, 4, 2, 1)
    ]


def test_class_and_terminal_tell_equal_trace_numbers_apart() -> None:
    link = up()
    first = [request(1), request(1, "0420"), request(1, "0100"), request(1, terminal="TERM0002")]
    for message in first:
        link.sent(request_key(message), 5.0)
    assert link.answered(request(1, "0430")) == request_key(first[1])
    assert link.answered(request(1, "0210", "TERM0002")) == request_key(first[3])


def test_a_repeat_has_the_key_of_its_original() -> None:
    assert (
        request_key(request(1, "0421")) == request_key(request(1, "0420")) == answer_key(request(1, "0430"))
    )


def test_an_answer_after_the_deadline_is_late_once() -> None:
    link = up()
    key = request_key(request(1))
    link.sent(key, 5.0)
    assert link.expired(4.9) == []
    assert link.expired(5.0) == [key]
    assert link.expired(6.0) == []
    assert link.answered(request(1, "0210")) == Late(key)
    assert link.answered(request(1, "0210")) == Unsolicited(key)


def test_a_repeat_after_the_deadline_is_in_time_again() -> None:
    link = up()
    key = request_key(request(1, "0420"))
    link.sent(key, 5.0)
    link.expired(5.0)
    link.sent(key, 10.0)
    assert link.answered(request(1, "0430")) == key


def test_a_key_whose_answer_may_still_come_is_no_other_requests_on_any_link() -> None:
    outstanding = Outstanding()
    one, two = up(outstanding=outstanding), up(outstanding=outstanding)
    key = request_key(request(1))
    one.sent(key, 5.0, now=0.0, owner=b"first")
    for now, link in ((1.0, two), (6.0, one), (6.0, two)):
        one.expired(now)
        with pytest.raises(HostLinkRefused, match="answer_outstanding"):
            link.sent(key, now + 5.0, now=now, owner=b"second")
    assert one.answered(request(1, "0210")) == Late(key)
    two.sent(key, 12.0, now=7.0, owner=b"second")
    assert two.answered(request(1, "0210")) == key


def test_an_answer_that_never_comes_is_no_longer_waited_for_after_a_while() -> None:
    link = up()
    key = request_key(request(1))
    link.sent(key, 5.0, now=0.0, owner=b"first")
    link.expired(5.0)
    now = 5.0 + limits.HOST_LATE_S
    with pytest.raises(HostLinkRefused, match="answer_outstanding"):
        link.sent(key, now + 5.0, now=now - 0.1, owner=b"second")
    link.sent(key, now + 5.0, now=now, owner=b"second")
    assert link.answered(request(1, "0210")) == key


def test_every_sending_of_a_repeated_request_may_be_answered_before_its_key_is_free() -> None:
    link = up()
    key = request_key(request(1, "0420"))
    link.sent(key, 5.0, now=0.0, owner=b"reversal")
    link.expired(5.0)
    link.sent(key, 10.0, now=6.0, owner=b"reversal")
    assert link.answered(request(1, "0430")) == key
    with pytest.raises(HostLinkRefused, match="answer_outstanding"):
        link.sent(key, 15.0, now=11.0, owner=b"another")


def test_outstanding_keys_are_bounded_and_those_past_make_room() -> None:
    outstanding = Outstanding(keys_max=2)
    for trace in (1, 2):
        outstanding.claim(request_key(request(trace)), b"", now=0.0, until=10.0)
    with pytest.raises(HostLinkRefused, match="outstanding_max"):
        outstanding.claim(request_key(request(3)), b"", now=9.0, until=20.0)
    outstanding.claim(request_key(request(3)), b"", now=10.0, until=20.0)
    assert len(outstanding) == 1


def test_requests_in_flight_are_bounded() -> None:
    link = up(in_flight_max=3)
    for trace in range(3):
        link.sent(request_key(request(trace)), 5.0)
    with pytest.raises(HostLinkRefused, match="in_flight_max"):
        link.sent(request_key(request(3)), 5.0)
    with pytest.raises(HostLinkRefused, match="key_in_flight"):
        link.sent(request_key(request(2)), 5.0)


def test_a_link_that_is_not_up_carries_nothing_but_its_own_sign_on() -> None:
    link = HostLink()
    with pytest.raises(HostLinkRefused, match="not_up"):
        link.sent(request_key(request(1)), 5.0)
    link.change("connect", now=0.0)
    link.change("connected", now=0.0)
    with pytest.raises(HostLinkRefused, match="not_up"):
        link.sent(request_key(request(1)), 5.0)
    sign_on: Message = {0: "0800", 11: "000001", 70: "001"}
    link.sent(request_key(sign_on), 5.0)
    assert link.answered({0: "0810", 11: "000001", 39: "00"}) == request_key(sign_on)


def test_a_lost_link_gives_back_what_was_in_flight_and_knows_its_late_answers() -> None:
    link = up()
    keys = [request_key(request(trace)) for trace in range(3)]
    for key in keys:
        link.sent(key, 5.0)
    assert link.change("disconnected", now=1.0) == keys
    assert link.state is LinkState.DOWN
    assert link.expired(100.0) == []
    for cause in ("connect", "connected", "accepted"):
        link.change(cause, now=2.0)
    assert link.answered(request(1, "0210")) == Late(keys[1])


def test_what_cannot_be_correlated_is_refused_by_field() -> None:
    for message, field in (({0: "0210", 41: "TERM0001"}, 11), ({0: "0210", 11: "000001"}, 41)):
        with pytest.raises(FieldMalformed) as caught:
            up().answered(message)  # type: ignore[arg-type]
        assert caught.value.field == field
    with pytest.raises(MessageTypeUnknown):
        up().answered(request(1, "0200"))


def test_a_link_signs_on_then_echoes_in_silence_and_gives_up() -> None:
    link = HostLink()
    assert link.duty(now=0.0) == "connect"
    link.change("connect", now=0.0)
    assert link.duty(now=1.0) is None
    link.change("connected", now=2.0)
    assert [link.duty(now=2.0), link.duty(now=2.1)] == ["sign_on", None]
    link.change("accepted", now=3.0)
    assert link.duty(now=22.9) is None
    assert [link.duty(now=23.0), link.duty(now=24.0)] == ["echo", None]
    link.heard(now=25.0)
    assert link.duty(now=44.9) is None
    assert link.duty(now=45.0) == "echo"
    assert link.duty(now=49.9) is None
    assert link.duty(now=50.0) == "disconnect"


def test_a_host_that_does_not_take_the_sign_on_is_left() -> None:
    link = HostLink()
    link.change("connect", now=0.0)
    link.change("connected", now=1.0)
    assert link.duty(now=1.0) == "sign_on"
    assert link.duty(now=11.0) == "disconnect"
    link.change("refused", now=11.0)
    assert link.state is LinkState.DOWN


def test_a_cause_that_a_state_does_not_have_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="down has no accepted"):
        HostLink().change("accepted", now=0.0)


class Correlation(RuleBasedStateMachine):
    """The link against a plain model: which keys are due when, and which have expired."""

    def __init__(self) -> None:
        super().__init__()
        self.link = up(in_flight_max=6)
        self.now = 0.0
        self.waiting: dict[CorrelationKey, float] = {}
        self.late: set[CorrelationKey] = set()

    @rule(trace=st.integers(0, 9), wait=st.integers(1, 5))
    def send(self, trace: int, wait: int) -> None:
        key = request_key(request(trace))
        if key in self.waiting or len(self.waiting) >= 6:
            with pytest.raises(HostLinkRefused):
                self.link.sent(key, self.now + wait)
            return
        self.link.sent(key, self.now + wait)
        self.waiting[key] = self.now + wait
        self.late.discard(key)

    @rule(trace=st.integers(0, 9))
    def answer(self, trace: int) -> None:
        key = request_key(request(trace))
        answer = self.link.answered(request(trace, "0210"))
        if self.waiting.pop(key, None) is not None:
            assert answer == key
        elif key in self.late:
            self.late.remove(key)
            assert answer == Late(key)
        else:
            assert answer == Unsolicited(key)

    @rule(seconds=st.integers(1, 4))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        overdue = {key for key, deadline in self.waiting.items() if deadline <= self.now}
        assert set(self.link.expired(self.now)) == overdue
        self.late |= overdue
        self.waiting = {key: deadline for key, deadline in self.waiting.items() if key not in overdue}

    @invariant()
    def counts_agree(self) -> None:
        assert self.link.in_flight == len(self.waiting)


TestCorrelation = Correlation.TestCase
TestCorrelation.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_late_keys_are_bounded() -> None:
    link = up(in_flight_max=limits.HOST_IN_FLIGHT_MAX)
    for trace in range(limits.HOST_LATE_KEYS_MAX + 10):
        key = CorrelationKey("20", "TERM0001", f"{trace:06}")
        link.sent(key, 1.0)
        link.expired(1.0)
    assert isinstance(link.answered(request(0, "0210")), Unsolicited)
    assert isinstance(link.answered(request(10, "0210")), Late)
