"""Security codes stay for a quarter of an hour, once, and within a bound; attempts are counted."""

from __future__ import annotations

from edge.cards.attempts import BY_ADDRESS_MAX, BY_PAGE_MAX, WINDOW_S, Attempts
from edge.cards.codes import LASTS_S, SecurityCodes


class Time:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_code_is_taken_once() -> None:
    codes = SecurityCodes(Time())
    codes.put("one", "123")
    assert codes.take("one") == "123"
    assert codes.take("one") is None
    assert codes.take("two") is None
    assert len(codes) == 0


def test_a_code_is_gone_after_a_quarter_of_an_hour() -> None:
    time = Time()
    codes = SecurityCodes(time)
    codes.put("one", "123")
    time.now += LASTS_S / 2
    codes.put("two", "456")
    time.now += LASTS_S / 2
    assert codes.take("one") is None
    codes.put("three", "789")
    codes.expire()
    assert len(codes) == 2
    time.now += LASTS_S
    codes.expire()
    assert len(codes) == 0


def test_a_code_that_is_put_again_lasts_anew() -> None:
    time = Time()
    codes = SecurityCodes(time)
    codes.put("one", "123")
    time.now += LASTS_S - 1
    codes.put("one", "124")
    time.now += 2
    codes.expire()
    assert codes.take("one") == "124"


def test_at_the_bound_the_oldest_goes() -> None:
    codes = SecurityCodes(Time(), codes_max=2)
    for token in ("one", "two", "three"):
        codes.put(token, "123")
    assert len(codes) == 2
    assert codes.take("one") is None
    assert codes.take("three") == "123"


def test_a_page_takes_a_dozen_attempts() -> None:
    attempts = Attempts(Time())
    admitted = [attempts.admit(page=b"p", address=f"10.0.0.{n}") for n in range(BY_PAGE_MAX + 1)]
    assert admitted == [True] * BY_PAGE_MAX + [False]
    assert attempts.admit(page=b"q", address="10.0.0.1")


def test_an_address_takes_so_many_a_minute() -> None:
    time = Time()
    attempts = Attempts(time)
    admitted = [attempts.admit(page=b"%d" % n, address="10.0.0.1") for n in range(BY_ADDRESS_MAX + 1)]
    assert admitted == [True] * BY_ADDRESS_MAX + [False]
    assert attempts.admit(page=b"other", address="10.0.0.2")
    time.now += WINDOW_S
    assert attempts.admit(page=b"later", address="10.0.0.1")


def test_what_is_remembered_is_bounded() -> None:
    attempts = Attempts(Time(), keys_max=3)
    for n in range(100):
        attempts.admit(page=b"%d" % n, address=f"10.0.0.{n}")
    assert len(attempts._by_page) == 3
    assert len(attempts._by_address) == 3
