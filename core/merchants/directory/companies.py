"""Companies: read, made, edited, validated."""

import asyncpg
import msgspec

from core.contracts.listing import Written
from core.contracts.merchants import (
    CompanyDetail,
    CompanyFields,
    CompanyPage,
    CreateCompany,
    EditCompany,
    FindDuplicates,
    ListCompanies,
    OneCompany,
    ValidateCompany,
)
from core.contracts.refusals import NotFound
from core.db.ids import new_id
from core.db.rows import Connection
from core.db.words import like_pattern
from core.identity.api import Permission, SignedIn, WriteOnce, record_action, refuse_repeat_of_another
from core.merchants.directory import store, views
from core.merchants.directory.adding import Adding
from core.merchants.directory.reading import (
    checked_company,
    checked_name,
    read_company,
    refuse_duplicates,
)
from core.merchants.errors import FieldsWrong
from core.merchants.forms import Wrong, problems_of
from core.merchants.rules import one_line
from core.merchants.writing import changes_between, refuse_if_changed
from core.values.clock import Clock
from core.values.cursors import name_and_id_in, page_of


class CompanyHandlers:
    """Operations on companies."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def companies(self, caller: SignedIn, request: ListCompanies) -> CompanyPage:
        """Return the companies whose name, SIREN, VAT number or town holds the words. Raises: CursorMalformed."""
        scope = caller.scope_of(Permission.DIRECTORY_READ)
        after, after_id = name_and_id_in("company", request.cursor)
        rows = await store.search_companies(
            self._pool,
            scope,
            pattern=like_pattern(request.query),
            after=after,
            after_id=after_id,
            limit=request.limit + 1,
        )
        found = [views.company_of(row, scope) for row in rows]
        return CompanyPage(*page_of(found, request.limit, lambda last: (last.legal_name, last.id)))

    async def company(self, caller: SignedIn, request: OneCompany) -> CompanyDetail:
        """Return one company with its stores. Raises: NotFound."""
        scope = caller.scope_of(Permission.DIRECTORY_READ)
        async with self._pool.acquire() as connection:
            return await read_company(connection, caller, scope, request.id)

    async def create_company(self, caller: SignedIn, request: CreateCompany) -> Written:
        """Make a company, and its account when none is named.

        Raises: FieldsWrong, DuplicateSuspected, KeyReused.
        """
        scope = caller.scope_of(Permission.MERCHANTS_EDIT)
        fields = checked_company(request.company, scope, caller.language)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            await refuse_duplicates(
                connection,
                caller,
                FindDuplicates(
                    siren=fields.siren,
                    vat=fields.vat,
                    iban=fields.iban,
                    name=fields.legal_name,
                    postcode=fields.postcode,
                    city=fields.city,
                ),
                reason=request.not_duplicate_reason,
                taken=("company", "siren"),
                locale=caller.language,
            )
            adding = Adding(connection, caller, now)
            if request.account is None:
                account_id = new_id(self._clock)
                name = one_line(request.account_name) or fields.legal_name
                name = checked_name(name, caller.language)
                await adding.account(account_id, name)
            else:
                account_id = request.account
                if await store.lock_account(connection, scope, account_id) is None:
                    raise FieldsWrong(problems_of([Wrong("account", "account_unknown")], caller.language))
            company_id = new_id(self._clock)
            await adding.company(
                company_id,
                fields,
                account_id=account_id,
                # Who makes it for sales has accepted it by making it.
                is_validated=caller.may(Permission.MERCHANTS_VALIDATE),
                not_duplicate=request.not_duplicate_reason,
            )
            return msgspec.json.encode(await read_company(connection, caller, scope, company_id))

        return await self._write(caller, request, effect)

    async def edit_company(self, caller: SignedIn, request: EditCompany) -> Written:
        """Write a company. Raises: NotFound, FieldsWrong, ChangedMeanwhile, KeyReused."""
        scope = caller.scope_of(Permission.MERCHANTS_EDIT)
        fields = checked_company(request.company, scope, caller.language, company_id=request.id)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            before = await store.lock_company(connection, scope, request.id)
            if before is None:
                raise NotFound
            await refuse_if_changed(
                connection, target_id=request.id, read_version=request.revision, version=before["version"]
            )
            if before["siren"] != fields.siren and before["has_stores"]:
                raise FieldsWrong(problems_of([Wrong("siren", "siren_with_stores")], caller.language))
            old = CompanyFields(**{name: before[name] for name in msgspec.structs.asdict(fields)})
            try:
                await store.update_company(connection, company_id=request.id, fields=fields, now=now)
            except asyncpg.UniqueViolationError as error:
                raise FieldsWrong(problems_of([Wrong("siren", "siren_taken")], caller.language)) from error
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="company.edited",
                target_kind="company",
                target_id=request.id,
                facts={"version": before["version"] + 1, "changes": changes_between(old, fields)},
            )
            return msgspec.json.encode(await read_company(connection, caller, scope, request.id))

        return await self._write(caller, request, effect)

    async def validate_company(self, caller: SignedIn, request: ValidateCompany) -> CompanyDetail:
        """Note the commercial validation of a company that was made without a file; the caller's repeat changes nothing.

        Raises: NotFound, DoneByAnother.
        """
        scope = caller.scope_of(Permission.MERCHANTS_VALIDATE)
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            if await store.lock_company(connection, scope, request.id) is None:
                raise NotFound
            if await store.validate_company(connection, request.id, caller.agent_id, now):
                await record_action(
                    connection,
                    agent_id=caller.agent_id,
                    at=now,
                    kind="company.validated",
                    target_kind="company",
                    target_id=request.id,
                    facts={},
                )
            else:
                await refuse_repeat_of_another(connection, caller, request.id, "company.validated")
            return await read_company(connection, caller, scope, request.id)
