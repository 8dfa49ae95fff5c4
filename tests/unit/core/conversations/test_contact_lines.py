"""How we are reached, as mails say it: ways that are offered, numbers that can be read, hours of the week (NOT-2)."""

from __future__ import annotations

from datetime import UTC, date, datetime

from core.conversations.hours.rules import Period, Week
from core.conversations.hours.store import Channel
from core.conversations.hours.wording import grouped, line_of, week_text

NOW = datetime(2026, 12, 1, tzinfo=UTC)
WEEK = Week(
    date(2026, 11, 1),
    (*(Period(day, 540, 1_200) for day in range(1, 6)), Period(6, 540, 1_080)),
    closed_on_holidays=True,
)


def test_days_in_a_row_with_the_same_hours_are_said_together() -> None:
    assert week_text(WEEK.periods, "fr") == (
        "du lundi au vendredi de\u00a09\u00a0h à\u00a020\u00a0h, le samedi de\u00a09\u00a0h à\u00a018\u00a0h"
    )
    assert week_text(WEEK.periods, "en") == "Monday to Friday 9:00 to\u00a020:00, Saturday 9:00 to\u00a018:00"


def test_a_day_with_a_pause_and_a_day_apart_are_said_as_they_are() -> None:
    periods = (Period(3, 840, 1_110), Period(1, 570, 720), Period(1, 840, 1_080))
    assert week_text(periods, "fr") == (
        "le lundi de\u00a09\u00a0h\u00a030 à\u00a012\u00a0h et de\u00a014\u00a0h à\u00a018\u00a0h, le mercredi de\u00a014\u00a0h à\u00a018\u00a0h\u00a030"
    )


def test_a_way_says_its_number_its_price_and_its_hours() -> None:
    phone = Channel("phone", True, "+33199000001", "Prix d'un appel local", "Price of a local call", NOW)
    assert line_of(phone, WEEK, "en") == (
        "Telephone +33 1 99 00 00 01 · Price of a local call · Monday to Friday 9:00 to\u00a020:00, Saturday 9:00 to\u00a018:00"
    )
    whatsapp = Channel("whatsapp", True, "+33639980001", "", "", NOW)
    assert line_of(whatsapp, None, "fr") == "WhatsApp · https://wa.me/33639980001"


def test_a_number_of_another_country_stays_as_it_is() -> None:
    assert grouped("+442071234567") == "+442071234567"
