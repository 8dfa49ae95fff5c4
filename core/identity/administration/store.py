"""Statements of agents, grants and roles as typed functions."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from core.contracts.administration import (
    ADMINISTRATOR,
    CURRENCY,
    AgentDetail,
    AgentSummary,
    GiveGrant,
    GrantView,
    ListAgents,
    RoleView,
)
from core.contracts.references import CompanyRef, Money, PersonRef, StoreRef
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.db.words import like_pattern
from core.identity.administration.rules import REGION_CODES, REGION_DEPARTMENTS
from core.values.ids import encode_id
from core.values.revisions import revision_of
from core.values.timestamps import timestamp, timestamp_or_none

_SQL = load_beside(__file__)

GRANTS_SHOWN_MAX = 200


class _Place(msgspec.Struct):
    id: UUID
    name: str
    department: str = ""


_decode_places = msgspec.json.Decoder(list[_Place]).decode


class Locked(NamedTuple):
    """A grant that is about to end."""

    agent_id: bytes
    role: str
    amount_max_minor: int | None
    revoked_at: datetime | None
    whole: bool  # an administrator's, when of that role: no limit of any kind


async def list_agents(
    connection: Connection, scope: Scope, request: ListAgents, *, after: tuple[str, bytes]
) -> list[AgentSummary]:
    """Return agents in the order of name and id, one more than asked for, after the last of the page before."""
    name, agent_id = after
    rows = await connection.fetch(
        _SQL.agents,
        *_within(scope),
        like_pattern(request.query),
        None if request.state is None else request.state == "disabled",
        request.role,
        name,
        uuid_of(agent_id),
        request.limit + 1,
    )
    return [
        AgentSummary(
            id=encode_id("agent", row["id"].bytes),
            name=row["name"],
            email=row["email"],
            role=row["role"],
            roles=list(row["roles"]),
            state="active" if row["disabled_at"] is None else "disabled",
            last_log_in_at=timestamp_or_none(row["last_log_in_at"]),
        )
        for row in rows
    ]


async def find_agent(
    connection: Connection, scope: Scope, agent_id: bytes, *, now: datetime, idle_since: datetime
) -> AgentDetail | None:
    """Return an agent with those grants that the scope holds."""
    row = await connection.fetchrow(_SQL.agent_by_id, *_within(scope), uuid_of(agent_id), idle_since, now)
    if row is None:
        return None
    grants = await connection.fetch(_SQL.grants_of, *_within(scope), uuid_of(agent_id), GRANTS_SHOWN_MAX)
    return AgentDetail(
        id=encode_id("agent", agent_id),
        name=row["name"],
        email=row["email"],
        role=row["role"],
        locale=row["locale"],
        state="active" if row["disabled_at"] is None else "disabled",
        created_at=timestamp(row["created_at"]),
        disabled_at=timestamp_or_none(row["disabled_at"]),
        last_log_in_at=timestamp_or_none(row["last_log_in_at"]),
        open_sessions=row["open_sessions"],
        grants=[_grant_of(grant) for grant in grants],
        may_change=row["inside"],
    )


async def lock_rights(connection: Connection) -> None:
    """Hold every other change of rights until the end of the transaction."""
    await connection.execute(_SQL.lock_administrators)


async def lock_agent(connection: Connection, agent_id: bytes) -> asyncpg.Record | None:
    """Lock an agent and return whether they are disabled."""
    return await connection.fetchrow(_SQL.lock_agent, uuid_of(agent_id))


async def administrators_left(
    connection: Connection, *, without_agent: bytes | None = None, without_grant: bytes | None = None
) -> int:
    """Return how many standing administrators of the whole remain without one agent or one grant."""
    left = await connection.fetchval(
        _SQL.administrators_left, uuid_or_none(without_agent), uuid_or_none(without_grant)
    )
    return left or 0


async def switch_agent(
    connection: Connection, agent_id: bytes, disabled_at: datetime | None, now: datetime
) -> None:
    """Disable or enable; a disabled agent's sessions end in the same commit."""
    await connection.execute(_SQL.switch_agent, uuid_of(agent_id), disabled_at)
    if disabled_at is not None:
        await connection.execute(_SQL.end_sessions, uuid_of(agent_id), now)


async def role_permissions(connection: Connection, role: str) -> list[str] | None:
    """Return what a role allows, None when there is none of that code; it stays as it is until the commit."""
    row = await connection.fetchrow(_SQL.role_permissions, role)
    return None if row is None else list(row["permissions"])


async def stores_seen(connection: Connection, scope: Scope, stores: Sequence[bytes]) -> set[bytes]:
    """Return those of the stores that exist within the scope."""
    rows = await connection.fetch(_SQL.stores_seen, scope.parameter(), [uuid_of(one) for one in stores])
    return {row["id"].bytes for row in rows}


async def companies_seen(connection: Connection, scope: Scope, companies: Sequence[bytes]) -> set[bytes]:
    """Return those of the companies that exist within the scope."""
    rows = await connection.fetch(_SQL.companies_seen, scope.parameter(), [uuid_of(one) for one in companies])
    return {row["id"].bytes for row in rows}


async def standing_grants(connection: Connection, request: GiveGrant) -> tuple[int, bool]:
    """Return how many grants of the agent stand, and whether one of them says the same."""
    row = await connection.fetchrow(_SQL.standing_grants, *_columns(request))
    assert row is not None
    return row["standing"], row["same"]


async def give_grant(connection: Connection, request: GiveGrant, *, giver: bytes, now: datetime) -> bytes:
    """Insert a grant and return its id."""
    made = await connection.fetchval(_SQL.give_grant, *_columns(request), uuid_of(giver), now)
    assert made is not None
    return made.bytes


async def grant_lies_within(connection: Connection, grant_id: bytes, scope: Scope) -> bool:
    """Return whether a grant reaches nowhere beyond the scope."""
    lies_within = await connection.fetchval(
        _SQL.grant_lies_within, uuid_of(grant_id), scope.parameter(), REGION_CODES, REGION_DEPARTMENTS
    )
    return bool(lies_within)


async def lock_grant(connection: Connection, scope: Scope, grant_id: bytes) -> Locked | None:
    """Lock a grant within the scope."""
    row = await connection.fetchrow(_SQL.lock_grant, *_within(scope), uuid_of(grant_id))
    return row and Locked(
        row["agent_id"].bytes, row["role"], row["amount_max_minor"], row["revoked_at"], row["whole"]
    )


async def revoke_grant(connection: Connection, grant_id: bytes, *, taker: bytes, now: datetime) -> None:
    """End a grant that is locked and standing."""
    await connection.execute(_SQL.revoke_grant, uuid_of(grant_id), uuid_of(taker), now)


async def list_roles(connection: Connection, code: str | None = None) -> list[RoleView]:
    """Return the roles, built-in ones first."""
    return [
        RoleView(
            code=row["code"],
            name_fr=row["name_fr"],
            name_en=row["name_en"],
            built_in=row["built_in"],
            fixed=row["code"] == ADMINISTRATOR,
            permissions=list(row["permissions"]),
            revision=revision_of(row["name_fr"], row["name_en"], list(row["permissions"])),
        )
        for row in await connection.fetch(_SQL.roles, code)
    ]


async def lock_role(connection: Connection, code: str) -> bool | None:
    """Lock a role and return whether it is built in; None when there is none."""
    row = await connection.fetchrow(_SQL.lock_role, code)
    return None if row is None else row["built_in"]


async def add_role(connection: Connection, code: str, name_fr: str, name_en: str, now: datetime) -> bool:
    """Insert a role; False when its code is taken."""
    return await connection.fetchval(_SQL.add_role, code, name_fr, name_en, now) is not None


async def change_role(
    connection: Connection,
    code: str,
    *,
    name_fr: str | None,
    name_en: str | None,
    permissions: list[str] | None,
) -> None:
    """Write names and permissions; None leaves as it is."""
    if name_fr is not None or name_en is not None:
        await connection.execute(_SQL.name_role, code, name_fr, name_en)
    if permissions is not None:
        await connection.execute(_SQL.drop_permissions, code, permissions)
        await connection.execute(_SQL.add_permissions, code, permissions)


def _within(scope: Scope) -> tuple[object, ...]:
    return scope.is_everything, scope.parameter(), REGION_CODES, REGION_DEPARTMENTS


def _columns(request: GiveGrant) -> tuple[object, ...]:
    return (
        uuid_of(request.id),
        request.role,
        _sorted(request.regions),
        _sorted(request.departments),
        None if request.stores is None else [uuid_of(one) for one in sorted(request.stores)],
        None if request.companies is None else [uuid_of(one) for one in sorted(request.companies)],
        _sorted(request.services),
        request.amount_max and request.amount_max.amount,
    )


def _sorted(values: list[str] | None) -> list[str] | None:
    return None if values is None else sorted(values)


def _grant_of(row: asyncpg.Record) -> GrantView:
    stores, companies = row["stores"], row["companies"]
    return GrantView(
        id=encode_id("grant", row["id"].bytes),
        role=row["role"],
        regions=row["regions"],
        departments=row["departments"],
        stores=None
        if stores is None
        else [
            StoreRef(encode_id("store", one.id.bytes), one.name, one.department)
            for one in _decode_places(stores)
        ],
        companies=None
        if companies is None
        else [CompanyRef(encode_id("company", one.id.bytes), one.name) for one in _decode_places(companies)],
        services=row["services"],
        amount_max=None if row["amount_max_minor"] is None else Money(row["amount_max_minor"], CURRENCY),
        given_by=_person(row["granted_by"], row["granted_by_name"]),
        given_at=timestamp(row["granted_at"]),
        revoked_by=_person(row["revoked_by"], row["revoked_by_name"]),
        revoked_at=timestamp_or_none(row["revoked_at"]),
    )


def _person(raw: UUID | None, name: str | None) -> PersonRef | None:
    return None if raw is None else PersonRef(encode_id("agent", raw.bytes), name or "")
