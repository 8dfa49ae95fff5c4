"""Accounts: read, made, renamed."""

import asyncpg
import msgspec

from core.contracts.listing import Written
from core.contracts.merchants import (
    AccountDetail,
    AccountPage,
    CreateAccount,
    EditAccount,
    ListAccounts,
    OneAccount,
)
from core.contracts.refusals import NotFound
from core.db.ids import new_id
from core.db.rows import Connection
from core.db.words import like_pattern
from core.identity.api import Permission, SignedIn, WriteOnce, record_action
from core.merchants.directory import store, views
from core.merchants.directory.adding import Adding
from core.merchants.directory.reading import checked_name, read_account
from core.merchants.errors import AccountWithoutCompany
from core.merchants.writing import refuse_if_changed
from core.values.clock import Clock
from core.values.cursors import name_and_id_in, page_of


class AccountHandlers:
    """Operations on accounts."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def accounts(self, caller: SignedIn, request: ListAccounts) -> AccountPage:
        """Return the accounts whose name holds the words. Raises: CursorMalformed."""
        after, after_id = name_and_id_in("account", request.cursor)
        rows = await store.search_accounts(
            self._pool,
            caller.scope_of(Permission.DIRECTORY_READ),
            pattern=like_pattern(request.query),
            after=after,
            after_id=after_id,
            limit=request.limit + 1,
        )
        found = [views.account_of(row) for row in rows]
        return AccountPage(*page_of(found, request.limit, lambda last: (last.name, last.id)))

    async def account(self, caller: SignedIn, request: OneAccount) -> AccountDetail:
        """Return one account with the companies that the caller sees. Raises: NotFound."""
        scope = caller.scope_of(Permission.DIRECTORY_READ)
        async with self._pool.acquire() as connection:
            return await read_account(connection, scope, request.id)

    async def create_account(self, caller: SignedIn, request: CreateAccount) -> Written:
        """Make an account. Raises: FieldsWrong, AccountWithoutCompany, KeyReused."""
        scope = caller.scope_of(Permission.MERCHANTS_EDIT)
        name = checked_name(request.name, caller.language)
        if not scope.is_everything:
            raise AccountWithoutCompany
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            account_id = new_id(self._clock)
            await Adding(connection, caller, now).account(account_id, name)
            return msgspec.json.encode(await read_account(connection, scope, account_id))

        return await self._write(caller, request, effect)

    async def edit_account(self, caller: SignedIn, request: EditAccount) -> Written:
        """Rename an account. Raises: NotFound, FieldsWrong, ChangedMeanwhile, KeyReused."""
        scope = caller.scope_of(Permission.MERCHANTS_EDIT)
        name = checked_name(request.name, caller.language)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            before = await store.lock_account(connection, scope, request.id)
            if before is None:
                raise NotFound
            await refuse_if_changed(
                connection, target_id=request.id, read_version=request.revision, version=before["version"]
            )
            await store.update_account(connection, request.id, name, now)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="account.edited",
                target_kind="account",
                target_id=request.id,
                facts={"version": before["version"] + 1, "changes": {"name": [before["name"], name]}},
            )
            return msgspec.json.encode(await read_account(connection, scope, request.id))

        return await self._write(caller, request, effect)
