"""`guichet bench`: benchmarks on a stack of their own, with a printed report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from deploy.local.cli.common import COMMON, Common
from perf.bench.authorise import bench_authorise
from perf.bench.markdown import authorise_markdown

app = App(name="guichet bench", help="Measure, on a stack of its own, against a reference in the same run.")


@app.command
async def authorise(
    *,
    seconds: Annotated[int, Parameter(help="Length of each measured window.")] = 10,
    in_flight: Annotated[int, Parameter(help="Payments in flight at saturation.")] = 256,
    rates: Annotated[tuple[int, ...], Parameter(help="Payments a second, for latencies.")] = (500, 1000),
    report: Annotated[Path | None, Parameter(help="Write the report there, in Markdown.")] = None,
    common: Common = COMMON,
) -> int:
    """Durable authorisations a second from terminal to database and back, as a ratio to pgbench. Exit 1 when facts are not what was told."""
    measured = await bench_authorise(seconds=seconds, in_flight=in_flight, rates=rates, keep=None, note=_note)
    if report is not None:
        report.write_text(authorise_markdown(measured), encoding="utf-8")
    if common.as_json:
        common.print_line(msgspec.json.encode(measured).decode())
    else:
        common.print_line(authorise_markdown(measured))
    return 0 if measured.verify == "holds" and not measured.lost and not measured.doubled else 1


def _note(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)
