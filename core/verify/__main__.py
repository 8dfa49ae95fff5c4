"""`python -m core.verify [--json] [--drain SECONDS]`: the invariants that the database can answer for.

Environment: GUICHET_DATABASE_URL. V3 and V6 need journals and books, which `guichet verify` brings.
Exit: 0 all hold, 1 one is broken or the drain ended early, 2 misused, 3 no database.
"""

import argparse
import asyncio
import os
import sys

import asyncpg
import msgspec

from core.verify.model import Report
from core.verify.run import verify


def main() -> int:
    """Verify, print, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m core.verify")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--drain", type=float, default=0.0, metavar="SECONDS")
    given = parser.parse_args()
    database_url = os.environ.get("GUICHET_DATABASE_URL")
    if not database_url:
        sys.stderr.write("verify: GUICHET_DATABASE_URL is not set\n")
        return 2
    try:
        report = asyncio.run(verify(database_url, drain_s=given.drain))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        sys.stderr.write(f"verify: the database did not answer: {type(error).__name__}\n")
        return 3
    sys.stdout.write(msgspec.json.encode(report.document()).decode() + "\n" if given.json else _lines(report))
    return 0 if report.holds else 1


def _lines(report: Report) -> str:
    lines = [
        f"{'BROKEN' if each.breaches else 'holds ':6} {each.name:12} {each.checked:>9} checked {each.breaches:>5} broken"
        f" {each.waiting:>5} waiting {each.closed:>5} closed  {each.what()} {'; '.join([each.note, *each.examples])}".rstrip()
        for each in report.findings
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
