"""What a query may mean."""

from __future__ import annotations

import pytest

from core.searching.rules import may_be_misspelt, patterns_of, read_query
from core.values.ids import encode_id


@pytest.mark.parametrize(
    ("query", "identifier"),
    [
        ("732 829 320", "732829320"),
        ("732 829 320 00074", "73282932000074"),
        ("t0000001", "T0000001"),
        ("01 23 45 67 89", "0123456789"),
        ("+33 1 23 45 67 89", "0123456789"),
        ("+33 (0)1 23 45 67 89", "0123456789"),
        ("0033123456789", "0123456789"),
        ("33123456789", "0123456789"),
        ("C2026-000017", "C2026000017"),
    ],
)
def test_an_identifier_is_read_as_people_write_it(query: str, identifier: str) -> None:
    assert identifier in read_query(query).identifiers


def test_four_digits_may_be_the_end_of_a_card_a_trace_number_or_a_sum() -> None:
    reading = read_query("1250")
    assert (reading.last_four, reading.stan, reading.amount_minor) == ("1250", 1250, 125_000)


@pytest.mark.parametrize(
    ("query", "minor"),
    [("12,50", 1250), ("12.5", 1250), ("12,50 €", 1250), ("1 250,00 €", 125_000), ("12 EUR", 1200)],
)
def test_an_amount_is_read_as_people_write_it(query: str, minor: int) -> None:
    assert read_query(query).amount_minor == minor


@pytest.mark.parametrize("query", ["732829320", "12,505", "boulangerie", "1e9", ""])
def test_other_things_are_no_amount(query: str) -> None:
    assert read_query(query).amount_minor is None


@pytest.mark.parametrize("query", ["E0000001 123", "000123 e0000001"])
def test_a_trace_number_beside_its_terminal_is_read_in_either_order(query: str) -> None:
    assert read_query(query).terminal_and_stan == ("E0000001", 123)


def test_a_reference_an_authorisation_and_a_public_id_are_recognised() -> None:
    public = encode_id("transaction", bytes(15) + b"\x01")
    assert read_query("01JDABCDEFGH").rrn == "01JDABCDEFGH"
    assert read_query("a12345").approval_code == "A12345"
    assert read_query(public).direct == ("transaction", bytes(15) + b"\x01")
    assert read_query("txn_nonsense").direct is None


@pytest.mark.parametrize("query", ["", "   ", "%_\\", "€€€", "\x00"])
def test_nothing_readable_is_nothing(query: str) -> None:
    reading = read_query(query)
    assert reading.identifiers == []
    assert not reading.is_about_transactions


def test_words_are_looked_for_where_they_begin_and_numbers_anywhere() -> None:
    assert patterns_of("du lyon") == ["% du%", "% lyon%", "%", "%"]
    assert patterns_of("0000123")[0] == "%0000123%"
    assert len(patterns_of("a b c d e f")) == 4


def test_likeness_wants_letters() -> None:
    assert may_be_misspelt("dupnot")
    assert not may_be_misspelt("73282932")
    assert not may_be_misspelt("abc")
    assert may_be_misspelt("dup0nt")
    assert not may_be_misspelt("m58w6rwgkh92")
    assert not may_be_misspelt("abc 75kj12wx")
