"""The estate of terminals."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from core.contracts import desk_requests
from core.contracts import estate as ask
from core.contracts.desk_views import TerminalView
from core.contracts.estate import Condition, EstatePage, TerminalOptions, TerminalProfile
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import Cursor, Limit, Words, body_id, cursor_parts, path_id
from gateway.v1.writing import IdempotencyKey, optional_key, write

ServiceName = Annotated[str, msgspec.Meta(max_length=20)]
IdText = Annotated[str, msgspec.Meta(max_length=40)]
Words60 = Annotated[str, msgspec.Meta(max_length=60)]
Why = Annotated[str, msgspec.Meta(max_length=500)]
_PROFILE = {200: ResponseSpec(TerminalProfile, description="The terminal, changed")}


class AssignBody(msgspec.Struct, forbid_unknown_fields=True):
    """A terminal by its number on the label, and where it goes."""

    terminal: Words60
    store_id: IdText
    service: ServiceName
    model: Words60 = ""
    serial: Words60 = ""
    dialect: Words60 = "ascii1987"


class MoveBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where it goes, and why."""

    store_id: IdText
    service: ServiceName
    reason: Why


class ActBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why."""

    reason: Why = ""


@get(
    "/terminals",
    summary="Search terminals",
    tags=["Directory"],
    opt={"query": frozenset({"query", "store", "department", "service", "condition", "limit", "cursor"})},
)
async def list_terminals(
    caller: Caller,
    core: CoreClient,
    words: Words = "",
    store: Annotated[str | None, QueryParameter(description="A store’s id")] = None,
    department: Annotated[str | None, QueryParameter(max_length=3)] = None,
    service: Annotated[str | None, QueryParameter(max_length=20)] = None,
    condition: Condition | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> EstatePage:
    """Find terminals by number, serial number, model, store or city, and by how they are doing."""
    body = ask.ListTerminals(
        query=words, department=department, service=service, condition=condition, limit=limit
    )
    if store is not None:
        body.store_id = body_id("store", store, "store")
    parts = cursor_parts(cursor, 1)
    if parts is not None:
        body.after = parts[0]
    return await core.ask(ask.LIST_TERMINALS, body, EstatePage, caller=caller)


@get("/terminals/{terminal_id:str}", summary="One terminal", tags=["Directory"])
async def one_terminal(terminal_id: str, caller: Caller, core: CoreClient) -> TerminalView:
    """Return a terminal with its state and its standing block."""
    body = desk_requests.ById(path_id("terminal", terminal_id))
    return await core.ask(desk_requests.TERMINAL, body, TerminalView, caller=caller)


@get("/terminals/{terminal_id:str}/profile", summary="A terminal’s options and history", tags=["Directory"])
async def terminal_profile(terminal_id: str, caller: Caller, core: CoreClient) -> TerminalProfile:
    """Return what a technician sets, its level, and who changed what."""
    body = desk_requests.ById(path_id("terminal", terminal_id))
    return await core.ask(ask.TERMINAL_PROFILE, body, TerminalProfile, caller=caller)


@post(
    "/terminals",
    summary="Assign a terminal",
    tags=["Directory"],
    status_code=201,
    responses={201: ResponseSpec(TerminalProfile, description="The terminal, not active yet")},
)
async def assign_terminal(
    data: AssignBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Add a terminal to a service of a store. It takes payments once it is activated."""
    body = ask.AssignTerminal(
        terminal=data.terminal.strip(),
        store_id=body_id("store", data.store_id, "store_id"),
        service=data.service,
        model=data.model,
        serial=data.serial.strip(),
        dialect=data.dialect,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.ASSIGN_TERMINAL, body, 201)


@post(
    "/terminals/{terminal_id:str}/move",
    summary="Move a terminal",
    tags=["Directory"],
    status_code=200,
    responses=_PROFILE,
)
async def move_terminal(
    terminal_id: str,
    data: MoveBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Put a terminal into another store or service; it must sign on anew."""
    body = ask.MoveTerminal(
        id=path_id("terminal", terminal_id),
        store_id=body_id("store", data.store_id, "store_id"),
        service=data.service,
        reason=data.reason,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.MOVE_TERMINAL, body, 200)


@post(
    "/terminals/{terminal_id:str}/activate",
    summary="Activate a terminal",
    tags=["Directory"],
    status_code=200,
    responses=_PROFILE,
)
async def activate_terminal(
    terminal_id: str,
    data: ActBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Put a terminal into service: its next sign-on is welcome. A retired one comes back."""
    body = ask.TerminalAct(path_id("terminal", terminal_id), data.reason, optional_key(idempotency_key))
    return await write(core, caller, ask.ACTIVATE_TERMINAL, body, 200)


@post(
    "/terminals/{terminal_id:str}/retire",
    summary="Retire a terminal",
    tags=["Directory"],
    status_code=200,
    responses=_PROFILE,
)
async def retire_terminal(
    terminal_id: str,
    data: ActBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Take a terminal out of service: its payments and sign-ons are refused."""
    body = ask.TerminalAct(path_id("terminal", terminal_id), data.reason, optional_key(idempotency_key))
    return await write(core, caller, ask.RETIRE_TERMINAL, body, 200)


@post(
    "/terminals/{terminal_id:str}/options",
    summary="Set a terminal’s options",
    tags=["Directory"],
    status_code=200,
    responses=_PROFILE,
)
async def set_terminal_options(
    terminal_id: str,
    data: TerminalOptions,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Set dialect, connectivity, tip, pre-authorisation and contactless limit; the terminal is asked to take them."""
    body = ask.SetTerminalOptions(path_id("terminal", terminal_id), data, optional_key(idempotency_key))
    return await write(core, caller, ask.SET_TERMINAL_OPTIONS, body, 200)
