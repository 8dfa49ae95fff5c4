"""The estate of terminals."""

from typing import Annotated

from litestar import get
from litestar.params import Parameter

from core.contracts import desk_requests as ask
from core.contracts.desk_views import TerminalPage, TerminalView
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import Cursor, Limit, Words, body_id, cursor_parts, path_id


@get(
    "/terminals",
    summary="Search terminals",
    tags=["Directory"],
    opt={"query": frozenset({"query", "store", "limit", "cursor"})},
)
async def list_terminals(
    caller: Caller,
    core: CoreClient,
    words: Words = "",
    store: Annotated[str | None, Parameter(description="A store’s id")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TerminalPage:
    """Find terminals by number, model, store or city."""
    body = ask.Search(query=words, limit=limit)
    if store is not None:
        body.store_id = body_id("store", store, "store")
    parts = cursor_parts(cursor, 1)
    if parts is not None:
        body.after = parts[0]
    return await core.ask(ask.TERMINALS, body, TerminalPage, caller=caller)


@get("/terminals/{terminal_id:str}", summary="One terminal", tags=["Directory"])
async def one_terminal(terminal_id: str, caller: Caller, core: CoreClient) -> TerminalView:
    """Return a terminal with its state and its standing block."""
    body = ask.ById(path_id("terminal", terminal_id))
    return await core.ask(ask.TERMINAL, body, TerminalView, caller=caller)
