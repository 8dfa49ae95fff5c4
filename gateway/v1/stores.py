"""The directory of stores."""

from litestar import get

from core.contracts import desk_requests as ask
from core.contracts import merchants
from core.contracts.desk_views import StorePage
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import Cursor, Limit, Words, body_id, cursor_parts, path_id


@get(
    "/stores",
    summary="Search stores",
    tags=["Directory"],
    opt={"query": frozenset({"query", "limit", "cursor"})},
)
async def list_stores(
    caller: Caller, core: CoreClient, words: Words = "", limit: Limit = 50, cursor: Cursor = None
) -> StorePage:
    """Find stores by name, city, company, SIRET, postcode or acceptor number."""
    parts = cursor_parts(cursor, 2)
    body = ask.Search(query=words, limit=limit)
    if parts is not None:
        body.after, body.after_id = parts[0], body_id("store", parts[1], "cursor")
    return await core.ask(ask.STORES, body, StorePage, caller=caller)


@get("/stores/{store_id:str}", summary="One store", tags=["Directory"])
async def one_store(store_id: str, caller: Caller, core: CoreClient) -> merchants.StoreRecord:
    """Return a store with its services, terminals, standing blocks and contacts."""
    body = ask.ById(path_id("store", store_id))
    return await core.ask(ask.STORE, body, merchants.StoreRecord, caller=caller)
