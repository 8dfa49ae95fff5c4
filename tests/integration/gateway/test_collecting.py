"""The daily run as agents see it and stop it, and the time at which schedules live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import asyncpg
import httpx
import pytest

from core.runtime.calendar import READ_EVERY_S
from core.values.clock import paris_date
from tests.integration.gateway.test_administration import People, people

__all__ = ["agents", "people"]

WHY = {"reason": "the acquirer is upset"}


class Agents(NamedTuple):
    """One who may do all of it, and one who may look."""

    administrator: httpx.AsyncClient
    hotline: httpx.AsyncClient


@pytest.fixture
async def agents(people: People) -> AsyncIterator[Agents]:
    _, administrator = await people.add("administrator")
    _, hotline = await people.add("hotline")
    async with administrator, hotline:
        yield Agents(administrator, hotline)


async def test_a_run_is_paused_with_a_reason_and_resumed_once(
    agents: Agents, rows: asyncpg.Connection
) -> None:
    chief = agents.administrator
    # Other files may have paused it, and left it so.
    await chief.post("/v1/collecting/resume", json={"reason": "to begin with"})
    before = await rows.fetchval("SELECT coalesce(max(seq), 0) FROM action")
    paused = await chief.post("/v1/collecting/pause", json=WHY)
    assert (paused.status_code, paused.json()["pause"]["reason"]) == (200, WHY["reason"])
    again = await chief.post("/v1/collecting/pause", json={"reason": "once more"})
    assert (again.status_code, again.json()["code"]) == (409, "collecting_paused")
    resumed = await chief.post("/v1/collecting/resume", json={"reason": "it is calm again"})
    assert resumed.json()["pause"] is None
    nothing = await chief.post("/v1/collecting/resume", json={"reason": "it is calm again"})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "collecting_not_paused")
    row = await rows.fetchrow(
        "SELECT reason, resume_reason, resumed_at IS NOT NULL FROM collection_pause ORDER BY paused_at DESC LIMIT 1"
    )
    assert row is not None
    assert tuple(row) == (WHY["reason"], "it is calm again", True)
    kinds = await rows.fetch(
        "SELECT kind FROM action WHERE kind LIKE 'collecting.%' AND seq > $1 ORDER BY seq", before
    )
    assert [each["kind"] for each in kinds] == ["collecting.paused", "collecting.resumed"]


async def test_a_pause_without_a_reason_is_refused(agents: Agents) -> None:
    refused = await agents.administrator.post("/v1/collecting/pause", json={"reason": "  "})
    assert refused.status_code == 422


async def test_who_may_only_look_cannot_pause(agents: Agents) -> None:
    looking = await agents.hotline.get("/v1/collecting")
    assert looking.status_code == 200
    assert (await agents.hotline.post("/v1/collecting/pause", json=WHY)).status_code == 403


async def test_a_day_without_a_run_and_a_day_that_is_none(agents: Agents) -> None:
    empty = (await agents.administrator.get("/v1/collecting?on=2026-01-02")).json()
    assert (empty["on"], empty["rows"], empty["began_at"]) == ("2026-01-02", [], None)
    wrong = await agents.administrator.get("/v1/collecting?on=2026-02-30")
    assert wrong.status_code == 422
    due = (await agents.administrator.get("/v1/collecting/due")).json()
    assert (due["count"], due["rows"]) == (0, [])


async def clock(client: httpx.AsyncClient) -> dict:
    return (await client.get("/v1/test-clock")).json()


async def test_schedules_live_at_the_time_to_which_the_clock_was_moved(agents: Agents) -> None:
    chief = agents.administrator
    moved = await chief.post("/v1/test-clock/move", json={"offset_s": 40 * 86_400})
    later = paris_date(datetime.now(UTC) + timedelta(days=40)).isoformat()
    assert (moved.status_code, moved.json()["today"]) == (200, later)
    assert (await chief.get("/v1/collecting")).json()["today"] == later
    assert (await clock(agents.hotline))["is_movable"]
    await chief.post("/v1/test-clock/move", json={"offset_s": 0})
    await asyncio.sleep(2 * READ_EVERY_S)  # until every process is back, for the tests that come next
    assert (await clock(chief))["today"] == paris_date(datetime.now(UTC)).isoformat()


async def test_the_clock_is_moved_by_whoever_may_and_not_by_more_than_twenty_years(agents: Agents) -> None:
    assert (await agents.hotline.post("/v1/test-clock/move", json={"offset_s": 60})).status_code == 403
    far = await agents.administrator.post("/v1/test-clock/move", json={"offset_s": 10**10})
    assert far.status_code == 422
