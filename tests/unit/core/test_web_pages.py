"""Only what is an address and nothing else is named in a header, or led to."""

from __future__ import annotations

import pytest

from core.values.web_pages import (
    is_of_this_machine,
    is_origin,
    is_page_of,
    is_public_https,
    origin_of,
    with_parameter,
)


@pytest.mark.parametrize(
    "origin",
    ["https://shop.example", "https://shop.example:8443", "http://localhost:8080", "http://127.0.0.1:1"],
)
def test_a_page_of_https_or_of_this_machine_may_embed_the_frame(origin: str) -> None:
    assert is_origin(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "*",
        "https://*.example",
        "http://shop.example",
        "https://shop.example/",
        "https://shop.example:99999",
        "https://shop.example; script-src *",
        "https://shop.example https://other.example",
        "https://user@shop.example",
        "https://shop.example\r\nX: y",
        "https://SHOP.example",
        "http://localhost.evil.example",
        "https://[::1]",
        "javascript:alert(1)",
        "https://shop.example\n",
    ],
)
def test_nothing_else_may_embed_it(origin: str) -> None:
    assert not is_origin(origin)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://shop.example/return?order=1", True),
        ("https://shop.example/", True),
        ("https://shop.example", False),
        ("https://shop.example.evil.example/", False),
        ("https://shop.example@evil.example/", False),
        ("https://shop.example/#part", False),
        ("https://shop.example/\r\nX: y", False),
        ("https://shop.example/" + "a" * 500, False),
    ],
)
def test_a_customer_is_led_to_a_page_of_that_origin_alone(url: str, is_one: bool) -> None:
    assert is_page_of(url, origin="https://shop.example") is is_one


def test_the_origin_of_an_address_is_known_by_the_same_rule() -> None:
    assert origin_of("https://bank.example:8443/challenge?a=1") == "https://bank.example:8443"
    assert origin_of("http://bank.example/challenge") == ""
    assert origin_of("https://bank.example") == ""
    assert not is_page_of("/relative", origin="")


def test_a_parameter_joins_those_that_there_are() -> None:
    assert with_parameter("https://a.example/b", "c", "d") == "https://a.example/b?c=d"
    assert with_parameter("https://a.example/b?x=1", "c", "d") == "https://a.example/b?x=1&c=d"


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("http://localhost:8000", True),
        ("http://127.0.0.1/paid?order=1", True),
        ("https://localhost", True),
        ("https://shop.localhost:444/paid", True),
        ("https://localhost./paid", True),
        ("https://127.1", True),
        ("https://0/", True),
        ("https://localhost.example", False),
        ("https://mylocalhost", False),
        ("https://127.example", False),
        ("https://shop.example/localhost", False),
    ],
)
def test_what_is_of_this_very_machine_is_known(url: str, is_one: bool) -> None:
    assert is_of_this_machine(url) is is_one


def test_browsers_are_told_to_stay_with_https_where_they_find_it_and_nowhere_on_their_own_machine() -> None:
    found = ["https://cards.example:8443", "https://localhost:7444", "http://localhost:7080"]
    assert [is_public_https(each) for each in found] == [True, False, False]
