"""Activity against last week, saved views, and alerts that open once, recover and are answered."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from core.contracts.scope import EVERYTHING, Area, Scope
from core.supervision.api import Watch, open_alerts_count
from core.values.ids import decode_id
from deploy.sandbox.demonstration.supervision import seed_supervision
from observability.process import SystemClock
from tests.support.desk import DeskStack

WEEK = timedelta(days=7)
SUPERVISOR = "superviseur@guichet.example"


class Places:
    """Two stores in two departments, and the pen that writes their activity."""

    def __init__(self, rows: asyncpg.Connection, pool: asyncpg.Pool, stores: dict[str, uuid.UUID]) -> None:
        self.rows = rows
        self.pool = pool
        self.stores = stores
        self.watch = Watch(pool, SystemClock())

    async def count(
        self, department: str, *, at: datetime, approved: int = 0, declined: int = 0, slow: bool = False
    ) -> None:
        """Add a minute's payments: every decision within 100 ms, or within 2 s when `slow`."""
        for state, number in ((3, approved), (5, declined)):
            if number:
                await self.rows.execute(
                    "INSERT INTO activity_minute (minute, store_id, service, brand, state, reason, currency,"
                    " transactions, amount_minor, timed, latency_ms_sum, within_100ms, within_250ms, within_500ms,"
                    " within_1000ms, within_2000ms, within_5000ms, payments, gross_minor) VALUES (date_trunc('minute', $1::timestamptz), $2,"
                    " 'pax', 2, $3, $4, 'EUR', $5, $5 * 100, $5, $5 * 80, $6, $6, $6, $6, $5, $5, $5, CASE WHEN $3 = 3::smallint THEN $5 * 100 ELSE 0 END)"
                    " ON CONFLICT DO NOTHING",
                    at,
                    self.stores[department],
                    state,
                    100 if state == 3 else 113,
                    number,
                    0 if slow else number,
                )


@pytest.fixture
async def places(desk_stack: DeskStack, rows: asyncpg.Connection) -> AsyncIterator[Places]:
    """No activity, no alert, and only the rules that a test makes."""
    await rows.execute(
        "DELETE FROM activity_minute; DELETE FROM alert; DELETE FROM alert_rule; DELETE FROM saved_view"
    )
    # By name: other tests open stores in these departments too.
    found = await rows.fetch(
        "SELECT department, id FROM store WHERE name IN ('Belle Rive Montparnasse', 'Belle Rive Part-Dieu')"
    )
    async with asyncpg.create_pool(desk_stack.database.dsn, min_size=1, max_size=2) as pool:
        yield Places(rows, pool, {row["department"]: row["id"] for row in found})
    await rows.execute("DELETE FROM activity_minute; DELETE FROM alert; DELETE FROM alert_rule")


def _rule(**terms: Any) -> dict[str, Any]:
    usual = {"kind": "decline_rate", "threshold": 40, "window_minutes": 15, "volume_min": 10, "per": "store"}
    return {"name": "Refus", "severity": "warning", "terms": {**usual, **terms}}


async def test_activity_stands_beside_the_week_before_and_keeps_to_the_scope(
    desk_stack: DeskStack, places: Places
) -> None:
    now = datetime.now(UTC)
    await places.count("75", at=now, approved=30, declined=10)
    await places.count("69", at=now, approved=5, slow=True)
    await places.count("75", at=now - WEEK, approved=20)
    async with (
        desk_stack.client(await desk_stack.log_in()) as everybody,
        desk_stack.client(await desk_stack.log_in("technicien@guichet.example")) as lyon,
    ):
        whole = (await everybody.get("/v1/activity")).json()
        part = (await lyon.get("/v1/activity")).json()
        wrong = await everybody.get("/v1/activity", params={"from": "2026-01-01T00:00:00Z"})
    assert (whole["total"]["payments"], whole["total_week_before"]["payments"]) == (45, 20)
    assert whole["hours"][-1]["approval_rate"] == round(35 / 45, 4)
    assert whole["week_before"][-1]["approval_rate"] == 1.0
    assert len(whole["hours"]) == len(whole["week_before"]) == 25
    assert [row["payments"] for row in whole["stores"]] == [40, 5]
    assert whole["reasons"] == [{"reason": "insufficient_funds", "count": 10}]
    assert whole["brands"][0]["brand"] == "visa"
    assert whole["total"]["latency_p50_ms"] < 100 < whole["total"]["latency_p95_ms"] <= 2000
    assert (part["total"]["payments"], len(part["stores"])) == (5, 1)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "from")


async def test_an_alert_opens_once_says_what_is_usual_and_recovers_well_below_its_threshold(
    desk_stack: DeskStack, places: Places
) -> None:
    now = datetime.now(UTC)
    await places.count("75", at=now - timedelta(days=2), approved=95, declined=5)
    await places.count("75", at=now - timedelta(minutes=1), approved=10, declined=10)
    await places.count("69", at=now - timedelta(minutes=1), approved=1, declined=1)
    async with desk_stack.client(await desk_stack.log_in(SUPERVISOR)) as client:
        made = await client.post("/v1/alert-rules", json=_rule())
        assert made.status_code == 201, made.text
        assert [await places.watch.round() for _ in range(3)] == [1, 0, 0]
        (alert,) = (await client.get("/v1/alerts")).json()["data"]
        assert (alert["label"], alert["measured"], alert["usual"]) == ("Belle Rive Montparnasse", 50.0, 5.0)
        assert (alert["state"], alert["volume"], alert["threshold"]) == ("open", 20, 40)
        assert await open_alerts_count(places.pool, EVERYTHING, now) == 1
        assert await open_alerts_count(places.pool, Scope((Area(departments=("69",)),)), now) == 0
        address = f"/v1/alerts/{alert['id']}"
        noted = await client.post(f"{address}/acknowledge", json={"note": "la banque est prévenue"})
        assert noted.json()["acknowledged_by"]["name"] == "Samuel Okoye"
        again = await client.post(f"{address}/acknowledge", json={"note": "la banque a rappelé"})
        assert again.status_code == 200, "one's own repeat"
        async with desk_stack.client(await desk_stack.log_in()) as other:
            second = await other.post(f"{address}/acknowledge", json={"note": "je m'en occupe"})
            assert (second.status_code, second.json()["code"]) == (409, "done_by_another")
            assert "Samuel Okoye" in second.json()["detail"]
        assert await open_alerts_count(places.pool, EVERYTHING, now) == 0
        # 36 % is under the threshold and above its four fifths: nothing is over yet.
        await places.count("75", at=now - timedelta(minutes=2), approved=8)
        await places.watch.round()
        assert len((await client.get("/v1/alerts")).json()["data"]) == 1
        await places.count("75", at=now - timedelta(minutes=3), approved=40)
        await places.watch.round()
        assert (await client.get("/v1/alerts")).json()["data"] == []
        (over,) = (await client.get("/v1/alerts", params={"recovered": "true"})).json()["data"]
        detail = (await client.get(address)).json()
        late = await client.post(f"{address}/acknowledge", json={"note": "too late"})
    assert (over["id"], over["state"]) == (alert["id"], "recovered")
    assert [line["kind"] for line in detail["history"]] == [
        "opened",
        "acknowledged",
        "acknowledged",
        "recovered",
    ]
    assert detail["history"][1]["note"] == "la banque est prévenue"
    assert (late.status_code, late.json()["code"]) == (409, "alert_recovered")


async def test_a_store_that_usually_trades_and_is_silent_is_told_and_quiet_hours_hold_it_back(
    desk_stack: DeskStack, places: Places
) -> None:
    now = datetime.now(UTC)
    for weeks in (1, 2, 3):
        await places.count("75", at=now - weeks * WEEK - timedelta(minutes=5), approved=30)
    await places.count("69", at=now - WEEK - timedelta(minutes=5), approved=30)
    terms = {"kind": "store_silence", "threshold": 1, "window_minutes": 30, "volume_min": 10}
    async with desk_stack.client(await desk_stack.log_in(SUPERVISOR)) as client:
        always = _rule(**terms, quiet_from="00:00", quiet_to="23:59")
        rule = (await client.post("/v1/alert-rules", json=always)).json()
        assert await places.watch.round() == 0
        changed = await client.patch(
            f"/v1/alert-rules/{rule['id']}", json=_rule(**terms) | {"revision": rule["revision"]}
        )
        assert changed.status_code == 200, changed.text
        assert await places.watch.round() == 1
        (alert,) = (await client.get("/v1/alerts")).json()["data"]
        snoozed = await client.post(f"/v1/alerts/{alert['id']}/snooze", json={"minutes": 60})
    # One week of trade is no habit yet: Lyon is not told.
    assert (alert["kind"], alert["label"], alert["usual"]) == (
        "store_silence",
        "Belle Rive Montparnasse",
        30.0,
    )
    assert snoozed.json()["state"] == "snoozed"
    assert await open_alerts_count(places.pool, EVERYTHING, now) == 0
    # What ends because its rule was changed did not come back to normal: it says who changed it.
    async with desk_stack.client(await desk_stack.log_in(SUPERVISOR)) as client:
        moved = _rule(**terms | {"volume_min": 50}) | {"revision": changed.json()["revision"]}
        assert (await client.patch(f"/v1/alert-rules/{rule['id']}", json=moved)).status_code == 200
        last = (await client.get(f"/v1/alerts/{alert['id']}")).json()["history"][-1]
    assert (last["kind"], last["by"]["name"]) == ("recovered", "Samuel Okoye")


async def test_a_preview_counts_what_a_rule_would_have_said_last_week(
    desk_stack: DeskStack, places: Places
) -> None:
    now = datetime.now(UTC)
    for days in (1, 3):
        await places.count("75", at=now - timedelta(days=days), approved=5, declined=15)
        # The next window of the same trouble is the same alert.
        await places.count("75", at=now - timedelta(days=days) + timedelta(minutes=15), declined=15)
    await places.count("69", at=now - timedelta(days=2), approved=20)
    async with desk_stack.client(await desk_stack.log_in(SUPERVISOR)) as client:
        terms = _rule()["terms"]
        seen = (await client.post("/v1/alert-rules/preview", json=terms)).json()
        other = {**terms, "kind": "terminal_silence", "per": "terminal"}
        unknown = (await client.post("/v1/alert-rules/preview", json=other)).json()
        for kind, per in (
            ("volume_drop", "area"),
            ("host_link_down", "acquirer"),
            ("reversal_stuck", "acquirer"),
        ):
            answer = await client.post("/v1/alert-rules/preview", json={**terms, "kind": kind, "per": per})
            assert answer.status_code == 200, answer.text
    assert seen == {"days": 7, "fired": 2, "subjects": 1}
    assert unknown == {"days": 7, "fired": None, "subjects": None}


async def test_the_other_rules_measure_without_a_word_where_nothing_is_wrong(
    desk_stack: DeskStack, places: Places
) -> None:
    async with desk_stack.client(await desk_stack.log_in(SUPERVISOR)) as client:
        for kind, per in (
            ("volume_drop", "area"),
            ("terminal_silence", "terminal"),
            ("host_link_down", "acquirer"),
            ("reversal_stuck", "acquirer"),
        ):
            assert (await client.post("/v1/alert-rules", json=_rule(kind=kind, per=per))).status_code == 201
    assert await places.watch.round() == 0
    assert await places.rows.fetchval("SELECT count(*) FROM alert") == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"threshold": 101}, "terms.threshold"),
        ({"window_minutes": 1}, "terms.window_minutes"),
        ({"per": "terminal"}, "terms.per"),
        ({"quiet_from": "22:00"}, "terms.quiet_to"),
        ({"quiet_from": "25:00", "quiet_to": "07:00"}, "terms.quiet_from"),
        ({"stores": ["sto_1"]}, "terms.stores"),
        ({"services": ["cash"]}, "terms.services"),
        ({"departments": ["75", "XX"]}, "terms.departments"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused_by_its_field(
    desk_stack: DeskStack, places: Places, change: dict[str, Any], field: str
) -> None:
    async with desk_stack.client(await desk_stack.log_in(SUPERVISOR)) as client:
        answer = await client.post("/v1/alert-rules", json=_rule(**change))
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


async def test_every_field_of_a_rule_that_cannot_be_is_named_at_once(
    desk_stack: DeskStack, places: Places
) -> None:
    wrong = {"departments": ["XX"], "quiet_from": "22:00", "services": ["cash"], "stores": ["sto_1"]}
    async with desk_stack.client(await desk_stack.log_in(SUPERVISOR)) as client:
        answer = await client.post("/v1/alert-rules", json={**_rule(**wrong), "name": " "})
    assert answer.status_code == 422, answer.text
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {
        "name",
        *(f"terms.{name}" for name in ("departments", "quiet_to", "services", "stores")),
    }


async def test_a_view_is_ones_own_until_it_is_shared_with_a_role(
    desk_stack: DeskStack, places: Places
) -> None:
    body = {
        "list": "transactions",
        "name": "Refus Visa",
        "filters": {"state": ["declined"], "brand": ["visa"]},
    }
    async with (
        desk_stack.client(await desk_stack.log_in()) as admin,
        desk_stack.client(await desk_stack.log_in("hotline@guichet.example")) as hotline,
    ):
        made = await hotline.post("/v1/views", json={**body, "columns": ["time", "state", "rrn"]})
        assert made.status_code == 201, made.text
        address = f"/v1/views/{made.json()['id']}"
        taken = await hotline.post("/v1/views", json=body)
        assert (taken.status_code, taken.json()["code"]) == (409, "view_name_taken")
        foreign = await hotline.post("/v1/views", json={**body, "name": "X", "shared_role": "administrator"})
        assert foreign.json()["errors"][0]["field"] == "shared_role"
        unknown = await hotline.post("/v1/views", json={**body, "name": "Y", "columns": ["card_number"]})
        assert unknown.json()["errors"][0]["field"] == "columns"
        assert (await admin.get("/v1/views", params={"list": "transactions"})).json()["data"] == []
        change = {**body, "revision": made.json()["revision"]}
        assert (await admin.patch(address, json=change)).status_code == 404
        assert (await admin.delete(address)).status_code == 404
        default = {"list": "transactions", "view": made.json()["id"]}
        assert (await admin.post("/v1/views/default", json=default)).status_code == 404
        assert (await hotline.post("/v1/views/default", json=default)).status_code == 204
        shared = await hotline.patch(address, json={**change, "shared_role": "hotline"})
        (shown,) = (await hotline.get("/v1/views", params={"list": "transactions"})).json()["data"]
        assert (await hotline.delete(address)).status_code == 204
        assert (await hotline.get("/v1/views", params={"list": "transactions"})).json()["data"] == []
    assert (shared.status_code, shown["shared_role"], shown["default"]) == (200, "hotline", True)
    assert shown["filters"] == {"state": ["declined"], "brand": ["visa"]}
    kinds = await places.rows.fetch(
        "SELECT kind FROM action WHERE target_id = $1 ORDER BY seq",
        uuid.UUID(bytes=decode_id("view", made.json()["id"])),
    )
    assert [row["kind"] for row in kinds] == [
        "view.added",
        "view.default_chosen",
        "view.changed",
        "view.deleted",
    ]


async def test_the_demonstration_is_seeded_once(desk_stack: DeskStack, rows: asyncpg.Connection) -> None:
    count = "SELECT (SELECT count(*) FROM saved_view), (SELECT count(*) FROM alert_event), (SELECT count(*) FROM export_job)"
    async with rows.transaction():
        await rows.execute(
            "DELETE FROM alert; INSERT INTO alert_rule (kind, name, severity, threshold, window_minutes, volume_min, per)"
            " VALUES ('decline_rate', 'Refus', 'warning', 40, 15, 20, 'store')"
        )
        await seed_supervision(rows)
        once = await rows.fetchrow(count)
        await seed_supervision(rows)
        assert await rows.fetchrow(count) == once
        assert once is not None
        assert once[0] >= 1
        assert once[1] == 2


async def test_an_english_reader_reads_alerts_and_rules_in_english(
    desk_stack: DeskStack, places: Places
) -> None:
    await places.count("75", at=datetime.now(UTC) - timedelta(minutes=1), approved=10, declined=20)
    token = await desk_stack.log_in(SUPERVISOR)
    async with (
        desk_stack.client(token, **{"Accept-Language": "en"}) as english,
        desk_stack.client(token, **{"Accept-Language": "fr"}) as french,
    ):
        await english.post("/v1/alert-rules", json=_rule() | {"name": "Unusual declines at a store"})
        assert await places.watch.round() == 1
        for client, name in (
            (english, "Unusual declines at a store"),
            (french, "Refus inhabituels dans un magasin"),
        ):
            (alert,) = (await client.get("/v1/alerts")).json()["data"]
            detail = (await client.get(f"/v1/alerts/{alert['id']}")).json()
            home = (await client.get("/v1/home")).json()
            rules = (await client.get("/v1/alert-rules")).json()["data"]
            assert (alert["rule_name"], detail["alert"]["rule_name"]) == (name, name)
            assert name in {rule["name"] for rule in rules}
            assert name in str(home)
