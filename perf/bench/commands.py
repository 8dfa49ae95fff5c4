"""`guichet bench`: benchmarks on a stack of their own, with a printed report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter, validators

from deploy.cli.common import COMMON, Common

# Each benchmark is imported by its own command: they bring servers' and clients' libraries with them.

# Edge takes 20,000 sockets and the gateway 5,000 listeners; beyond them the bounds would be measured.
_SOCKETS = validators.Number(gte=1, lte=19_000)
_LISTENERS = validators.Number(gte=1, lte=5_000)
_RATE = validators.Number(gt=0, lte=5_000)
_SECONDS = validators.Number(gte=1, lte=600)
_MANY = validators.Number(gte=200, lte=50_000_000)
_SCHEDULES = validators.Number(gte=10, lte=10_000)
_DUE = validators.Number(gte=100, lte=5_000_000)
_ROUNDS = validators.Number(gte=1, lte=1_000)
_MINUTES = validators.Number(gte=0, lte=120)

app = App(name="guichet bench", help="Measure, on a stack of its own, against a reference in the same run.")


@app.command
async def authorise(
    *,
    seconds: Annotated[int, Parameter(help="Length of each measured window.")] = 10,
    in_flight: Annotated[int, Parameter(help="Payments in flight at saturation.")] = 400,
    rates: Annotated[tuple[int, ...], Parameter(help="Payments a second, for latencies.")] = (500, 1000),
    report: Annotated[Path | None, Parameter(help="Write the report there, in Markdown.")] = None,
    common: Common = COMMON,
) -> int:
    """Durable authorisations a second from terminal to database and back, as a ratio to pgbench. Exit 1 when facts are not what was told."""
    from perf.bench.authorise import bench_authorise  # noqa: PLC0415 - see above.
    from perf.bench.markdown import authorise_markdown  # noqa: PLC0415 - see above.

    measured = await bench_authorise(seconds=seconds, in_flight=in_flight, rates=rates, keep=None, note=_note)
    if report is not None:
        report.write_text(authorise_markdown(measured), encoding="utf-8")
    if common.as_json:
        common.print_line(msgspec.json.encode(measured).decode())
    else:
        common.print_line(authorise_markdown(measured))
    return 0 if measured.verify == "holds" and not measured.lost and not measured.doubled else 1


@app.command
async def collect(
    *,
    due: Annotated[int, Parameter(help="Instalments that are due.", validator=_DUE)] = 200_000,
    seconds: Annotated[int, Parameter(help="Length of each window of the card path.")] = 10,
    in_flight: Annotated[int, Parameter(help="Payments in flight in these windows.")] = 400,
    rate: Annotated[float, Parameter(help="Terminal payments a second beside.", validator=_RATE)] = 100.0,
    common: Common = COMMON,
) -> int:
    """Instalments debited a second by the daily run, as a ratio to the card path. Exit 1 outside the targets."""
    from perf.bench.collect import bench_collect  # noqa: PLC0415 - see above.

    measured = await bench_collect(due=due, seconds=seconds, in_flight=in_flight, rate_per_s=rate, note=_note)
    return _tell(common, measured, within=measured.within_targets)


@app.command
async def sockets(
    *,
    sockets: Annotated[
        int, Parameter(help="Idle terminals, each with a socket.", validator=_SOCKETS)
    ] = 10_000,
    rate: Annotated[float, Parameter(help="Payments a second beside them.", validator=_RATE)] = 500.0,
    seconds: Annotated[float, Parameter(help="Length of each measured window.", validator=_SECONDS)] = 10.0,
    common: Common = COMMON,
) -> int:
    """Memory of edge by idle terminal, without TLS and with, and the payments' p99 beside them. Exit 1 outside the targets."""
    from perf.bench.sockets import bench_sockets  # noqa: PLC0415 - see above.

    measured = await bench_sockets(sockets=sockets, rate_per_s=rate, seconds=seconds, note=_note)
    return _tell(common, measured, within=measured.within_targets)


@app.command
async def feed(
    *,
    listeners: Annotated[int, Parameter(help="Open live feeds.", validator=_LISTENERS)] = 500,
    rate: Annotated[float, Parameter(help="Payments a second, an event each.", validator=_RATE)] = 200.0,
    seconds: Annotated[float, Parameter(help="Length of the measured window.", validator=_SECONDS)] = 15.0,
    common: Common = COMMON,
) -> int:
    """Lag from commit to listeners of the live feed, and what they cost the gateway. Exit 1 outside the targets."""
    from perf.bench.feed import bench_feed  # noqa: PLC0415 - see above.

    measured = await bench_feed(listeners=listeners, rate_per_s=rate, seconds=seconds, note=_note)
    return _tell(common, measured, within=measured.within_targets)


@app.command
async def desk(
    *,
    transactions: Annotated[int, Parameter(help="Transactions of the estate.", validator=_MANY)] = 1_000_000,
    merchants: Annotated[int, Parameter(help="Companies of the estate.", validator=_MANY)] = 50_000,
    terminals: Annotated[int, Parameter(help="Terminals of the estate.", validator=_MANY)] = 100_000,
    rounds: Annotated[
        int, Parameter(help="How often each agent asks for everything.", validator=_ROUNDS)
    ] = 6,
    minutes: Annotated[
        float, Parameter(help="Length of the live list's watch; 0: none.", validator=_MINUTES)
    ] = 10.0,
    export: Annotated[bool, Parameter(help="Export every transaction.")] = True,
    report: Annotated[Path | None, Parameter(help="Write the report there, in Markdown.")] = None,
    common: Common = COMMON,
) -> int:
    """How long agents wait for searches and lists over a large estate, its export, its live list. Exit 1 outside the targets."""
    from perf.bench.desk import Sizes, bench_desk, desk_markdown  # noqa: PLC0415 - see above.

    measured = await bench_desk(
        sizes=Sizes(transactions, merchants, terminals),
        rounds=rounds,
        minutes=minutes,
        export=export,
        keep=None,
        note=_note,
    )
    if report is not None:
        report.write_text(desk_markdown(measured), encoding="utf-8")
    return _tell(common, measured, within=measured.within_targets)


@app.command
async def space(
    *,
    schedules: Annotated[int, Parameter(help="Schedules of the customer.", validator=_SCHEDULES)] = 200,
    others: Annotated[int, Parameter(help="Schedules of others.", validator=_MANY)] = 100_000,
    rate: Annotated[float, Parameter(help="Pages a second.", validator=_RATE)] = 100.0,
    seconds: Annotated[float, Parameter(help="Length of the measured window.", validator=_SECONDS)] = 20.0,
    common: Common = COMMON,
) -> int:
    """How long a customer with many schedules waits for a page of the space, and what a page weighs. Exit 1 outside the targets."""
    from perf.bench.space import bench_space  # noqa: PLC0415 - see above.

    measured = await bench_space(
        schedules=schedules, others=others, rate_per_s=rate, seconds=seconds, note=_note
    )
    return _tell(common, measured, within=measured.within_targets)


@app.command
async def memory(
    *,
    idle: Annotated[float, Parameter(help="Seconds to idle before it is read.", validator=_SECONDS)] = 20.0,
    common: Common = COMMON,
) -> int:
    """Memory of the whole idle stack without the fleet, by process. Exit 1 above the target."""
    from perf.bench.memory import bench_memory  # noqa: PLC0415 - see above.

    measured = await bench_memory(idle_s=idle, note=_note)
    return _tell(common, measured, within=measured.within_target)


def _tell(common: Common, measured: msgspec.Struct, *, within: bool) -> int:
    encoded = msgspec.json.encode(measured)
    if common.as_json:
        common.print_line(encoded.decode())
    else:
        common.print_line(msgspec.json.format(encoded, indent=2).decode())
    return 0 if within else 1


def _note(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)
