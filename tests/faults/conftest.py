"""One stack a size serves all rows; the table of what they came to is printed at the end."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.faults.rig import BACK_S_MAX, LONG, SHORT, Outcome, Rig, running_rig

_outcomes: list[Outcome] = []


@pytest.fixture(scope="module")
def fault_folder() -> Iterator[Path]:
    """A folder with a path short enough for Unix sockets, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="gt-", ignore_cleanup_errors=True) as made:
        yield Path(made) / "data"


@pytest.fixture(scope="module")
async def short_rig(fault_folder: Path) -> AsyncIterator[Rig]:
    """A stack under a small load."""
    async with running_rig(fault_folder, SHORT) as rig:
        yield rig


@pytest.fixture(scope="module")
async def long_rig(fault_folder: Path) -> AsyncIterator[Rig]:
    """A stack under the load of a hundred terminals."""
    async with running_rig(fault_folder, LONG) as rig:
        yield rig


def survived(outcome: Outcome) -> Outcome:
    """Keep the outcome for the table, then insist on it: back in time, drained, every invariant kept."""
    _outcomes.append(outcome)
    broken = {
        finding.name: finding.examples or finding.breaches
        for finding in outcome.report.findings
        if finding.breaches
    }
    assert broken == {}
    assert outcome.report.drained is True, outcome.report.left
    assert outcome.report.finding("V3").checked > 0
    assert outcome.report.finding("V6").checked > 0
    assert outcome.back_after_s is not None
    assert outcome.back_after_s <= BACK_S_MAX
    return outcome


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if _outcomes:
        terminalreporter.section("faults: row | fault | injected | back after s | load | V1..V9")
        for outcome in _outcomes:
            terminalreporter.line(outcome.line())
            if outcome.facts:
                terminalreporter.line(f"    | {outcome.facts}")
