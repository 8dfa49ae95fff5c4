"""A whole store: what merchants know of it, and what terminals do."""

import asyncpg
import msgspec

from core.contracts.desk_views import StoreDetail
from core.contracts.directory import OneStore
from core.contracts.refusals import NotFound
from core.identity.api import Permission, SignedIn
from core.merchants.api import find_store, list_services, summary_of
from core.terminals.api import TerminalHandlers
from core.values.ids import decode_id


async def store_detail(
    pool: asyncpg.Pool, terminals: TerminalHandlers, caller: SignedIn, request: OneStore
) -> StoreDetail:
    """Return a store with its services, terminals and standing blocks.

    Raises: NotFound.
    """
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
