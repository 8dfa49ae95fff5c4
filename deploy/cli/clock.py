"""`guichet clock`: the time at which schedules live in a sandbox, shown and moved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from cyclopts import App, Parameter, validators

from core.values.clock import PARIS
from deploy.cli.agent_api import AGENT, AgentApi, agent_api
from deploy.cli.common import COMMON, Common
from deploy.local.errors import Misused

app = App(name="guichet clock", help="Show and move the time at which schedules live in a sandbox.")

_DAYS = validators.Number(gte=-7_300, lte=7_300)


@app.default
async def clock(
    *,
    days: Annotated[int | None, Parameter(help="Move it by so many days.", validator=_DAYS)] = None,
    to: Annotated[str | None, Parameter(help="Move it to a date, such as 2027-01-31.")] = None,
    real: Annotated[bool, Parameter(help="Let it be the real time again.", negative="")] = False,
    agent: Annotated[str, Parameter(help="E-mail of the agent who does it.")] = AGENT,
    common: Common = COMMON,
) -> int:
    """Show the time of schedules; with --days, --to or --real move it first. The time of day stays as it is.

    What is due by then is debited at once, as by the daily runs of those days together: move it day by day to
    have each run by itself.
    """
    if (days is not None) + (to is not None) + real > 1:
        raise Misused("clock-moved-twice")
    day = None if to is None else read_day(to)
    async with agent_api(common, agent) as api:
        shown = await move(api, days=days, to=day, real=real, now=datetime.now(UTC))
    if common.as_json:
        common.print_json(shown)
    else:
        common.print_line(line_of(common, shown))
    return 0


def read_day(text: str) -> date:
    """Return a date as it was typed. Raises: Misused."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Misused("date-malformed", text=text) from error


async def move(
    api: AgentApi, *, days: int | None = None, to: date | None = None, real: bool = False, now: datetime
) -> dict[str, Any]:
    """Move the clock where something says so, and return it as it stands. Raises: LocalError."""
    if real:
        return await api.post("/v1/test-clock/move", {"offset_s": 0})
    shown: dict[str, Any] = await api.get("/v1/test-clock")
    if to is None and days is None:
        return shown
    lived = now.astimezone(PARIS) + timedelta(seconds=shown["offset_s"])
    day = lived.date() + timedelta(days=days or 0) if to is None else to
    # Civil days: a clock that was moved over a change of summer time shows the same hour.
    then = datetime.combine(day, now.astimezone(PARIS).time(), PARIS)
    offset = then.astimezone(UTC) - now
    return await api.post("/v1/test-clock/move", {"offset_s": round(offset.total_seconds())})


def line_of(common: Common, shown: dict[str, Any]) -> str:
    """Return the clock as people read it."""
    lived = datetime.fromisoformat(shown["now"]).astimezone(PARIS)
    text = lived.strftime("%d/%m/%Y %H:%M" if common.spoken == "fr" else "%Y-%m-%d %H:%M")
    if not shown["is_movable"]:
        return common.say("clock.real-only", now=text)
    if not shown["offset_s"]:
        return common.say("clock.real", now=text)
    return common.say("clock.moved", now=text, days=f"{shown['offset_s'] / 86_400:+.1f}")
