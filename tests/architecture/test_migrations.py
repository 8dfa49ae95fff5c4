"""Each migration has a number of its own: dbmate knows them by it, and runs one of two that share it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

MIGRATIONS = Path(__file__).resolve().parents[2] / "core" / "db" / "migrations"


def test_no_two_migrations_share_a_number() -> None:
    numbers = Counter(path.name.partition("_")[0] for path in MIGRATIONS.glob("*.sql"))
    assert len(numbers) > 50
    assert [number for number, times in numbers.items() if times > 1] == []
