"""A terminal never uses a STAN twice in a business day."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from deploy.sandbox.simulators.stans import STAN_MAX, StanFile, Stans, StansExhausted, run_offset

TODAY = date(2026, 11, 22)
TOMORROW = date(2026, 11, 23)


def test_two_owners_of_a_file_never_share_a_stan(tmp_path: Path) -> None:
    file = StanFile(tmp_path / "stans.json")
    one, other = Stans("T1", file=file, block=3), Stans("T1", file=file, block=5)
    taken = [source.take(TODAY) for _ in range(20) for source in (one, other)]
    assert len(set(taken)) == len(taken)


def test_a_restart_goes_on_behind_the_last_one(tmp_path: Path) -> None:
    file = StanFile(tmp_path / "stans.json")
    assert [Stans("T1", file=file).take(TODAY) for _ in range(3)] == ["000001", "000002", "000003"]


def test_another_day_begins_again_and_an_older_clock_does_not(tmp_path: Path) -> None:
    stans = Stans("T1", file=StanFile(tmp_path / "stans.json"))
    stans.take(TODAY)
    assert stans.take(TOMORROW) == "000001"
    assert stans.take(TODAY) == "000002"


def test_each_terminal_counts_for_itself(tmp_path: Path) -> None:
    file = StanFile(tmp_path / "stans.json")
    assert file.reserve_many(["T1", "T2"], TODAY, 10) == {"T1": range(1, 11), "T2": range(1, 11)}


def test_processes_at_once_share_nothing(tmp_path: Path) -> None:
    path = tmp_path / "stans.json"
    code = (
        "import sys; from pathlib import Path; from datetime import date; from deploy.sandbox.simulators.stans import *\n"
        "s = Stans('T1', file=StanFile(Path(sys.argv[1])))\n"
        "print(*(s.take(date(2026, 11, 22)) for _ in range(200)))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    taken = [stan for process in running for stan in process.communicate(timeout=60)[0].split()]
    assert len(taken) == 600
    assert len(set(taken)) == 600


def test_a_day_without_stans_left_is_an_error(tmp_path: Path) -> None:
    file = StanFile(tmp_path / "stans.json")
    file.reserve("T1", TODAY, STAN_MAX)
    with pytest.raises(StansExhausted):
        file.reserve("T1", TODAY)


def test_a_text_left_behind_a_shorter_one_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "stans.json"
    path.write_text('{"day": "2026-11-22", "last": {"T1": 4}}\n34}}')
    assert StanFile(path).reserve("T1", TODAY) == range(5, 6)


def test_runs_without_a_file_start_at_different_offsets() -> None:
    offsets = {run_offset(second) for second in range(86_400)}
    assert len(offsets) == 86_400
    assert max(offsets) <= STAN_MAX
