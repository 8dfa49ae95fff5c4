"""The door of merchants: the directory of stores."""

import asyncpg

from core.contracts.desk_requests import PAGE_ROWS_MAX, Search
from core.contracts.desk_views import StorePage
from core.db.words import like_pattern
from core.identity.api import Permission, SignedIn, require
from core.merchants.store import BRAND_NAMES, find_store, list_services, summary_of
from core.merchants.store import search_stores as _search_stores
from core.values.cursors import encode_cursor

_LOWEST_ID = bytes(16)


async def search_stores(pool: asyncpg.Pool, caller: SignedIn, request: Search) -> StorePage:
    """Return the stores whose name, city, company, SIRET, postcode or acceptor holds the words. Raises: NotPermitted."""
    limit = min(request.limit, PAGE_ROWS_MAX)
    found = await _search_stores(
        pool,
        require(caller, Permission.DIRECTORY_READ),
        pattern=like_pattern(request.query),
        after_name=request.after,
        after_id=request.after_id or _LOWEST_ID,
        limit=limit + 1,
    )
    page = found[:limit]
    more = len(found) > limit
    return StorePage(page, encode_cursor(page[-1].name, page[-1].id) if more else None)


__all__ = ["BRAND_NAMES", "find_store", "list_services", "search_stores", "summary_of"]
