"""Amounts, dates and durations as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from core.values.zones import TIME_ZONES
from portals.kit import formats
from portals.kit.i18n import load_words
from portals.kit.kit import Formats

NOW = datetime(2026, 11, 22, 9, 42, 7, 123_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "currency", "french", "english"),
    [
        (123_456_789, "EUR", "1\u202f234\u202f567,89\u00a0€", "€1,234,567.89"),
        (-1250, "EUR", "\u221212,50\u00a0€", "\u2212€12.50"),
        (5, "EUR", "0,05\u00a0€", "€0.05"),
        (-5, "EUR", "\u22120,05\u00a0€", "\u2212€0.05"),
        (1500, "JPY", "1\u202f500\u00a0¥", "¥1,500"),
        (100, "CHF", "1,00\u00a0CHF", "CHF\u00a01.00"),
    ],
)
def test_money_reads_as_each_language_writes_it(minor: int, currency: str, french: str, english: str) -> None:
    assert formats.money(minor, currency, "fr") == french
    assert formats.money(minor, currency, "en") == english


@given(st.integers(0, 10**11 - 1), st.sampled_from(["fr", "en"]))
def test_what_a_field_shows_is_read_back_as_the_same_amount(minor: int, locale: str) -> None:
    assert formats.parse_amount(formats.plain_amount(minor, "EUR", locale)) == minor


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("12,50", 1250),
        ("12.5", 1250),
        ("1 234,5 €", 123_450),
        ("7", 700),
        ("1\u202f000,01", 100_001),
        ("€3", 300),
    ],
)
def test_amounts_are_read_as_people_type_them(typed: str, minor: int) -> None:
    assert formats.parse_amount(typed) == minor


@pytest.mark.parametrize("typed", ["", "douze", "-3", "1,234", "1,2,3", "٣", "1e3", "99999999999", ",5"])
def test_what_is_not_an_amount_is_refused(typed: str) -> None:
    with pytest.raises(formats.AmountMalformed):
        formats.parse_amount(typed)


@pytest.mark.parametrize("typed", ["", "-3", "3.0", "²", "٣", " 3", "1" * 10, "1" * 5000])
def test_what_is_not_a_whole_number_is_none(typed: str) -> None:
    assert formats.whole_number(typed) is None
    assert (formats.whole_number("007"), formats.whole_number("9" * 9)) == (7, 999_999_999)


@pytest.mark.parametrize(
    ("seconds", "french", "english"),
    [
        (2, "à l’instant", "just now"),
        (42, "il y a 42\u00a0s", "42\u00a0s ago"),
        (130, "il y a 2\u00a0min", "2\u00a0min ago"),
        (7300, "il y a 2\u00a0h", "2\u00a0h ago"),
        (200_000, "il y a 2\u00a0j", "2\u00a0d ago"),
    ],
)
def test_a_moment_is_told_by_its_distance(seconds: int, french: str, english: str) -> None:
    moment = NOW - timedelta(seconds=seconds)
    assert formats.ago(moment, "fr", now=NOW) == french
    assert formats.ago(moment, "en", now=NOW) == english


def test_times_are_those_of_paris_and_another_day_is_named() -> None:
    assert formats.clock(NOW, "fr", now=NOW) == "10:42:07"
    assert formats.clock(NOW - timedelta(days=1), "fr", now=NOW) == "21\u00a0nov. 10:42:07"
    assert formats.to_the_minute(NOW, "fr") == "22\u00a0nov.\u00a02026 à\u00a010:42"
    assert formats.to_the_minute(NOW, "en") == "22\u00a0Nov\u00a02026 at\u00a010:42"


@pytest.mark.parametrize(
    ("moment", "french", "english"),
    [
        (datetime(2026, 11, 22, 19, tzinfo=UTC), "aujourd’hui à\u00a020\u00a0h", "today at\u00a020:00"),
        (
            datetime(2026, 11, 22, 22, 59, tzinfo=UTC),
            "aujourd’hui à\u00a023\u00a0h\u00a059",
            "today at\u00a023:59",
        ),
        (datetime(2026, 11, 22, 23, 0, tzinfo=UTC), "demain à\u00a00\u00a0h", "tomorrow at\u00a00:00"),
        (
            datetime(2026, 11, 23, 8, 30, tzinfo=UTC),
            "demain à\u00a09\u00a0h\u00a030",
            "tomorrow at\u00a09:30",
        ),
        (
            datetime(2026, 12, 1, 8, tzinfo=UTC),
            "mardi 1\u00a0déc. à\u00a09\u00a0h",
            "Tuesday 1\u00a0Dec at\u00a09:00",
        ),
    ],
)
def test_when_somebody_is_there_is_said_as_one_says_it(moment: datetime, french: str, english: str) -> None:
    assert formats.soon(moment, "fr", now=NOW) == french
    assert formats.soon(moment, "en", now=NOW) == english
    assert formats.exact(NOW, "fr", precise=True) == "22\u00a0nov.\u00a02026 à\u00a010:42:07.123"


def test_a_share_of_nothing_is_a_dash() -> None:
    assert formats.percent(None, "fr") == "–"
    assert formats.percent(0.974, "fr") == "97,4\u202f%"
    assert formats.percent(0.974, "en") == "97.4%"


def test_a_text_that_is_no_time_is_no_time() -> None:
    assert formats.parse_time("yesterday") is None
    assert formats.parse_time("2026-11-22T09:42:07.123Z") == NOW


_PLACES = {
    "America/Guadeloupe": "en Guadeloupe",
    "Indian/Reunion": "à La Réunion",
    "Pacific/Tahiti": "à Tahiti",
    "Europe/Paris": "à Paris",
}


@pytest.mark.parametrize(
    ("moment", "zone", "said"),
    [
        # The night of 25 October 2026: 02:30 comes twice in Paris, and six hours from Guadeloupe become five.
        ("2026-10-25T00:30:00Z", "America/Guadeloupe", "24\u00a0oct. 20:30 en Guadeloupe"),
        ("2026-10-25T01:30:00Z", "America/Guadeloupe", "24\u00a0oct. 21:30 en Guadeloupe"),
        ("2026-10-25T00:30:00Z", "Indian/Reunion", "04:30 à La Réunion"),
        ("2026-10-25T01:30:00Z", "Indian/Reunion", "05:30 à La Réunion"),
        ("2026-10-25T00:30:00Z", "Europe/Paris", ""),
        ("2026-10-25T01:30:00Z", "Europe/Paris", ""),
        # The night of 29 March 2026: Paris has no hour from two to three.
        ("2026-03-29T00:59:00Z", "America/Guadeloupe", "28\u00a0mars 20:59 en Guadeloupe"),
        ("2026-03-29T01:00:00Z", "Indian/Reunion", "05:00 à La Réunion"),
        ("2026-11-22T09:42:07Z", "America/Guadeloupe", "05:42 en Guadeloupe"),
        ("2026-11-22T09:42:07Z", "Pacific/Tahiti", "21\u00a0nov. 23:42 à Tahiti"),
        # Another name for the same clock has nothing to add, and a name that this machine does not know says nothing.
        ("2026-11-22T09:42:07Z", "Europe/Berlin", ""),
        ("2026-11-22T09:42:07Z", "Mars/Olympus", ""),
        ("2026-11-22T09:42:07Z", "../../etc/passwd", ""),
        ("2026-11-22T09:42:07Z", "", ""),
    ],
)
def test_the_hour_of_a_store_stands_beside_that_of_paris_where_they_differ(
    moment: str, zone: str, said: str
) -> None:
    at = formats.parse_time(moment)
    assert at is not None
    assert formats.beside(at, zone, "fr", places=_PLACES) == said


@pytest.mark.parametrize(
    ("moment", "zone", "said"),
    [
        ("2026-11-22T09:42:07Z", "America/Guadeloupe", ""),
        ("2026-11-22T03:42:07Z", "America/Guadeloupe", "21\u00a0nov.\u00a02026 en Guadeloupe"),
        ("2026-12-31T21:00:00Z", "Indian/Reunion", "1\u00a0janv.\u00a02027 à La Réunion"),
        ("2026-12-31T21:00:00Z", "Europe/Paris", ""),
    ],
)
def test_a_date_has_that_of_the_store_beside_it_where_it_is_another_day_there(
    moment: str, zone: str, said: str
) -> None:
    at = formats.parse_time(moment)
    assert at is not None
    assert formats.day_beside(at, zone, "fr", places=_PLACES) == said


def test_every_time_zone_of_a_store_has_words_for_its_hour_and_no_other_has() -> None:
    for locale in ("fr", "en"):
        assert set(load_words()[locale].under("store_time")) == set(TIME_ZONES)


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("siren", "812345676", "812 345 676"),
        ("siret", "81234567600012", "812 345 676 00012"),
        ("vat", "FR53812345676", "FR 53 812 345 676"),
        ("iban", "FR7630006000011234567890189", "FR76 3000 6000 0112 3456 7890 189"),
        ("phone", "+33612345678", "+33 6 12 34 56 78"),
        ("phone", "+262692123456", "+262 692 12 34 56"),
        ("phone", "+68987123456", "+689 87 12 34 56"),
        ("phone", "+3212345678", "+3212345678"),
        ("phone", "+336123456789", "+336123456789"),
        ("vat", "BE0123456749", "BE0123456749"),
        ("siren", "812 345 676", "812 345 676"),
        ("siren", "81234567", "81234567"),
        ("siren", "", ""),
        ("acceptor", "000000000012345", "000000000012345"),
    ],
)
def test_an_identifier_reads_in_the_groups_in_which_it_is_said(kind: str, text: str, shown: str) -> None:
    assert formats.grouped(text, kind).replace("\u00a0", " ") == shown


@given(st.text(max_size=40), st.sampled_from(["siren", "siret", "vat", "iban", "phone", "other"]))
def test_grouping_changes_nothing_but_blanks(text: str, kind: str) -> None:
    assert "".join(formats.grouped(text, kind).split()) == "".join(text.split())


def test_what_people_typed_plainly_is_shown_as_french_print_wants_it() -> None:
    def shown(locale: str, text: str, written_in: str = "") -> str:
        return Formats(load_words()[locale], NOW, lambda _: Markup()).prose(text, written_in)

    asked = "J'ai changé de carte bancaire ?"
    assert shown("fr", asked) == "J’ai changé de carte bancaire\u202f?"
    assert shown("en", "What's next?") == "What’s next?"
    assert shown("en", asked, "fr") == "J’ai changé de carte bancaire\u202f?"
    assert shown("fr", "Do you see: what's next ?", "en") == "Do you see: what’s next ?"
