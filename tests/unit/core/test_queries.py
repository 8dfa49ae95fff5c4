"""Statements as they are loaded."""

from pathlib import Path

import pytest

from core.db.queries import load


def _loaded(folder: Path, text: str) -> str:
    path = folder / "queries.sql"
    path.write_text(f"-- name: one\n{text};\n")
    return load(path).one


def test_members_of_closed_sets_become_numbers_and_casts_stay(tmp_path: Path) -> None:
    text = "SELECT '1'::text WHERE 3 IN (:State.APPROVED, :State.PARTIALLY_APPROVED) AND 4 = :Kind.REFUND"
    assert _loaded(tmp_path, text) == "SELECT '1'::text WHERE 3 IN (3, 4) AND 4 = 4"


@pytest.mark.parametrize("member", ["State.GONE", "Nothing.APPROVED"])
def test_a_member_that_does_not_exist_is_refused_when_loaded(tmp_path: Path, member: str) -> None:
    with pytest.raises(ValueError, match=member):
        _loaded(tmp_path, f"SELECT :{member}")
