"""What a contract's steps do to the services of its stores, inside the transaction of the step.

Whoever calls holds the lock of the contract's row. The engine reads `service.active` in the statement that records a
payment, so what is written here is effective at the next one.
"""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from core.db.rows import Connection
from core.identity.api import record_action
from core.merchants.agreements import store
from core.merchants.agreements.errors import ContractStartsLater, ServiceCoveredElsewhere
from core.merchants.fees.api import assign, find_version
from core.values.clock import Clock, paris_date


class By(NamedTuple):
    """Who moves a contract, when and why. Without an agent it is a date that came."""

    agent_id: bytes | None
    reason: str
    now: datetime


async def activate(connection: Connection, contract_id: bytes, number: str, version: int, by: By) -> int:
    """Put a version in force in the place of the one before; return how many services it started or stopped.

    Raises: ContractStartsLater, ServiceCoveredElsewhere.
    """
    rows = await store.list_versions(connection, contract_id)
    row = next(one for one in rows if one["version"] == version)
    if row["starts_on"] > paris_date(by.now):
        raise ContractStartsLater
    await store.lock_services(connection, contract_id)
    other = await store.covered_elsewhere(connection, contract_id, version)
    if other is not None:
        raise ServiceCoveredElsewhere(other)
    before = await store.supersede(connection, contract_id)
    stopped: list[UUID] = []
    if before is not None:
        stopped = await store.stop_services(connection, contract_id, before, keep_version=version)
        await _note(connection, stopped, "stopped", number, by)
    started = await store.start_services(connection, contract_id, version)
    await _note(connection, started, "started", number, by)
    await store.set_version_state(connection, contract_id, version, "in_force", by.now)
    fee_version = await find_version(connection, row["fee_version_id"].bytes)
    contract_company = await store.company_of(connection, contract_id)
    if fee_version is not None:
        grid_id: bytes = fee_version["grid_id"].bytes
        await assign(connection, company_id=contract_company, grid_id=grid_id, now=by.now)
    return len(started) + len(stopped)


async def suspend(connection: Connection, contract_id: bytes, number: str, by: By) -> int:
    """Stop the services, remembering which were active; return how many."""
    stopped = await _stop_all(connection, contract_id, number, by)
    await store.remember_stopped(connection, contract_id, stopped, by.now)
    return len(stopped)


async def resume(connection: Connection, contract_id: bytes, number: str, by: By) -> int:
    """Start what the suspension stopped; return how many."""
    await store.lock_services(connection, contract_id)
    started = await store.resume_services(connection, contract_id)
    await store.forget_stopped(connection, contract_id)
    await _note(connection, started, "started", number, by)
    return len(started)


async def end(connection: Connection, contract_id: bytes, number: str, by: By) -> int:
    """Stop the services for good; return how many."""
    stopped = await _stop_all(connection, contract_id, number, by)
    await store.forget_stopped(connection, contract_id)
    return len(stopped)


async def carry_out_due(pool: asyncpg.Pool, clock: Clock) -> int:
    """Terminate every contract whose last day has come, each in a transaction of its own; return how many."""
    ended = 0
    while await _end_one(pool, clock.now()):
        ended += 1
    return ended


async def _end_one(pool: asyncpg.Pool, now: datetime) -> bool:
    today: date = paris_date(now)
    async with pool.acquire() as connection, connection.transaction():
        row = await store.take_due(connection, today)
        if row is None:
            return False
        contract_id: bytes = row["id"].bytes
        by = By(None, row["end_reason"], now)
        services = await end(connection, contract_id, row["number"], by)
        version, _ = await store.newest_version(connection, contract_id)
        await store.cancel_pending(connection, contract_id)
        await store.set_contract(
            connection, contract_id, state="terminated", ends_on=today, end_reason=row["end_reason"]
        )
        await store.add_event(
            connection,
            contract_id,
            version=version,
            act="terminate",
            before=row["state"],
            after="terminated",
            agent_id=None,
            reason=row["end_reason"],
            facts={"services": services},
            now=now,
        )
        if row["agent_id"] is not None:
            # Every action has a person: whoever gave notice, though the date carried it out.
            await record_action(
                connection,
                agent_id=row["agent_id"].bytes,
                at=now,
                kind="contract.terminate",
                target_kind="contract",
                target_id=contract_id,
                facts={"on_its_date": True, "services": services, "reason": row["end_reason"]},
            )
    return True


async def _stop_all(connection: Connection, contract_id: bytes, number: str, by: By) -> list[UUID]:
    await store.lock_services(connection, contract_id)
    version = await store.version_in_force(connection, contract_id)
    if version is None:
        return []
    stopped = await store.stop_services(connection, contract_id, version)
    await _note(connection, stopped, "stopped", number, by)
    return stopped


async def _note(connection: Connection, services: list[UUID], kind: str, number: str, by: By) -> None:
    await store.note_services(
        connection,
        services,
        kind=kind,
        agent_id=by.agent_id,
        reason=by.reason,
        number=number,
        now=by.now,
    )
