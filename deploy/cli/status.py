"""`guichet status`: what runs, since when, how much memory it takes, and whether it says it is well."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from cyclopts import App

from deploy.cli.common import COMMON, Common
from deploy.local import proc
from deploy.local.loopback import http_get
from deploy.local.state_file import ProcessState

app = App(name="guichet status", help="Show what runs, since when, and how healthy it is.")


@app.default
async def status(*, common: Common = COMMON) -> int:
    """Show what runs, since when, and how healthy it is. Exit 5 when nothing runs."""
    state = common.running()
    rows = await asyncio.gather(*(_row(process) for process in state.processes))
    total = round(sum(row["memory_pss_mib"] for row in rows), 1)
    own = round(proc.memory_pss_kib_of_one(state.supervisor.pid) / 1024, 1)
    if common.as_json:
        common.print_json(
            {
                "supervisor": {
                    "pid": state.supervisor.pid,
                    "since": state.supervisor.started_at,
                    "memory_pss_mib": own,
                },
                "ports": state.ports,
                "processes": rows,
                "memory_pss_mib": round(total + own, 1),
            }
        )
    else:
        _print_table(common, rows, supervisor_pid=state.supervisor.pid, own_mib=own, total_mib=total + own)
    return 0


async def _row(process: ProcessState) -> dict[str, Any]:
    alive = process.pid is not None and proc.is_alive(process.pid, process.ticks)
    return {
        "name": process.name,
        "state": process.state if alive or process.state in {"stopped", "restarting"} else "restarting",
        "pid": process.pid if alive else None,
        "since": process.since,
        "restarts": process.restarts,
        "memory_pss_mib": round(proc.memory_pss_kib(process.pid) / 1024, 1) if alive and process.pid else 0.0,
        "port": process.port,
        "health": await _health(process) if alive else "silent",
    }


async def _health(process: ProcessState) -> str:
    if process.health_port is None:
        return "well" if process.state == "ready" else "unknown"
    path = "/healthz" if process.name == "nats" else "/health/ready"
    answer = await http_get(process.health_port, path)
    if answer is None:
        return "silent"
    return "well" if answer.status_code == 200 else "ill"


def _print_table(
    common: Common, rows: list[dict[str, Any]], *, supervisor_pid: int, own_mib: float, total_mib: float
) -> None:
    from rich.table import Table  # noqa: PLC0415 - a program that reads JSON needs no tables.

    table = Table()
    table.add_column(common.say("status.name"))
    table.add_column(common.say("status.state"))
    for key in ("pid", "since", "restarts", "memory", "port"):
        table.add_column(common.say(f"status.{key}"), justify="right")
    table.add_column(common.say("status.health"))
    for row in rows:
        since = datetime.fromisoformat(row["since"]).astimezone()
        table.add_row(
            row["name"],
            common.say(f"state.{row['state']}"),
            str(row["pid"] or "-"),
            since.strftime("%d/%m %H:%M:%S" if common.spoken == "fr" else "%Y-%m-%d %H:%M:%S"),
            str(row["restarts"]),
            f"{row['memory_pss_mib']:.1f}",
            str(row["port"]),
            common.say(f"health.{row['health']}"),
        )
    table.add_section()
    table.add_row("guichet up", "", str(supervisor_pid), "", "", f"{own_mib:.1f}", "", "")
    table.add_row(common.say("status.total"), "", "", "", "", f"{total_mib:.1f}", "", "")
    common.console().print(table)
