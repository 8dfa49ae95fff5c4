"""What people type is read as they write it, what is wrong is said field by field, and nothing shows itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cards.typed import TypedCard, read_card
from edge.cards.words import WORDS

GOOD = {"number": "4970 1000 0000 0006", "expiry": "12/30", "code": "123"}


def problems(**changed: str) -> dict[str, str]:
    read = read_card(GOOD | changed)
    return {} if isinstance(read, TypedCard) else {str(name): code for name, code in read.items()}


@pytest.mark.parametrize(
    "number", ["4970100000000006", "4970 1000 0000 0006", "4970-1000-0000-0006", " 4970.1000\u00a00000 0006 "]
)
def test_a_number_is_read_however_it_is_grouped(number: str) -> None:
    read = read_card(GOOD | {"number": number})
    assert isinstance(read, TypedCard)
    assert read.number == "4970100000000006"


@pytest.mark.parametrize(
    "expiry", ["12/30", "12/2030", "12 / 30", "12-30", "1230", "122030", "2030-12", "12.30", " 12/30 "]
)
def test_an_expiry_is_read_as_people_and_password_managers_write_it(expiry: str) -> None:
    read = read_card(GOOD | {"expiry": expiry})
    assert isinstance(read, TypedCard)
    assert read.expiry == "3012"


@pytest.mark.parametrize(
    "expiry", ["13/30", "00/30", "30/12", "1/3", "12/1930", "12/3", "abc", "12//30", "2030-13"]
)
def test_what_is_no_month_of_our_times_is_said(expiry: str) -> None:
    assert problems(expiry=expiry) == {"expiry": "expiry.malformed"}


@pytest.mark.parametrize(
    "number", ["4970100000000007", "4970", "4" * 40, "4970 1000 0000 000O", "٤٩٧٠١٠٠٠٠٠٠٠٠٠٠٦", "0x4970"]
)
def test_what_is_no_number_of_a_card_is_said(number: str) -> None:
    assert problems(number=number) == {"number": "number.malformed"}


@pytest.mark.parametrize("code", ["12", "1234", "12a", "١٢٣", "1 3"])
def test_a_security_code_has_three_digits(code: str) -> None:
    assert problems(code=code) == {"code": "code.malformed"}


def test_all_that_is_missing_is_said_at_once() -> None:
    assert read_card({}) == {"number": "number.missing", "expiry": "expiry.missing", "code": "code.missing"}


def test_a_card_in_clear_does_not_show_itself() -> None:
    read = read_card(GOOD)
    assert isinstance(read, TypedCard)
    assert "4970" not in f"{read} {read!r} {[read]}"
    assert not hasattr(read, "__dict__")


@given(st.fixed_dictionaries({name: st.text(max_size=80) for name in GOOD}))
def test_whatever_is_typed_is_a_card_or_a_problem_that_has_words(form: dict[str, str]) -> None:
    read = read_card(form)
    if isinstance(read, TypedCard):
        assert read.number.isascii()
        assert read.number.isdigit()
        assert 1 <= int(read.expiry[2:]) <= 12
    else:
        assert read
        assert set(read.values()) <= set(WORDS)


def test_everything_that_is_said_is_said_in_two_languages() -> None:
    for code, (french, english) in WORDS.items():
        assert french.strip(), code
        assert english.strip(), code
        assert french != english, code
