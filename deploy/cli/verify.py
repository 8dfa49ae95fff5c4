"""`guichet verify`: check every invariant on the running system, what terminals and the acquirer keep included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
from cyclopts import App

from core.verify.model import Finding, Report
from core.verify.run import verify as run_checks
from core.verify.words import say
from deploy.cli.common import COMMON, Common
from deploy.cli.verify_sources import acquirer_book, journal_facts
from deploy.local.errors import LocalError
from deploy.local.postgres import CORE_ROLE, PostgresServer
from deploy.sandbox.simulators.book import BookDamaged

app = App(name="guichet verify", help="Check every invariant on the running system.")

EXIT_BROKEN = 1
_SCANNED = ("logs", "nats", "fleet", "acquirer")


@app.default
async def verify(*, journal: list[Path] | None = None, drain: float = 0.0, common: Common = COMMON) -> int:
    """Check every invariant on the running system. Exit 1 when one is broken, 5 when nothing runs.

    Parameters
    ----------
    journal:
        What terminals kept of what they were told; the fleet's own journal is always read.
    drain:
        Seconds to wait at most until nothing is under way.
    """
    state = common.running()
    report = await verify_stack(
        common.data,
        PostgresServer(common.data, port=state.ports["postgres"]).dsn(CORE_ROLE),
        journals=journal or [],
        drain_s=drain,
    )
    if common.as_json:
        common.print_json({"holds": report.holds, **report.document()})
    else:
        for line in report_lines(common, report):
            common.print_line(line)
    return 0 if report.holds else EXIT_BROKEN


async def verify_stack(
    data_dir: Path, database_url: str, *, journals: list[Path], drain_s: float = 0.0, cards: bool = True
) -> Report:
    """Verify the copy that keeps its data there. Raises: LocalError."""
    kept = data_dir / "fleet" / "journal.jsonl"
    read = [*([kept] if kept.exists() else []), *journals]
    for path in read:
        if not path.is_file():
            raise LocalError("journal-missing", path=path)
    try:
        return await run_checks(
            database_url,
            drain_s=drain_s,
            facts=(lambda: journal_facts(read)) if read else None,
            book=lambda: acquirer_book(data_dir / "acquirer"),
            files=[data_dir / name for name in _SCANNED] if cards else (),
            cards=cards,
        )
    except BookDamaged as error:
        raise LocalError("book-damaged", line=error.line, path=error.path) from error
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        # The driver's words may name the address, which holds a password.
        raise LocalError("database-silent", error=type(error).__name__) from error


def report_lines(common: Common, report: Report) -> list[str]:
    """Return the report for people: a line each, examples under what is broken."""
    lines: list[str] = []
    for finding in report.findings:
        lines.append(_line(common, finding))
        lines += [f"    {one.text(common.spoken)}" for one in finding.found]
    if report.left:
        left = ", ".join(
            f"{say(f'left.{name}', {}, common.spoken)} {count}" for name, count in report.left.items()
        )
        lines.append(common.say("verify.left", left=left))
    verdict = "verify.holds" if report.holds else "verify.broken"
    return [*lines, common.say(verdict, seconds=report.seconds)]


def _line(common: Common, finding: Finding) -> str:
    facts: dict[str, Any] = {
        "checked": finding.checked,
        "breaches": finding.breaches,
        "waiting": finding.waiting,
        "closed": finding.closed,
    }
    word = common.say("verify.bad" if finding.breaches else "verify.good")
    counts = common.say("verify.counts", **facts)
    what = finding.what(common.spoken)
    note = "" if finding.remark is None else f" ({finding.remark.text(common.spoken)})"
    return f"{word} {finding.name:<11} {counts}  {what}{note}"
