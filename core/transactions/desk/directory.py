"""A whole store: what merchants know of it, and what terminals do."""

import asyncpg
import msgspec

from core.contracts.merchants import OneStore, StoreRecord
from core.contracts.refusals import NotFound
from core.contracts.stores import StoreDetail
from core.identity.api import Permission, SignedIn
from core.merchants.api import (
    account_ref_of,
    find_store,
    find_store_made,
    list_services,
    read_store,
    summary_of,
)
from core.terminals.api import TerminalHandlers
from core.values.ids import decode_id


async def store_record(
    pool: asyncpg.Pool, terminals: TerminalHandlers, caller: SignedIn, request: OneStore
) -> StoreRecord:
    """Return a store with what stands in it and what is written of it. Raises: NotFound."""
    detail = await _store_detail(pool, terminals, caller, request)
    scope = caller.scope_of(Permission.DIRECTORY_READ)
    async with pool.acquire() as connection:
        made = await read_store(connection, scope, request.id)
        row = await find_store_made(connection, scope, request.id)
    if row is None:
        raise NotFound
    return StoreRecord(
        **{name: getattr(detail, name) for name in msgspec.structs.asdict(detail)},
        opening=made.opening,
        time_zone=made.time_zone,
        revision=made.revision,
        changed_at=made.changed_at,
        account=account_ref_of(row),
        contacts=made.contacts,
    )


async def _store_detail(
    pool: asyncpg.Pool, terminals: TerminalHandlers, caller: SignedIn, request: OneStore
) -> StoreDetail:
    row = await find_store(pool, caller.scope_of(Permission.DIRECTORY_READ), request.id)
    if row is None:
        raise NotFound
    services = await list_services(pool, request.id)
    service_ids = [decode_id("service", service.id) for service in services]
    found, blocks = await terminals.terminals_of(caller, request.id, service_ids)
    return StoreDetail(
        **msgspec.structs.asdict(summary_of(row)),
        street=row["street"],
        merchant_category=row["merchant_category"],
        services=services,
        terminals=found,
        blocks=blocks,
    )
