"""Numbers that a person reads aloud stand in groups wherever they are shown."""

import pytest

from portals.agent.search.page import with_groups

NARROW = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("SIREN 900000019", "SIREN 900 000 019"),
        ("SIRET 90000001900012 · Lille", "SIRET 900 000 019 00012 · Lille"),
        ("Zinzolin Lille · Lille", "Zinzolin Lille · Lille"),
    ],
)
def test_a_hit_shows_its_number_in_groups(detail: str, shown: str) -> None:
    assert with_groups(detail).replace("\N{NO-BREAK SPACE}", " ").replace(NARROW, " ") == shown
