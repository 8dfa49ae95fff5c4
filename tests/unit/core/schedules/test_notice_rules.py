"""What is said in mails of purchases: others' words stay words, days and months are civil ones."""

from __future__ import annotations

from datetime import date

import pytest

from core.schedules.notices.rules import ending_months, greeting, one_line
from core.values.dates import long_day, month_of_year


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Odette Martin", "Bonjour Odette Martin,"),
        ("  Zélie \n Quentin-Ünal ", "Bonjour Zélie Quentin-Ünal,"),
        ("Gagnez http://evil.example/x", "Bonjour,"),
        ("www.evil.example", "Bonjour,"),
        ("evil.example", "Bonjour,"),
        ("somebody@evil.example", "Bonjour,"),
        ("<script>alert(1)</script>", "Bonjour,"),
        ("J. Martin", "Bonjour J. Martin,"),
        ("\u200b\u202e", "Bonjour,"),
    ],
)
def test_a_name_greets_unless_it_is_an_address(name: str, said: str) -> None:
    assert greeting(name, "fr") == said


def test_a_long_name_is_cut() -> None:
    assert greeting("Marie " * 40, "en") == f"Hello {('Marie ' * 10).strip()},"


def test_the_words_of_others_add_no_line_and_turn_no_text() -> None:
    assert (
        one_line("Odette\r\n\r\nYour account is closed\u202eevil\u200b\x00")
        == "Odette Your account is closedevil"
    )


@pytest.mark.parametrize(
    ("today", "days", "first", "last"),
    [
        (date(2027, 9, 1), 30, "2709", "2709"),
        (date(2027, 9, 1), 28, "2709", "2708"),
        (date(2027, 9, 30), 1, "2709", "2709"),
        (date(2027, 9, 30), 31, "2709", "2710"),
        (date(2027, 12, 31), 60, "2712", "2802"),
    ],
)
def test_months_that_end_within_days(today: date, days: int, first: str, last: str) -> None:
    """The first is later than the last one where no month ends."""
    assert ending_months(today, days) == (first, last)


def test_days_are_written_as_people_write_them() -> None:
    assert long_day(date(2026, 8, 1), "fr") == "1er\u00a0août\u00a02026"
    assert long_day(date(2026, 8, 2), "en") == "2\u00a0August\u00a02026"
    assert month_of_year(2027, 2, "fr") == "février\u00a02027"
