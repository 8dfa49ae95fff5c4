"""What belongs to no export goes, and what one has just begun stays."""

from __future__ import annotations

from pathlib import Path

from core.supervision.exports.folder import files_in, sweep

KEPT, GONE, BEGUN = "1" * 32, "2" * 32, "3" * 32


def test_a_file_that_begins_during_the_sweep_stays(tmp_path: Path) -> None:
    for name in (f"{KEPT}.csv", f"{GONE}.csv.part"):
        (tmp_path / name).touch()
    files = files_in(tmp_path)
    (tmp_path / f"{BEGUN}.csv.part").touch()
    assert sweep(files, {KEPT}) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{KEPT}.csv", f"{BEGUN}.csv.part"]


def test_a_folder_that_is_not_there_yet_holds_nothing(tmp_path: Path) -> None:
    assert files_in(tmp_path / "exports") == []
