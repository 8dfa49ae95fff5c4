"""Agents and their grants: who is seen, disabled, given rights. Nobody gives what they do not hold themselves."""

import asyncpg
import msgspec

from core.contracts.administration import (
    ADMINISTRATOR,
    GRANTS_STANDING_MAX,
    AgentDetail,
    AgentPage,
    DisableAgent,
    EnableAgent,
    GiveGrant,
    ListAgents,
    OneAgent,
    RevokeGrant,
    SwitchAgent,
)
from core.contracts.desk import FieldProblem
from core.contracts.listing import Written
from core.contracts.operations import RIGHTS
from core.contracts.refusals import NotFound
from core.contracts.scope import Scope
from core.db.rows import Connection
from core.identity.administration import store
from core.identity.administration.errors import (
    AlreadyDisabled,
    AlreadyEnabled,
    AlreadyGranted,
    AlreadyRevoked,
    BeyondOwnRights,
    FieldsRefused,
    LastAdministrator,
    OwnRights,
    TooManyGrants,
)
from core.identity.administration.rules import administers_everything, problems_of_grant, scope_to_give
from core.identity.api import Permission, SignedIn, WriteOnce, doer_facts, find_doer, record_action
from core.identity.model import SESSION_IDLE
from core.values.clock import Clock
from core.values.cursors import name_and_id_in, page_of
from core.values.ids import encode_id


class AgentHandlers:
    """Operations on agents and grants."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def agents(self, caller: SignedIn, request: ListAgents) -> AgentPage:
        """Return agents whose name or e-mail holds the words. Raises: CursorMalformed."""
        after = name_and_id_in("agent", request.cursor)
        scope = caller.scope_of(Permission.AGENTS_READ)
        found = await store.list_agents(self._pool, scope, request, after=after)
        return AgentPage(*page_of(found, request.limit, lambda last: (last.name, last.id)))

    async def agent(self, caller: SignedIn, request: OneAgent) -> AgentDetail:
        """Return one agent. Raises: NotFound."""
        async with self._pool.acquire() as connection:
            return await self._detail(connection, caller.scope_of(Permission.AGENTS_READ), request.id)

    async def disable(self, caller: SignedIn, request: DisableAgent) -> Written:
        """Disable an agent, whose sessions end at once.

        Raises: NotFound, OwnRights, BeyondOwnRights, AlreadyDisabled, LastAdministrator.
        """
        return await self._switch(caller, request, disabled=True)

    async def enable(self, caller: SignedIn, request: EnableAgent) -> Written:
        """Let a disabled agent log in again. Raises: NotFound, OwnRights, BeyondOwnRights, AlreadyEnabled."""
        return await self._switch(caller, request, disabled=False)

    async def _switch(self, caller: SignedIn, request: SwitchAgent, *, disabled: bool) -> Written:
        scope = caller.scope_of(Permission.AGENTS_WRITE)
        now = self._clock.now()
        kind = "agent.disabled" if disabled else "agent.enabled"

        async def effect(connection: Connection) -> bytes:
            await store.lock_rights(connection)
            shown = await self._detail(connection, scope, request.id)
            row = await store.lock_agent(connection, request.id)
            assert row is not None
            if request.id == caller.agent_id:
                raise OwnRights
            if not shown.may_change:
                raise BeyondOwnRights
            if disabled == (row["disabled_at"] is not None):
                refused = AlreadyDisabled if disabled else AlreadyEnabled
                raise refused(doer_facts(await find_doer(connection, request.id, kind)))
            if disabled and not await store.administrators_left(connection, without_agent=request.id):
                raise LastAdministrator
            await store.switch_agent(connection, request.id, now if disabled else None, now)
            body = msgspec.json.encode(await self._detail(connection, scope, request.id))
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind=kind,
                target_kind="agent",
                target_id=request.id,
                facts={"reason": request.reason},
            )
            return body

        return await self._write(caller, request, effect)

    async def give(self, caller: SignedIn, request: GiveGrant) -> Written:
        """Give a role within a place, for services and up to an amount; it holds from the agent's next call.

        Raises: NotFound, FieldsRefused, OwnRights, BeyondOwnRights, AlreadyGranted, TooManyGrants.
        """
        scope = caller.scope_of(Permission.GRANTS_WRITE)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            await store.lock_rights(connection)
            # Somebody who administers a part gives to those of that part; the whole gives to anybody.
            await self._detail(connection, scope, request.id)
            if request.id == caller.agent_id:
                raise OwnRights
            permissions = await self._checked(connection, scope, request)
            await store.lock_agent(connection, request.id)
            standing, same = await store.standing_grants(connection, request)
            if same:
                raise AlreadyGranted(doer_facts(await find_doer(connection, request.id, "grant.given")))
            if standing >= GRANTS_STANDING_MAX:
                raise TooManyGrants(grants_max=GRANTS_STANDING_MAX)
            made = await store.give_grant(connection, request, giver=caller.agent_id, now=now)
            # Judged by the row itself: one rule, in SQL, says what lies within what. A refusal takes it back.
            amount_max_minor = request.amount_max and request.amount_max.amount
            await self._hold_all(connection, caller, scope, made, permissions, amount_max_minor)
            body = msgspec.json.encode(await self._detail(connection, scope, request.id))
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="grant.given",
                target_kind="agent",
                target_id=request.id,
                facts={"grant": encode_id("grant", made), "role": request.role, **_places(request)},
            )
            return body

        return await self._write(caller, request, effect)

    async def revoke(self, caller: SignedIn, request: RevokeGrant) -> Written:
        """End a grant; it is gone at the agent's next call.

        Raises: NotFound, AlreadyRevoked, BeyondOwnRights, LastAdministrator.
        """
        scope = caller.scope_of(Permission.GRANTS_WRITE)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            await store.lock_rights(connection)
            grant = await store.lock_grant(connection, scope, request.id)
            if grant is None:
                raise NotFound
            if grant.revoked_at is not None:
                raise AlreadyRevoked(doer_facts(await find_doer(connection, grant.agent_id, "grant.revoked")))
            if (
                grant.role == ADMINISTRATOR
                and grant.whole
                and not await store.administrators_left(connection, without_grant=request.id)
            ):
                raise LastAdministrator
            permissions = await store.role_permissions(connection, grant.role) or []
            # What is beyond somebody is not theirs to take away either, but one's own may always be laid down.
            if grant.agent_id != caller.agent_id:
                await self._hold_all(
                    connection, caller, scope, request.id, permissions, grant.amount_max_minor
                )
            body_before = await self._detail(connection, scope, grant.agent_id)
            await store.revoke_grant(connection, request.id, taker=caller.agent_id, now=now)
            detail = await store.find_agent(
                connection, scope, grant.agent_id, now=now, idle_since=now - SESSION_IDLE
            )
            body = msgspec.json.encode(detail or body_before)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="grant.revoked",
                target_kind="agent",
                target_id=grant.agent_id,
                facts={
                    "grant": encode_id("grant", request.id),
                    "role": grant.role,
                    "reason": request.reason,
                },
            )
            return body

        return await self._write(caller, request, effect)

    async def _checked(self, connection: Connection, scope: Scope, request: GiveGrant) -> list[str]:
        """Return what the role allows. Raises: FieldsRefused, naming every field at fault."""
        problems = problems_of_grant(request)
        permissions = await store.role_permissions(connection, request.role)
        if permissions is None:
            problems.insert(0, FieldProblem("role", "unknown_value", "no such role"))
        for field, wanted, seen in (
            ("stores", request.stores, store.stores_seen),
            ("companies", request.companies, store.companies_seen),
        ):
            if wanted and len(set(wanted) - await seen(connection, scope, wanted)) > 0:
                problems.append(FieldProblem(field, "not_found", "one of them does not exist"))
        if problems:
            raise FieldsRefused(problems)
        return permissions or []

    async def _hold_all(
        self,
        connection: Connection,
        caller: SignedIn,
        scope: Scope,
        grant_id: bytes,
        permissions: list[str],
        amount_max_minor: int | None,
    ) -> None:
        """Refuse a grant that reaches beyond what the caller holds.

        Raises: BeyondOwnRights, naming the first right that is not the caller's to give there.
        """
        if administers_everything(caller):
            return
        if not await store.grant_lies_within(connection, grant_id, scope):
            raise BeyondOwnRights(Permission.GRANTS_WRITE.value)
        known: dict[Scope, bool] = {}
        for name in permissions:
            held = scope_to_give(caller, RIGHTS[name], amount_max_minor)
            if held not in known:
                known[held] = await store.grant_lies_within(connection, grant_id, held)
            if not known[held]:
                raise BeyondOwnRights(name)

    async def _detail(self, connection: Connection, scope: Scope, agent_id: bytes) -> AgentDetail:
        now = self._clock.now()
        found = await store.find_agent(connection, scope, agent_id, now=now, idle_since=now - SESSION_IDLE)
        if found is None:
            raise NotFound
        return found


def _places(request: GiveGrant) -> dict[str, object]:
    """Return what limits a grant, as the audit keeps it."""
    return {
        name: value
        for name, value in (
            ("regions", request.regions),
            ("departments", request.departments),
            ("stores", request.stores and [encode_id("store", one) for one in request.stores]),
            ("companies", request.companies and [encode_id("company", one) for one in request.companies]),
            ("services", request.services),
            ("amount_max_minor", request.amount_max and request.amount_max.amount),
        )
        if value is not None
    }
