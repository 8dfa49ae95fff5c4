"""What was tried without the right to is in the audit, once a minute and with a count."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from core.contracts.permissions import Permission
from core.identity.api import Denials, NotPermitted
from core.values.ids import decode_id
from tests.integration.gateway.test_administration import People, people
from tests.support.callers import signed_in
from tests.support.clocks import FixedClock
from tests.support.desk import DeskStack

__all__ = ["people"]

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


async def refusals_of(rows: asyncpg.Connection, agent_id: bytes) -> list[dict[str, Any]]:
    """Return the facts of an agent's refusals, oldest first."""
    found = await rows.fetch(
        "SELECT facts, ip FROM action WHERE kind = 'access.refused' AND encode(uuid_send(agent_id), 'hex') = $1"
        " ORDER BY seq",
        agent_id.hex(),
    )
    return [json.loads(row["facts"]) for row in found]


async def test_fifty_refusals_at_once_are_one_line_of_the_audit(
    people: People, rows: asyncpg.Connection
) -> None:
    agent, client = await people.add("shop_seller", departments=["75"])
    _, admin = await people.add("administrator")
    async with client, admin:
        answers = await asyncio.gather(*(client.get("/v1/audit") for _ in range(50)))
        assert {answer.status_code for answer in answers} == {403}
        other = await client.post(
            "/v1/roles", json={"code": "mine", "name_fr": "Moi", "name_en": "Me", "permissions": []}
        )
        assert other.status_code == 403, other.text
        shown = (await admin.get("/v1/audit", params={"agent": agent, "kind": "access"})).json()["data"]
    facts = await refusals_of(rows, decode_id("agent", agent))
    assert facts == [
        {"permission": "audit.read", "door": "audit_list", "count": 1},
        {"permission": "grants.write", "door": "roles_create", "count": 1},
    ]
    assert [one["kind"] for one in shown] == ["access.refused"] * 2
    assert shown[0]["ip"] == "127.0.0.1"


async def test_what_reaches_beyond_ones_own_rights_is_kept_too(
    people: People, rows: asyncpg.Connection
) -> None:
    me, admin = await people.add("administrator")
    async with admin:
        answer = await admin.post(f"/v1/agents/{me}/disable", json={"reason": "to see"})
        assert answer.json()["code"] == "own_rights"
    (facts,) = await refusals_of(rows, decode_id("agent", me))
    assert facts["code"] == "own_rights"


async def test_a_minute_of_refusals_is_told_with_its_count(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    clock = FixedClock(NOW)
    agent_id = uuid.uuid4().bytes
    async with asyncpg.create_pool(desk_stack.database.dsn, min_size=1, max_size=2) as pool:
        denials = Denials(pool, clock)

        async def refuse(times: int) -> None:
            for _ in range(times):
                await denials.note(
                    signed_in(agent_id=agent_id), NotPermitted(Permission.GRANTS_WRITE.value), "add_grant"
                )

        await refuse(5)
        assert [one["count"] for one in await refusals_of(rows, agent_id)] == [1]
        await denials.tell()
        assert [one["count"] for one in await refusals_of(rows, agent_id)] == [1]
        clock.present += timedelta(minutes=1)
        await denials.tell()
        assert [one["count"] for one in await refusals_of(rows, agent_id)] == [1, 4]
        await refuse(2)
        clock.present += timedelta(minutes=1)
        await refuse(1)
        assert [one["count"] for one in await refusals_of(rows, agent_id)] == [1, 4, 3]
        await refuse(1)
        await denials.tell(all_of_it=True)
        assert [one["count"] for one in await refusals_of(rows, agent_id)] == [1, 4, 3, 1]


async def test_refusals_of_two_operations_under_one_right_are_counted_apart(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    agent_id = uuid.uuid4().bytes
    async with asyncpg.create_pool(desk_stack.database.dsn, min_size=1, max_size=2) as pool:
        denials = Denials(pool, FixedClock(NOW))
        for operation in ("grants_add", "views_list", "grants_add", "views_list", "views_list"):
            await denials.note(
                signed_in(agent_id=agent_id), NotPermitted(Permission.GRANTS_WRITE.value), operation
            )
        await denials.tell(all_of_it=True)
    assert [(one["door"], one["count"]) for one in await refusals_of(rows, agent_id)] == [
        ("grants_add", 1),
        ("views_list", 1),
        ("grants_add", 1),
        ("views_list", 2),
    ]


async def test_what_the_database_does_not_take_is_told_later(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    clock = FixedClock(NOW)
    agent_id = uuid.uuid4().bytes
    async with asyncpg.create_pool(
        desk_stack.database.dsn, min_size=1, max_size=1, command_timeout=0.3
    ) as pool:
        denials = Denials(pool, clock)
        async with rows.transaction():
            await rows.execute("LOCK TABLE action IN ACCESS EXCLUSIVE MODE")
            await denials.note(
                signed_in(agent_id=agent_id), NotPermitted(Permission.GRANTS_WRITE.value), "add_grant"
            )
            assert await refusals_of(rows, agent_id) == []
        await denials.tell()
    assert [one["count"] for one in await refusals_of(rows, agent_id)] == [1]


async def test_what_a_stop_interrupts_is_told_by_the_stop_itself(
    desk_stack: DeskStack, rows: asyncpg.Connection
) -> None:
    agent_id = uuid.uuid4().bytes
    async with asyncpg.create_pool(desk_stack.database.dsn, min_size=1, max_size=1) as pool:
        denials = Denials(pool, FixedClock(NOW))
        async with pool.acquire():
            # The only connection is away: the refusal waits for it, and is cut off.
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await denials.note(
                        signed_in(agent_id=agent_id),
                        NotPermitted(Permission.GRANTS_WRITE.value),
                        "add_grant",
                    )
        await denials.tell(all_of_it=True)
    assert [one["count"] for one in await refusals_of(rows, agent_id)] == [1]
