"""Who calls by a key, and the keys of a company: made, listed, revoked."""

import secrets
from datetime import timedelta
from typing import Any, Final

import asyncpg
import msgspec

from core.contracts import api_keys as ask
from core.contracts.desk import Principal
from core.contracts.listing import Nothing, Written
from core.contracts.references import PersonRef
from core.contracts.refusals import FieldRefused, NotFound
from core.db.ids import new_id
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of
from core.identity.api import (
    Doer,
    DoneByAnother,
    Integrator,
    Permission,
    SignedIn,
    WriteOnce,
    hash_of_token,
    name_and_moment,
    record_action,
)
from core.identity.origin import CALLED_FROM
from core.merchants.api_keys.errors import KeyUnknown, TooManyKeys
from core.merchants.directory.store import find_company_seen, lock_company
from core.values.clock import Clock
from core.values.ids import encode_id
from core.values.timestamps import timestamp

BEGINNING: Final = "gsk_"
"""By it a key is known for one wherever it turns up: in a log, in a repository."""
SECRET_BYTES: Final = 32
PREFIX_CHARACTERS: Final = 12
LISTED_MAX: Final = 100
NOTED_EVERY: Final = timedelta(minutes=1)

_SQL: Final = load_beside(__file__)


class IntegratorHandlers:
    """Who a merchant's program is."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def check(self, principal: Principal | None) -> Integrator:
        """Return who calls, and note that the key is in use. Raises: KeyUnknown."""
        if principal is None:
            raise KeyUnknown
        CALLED_FROM.set(principal.ip)
        row = await self._pool.fetchrow(_SQL.integrator, hash_of_token(principal.token))
        if row is None:
            raise KeyUnknown
        now = self._clock.now()
        if row["used_at"] is None or row["used_at"] < now - NOTED_EVERY:
            await self._pool.execute(_SQL.note_used, row["id"], now, now - NOTED_EVERY)
        return Integrator(
            company_id=row["company_id"].bytes,
            key_id=row["id"].bytes,
            company_name=row["legal_name"],
            siren=row["siren"],
            key_name=row["name"],
            language=principal.locale,
        )

    async def company(self, caller: Integrator, _request: Nothing) -> ask.MerchantCompany:
        """Return the company of the key."""
        return ask.MerchantCompany(
            id=encode_id("company", caller.company_id),
            name=caller.company_name,
            siren=caller.siren,
            key=caller.key_name,
        )


class ApiKeyHandlers:
    """Operations of agents on the keys of a company."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def keys(self, caller: SignedIn, request: ask.ListApiKeys) -> ask.ApiKeyList:
        """Return the keys of a company. Raises: NotFound."""
        if (
            await find_company_seen(self._pool, caller.scope_of(Permission.DIRECTORY_READ), request.company)
            is None
        ):
            raise NotFound
        rows = await self._pool.fetch(_SQL.keys_of, uuid_of(request.company), LISTED_MAX)
        return ask.ApiKeyList([ask.ApiKey(**_facts_of(row)) for row in rows])

    async def make(self, caller: SignedIn, request: ask.MakeApiKey) -> ask.MadeApiKey:
        """Make a key; what is answered is kept nowhere. Raises: NotFound, TooManyKeys, FieldRefused."""
        now = self._clock.now()
        secret = BEGINNING + secrets.token_urlsafe(SECRET_BYTES)
        key_id = new_id(self._clock)
        async with self._pool.acquire() as connection, connection.transaction():
            await _lock(connection, caller, request.company)
            good = await connection.fetchval(_SQL.count_good, uuid_of(request.company))
            if int(good or 0) >= ask.KEYS_OF_A_COMPANY_MAX:
                raise TooManyKeys
            made = await connection.fetchval(
                _SQL.add_key,
                uuid_of(key_id),
                uuid_of(request.company),
                request.name.strip(),
                secret[:PREFIX_CHARACTERS],
                hash_of_token(secret),
                uuid_of(caller.agent_id),
                now,
            )
            if made is None:
                raise FieldRefused("name", "taken")
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="api_key.made",
                target_kind="company",
                target_id=request.company,
                facts={"name": request.name.strip(), "prefix": secret[:PREFIX_CHARACTERS]},
            )
            return ask.MadeApiKey(**_facts_of(await _one(connection, key_id)), secret=secret)

    async def revoke(self, caller: SignedIn, request: ask.RevokeApiKey) -> Written:
        """Revoke a key. Raises: NotFound, DoneByAnother, KeyReused, StillRunning."""
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            row = await _one(connection, request.id)
            await _lock(connection, caller, row["company_id"].bytes)
            revoked = await connection.fetchval(
                _SQL.revoke_key, uuid_of(request.id), uuid_of(caller.agent_id), now
            )
            row = await _one(connection, request.id)
            if revoked is not None:
                await record_action(
                    connection,
                    agent_id=caller.agent_id,
                    at=now,
                    kind="api_key.revoked",
                    target_kind="company",
                    target_id=row["company_id"].bytes,
                    facts={
                        "name": row["name"],
                        "prefix": row["prefix"],
                        "reason": request.reason,
                        # They are the company's and stay. Who revokes a key that leaked looks at what it did to them.
                        "webhook_endpoints": await connection.fetchval(
                            _SQL.endpoints_touched, uuid_of(request.id)
                        ),
                    },
                )
            elif row["revoked_by"].bytes != caller.agent_id:
                shown = name_and_moment(row["revoked_by_name"], row["revoked_at"])
                raise DoneByAnother(Doer(row["revoked_by"].bytes, shown))
            return msgspec.json.encode(ask.ApiKey(**_facts_of(row)))

        return await self._write(caller, request, effect)


async def _lock(connection: Connection, caller: SignedIn, company_id: bytes) -> None:
    """Lock the company of a key. Raises: NotFound, when the caller may not write there."""
    if await lock_company(connection, caller.scope_of(ask.ApiKeyRight.WRITE), company_id) is None:
        raise NotFound


async def _one(connection: Connection, key_id: bytes) -> asyncpg.Record:
    """Raises: NotFound."""
    row = await connection.fetchrow(_SQL.one_key, uuid_of(key_id))
    if row is None:
        raise NotFound
    return row


def _facts_of(row: asyncpg.Record) -> dict[str, Any]:
    revoked = row["revoked_by"]
    return {
        "id": encode_id("api_key", row["id"].bytes),
        "company": encode_id("company", row["company_id"].bytes),
        "name": row["name"],
        "prefix": row["prefix"],
        "made_at": timestamp(row["made_at"]),
        "made_by": PersonRef(encode_id("agent", row["made_by"].bytes), row["made_by_name"]),
        "used_at": None if row["used_at"] is None else timestamp(row["used_at"]),
        "revoked_at": None if revoked is None else timestamp(row["revoked_at"]),
        "revoked_by": None
        if revoked is None
        else PersonRef(encode_id("agent", revoked.bytes), row["revoked_by_name"]),
    }
