"""Where messages may go, how the gaps grow, when an endpoint is given up."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.webhooks.model import Answered
from core.webhooks.rules import (
    _HTTP_DATE,
    DISABLED_AFTER,
    GAPS,
    TRIES_MAX,
    disabled_why,
    fault_of_url,
    is_public,
    may_connect,
    next_try,
    retry_after_s,
)

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
REFUSED = Answered("refused", 503)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://shop.example/hooks", None),
        ("https://shop.example:8443/hooks?shop=1", None),
        ("https://93.184.215.14/hooks", None),
        ("https://xn--caf-dma.example/", None),
        ("http://shop.example/hooks", "not_https"),
        ("ftp://shop.example/hooks", "malformed"),
        ("shop.example/hooks", "malformed"),
        ("https://user:secret@shop.example/", "malformed"),
        ("https://shop.example/#part", "malformed"),
        ("https://shop.example:99999/", "malformed"),
        ("https://shop.example:0/", "malformed"),
        ("https://shop .example/", "malformed"),
        ("https://café.example/", "malformed"),
        ("https://shop.example/a\r\nhost: other", "malformed"),
        ("https://shop/", "malformed"),
        ("https://2130706433/", "malformed"),
        ("https://0x7f.1/", "malformed"),
        ("https://127.1/", "malformed"),
        ("https://127.0.0.1/", "not_public"),
        ("https://localhost/", "not_public"),
        ("https://app.localhost/", "not_public"),
        ("https://db.internal/", "not_public"),
        ("https://printer.local/", "not_public"),
        ("https://10.1.2.3/", "not_public"),
        ("https://169.254.169.254/latest/meta-data", "not_public"),
        ("https://[::1]/", "not_public"),
        ("https://[fe80::1]/", "not_public"),
        ("https://[::ffff:10.0.0.1]/", "not_public"),
        ("https://shop.example/" + "a" * 500, "malformed"),
    ],
)
def test_an_address_is_refused_with_the_reason(url: str, fault: str | None) -> None:
    assert fault_of_url(url, loopback=False) == fault


def test_the_sandbox_takes_its_own_receivers_and_no_other_private_address() -> None:
    for url in ("http://127.0.0.1:8099/hooks", "http://localhost:8099/hooks", "https://[::1]:8099/"):
        assert fault_of_url(url, loopback=True) is None
    for url in ("http://10.0.0.1/", "http://shop.example/", "https://169.254.169.254/"):
        assert fault_of_url(url, loopback=True) is not None


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - refused.
        "10.0.0.1",
        "100.64.0.1",  # shared, RFC 6598
        "127.0.0.53",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1",  # 10.0.0.1 behind NAT64
        "64:ff9b:1::1",
        "2002:a00:1::1",  # 10.0.0.1 behind 6to4
        "2001:db8::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_no_address_but_those_of_the_internet_is_connected_to(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    assert (
        may_connect(ipaddress.ip_address(address), loopback=True) is ipaddress.ip_address(address).is_loopback
    )


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert may_connect(ipaddress.ip_address(address), loopback=False)


def test_the_gaps_grow_and_end_within_three_days() -> None:
    assert list(GAPS) == sorted(GAPS)
    assert timedelta(hours=70) < sum(GAPS, timedelta()) <= timedelta(hours=72)
    at, tried = NOW, [NOW]
    for tries in range(1, TRIES_MAX + 1):
        following = next_try(REFUSED, tries=tries, now=at)
        if following is None:
            break
        at = following
        tried.append(at)
    assert len(tried) == TRIES_MAX
    assert next_try(REFUSED, tries=TRIES_MAX, now=at) is None


def test_a_receiver_may_ask_for_a_longer_gap_and_not_for_a_shorter_or_an_endless_one() -> None:
    def gap(seconds: int) -> timedelta:
        following = next_try(Answered("refused", 429, retry_after_s=seconds), tries=1, now=NOW)
        assert following is not None
        return following - NOW

    assert gap(0) == GAPS[0]
    assert gap(120) == timedelta(seconds=120)
    assert gap(10**6) == timedelta(hours=24)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("999999", 999_999),
        # The three forms of a date, of one moment.
        ("Tue, 01 Dec 2026 09:02:00 GMT", 120),
        ("Tuesday, 01-Dec-26 09:02:00 GMT", 120),
        ("Tue Dec  1 09:02:00 2026", 120),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),  # has passed
        ("Tue, 01 Dec 2026 09:00:00 GMT", 0),
    ],
)
def test_a_receiver_asks_for_a_number_of_seconds_or_until_a_date(text: str, seconds: int) -> None:
    assert retry_after_s(text, now=NOW) == seconds


def test_a_part_of_a_second_is_not_cut_off_a_date() -> None:
    now = NOW + timedelta(milliseconds=400)
    assert retry_after_s("Tue, 01 Dec 2026 09:02:00 GMT", now=now) == 120


def test_a_date_of_another_year_asks_for_no_more_than_a_day() -> None:
    asked = retry_after_s("Fri, 31 Dec 9999 23:59:59 GMT", now=NOW)
    following = next_try(Answered("refused", 503, retry_after_s=asked), tries=1, now=NOW)
    assert following == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+5",
        "1.5",
        "9999999",
        "1e3",
        "\u0663",
        "soon",
        "Tue, 01 Dec 2026",
        "Tue, 31 Feb 2027 09:00:00 GMT",
        "Tue, 01 Foo 2027 09:00:00 GMT",
        "Tue, 01 Dec 2027 25:61:61 GMT",
        "Tue, 01 Dec 2027 ::::::09 GMT",
        "Tue, 01 Dec 0000 09:00:00 GMT",
        "Tue, 01 Dec 2027 09:00:00 +0200",
        "2027-12-01T09:00:00Z",
        "Tue, 01 Dec 2027 09:00:00 GMT, 5",
    ],
)
def test_what_is_neither_a_number_nor_a_date_asks_for_nothing(text: str) -> None:
    assert retry_after_s(text, now=NOW) == 0


@settings(max_examples=100, deadline=None)
@given(st.from_regex(_HTTP_DATE, fullmatch=True))
def test_whatever_looks_like_a_date_is_read_or_asks_for_nothing(text: str) -> None:
    assert retry_after_s(text, now=NOW) >= 0


def test_an_endpoint_that_is_gone_or_fails_for_days_is_given_up() -> None:
    assert next_try(Answered("gone", 410), tries=1, now=NOW) is None
    assert disabled_why(Answered("gone", 410), failing_since=NOW, now=NOW) == "gone"
    assert disabled_why(REFUSED, failing_since=NOW - DISABLED_AFTER, now=NOW) == "failing"
    assert disabled_why(REFUSED, failing_since=NOW - DISABLED_AFTER + timedelta(seconds=1), now=NOW) is None
