"""Stores: made and edited."""

import asyncpg
import msgspec

from core.contracts.listing import Written
from core.contracts.merchants import CreateStore, EditStore, FindDuplicates, StoreFields
from core.contracts.refusals import NotFound
from core.db.ids import new_id
from core.db.rows import Connection
from core.identity.api import Permission, SignedIn, WriteOnce, record_action
from core.merchants.directory import store
from core.merchants.directory.adding import Adding
from core.merchants.directory.reading import checked_store, read_store, refuse_duplicates
from core.merchants.errors import FieldsWrong
from core.merchants.forms import Wrong, problems_of
from core.merchants.writing import changes_between, refuse_if_changed
from core.values.clock import Clock


class StoreHandlers:
    """Operations on what is written of stores."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def create_store(self, caller: SignedIn, request: CreateStore) -> Written:
        """Make a store of a company.

        Raises: NotFound, FieldsWrong, DuplicateSuspected, KeyReused.
        """
        scope = caller.scope_of(Permission.MERCHANTS_EDIT)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            company = await store.lock_company(connection, scope, request.company)
            if company is None:
                raise NotFound
            fields = checked_store(
                request.store, scope, caller.language, siren=company["siren"], company_id=request.company
            )
            await refuse_duplicates(
                connection,
                caller,
                FindDuplicates(
                    siret=fields.siret, name=fields.name, postcode=fields.postcode, city=fields.city
                ),
                reason=request.not_duplicate_reason,
                taken=("store", "siret"),
                locale=caller.language,
                own_company=request.company,
            )
            store_id = new_id(self._clock)
            await Adding(connection, caller, now).store(
                store_id, fields, company_id=request.company, not_duplicate=request.not_duplicate_reason
            )
            return msgspec.json.encode(await read_store(connection, scope, store_id))

        return await self._write(caller, request, effect)

    async def edit_store(self, caller: SignedIn, request: EditStore) -> Written:
        """Write a store. Raises: NotFound, FieldsWrong, ChangedMeanwhile, KeyReused."""
        scope = caller.scope_of(Permission.MERCHANTS_EDIT)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            before = await store.lock_store(connection, scope, request.id)
            if before is None:
                raise NotFound
            await refuse_if_changed(
                connection, target_id=request.id, read_version=request.revision, version=before["version"]
            )
            fields = checked_store(
                request.store,
                scope,
                caller.language,
                siren=before["siren"],
                company_id=before["company_id"].bytes,
                store_id=request.id,
            )
            if not fields.time_zone:
                fields = msgspec.structs.replace(fields, time_zone=before["time_zone"])
            old = StoreFields(**{name: before[name] for name in msgspec.structs.asdict(fields)})
            try:
                await store.update_store(connection, store_id=request.id, fields=fields, now=now)
            except asyncpg.UniqueViolationError as error:
                raise FieldsWrong(problems_of([Wrong("siret", "siret_taken")], caller.language)) from error
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="store.edited",
                target_kind="store",
                target_id=request.id,
                facts={"version": before["version"] + 1, "changes": changes_between(old, fields)},
            )
            return msgspec.json.encode(await read_store(connection, scope, request.id))

        return await self._write(caller, request, effect)
