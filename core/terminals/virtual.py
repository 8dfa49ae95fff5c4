"""Virtual points of sale: what a company sells through its e-commerce service has a terminal that nobody holds."""

from uuid import UUID

from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none

_SQL = load_beside(__file__)


async def virtual_terminal_of(
    connection: Connection, company_id: bytes, store_id: bytes | None
) -> bytes | None:
    """Return the terminal by which a company sells at a distance, made where there is none; None: it has no such service.

    In the caller's transaction.
    """
    where = uuid_of(company_id), uuid_or_none(store_id)
    found: UUID | None = await connection.fetchval(_SQL.virtual_terminal, *where)
    if found is None:
        service = await connection.fetchrow(_SQL.lock_web_service, *where)
        if service is None:
            return None
        found = await connection.fetchval(_SQL.virtual_terminal, *where) or await connection.fetchval(
            _SQL.add_virtual_terminal, service["store_id"], service["id"]
        )
    return None if found is None else found.bytes
