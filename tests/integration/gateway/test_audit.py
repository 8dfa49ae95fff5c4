"""The audit as its readers find it, and who else has a record open."""

from __future__ import annotations

import asyncpg

from core.values.ids import encode_id
from tests.integration.gateway.test_administration import People, people

__all__ = ["people"]


async def _terminal(rows: asyncpg.Connection, number: str = "T0000003") -> str:
    raw = await rows.fetchval("SELECT id FROM terminal WHERE terminal = $1", number)
    assert raw is not None
    return encode_id("terminal", raw.bytes)


async def test_the_audit_is_found_by_person_kind_target_time_and_words(
    people: People, rows: asyncpg.Connection
) -> None:
    me, admin = await people.add("administrator")
    agent, client = await people.add()
    async with admin, client:
        await admin.post(f"/v1/agents/{agent}/grants", json={"role": "legal", "departments": ["13"]})
        await admin.post(f"/v1/agents/{agent}/disable", json={"reason": "gone fishing"})
        for filters, kinds in (
            ({"agent": me}, ["agent.disabled", "grant.given"]),
            ({"target": agent}, ["agent.disabled", "grant.given"]),
            ({"agent": me, "kind": "grant"}, ["grant.given"]),
            ({"agent": me, "kind": "agent.disabled"}, ["agent.disabled"]),
            ({"agent": me, "query": "FISHING"}, ["agent.disabled"]),
            ({"agent": me, "target_kind": "store"}, []),
            ({"agent": me, "to": "2020-01-01T00:00:00Z"}, []),
        ):
            found = (await admin.get("/v1/audit", params=filters)).json()["data"]
            assert [one["kind"] for one in found] == kinds, filters
        first = (await admin.get("/v1/audit", params={"agent": me, "limit": "1"})).json()
        second = (
            await admin.get("/v1/audit", params={"agent": me, "limit": "1", "cursor": first["next_cursor"]})
        ).json()
        assert second["data"][0]["seq"] < first["data"][0]["seq"]
        assert second["data"][0]["facts"]["departments"] == ["13"]
        assert second["data"][0]["target"]["id"] == agent
        malformed = await admin.get("/v1/audit", params={"cursor": "zzz"})
        assert malformed.status_code == 422
        chain = (await admin.get("/v1/audit/chain")).json()
        newest = await rows.fetchrow(
            "SELECT seq, encode(hash, 'hex') AS hash FROM action ORDER BY seq DESC LIMIT 1"
        )
    assert newest is not None
    assert (chain["whole"], chain["seq"], chain["hash"], chain["remaining"]) == (
        True,
        newest["seq"],
        newest["hash"],
        0,
    )


async def test_the_audit_of_a_part_shows_what_was_done_there(
    people: People, rows: asyncpg.Connection
) -> None:
    _, admin = await people.add("administrator")
    _, reader = await people.add("legal", departments=["69"])
    here, elsewhere = await _terminal(rows, "T0000003"), await _terminal(rows, "T0000001")
    async with admin, reader:
        for terminal in (here, elsewhere):
            body = {"target": {"kind": "terminal", "id": terminal}, "reason": "for the audit"}
            made = (await admin.post("/v1/blocks", json=body)).json()
            await admin.post(f"/v1/blocks/{made['id']}/lift", json={"reason": "for the audit"})
        seen = (await reader.get("/v1/audit", params={"limit": "200"})).json()["data"]
        chain = (await reader.get("/v1/audit/chain")).json()
    assert here in {one["target"]["id"] for one in seen}
    assert {one["target"]["kind"] for one in seen} <= {
        "terminal",
        "store",
        "service",
        "transaction",
        "company",
    }
    assert elsewhere not in {one["target"]["id"] for one in seen}
    assert (chain["seq"], chain["hash"]) == (0, "")


async def test_two_who_look_at_one_record_learn_of_each_other(
    people: People, rows: asyncpg.Connection
) -> None:
    _, first = await people.add("hotline")
    _, second = await people.add("technician", departments=["69"])
    _, outside = await people.add("technician", departments=["75"])
    record = {"id": await _terminal(rows)}
    async with first, second, outside:
        assert (await first.post("/v1/onlookers", json=record)).json()["data"] == []
        (seen,) = (await second.post("/v1/onlookers", json={**record, "editing": True})).json()["data"]
        assert seen["name"].startswith("Essai")
        (other,) = (await first.post("/v1/onlookers", json=record)).json()["data"]
        assert other["editing"] is True
        assert (await outside.post("/v1/onlookers", json=record)).status_code == 404
        parameters = {"record": record["id"]}
        assert (await outside.get("/v1/onlookers", params=parameters)).status_code == 404
        await second.post("/v1/onlookers", json={**record, "gone": True})
        assert (await first.get("/v1/onlookers", params=parameters)).json()["data"] == []
        await second.post("/v1/onlookers", json=record)
        await rows.execute("UPDATE looking SET seen_at = now() - interval '46 seconds'")
        assert (await first.get("/v1/onlookers", params=parameters)).json()["data"] == []
        unknown = await first.post("/v1/onlookers", json={"id": "alr_1"})
        assert unknown.status_code == 422
