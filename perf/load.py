"""`make load`: a stack of its own, then locust against its API, its pages and its terminals' port, then verify.

`python -m perf.load [--users 40] [--seconds 60] [--report perf/load.md]`. Exit 1 when a request failed or an invariant
does not hold, 2 when it could not run.
"""

import argparse
import asyncio
import csv
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from deploy.cli.verify import verify_stack
from deploy.local.errors import LocalError
from deploy.local.stack import LocalStack
from perf.bench.driving import seed_terminals

USERS_MAX = 500
SECONDS_MAX = 900
DRAIN_S = 30.0
_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_COLUMNS = (
    ("Type", "kind"),
    ("Name", "name"),
    ("Request Count", "requests"),
    ("Failure Count", "failed"),
    ("Requests/s", "a second"),
    ("50%", "p50 ms"),
    ("95%", "p95 ms"),
    ("99%", "p99 ms"),
    ("Max Response Time", "max ms"),
)


def main() -> int:
    """Run the load from the command line; mistakes are one line."""
    parser = argparse.ArgumentParser(prog="perf.load", description=__doc__)
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--report", type=Path, default=Path(__file__).with_name("load.md"))
    given = parser.parse_args()
    if not (0 < given.users <= USERS_MAX and 0 < given.seconds <= SECONDS_MAX):
        sys.stderr.write(f"load: at most {USERS_MAX} users and {SECONDS_MAX} seconds\n")
        return 2
    try:
        passed, table = asyncio.run(run(users=given.users, seconds=given.seconds))
    except LocalError as error:
        sys.stderr.write(f"load: {error}\n")
        return 2
    given.report.write_text(table, encoding="utf-8")
    sys.stdout.write(table)
    return 0 if passed else 1


async def run(*, users: int, seconds: int) -> tuple[bool, str]:
    """Start the stack, load it, verify it; return whether all is well, and the report. Raises: LocalError."""
    folder = Path(tempfile.mkdtemp(prefix="gl-"))
    try:
        async with LocalStack(folder, log_level="warning") as stack:
            await seed_terminals(stack, USERS_MAX)
            locust_code = await _locust(stack, folder, users=users, seconds=seconds)
            verified = await verify_stack(folder, stack.database_url(), journals=[], drain_s=DRAIN_S)
        rows = _rows(folder / "locust_stats.csv")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table = _markdown(rows, users=users, seconds=seconds, holds=verified.holds)
    return locust_code == 0 and verified.holds, table


async def _locust(stack: LocalStack, folder: Path, *, users: int, seconds: int) -> int:
    environment = {
        **os.environ,
        "GUICHET_LOAD_API": f"http://{stack.address('gateway')}",
        "GUICHET_LOAD_PORTAL": f"http://{stack.address('portal')}",
        "GUICHET_LOAD_EDGE": stack.address("edge"),
        "GUICHET_LOAD_PASSWORD_FILE": str(folder / "secrets" / "demo-password"),
        "GUICHET_LOAD_TERMINALS": str(USERS_MAX),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "locust",
        "--locustfile",
        str(_LOCUSTFILE),
        "--headless",
        "--users",
        str(users),
        "--spawn-rate",
        str(max(1, users // 8)),
        "--run-time",
        f"{seconds}s",
        "--stop-timeout",
        "10",
        "--csv",
        str(folder / "locust"),
        "--only-summary",
        "--loglevel",
        "WARNING",
        stdout=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    try:
        code = await asyncio.wait_for(process.wait(), seconds + 60)
    except BaseException as error:
        process.kill()
        await process.wait()
        if isinstance(error, TimeoutError):
            raise LocalError("locust-endless") from error
        raise
    if not (folder / "locust_stats.csv").exists():
        raise LocalError("locust-measured-nothing")
    return code


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _markdown(rows: list[dict[str, str]], *, users: int, seconds: int, holds: bool) -> str:
    head = (
        f"{users} users for {seconds} s on {os.cpu_count()} cores, which carry locust and the whole stack; "
        f"{datetime.now(UTC):%Y-%m-%d}. Written by `make load`. `guichet verify` afterwards: "
        f"{'holds' if holds else '**broken**'}."
    )
    lines = [
        "# API, pages and terminals under locust",
        "",
        head,
        "",
        "| " + " | ".join(title for _, title in _COLUMNS) + " |",
        "|" + "---|" * len(_COLUMNS),
    ]
    for row in rows:
        cells = [_cell(row[column]) for column, _ in _COLUMNS]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    try:
        return f"{float(text):.1f}".removesuffix(".0")
    except ValueError:
        return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
