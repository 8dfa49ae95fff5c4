"""Terminals: the list, and one with its last transactions, its blocks and the two actions."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post

from portals.agent.blocks.actions import block, lift
from portals.agent.macros.menu import load_menu
from portals.agent.record import sections
from portals.agent.terminals import assigning
from portals.kit.desk import Desk
from portals.kit.gateway import Json
from portals.kit.records import beside, path_part

PAGE_ROWS = 50


@get("/terminals")
async def terminals_page(desk: Desk) -> Response[bytes]:
    """Show the list; `?open=` shows one beside it."""
    desk.require_session()
    query = desk.request.query_params
    parameters = [
        (name, query[name].strip()[:400])
        for name in ("query", "store", "department", "service", "condition", "cursor")
        if query.get(name)
    ]
    opened = query.get("open", "")
    leaves_out = bool(query.get("query")) and not query.get("condition") and not query.get("cursor")
    listed, retired, record = await asyncio.gather(
        desk.gateway.get("/v1/terminals", [*parameters, ("limit", str(PAGE_ROWS))]),
        desk.gateway.get("/v1/terminals", [*parameters, ("condition", "retired"), ("limit", "1")])
        if leaves_out
        else asyncio.sleep(0, {"data": []}),
        _load(desk, opened) if opened.startswith("ter_") else asyncio.sleep(0, None),
    )
    return desk.page(
        "terminals/terminals.html",
        terminals=listed["data"],
        next_cursor=listed.get("next_cursor"),
        words_sought=query.get("query", ""),
        store=query.get("store", ""),
        wanted={name: query.get(name, "") for name in ("department", "service", "condition")},
        conditions=assigning.CONDITIONS,
        retired_match=bool(retired["data"]),
        record=record,
    )


@get("/terminals/{terminal_id:str}")
async def terminal_page(desk: Desk, terminal_id: str) -> Response[bytes]:
    """Show one terminal."""
    desk.require_session()
    return _show(desk, await _load(desk, terminal_id), done=desk.request.query_params.get("done", ""))


@get("/move-terminal/{terminal_id:str}")
async def move_page(desk: Desk, terminal_id: str) -> Response[bytes]:
    """Ask for the new store, then why."""
    desk.require_session()
    query = desk.request.query_params
    return await _show_move(
        desk, terminal_id, {"store": query.get("store", "")}, words=query.get("store_query", "").strip()
    )


@post("/terminals/{terminal_id:str}/{act:str}", status_code=200)
async def change_terminal(desk: Desk, terminal_id: str, act: str) -> Response[bytes]:
    """Set options, activate, move or retire it."""
    desk.require_session()
    form = await desk.form()
    errors = await assigning.change(desk, path_part(terminal_id), act, form)
    if errors and act == "move":
        return await _show_move(desk, terminal_id, form, errors=errors, status=422)
    return await _after(desk, terminal_id, errors, {**form, "act": act}, done=act)


@post("/terminals/{terminal_id:str}/block", status_code=200)
async def block_terminal(desk: Desk, terminal_id: str) -> Response[bytes]:
    """Block it; the page then shows what the gateway says."""
    desk.require_session()
    form = await desk.form()
    errors = await block(desk, kind="terminal", target_id=terminal_id, reason=form.get("reason", "").strip())
    return await _after(desk, terminal_id, errors, form, done="block")


@post("/terminals/{terminal_id:str}/unblock", status_code=200)
async def unblock_terminal(desk: Desk, terminal_id: str) -> Response[bytes]:
    """Lift its block."""
    desk.require_session()
    form = await desk.form()
    errors = await lift(desk, block_id=form.get("block_id", ""), reason=form.get("reason", "").strip())
    return await _after(desk, terminal_id, errors, form, done="unblock")


async def _after(
    desk: Desk, terminal_id: str, errors: dict[str, str], form: dict[str, str], *, done: str
) -> Response[bytes]:
    if not errors:
        return desk.go(f"/terminals/{path_part(terminal_id)}?done={done}")
    return _show(desk, await _load(desk, terminal_id), errors=errors, form=form, status=422)


async def _show_move(
    desk: Desk,
    terminal_id: str,
    form: dict[str, str],
    *,
    words: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response[bytes]:
    record = await _load(desk, terminal_id)
    chosen, stores = await assigning.find_store(desk, form.get("store", ""), words)
    return desk.page(
        "terminals/move.html",
        status=status,
        record=record,
        form=form,
        errors=errors or {},
        chosen=chosen,
        stores=stores,
        store_words=words,
    )


async def _load(desk: Desk, terminal_id: str) -> Json:
    terminal_id = path_part(terminal_id)
    terminal, payments, journal, profile, macros, raised = await asyncio.gather(
        desk.gateway.get(f"/v1/terminals/{terminal_id}"),
        sections.payments(desk, "terminal", terminal_id),
        desk.gateway.get("/v1/blocks", [("target", terminal_id)]),
        beside(desk, f"/v1/terminals/{terminal_id}/profile"),
        load_menu(desk, "terminal"),
        sections.alerts(desk),
    )
    return {
        "terminal": terminal,
        "payments": payments,
        "alerts": sections.about(raised, {terminal_id}),
        "blocks": journal["data"],
        "profile": profile,
        "macros": macros,
        "store": await beside(desk, f"/v1/stores/{path_part(terminal['store']['id'])}"),
    }


def _show(
    desk: Desk,
    record: Json,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    status: int = 200,
    done: str = "",
) -> Response[bytes]:
    template = "terminals/record.html" if desk.wants_fragment else "terminals/terminal.html"
    return desk.page(template, status=status, record=record, errors=errors or {}, form=form or {}, done=done)


HANDLERS = (
    terminals_page,
    terminal_page,
    move_page,
    block_terminal,
    unblock_terminal,
    change_terminal,
    *assigning.HANDLERS,
)
