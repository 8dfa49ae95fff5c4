"""Accounts: read, made, renamed."""

import asyncpg
import msgspec

from core.contracts.desk_requests import PAGE_ROWS_MAX, ById, Written
from core.contracts.merchants import AccountDetail, AccountPage, CreateAccount, EditAccount, SearchMerchants
from core.contracts.refusals import NotFound
from core.db.ids import new_id
from core.db.rows import Connection
from core.db.words import like_pattern
from core.identity.api import Permission, SignedIn, WriteOnce, record_action, require
from core.merchants.directory import store, views
from core.merchants.directory.reading import LOWEST_ID, checked_name, read_account
from core.merchants.errors import AccountWithoutCompany
from core.merchants.writing import refuse_if_changed
from core.values.clock import Clock
from core.values.cursors import encode_cursor


class AccountHandlers:
    """The door to accounts."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def accounts(self, caller: SignedIn, request: SearchMerchants) -> AccountPage:
        """Return the accounts whose name holds the words. Raises: NotPermitted."""
        limit = min(request.limit, PAGE_ROWS_MAX)
        rows = await store.search_accounts(
            self._pool,
            require(caller, Permission.DIRECTORY_READ),
            pattern=like_pattern(request.query),
            after=request.after,
            after_id=request.after_id or LOWEST_ID,
            limit=limit + 1,
        )
        page = [views.account_of(row) for row in rows[:limit]]
        return AccountPage(page, encode_cursor(page[-1].name, page[-1].id) if len(rows) > limit else None)

    async def account(self, caller: SignedIn, request: ById) -> AccountDetail:
        """Return one account with the companies that the caller sees. Raises: NotPermitted, NotFound."""
        scope = require(caller, Permission.DIRECTORY_READ)
        async with self._pool.acquire() as connection:
            return await read_account(connection, scope, request.id)

    async def create_account(self, caller: SignedIn, request: CreateAccount, locale: str) -> Written:
        """Make an account. Raises: NotPermitted, FieldsWrong, AccountWithoutCompany, KeyReused."""
        scope = require(caller, Permission.MERCHANTS_EDIT)
        name = checked_name(request.name, locale)
        if not scope.is_everything:
            raise AccountWithoutCompany
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            account_id = new_id(self._clock)
            await store.insert_account(connection, account_id, name, now)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="account.created",
                target_kind="account",
                target_id=account_id,
                facts={"name": name, "version": 1},
            )
            return msgspec.json.encode(await read_account(connection, scope, account_id))

        return await self._write(caller, request, effect, key=request.idempotency_key, path="account")

    async def edit_account(self, caller: SignedIn, request: EditAccount, locale: str) -> Written:
        """Rename an account. Raises: NotPermitted, NotFound, FieldsWrong, ChangedMeanwhile, KeyReused."""
        scope = require(caller, Permission.MERCHANTS_EDIT)
        name = checked_name(request.name, locale)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            before = await store.lock_account(connection, scope, request.id)
            if before is None:
                raise NotFound
            await refuse_if_changed(
                connection, target_id=request.id, read_version=request.version, version=before["version"]
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

        return await self._write(caller, request, effect, key=request.idempotency_key, path="account_edit")
