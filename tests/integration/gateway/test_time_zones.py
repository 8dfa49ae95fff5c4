"""A store's time zone: that of its department until a person says otherwise, one of a closed list."""

from __future__ import annotations

from typing import Any

import asyncpg

from core.values.zones import TIME_ZONES, time_zone_of
from tests.integration.gateway.conftest import DeskStack
from tests.integration.gateway.test_merchants import BACK_OFFICE, make, make_company, store_of


async def test_a_store_keeps_its_own_time_zone_until_it_is_given_another(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in(BACK_OFFICE)) as client:
        company = await make_company(client)
        written = store_of(company["siren"])
        body = {"company": company["id"], "store": written, "not_duplicate_reason": "Un second étal"}
        store = await make(client, "/v1/stores", body)
        assert store["time_zone"] == "Europe/Paris"

        async def edit(revision: int, **fields: str) -> Any:
            body = {"revision": revision, "store": {**written, **fields}}
            return await client.patch(f"/v1/stores/{store['id']}", json=body)

        moved = await edit(1, time_zone="Indian/Reunion")
        assert (moved.status_code, moved.json()["time_zone"]) == (200, "Indian/Reunion")
        kept = await edit(2, name="Étal rebaptisé")
        assert (kept.status_code, kept.json()["time_zone"]) == (200, "Indian/Reunion")
        for name in ("Europe/Berlin", "Mars/Olympus", "europe/paris"):
            refused = await edit(3, time_zone=name)
            assert refused.status_code == 422
            assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [
                ("time_zone", "time_zone_unknown")
            ]


async def test_a_store_is_made_with_the_time_zone_that_was_said(desk_stack: DeskStack) -> None:
    async with desk_stack.client(await desk_stack.log_in(BACK_OFFICE)) as client:
        company = await make_company(client)
        written = store_of(company["siren"], time_zone="Pacific/Tahiti")
        body = {"company": company["id"], "store": written, "not_duplicate_reason": "Un second étal"}
        assert (await make(client, "/v1/stores", body))["time_zone"] == "Pacific/Tahiti"


async def test_the_database_knows_each_time_zone_and_its_trading_hours(rows: asyncpg.Connection) -> None:
    for name in TIME_ZONES:
        hours = await rows.fetchval(
            "SELECT count(*) FROM generate_series(timestamptz '2026-11-23 00:30Z', '2026-11-23 23:30Z', '1 hour') AS h"
            " WHERE is_trading($1, h)",
            name,
        )
        assert hours == 12
    assert {await rows.fetchval("SELECT time_zone_of($1)", code) for code in ("75", "987")} == {
        time_zone_of("75"),
        time_zone_of("987"),
    }
