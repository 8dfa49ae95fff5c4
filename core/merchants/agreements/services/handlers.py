"""Services at stores: made, and their options and limits set."""

import asyncpg
import msgspec

from core.contracts import agreements as ask
from core.contracts.desk import FieldProblem
from core.contracts.listing import Written
from core.contracts.refusals import NotFound
from core.db.rows import Connection
from core.identity.api import Permission, SignedIn, WriteOnce, record_action, refuse_if_stale
from core.merchants.agreements.errors import AgreementRefused, ServiceStands
from core.merchants.agreements.services import store
from core.merchants.agreements.services.rules import above_transaction_max, checked_options, limit_problems
from core.values.clock import Clock


class ServiceHandlers:
    """Operations on services."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def service(self, caller: SignedIn, request: ask.OneService) -> ask.ServiceDetail:
        """Return one service. Raises: NotFound."""
        scope = caller.scope_of(Permission.DIRECTORY_READ)
        async with self._pool.acquire() as connection:
            found = await store.find_service(
                connection, scope, request.id, may_edit=await self._may_edit(connection, caller, request.id)
            )
        if found is None:
            raise NotFound
        return found

    async def make(self, caller: SignedIn, request: ask.MakeService) -> Written:
        """Make a service that waits for a contract. Raises: NotFound, ServiceStands, KeyReused."""
        scope = caller.scope_of(Permission.SERVICES_WRITE)

        async def effect(connection: Connection) -> bytes:
            if not await store.sees_store(connection, scope, request.store, request.kind):
                raise NotFound
            made = await store.add_service(connection, request.store, request.kind)
            if made is None:
                raise ServiceStands
            await self._note(
                connection, caller, made, "made", request.reason, before={}, after={"kind": request.kind}
            )
            return await self._shown(connection, caller, made)

        return await self._write(caller, request, effect)

    async def set_options(self, caller: SignedIn, request: ask.SetOptions) -> Written:
        """Write every option. Raises: NotFound, AgreementRefused, ChangedMeanwhile, KeyReused."""

        async def effect(connection: Connection) -> bytes:
            present = await self._locked(connection, caller, request)
            options, problems = checked_options(present.kind, request.options)
            if not problems and above_transaction_max(options, present.limits.transaction_max_minor):
                problems = [FieldProblem("options.contactless_max_minor", "above_transaction_max")]
            if problems:
                raise AgreementRefused(problems)
            await store.put_options(connection, request.id, options)
            before, after = _changed(present.options, options)
            await self._note(
                connection, caller, request.id, "options", request.reason, before=before, after=after
            )
            return await self._shown(connection, caller, request.id)

        return await self._write(caller, request, effect)

    async def set_limits(self, caller: SignedIn, request: ask.SetLimits) -> Written:
        """Write every limit, effective at the next payment.

        Raises: NotFound, AgreementRefused, ChangedMeanwhile, KeyReused.
        """

        async def effect(connection: Connection) -> bytes:
            present = await self._locked(connection, caller, request)
            problems = limit_problems(
                request.limits,
                present.options,
                amount_max_minor=caller.amount_max_of(Permission.SERVICES_WRITE),
            )
            if problems:
                raise AgreementRefused(problems)
            await store.set_limits(connection, request.id, request.limits)
            before, after = _changed(
                msgspec.structs.asdict(present.limits), msgspec.structs.asdict(request.limits)
            )
            await self._note(
                connection, caller, request.id, "limits", request.reason, before=before, after=after
            )
            return await self._shown(connection, caller, request.id)

        return await self._write(caller, request, effect)

    async def _may_edit(self, connection: Connection, caller: SignedIn, service_id: bytes) -> bool:
        if not caller.may(Permission.SERVICES_WRITE):
            return False
        scope = caller.scope_of(Permission.SERVICES_WRITE)
        return await store.find_service(connection, scope, service_id, may_edit=True) is not None

    async def _locked(
        self, connection: Connection, caller: SignedIn, request: ask.SetOptions | ask.SetLimits
    ) -> ask.ServiceDetail:
        scope = caller.scope_of(Permission.SERVICES_WRITE)
        if not await store.lock_service(connection, scope, request.id):
            raise NotFound
        present = await store.find_service(connection, scope, request.id, may_edit=True)
        if present is None:
            raise NotFound
        await refuse_if_stale(
            connection,
            target_kind="service",
            target_id=request.id,
            read=request.revision,
            present=present.revision,
        )
        return present

    async def _shown(self, connection: Connection, caller: SignedIn, service_id: bytes) -> bytes:
        scope = caller.scope_of(Permission.SERVICES_WRITE)
        return msgspec.json.encode(await store.find_service(connection, scope, service_id, may_edit=True))

    async def _note(
        self,
        connection: Connection,
        caller: SignedIn,
        service_id: bytes,
        kind: str,
        reason: str,
        *,
        before: store.Facts,
        after: store.Facts,
    ) -> None:
        now = self._clock.now()
        await store.add_change(
            connection,
            service_id,
            kind=kind,
            agent_id=caller.agent_id,
            reason=reason,
            now=now,
            before=before,
            after=after,
        )
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=now,
            kind=f"service.{kind}",
            target_kind="service",
            target_id=service_id,
            facts={"reason": reason, "before": dict(before), "after": dict(after)},
        )


def _changed(before: store.Facts, after: store.Facts) -> tuple[store.Facts, store.Facts]:
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}
