"""Branding: who may change it, and what everybody sees of it."""

import asyncpg
import msgspec

from core.contracts.desk import FieldProblem
from core.contracts.listing import Nothing, Written
from core.contracts.notifications import BrandList, BrandOfHost, BrandView, RemoveBrand, SaveBrand
from core.contracts.refusals import NotFound
from core.db.rows import Connection
from core.identity.api import SignedIn, WriteOnce, record_action, refuse_if_stale
from core.notifications.brands import store
from core.notifications.brands.rules import problems_of
from core.notifications.errors import BrandRefused
from core.values.clock import Clock
from core.values.ids import encode_id


class BrandHandlers:
    """Operations on brands."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def of_host(self, request: BrandOfHost) -> BrandView:
        """Return a host's face, for anybody: no more than what its log in page shows."""
        host = request.host.lower().rpartition(":")[0] if ":" in request.host else request.host.lower()
        found = await store.brand_of_host(self._pool, host)
        return BrandView(
            name=found.name,
            light=found.light,
            dark=found.dark,
            logo=found.logo,
            logo_type=found.logo_type,
            contact_email=found.contact_email,
            contact_phone=found.contact_phone,
            contact_hours_fr=found.contact_hours_fr,
            contact_hours_en=found.contact_hours_en,
        )

    async def brands(self, _caller: SignedIn, _request: Nothing) -> BrandList:
        """Return every face."""
        return BrandList(await store.list_brands(self._pool))

    async def save(self, caller: SignedIn, request: SaveBrand) -> Written:
        """Make or replace a brand. Raises: BrandRefused, ChangedMeanwhile, KeyReused."""
        request = msgspec.structs.replace(request, host=request.host and request.host.lower())
        problems = problems_of(request)
        if problems:
            raise BrandRefused(problems)
        now = self._clock.now()

        async def effect(connection: Connection) -> bytes:
            await store.lock(connection)
            if request.account is not None and not await store.account_exists(connection, request.account):
                raise BrandRefused([FieldProblem("account", "unknown", "")])
            standing = await store.to_replace(connection, request)
            if len(standing) > 1:
                raise BrandRefused([FieldProblem("host", "taken", "another partner has this host")])
            for present in standing:
                (before,) = await store.list_brands(connection, present)
                await refuse_if_stale(
                    connection,
                    target_kind="brand",
                    target_id=present,
                    read=request.revision,
                    present=before.revision,
                )
            made = await store.put(
                connection,
                request,
                replaced=standing[0] if standing else None,
                agent_id=caller.agent_id,
                now=now,
            )
            (brand,) = await store.list_brands(connection, made)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="brand.changed",
                target_kind="brand",
                target_id=made,
                facts={
                    "name": brand.name,
                    "host": brand.host,
                    "account": brand.account_id,
                    "accent_light": request.accent_light,
                    "accent_dark": request.accent_dark,
                    "logo": "kept" if request.logo is None else "new" if request.logo else "none",
                },
            )
            return msgspec.json.encode(brand)

        return await self._write(caller, request, effect)

    async def remove(self, caller: SignedIn, request: RemoveBrand) -> Nothing:
        """Take a partner's brand away. Raises: NotFound."""
        async with self._pool.acquire() as connection, connection.transaction():
            name = await store.remove(connection, request.id)
            if name is None:
                raise NotFound
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=self._clock.now(),
                kind="brand.removed",
                target_kind="brand",
                target_id=request.id,
                facts={"name": name, "brand": encode_id("brand", request.id)},
            )
        return Nothing()
