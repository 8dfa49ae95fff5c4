"""The rules that an institution begins with are named in the reader's language, and stay what they are when saved."""

from __future__ import annotations

import re
from pathlib import Path

from core.supervision.alerts.names import shown_name, stored_name

MIGRATION = Path(__file__).parents[4] / "core/db/migrations/20261101000013_supervision.sql"


def test_every_rule_of_the_beginning_has_an_english_name() -> None:
    rows = MIGRATION.read_text().partition("INSERT INTO alert_rule")[2].partition(";")[0]
    names = re.findall(r"^\('\w+', '([^']+)'", rows, re.MULTILINE)
    assert len(names) == 7
    for name in names:
        english = shown_name(name, "en")
        assert english != name
        assert shown_name(name, "fr") == name
        assert stored_name(english) == name, "saved again from an English page"


def test_a_rule_that_people_named_keeps_its_name() -> None:
    assert shown_name("Refus à Lyon", "en") == stored_name("Refus à Lyon") == "Refus à Lyon"
