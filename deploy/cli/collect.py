"""`guichet collect`: the daily run, watched to its end, tried without doing it, paused and reported."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from cyclopts import App, Parameter, validators

from core.contracts.reasons import Reason
from core.transactions.reasons import REASONS
from deploy.cli.agent_api import AGENT, AgentApi, agent_api
from deploy.cli.clock import read_day
from deploy.cli.common import COMMON, Common
from deploy.local.errors import LocalError, Misused

app = App(name="guichet collect", help="Run, try, pause and report the daily collection of instalments.")

EXIT_UNFINISHED = 1
_LOOKS_EVERY_S = 0.5
_WAIT_S = validators.Number(gte=0, lte=86_400)


@app.default
async def collect(
    *,
    dry_run: Annotated[bool, Parameter(negative="", help="Say what a run would do, and do nothing.")] = False,
    pause: Annotated[str | None, Parameter(help="Claim nothing any more, for this reason.")] = None,
    resume: Annotated[bool, Parameter(negative="", help="Claim again.")] = False,
    because: Annotated[str | None, Parameter(help="Why it is resumed.")] = None,
    on: Annotated[
        str | None, Parameter(help="Report the run of that day, or try that of a day to come.")
    ] = None,
    wait: Annotated[float, Parameter(help="Seconds to wait for its end at most.", validator=_WAIT_S)] = 600.0,
    agent: Annotated[str, Parameter(help="E-mail of the agent who does it.")] = AGENT,
    common: Common = COMMON,
) -> int:
    """Wait until everything that is due today is collected, and report it. Exit 1 where it is not finished in time.

    The worker collects by itself as soon as something is due: this command looks on, and says how it went.
    """
    if dry_run + (pause is not None) + resume > 1:
        raise Misused("collect-two-things")
    day = {} if on is None else {"on": read_day(on).isoformat()}
    async with agent_api(common, agent) as api:
        if dry_run:
            return _tell(common, await api.get("/v1/collecting/due", **day), due_lines)
        if pause is not None:
            return _tell(common, await api.post("/v1/collecting/pause", {"reason": pause}), report_lines)
        if resume:
            reason = because or common.say("collect.resumed-by-command")
            return _tell(common, await api.post("/v1/collecting/resume", {"reason": reason}), report_lines)
        if day:
            return _tell(common, await api.get("/v1/collecting", **day), report_lines)
        report = await run(common, api, wait_s=wait)
    _tell(common, report, report_lines)
    return EXIT_UNFINISHED if is_under_way(report) else 0


async def run(common: Common, api: AgentApi, *, wait_s: float) -> dict[str, Any]:
    """Look on until nothing is due and nothing under way, or for as long as `wait_s`; return the report.

    Raises: LocalError where the run is paused.
    """
    until = time.monotonic() + wait_s
    shown = ""
    while True:
        report: dict[str, Any] = await api.get("/v1/collecting")
        if report["pause"] is not None and report["due"]:
            raise LocalError("collecting-paused", reason=report["pause"]["reason"], due=report["due"])
        line = _progress(common, report)
        if not common.as_json and line != shown:
            common.print_line(line)
            shown = line
        if not is_under_way(report) or time.monotonic() >= until:
            return report
        await asyncio.sleep(_LOOKS_EVERY_S)


def is_under_way(report: dict[str, Any]) -> bool:
    """Return whether the run of a day has something left to do now."""
    return bool(report["due"] or report["under_way"])


def report_lines(common: Common, report: dict[str, Any]) -> list[str]:
    """Return the run of a day for people: a line for what ended alike."""
    lines = [common.say("collect.day", day=report["on"])]
    if report["pause"] is not None:
        pause = report["pause"]
        lines.append(common.say("collect.paused", reason=pause["reason"], by=pause["paused_by"]["name"]))
    lines += [
        common.say(
            "collect.row",
            count=row["count"],
            amount=_euros(common, row["amount"]["amount"]),
            brand=row["brand"],
            outcome=common.say(f"outcome.{row['outcome']}"),
            reason=_reason(common, row["reason"]),
        ).rstrip(" :")
        for row in report["rows"]
    ]
    lines.append(_progress(common, report))
    return lines


def due_lines(common: Common, report: dict[str, Any]) -> list[str]:
    """Return what a run would do, for people."""
    lines = [common.say("collect.would", day=report["on"], count=report["count"])]
    for row in report["rows"]:
        key = "collect.would-send" if row["reason"] is None else "collect.would-not-send"
        lines.append(
            common.say(
                key,
                count=row["count"],
                amount=_euros(common, row["amount"]["amount"]),
                brand=row["brand"],
                reason=_reason(common, row["reason"]),
            )
        )
    return lines


def _tell(common: Common, answer: dict[str, Any], lines: Any) -> int:
    if common.as_json:
        common.print_json(answer)
    else:
        for line in lines(common, answer):
            common.print_line(line)
    return 0


def _progress(common: Common, report: dict[str, Any]) -> str:
    ended = sum(row["count"] for row in report["rows"] if row["outcome"] != "open")
    return common.say(
        "collect.progress",
        ended=ended,
        under_way=report["under_way"],
        due=report["due"],
        waiting=report["waiting"],
    )


def _reason(common: Common, name: str | None) -> str:
    if name is None:
        return ""
    return REASONS[Reason[name.upper()]].words(common.spoken).agent


def _euros(common: Common, minor: int) -> str:
    text = f"{minor // 100}.{minor % 100:02d} €"
    return text.replace(".", ",") if common.spoken == "fr" else text
