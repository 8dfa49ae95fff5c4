"""Terminals: the list, and one with its last transactions, its blocks and the two actions."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post

from portals.agent.blocks.actions import block, lift
from portals.agent.macros.menu import load_menu
from portals.agent.record import sections
from portals.agent.terminals import assigning
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.lists import Column, Filter, ListPage
from portals.kit.records import beside, path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import TERMINAL_CONDITIONS

LIST = ListPage(
    "/terminals",
    "terminals.title",
    (
        Column("name", "column.terminal", "link", "terminal"),
        Column("state", "column.state", "cell"),
        Column("store", "column.store", path="store.name"),
        Column("model", "terminals.model"),
        Column("connected", "terminals.link", "cell"),
        Column("seen", "terminals.seen", "cell"),
    ),
    filters=(
        Filter("query", "words", "terminals.find"),
        Filter("condition", "choice", "column.state", TERMINAL_CONDITIONS, "state.terminal."),
        Filter("store"),
        Filter("department"),
        Filter("service"),
    ),
    none=("terminals.none", "find.none_text"),
    record="terminals/record.html",
    prefix="ter_",
    template="terminals/terminals.html",
)


@get("/terminals")
async def terminals_page(visit: Visit) -> Response[bytes]:
    """Show the list; `?open=` shows one beside it."""
    query = visit.request.query_params
    leaves_out = bool(query.get("query")) and not query.get("condition") and not query.get("cursor")
    shown, retired = await asyncio.gather(
        LIST.read(visit, _load), _retired(visit) if leaves_out else asyncio.sleep(0, [])
    )
    return LIST.draw(visit, shown, retired_match=bool(retired))


async def _retired(visit: Visit) -> list[Json]:
    """Return whether the words are those of a retired terminal too, which the list leaves out."""
    names = ("query", "store", "department", "service")
    asked = [(name, visit.request.query_params.get(name, "")[:100]) for name in names]
    found = await visit.gateway.get(
        "/v1/terminals", [*(pair for pair in asked if pair[1]), ("condition", "retired"), ("limit", "1")]
    )
    return found["data"]


@get("/terminals/{terminal_id:str}")
async def terminal_page(visit: Visit, terminal_id: str) -> Response[bytes]:
    """Show one terminal."""
    return _show(visit, await _load(visit, terminal_id))


@get("/move-terminal/{terminal_id:str}")
async def move_page(visit: Visit, terminal_id: str) -> Response[bytes]:
    """Ask for the new store, then why."""
    query = visit.request.query_params
    form = visit.filled({"store": query.get("store", "")})
    return await _show_move(visit, terminal_id, form, words=query.get("store_query", "").strip())


@post("/terminals/{terminal_id:str}/{act:str}", status_code=200)
async def change_terminal(visit: Visit, terminal_id: str, act: str) -> Response[bytes]:
    """Set options, activate, move or retire it."""
    form = await visit.form()
    done = await assigning.change(path_part(terminal_id), act, form)
    if not done and act == "move":
        return await _show_move(visit, terminal_id, form)
    return await _after(visit, terminal_id, form, act, done=done)


@post("/terminals/{terminal_id:str}/block", status_code=200)
async def block_terminal(visit: Visit, terminal_id: str) -> Response[bytes]:
    """Block it; the page then shows what the gateway says."""
    form = await visit.form()
    return await _after(visit, terminal_id, form, "block", done=await block(form, "terminal", terminal_id))


@post("/terminals/{terminal_id:str}/unblock", status_code=200)
async def unblock_terminal(visit: Visit, terminal_id: str) -> Response[bytes]:
    """Lift its block."""
    form = await visit.form()
    return await _after(visit, terminal_id, form, "unblock", done=await lift(form))


async def _after(visit: Visit, terminal_id: str, form: Form, act: str, *, done: bool) -> Response[bytes]:
    if done:
        return visit.done(f"/terminals/{path_part(terminal_id)}", f"assign.{act}_done")
    return _show(visit, await _load(visit, terminal_id), form)


async def _show_move(visit: Visit, terminal_id: str, form: Form, *, words: str = "") -> Response[bytes]:
    record = await _load(visit, terminal_id)
    chosen, stores = await assigning.find_store(visit, form["store"], words)
    return visit.page(
        "terminals/move.html", record=record, form=form, chosen=chosen, stores=stores, store_words=words
    )


async def _load(visit: Visit, terminal_id: str) -> Json:
    terminal_id = path_part(terminal_id)
    terminal, payments, journal, profile, macros, raised = await asyncio.gather(
        visit.gateway.get(f"/v1/terminals/{terminal_id}"),
        sections.payments(visit, "terminal", terminal_id),
        visit.gateway.get("/v1/blocks", [("target", terminal_id)]),
        beside(visit, f"/v1/terminals/{terminal_id}/profile"),
        load_menu(visit, "terminal"),
        sections.alerts(visit),
    )
    store, matters = await asyncio.gather(
        beside(visit, f"/v1/stores/{path_part(terminal['store']['id'])}"),
        sections.matters(visit, "terminal", terminal_id),
    )
    return {
        "terminal": terminal,
        "payments": payments,
        "alerts": sections.about(raised, {terminal_id}),
        "blocks": journal["data"],
        "profile": profile,
        "macros": macros,
        "store": store,
        "matters": matters,
    }


def _show(visit: Visit, record: Json, form: Form | None = None) -> Response[bytes]:
    return LIST.sheet(visit, record, record["terminal"]["terminal"], form)


HANDLERS = (
    terminals_page,
    terminal_page,
    move_page,
    block_terminal,
    unblock_terminal,
    change_terminal,
    *assigning.HANDLERS,
)
