"""The daily run: what it collected on a day, by brand and reason, what is still due, and its pause."""

from __future__ import annotations

from datetime import date

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from portals.kit.gateway import Json
from portals.kit.visit import Visit

_DONE = {"pause": "collecting.done_pause", "resume": "collecting.done_resume"}


@get("/collecting")
async def collecting_page(visit: Visit) -> Response[bytes]:
    """Show the run of a day: that of today, or of `?on=`."""
    return await _show(visit)


@post("/collecting/pause", status_code=200)
async def pause(visit: Visit) -> Response[bytes]:
    """Claim nothing any more."""
    return await _act(visit, "pause")


@post("/collecting/resume", status_code=200)
async def resume(visit: Visit) -> Response[bytes]:
    """Claim again."""
    return await _act(visit, "resume")


async def _act(visit: Visit, act: str) -> Response[bytes]:
    form = await visit.form()
    done = await form.post(f"/v1/collecting/{act}", form.texts("reason"))
    return await _show(visit) if done is None else visit.done("/collecting", _DONE[act])


async def _show(visit: Visit) -> Response[bytes]:
    on = _day(visit.request.query_params.get("on", ""))
    report = await visit.gateway.get("/v1/collecting", [("on", on)] if on else [])
    clock = await visit.gateway.get("/v1/test-clock")
    rows: list[Json] = report["rows"]
    return visit.page(
        "collecting/collecting.html",
        report=report,
        clock=clock,
        figures=[
            (outcome, *_sum(rows, outcome))
            for outcome in ("approved", "declined", "not_sent", "reversed", "open")
        ],
        is_today=report["on"] == report["today"],
    )


def _day(text: str) -> str:
    """Return a day of this century as it was given, nothing for what is none."""
    try:
        return text if text.startswith("20") and date.fromisoformat(text).isoformat() == text else ""
    except ValueError:
        return ""


def _sum(rows: list[Json], outcome: str) -> tuple[int, int]:
    """Return how many debits ended so, and their amount."""
    of = [row for row in rows if row["outcome"] == outcome]
    return sum(row["count"] for row in of), sum(row["amount"]["amount"] for row in of)


HANDLERS: tuple[ControllerRouterHandler, ...] = (collecting_page, pause, resume)
