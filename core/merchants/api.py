"""What merchants offer other slices: the directory, duplicates, onboarding."""

import asyncpg

from core.contracts.merchants import ListStores
from core.contracts.stores import StorePage
from core.db.rows import Connection
from core.db.words import like_pattern
from core.identity.api import Permission, SignedIn
from core.merchants.api_keys.handlers import IntegratorHandlers
from core.merchants.directory.accounts import AccountHandlers
from core.merchants.directory.companies import CompanyHandlers
from core.merchants.directory.contacts import ContactHandlers
from core.merchants.directory.reading import read_store
from core.merchants.directory.store import company_is_validated, find_store_made
from core.merchants.directory.stores import StoreHandlers
from core.merchants.directory.views import account_ref_of
from core.merchants.duplicates.handlers import duplicates
from core.merchants.onboarding.attaching import AttachingHandlers
from core.merchants.onboarding.handlers import OnboardingHandlers
from core.merchants.onboarding.store import services_wanted
from core.merchants.rules import check_phone
from core.merchants.store import BRAND_NAMES, find_store, list_services, summary_of
from core.merchants.store import search_stores as _search_stores
from core.values.cursors import name_and_id_in, page_of


async def search_stores(pool: asyncpg.Pool, caller: SignedIn, request: ListStores) -> StorePage:
    """Return the stores whose name, city, company, SIRET, postcode or acceptor holds the words.

    Raises: CursorMalformed.
    """
    after_name, after_id = name_and_id_in("store", request.cursor)
    found = await _search_stores(
        pool,
        caller.scope_of(Permission.DIRECTORY_READ),
        pattern=like_pattern(request.query),
        after_name=after_name,
        after_id=after_id,
        limit=request.limit + 1,
    )
    return StorePage(*page_of(found, request.limit, lambda last: (last.name, last.id)))


async def onboarding_validated(connection: Connection, company_id: bytes) -> bool:
    """Return whether sales has accepted the company: no contract before (MER-2)."""
    return await company_is_validated(connection, company_id)


__all__ = [
    "BRAND_NAMES",
    "AccountHandlers",
    "AttachingHandlers",
    "CompanyHandlers",
    "ContactHandlers",
    "IntegratorHandlers",
    "OnboardingHandlers",
    "StoreHandlers",
    "account_ref_of",
    "check_phone",
    "duplicates",
    "find_store",
    "find_store_made",
    "list_services",
    "onboarding_validated",
    "read_store",
    "search_stores",
    "services_wanted",
    "summary_of",
]
