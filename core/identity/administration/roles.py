"""Roles: the list, one of the institution's own, another set of permissions. A change holds from the next call."""

import asyncpg
import msgspec

from core.contracts.administration import ADMINISTRATOR, ChangeRole, CreateRole, RoleList
from core.contracts.listing import Nothing, Written
from core.contracts.operations import RIGHTS
from core.contracts.refusals import NotFound
from core.db.rows import Connection
from core.identity.administration import store
from core.identity.administration.errors import BeyondOwnRights, FieldsRefused, RoleFixed, RoleTaken
from core.identity.administration.rules import (
    administers_everything,
    problems_of_permissions,
    problems_of_role,
)
from core.identity.api import SignedIn, WriteOnce, record_action, refuse_if_stale
from core.values.clock import Clock


class RoleHandlers:
    """Operations on roles. A role is the same everywhere, so that who administers only a part changes none."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def roles(self, _caller: SignedIn, _request: Nothing) -> RoleList:
        """Return every role; roles belong to no place."""
        return RoleList(await store.list_roles(self._pool), list(RIGHTS))

    async def create(self, caller: SignedIn, request: CreateRole) -> Written:
        """Add a role. Raises: FieldsRefused, RoleTaken, BeyondOwnRights."""
        problems = problems_of_role(request.code, request.name_fr, request.name_en)
        problems += problems_of_permissions(request.permissions)
        if problems:
            raise FieldsRefused(problems)
        _hold_everywhere(caller, request.permissions)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            name_fr, name_en = request.name_fr.strip(), request.name_en.strip()
            if not await store.add_role(connection, request.code, name_fr, name_en, now):
                raise RoleTaken
            await store.change_role(
                connection, request.code, name_fr=None, name_en=None, permissions=request.permissions
            )
            (role,) = await store.list_roles(connection, request.code)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="role.created",
                target_kind="role",
                target_id=None,
                facts={"role": request.code, "permissions": role.permissions},
            )
            return msgspec.json.encode(role)

        return await self._write(caller, request, effect)

    async def change(self, caller: SignedIn, request: ChangeRole) -> Written:
        """Give a role other permissions, or other names when it is the institution's own.

        Raises: NotFound, FieldsRefused, RoleFixed, ChangedMeanwhile, BeyondOwnRights.
        """
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            built_in = await store.lock_role(connection, request.code)
            if built_in is None:
                raise NotFound
            problems = problems_of_role(request.code, request.name_fr, request.name_en)
            problems += problems_of_permissions(request.permissions or ())
            if problems:
                raise FieldsRefused(problems)
            renamed = request.name_fr is not None or request.name_en is not None
            if request.code == ADMINISTRATOR or (built_in and renamed):
                raise RoleFixed
            (before,) = await store.list_roles(connection, request.code)
            await refuse_if_stale(
                connection,
                target_kind="role",
                target_id=None,
                code=request.code,
                read=request.revision,
                present=before.revision,
            )
            wanted = before.permissions if request.permissions is None else request.permissions
            # Whoever holds the role gets what is added, the caller perhaps among them; and what is taken away
            # is taken from everybody: both only of what the caller holds everywhere.
            _hold_everywhere(caller, sorted(set(before.permissions) ^ set(wanted)))
            await store.change_role(
                connection,
                request.code,
                name_fr=request.name_fr and request.name_fr.strip(),
                name_en=request.name_en and request.name_en.strip(),
                permissions=request.permissions,
            )
            (role,) = await store.list_roles(connection, request.code)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="role.changed",
                target_kind="role",
                target_id=None,
                facts={
                    "role": request.code,
                    "added": sorted(set(role.permissions) - set(before.permissions)),
                    "removed": sorted(set(before.permissions) - set(role.permissions)),
                },
            )
            return msgspec.json.encode(role)

        return await self._write(caller, request, effect)


def _hold_everywhere(caller: SignedIn, permissions: list[str]) -> None:
    """Refuse what the caller does not hold everywhere. Raises: BeyondOwnRights, naming the first of them."""
    if administers_everything(caller):
        return
    for name in permissions:
        if not caller.scope_of(RIGHTS[name]).is_everything:
            raise BeyondOwnRights(name)
