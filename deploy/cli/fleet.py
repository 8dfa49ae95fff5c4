"""`guichet fleet`: an estate of terminals for a while, with progress and a summary."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import App, Parameter

from deploy.cli.common import COMMON, Common
from deploy.cli.exchange import STAN_FILE, client_context, read_address
from deploy.cli.exchange_words import words
from deploy.local.errors import Misused
from deploy.local.postgres import CORE_ROLE, PostgresServer
from deploy.sandbox.simulators.fleet.estate import Estate, Plan
from deploy.sandbox.simulators.requests import Identity

if TYPE_CHECKING:
    from deploy.sandbox.simulators.fleet.tally import Summary

app = App(name="guichet fleet", help="Behave like an estate of terminals.")

SEEDED_TERMINALS = 12
LOAD_TERMINAL_FIRST = 1_000_001


@app.default
async def fleet(
    *,
    terminals: int = SEEDED_TERMINALS,
    rate: float = 2.0,
    seconds: float = 60.0,
    first: int | None = None,
    journal: Path | None = None,
    rough: float = 0.002,
    cuts: float = 0.002,
    tls: Annotated[bool, Parameter(negative="")] = False,
    address: str | None = None,
    common: Common = COMMON,
) -> int:
    """Sign on, pay, echo, lose the network, store and forward, reverse what got no answer; then sum up.

    Parameters
    ----------
    terminals
        How many; up to 12 they are those of the demonstration, beyond that those of the load.
    rate
        Payments a second, all together.
    first
        Number of the first terminal, as in T1000001.
    journal
        File to which what the terminals are told is appended.
    rough
        Share of payments that get no answer, a late one or two.
    cuts
        Chance, at each payment, that its terminal loses the network.
    """
    for name, value in (("--terminals", terminals), ("--rate", rate), ("--seconds", seconds)):
        if value <= 0:
            raise Misused("number-refused", text=name)
    host, port = read_address(common, address, tls=tls)
    start = first if first is not None else 1 if terminals <= SEEDED_TERMINALS else LOAD_TERMINAL_FIRST
    if address is None and start == LOAD_TERMINAL_FIRST:
        await _create_terminals(common, terminals)
    plan = Plan(
        host=host,
        port=port,
        terminals=[Identity(f"T{start + place:07d}") for place in range(terminals)],
        rate_per_s=rate,
        seconds=seconds,
        rough=rough,
        cuts=cuts,
        parts=0.01,
        resets=0.002,
        odd_clocks=0.3,
        journal=journal,
        stan_file=common.data / STAN_FILE,
    )
    estate = Estate(
        plan, tls=(lambda terminal: client_context(common.data, terminal.strip())) if tls else None
    )
    summary = await (_quietly(estate) if common.as_json else _with_progress(estate, common))
    if not estate.tally.connections:
        raise Misused("no-session")
    if common.as_json:
        common.print_json(msgspec.to_builtins(summary))
    else:
        _print_summary(common, summary)
    return 0


async def _create_terminals(common: Common, terminals: int) -> None:
    """Have the running copy know the terminals of the load; those that it knows stay as they are."""
    state = common.running()
    server = PostgresServer(common.data, port=state.ports["postgres"])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.sandbox.demonstration",
        "--load-terminals",
        str(terminals),
        env={**os.environ, "GUICHET_DATABASE_URL": server.dsn(CORE_ROLE), "GUICHET_DATA": str(common.data)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    if await process.wait() != 0:
        raise Misused("no-session")


async def _quietly(estate: Estate) -> Summary:
    return await estate.run()


async def _with_progress(estate: Estate, common: Common) -> Summary:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    whole = estate.plan.seconds or 0.0
    columns: tuple[Any, ...] = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("", total=whole)

        def update(running: Estate, elapsed: float) -> None:
            said = (
                words(common.spoken, "fleet.draining")
                if elapsed >= whole
                else words(
                    common.spoken, "fleet.running", online=running.online, terminals=len(running.members)
                )
            )
            counted = f"{running.tally.sent} · 00 {running.tally.approved} · {said}"
            bar.update(task, completed=min(elapsed, whole), description=counted)

        return await estate.run(progress=update)


def _print_summary(common: Common, summary: Summary) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in msgspec.to_builtins(summary).items():
        if name != "codes":
            table.add_row(words(common.spoken, f"fleet.{name}"), str(value))
    common.console().print(table)
