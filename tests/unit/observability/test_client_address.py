"""Whom a request comes from: the header counts as far as its writers are trusted, and no further."""

from __future__ import annotations

import pytest

from observability.client_address import HOPS_MAX, ProxiesMalformed, TrustedProxies

LOOPBACK = TrustedProxies.parse("127.0.0.1, ::1")
CHAIN = TrustedProxies.parse("127.0.0.1, 10.0.0.0/8")


def test_the_header_of_a_stranger_counts_for_nothing() -> None:
    assert LOOPBACK.client_of("198.51.100.7", ["192.0.2.1"]) == "198.51.100.7"
    assert TrustedProxies.parse("").client_of("127.0.0.1", ["192.0.2.1"]) == "127.0.0.1"


def test_a_trusted_proxy_says_for_whom_it_asks() -> None:
    assert LOOPBACK.client_of("127.0.0.1", ["192.0.2.1"]) == "192.0.2.1"
    assert LOOPBACK.client_of("::1", ["2001:db8::7"]) == "2001:db8::7"
    assert LOOPBACK.client_of("127.0.0.1", []) == "127.0.0.1"


def test_what_the_client_wrote_before_the_proxy_is_not_believed() -> None:
    assert LOOPBACK.client_of("127.0.0.1", ["192.0.2.66, 198.51.100.7"]) == "198.51.100.7"
    assert LOOPBACK.client_of("127.0.0.1", ["192.0.2.66", "198.51.100.7"]) == "198.51.100.7"


def test_each_proxy_of_the_chain_is_believed_and_nobody_before_it() -> None:
    assert CHAIN.client_of("127.0.0.1", ["192.0.2.66, 198.51.100.7, 10.1.2.3, 10.9.9.9"]) == "198.51.100.7"
    assert CHAIN.client_of("127.0.0.1", ["10.1.2.3, 10.9.9.9"]) == "10.1.2.3"


@pytest.mark.parametrize("said", ["", "unknown", "nonsense, ", "192.0.2.1, <script>", "192.0.2.1,", "1.2.3"])
def test_what_is_no_address_leaves_what_the_proxy_saw(said: str) -> None:
    assert CHAIN.client_of("10.0.0.1", [said]) == "10.0.0.1"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("192.0.2.1:50123", "192.0.2.1"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ('"[2001:db8::7]"', "2001:db8::7"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_read_in_each_form_that_proxies_write(said: str, meant: str) -> None:
    assert LOOPBACK.client_of("127.0.0.1", [said]) == meant


def test_an_ipv4_peer_of_an_ipv6_socket_is_the_same_peer() -> None:
    assert LOOPBACK.client_of("::ffff:127.0.0.1", ["192.0.2.1"]) == "192.0.2.1"


def test_a_chain_is_followed_for_a_bounded_number_of_hops() -> None:
    said = ",".join(["192.0.2.1", *["10.0.0.1"] * HOPS_MAX])
    assert CHAIN.client_of("127.0.0.1", [said]) == "10.0.0.1"
    assert CHAIN.client_of("127.0.0.1", ["x" * 100_000 + ", 192.0.2.1"]) == "192.0.2.1"


def test_a_peer_without_an_address_stays_as_it_is() -> None:
    assert LOOPBACK.client_of("", ["192.0.2.1"]) == ""


@pytest.mark.parametrize("text", ["portal", "10.0.0.1/8", "127.0.0.1;::1", "300.0.0.1"])
def test_a_malformed_setting_is_refused(text: str) -> None:
    with pytest.raises(ProxiesMalformed):
        TrustedProxies.parse(text)
