"""Stores: the list, and one with its services, its terminals, its blocks and the actions."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post

from portals.agent.blocks.actions import block, lift
from portals.agent.macros.menu import load_menu
from portals.agent.record import sections
from portals.agent.stores import editing
from portals.kit.desk import Desk
from portals.kit.gateway import Json
from portals.kit.records import path_part

PAGE_ROWS = 50


@get("/stores")
async def stores_page(desk: Desk) -> Response[bytes]:
    """Show the list; `?open=` shows one beside it."""
    desk.require_session()
    query = desk.request.query_params
    parameters = [(name, query[name].strip()[:400]) for name in ("query", "cursor") if query.get(name)]
    opened = query.get("open", "")
    listed, record = await asyncio.gather(
        desk.gateway.get("/v1/stores", [*parameters, ("limit", str(PAGE_ROWS))]),
        _load(desk, opened) if opened.startswith("sto_") else asyncio.sleep(0, None),
    )
    return desk.page(
        "stores/stores.html",
        stores=listed["data"],
        next_cursor=listed.get("next_cursor"),
        words_sought=query.get("query", ""),
        record=record,
    )


@get("/stores/{store_id:str}")
async def store_page(desk: Desk, store_id: str) -> Response[bytes]:
    """Show one store."""
    desk.require_session()
    return _show(desk, await _load(desk, store_id))


@post("/stores/{store_id:str}/block", status_code=200)
async def block_store(desk: Desk, store_id: str) -> Response[bytes]:
    """Block the store, or the one service that the form names."""
    desk.require_session()
    form = await desk.form()
    service_id = form.get("service_id", "")
    errors = await block(
        desk,
        kind="service" if service_id else "store",
        target_id=service_id or store_id,
        reason=form.get("reason", "").strip(),
    )
    return await _after(desk, store_id, errors, form)


@post("/stores/{store_id:str}/unblock", status_code=200)
async def unblock_store(desk: Desk, store_id: str) -> Response[bytes]:
    """Lift the block that the form names."""
    desk.require_session()
    form = await desk.form()
    errors = await lift(desk, block_id=form.get("block_id", ""), reason=form.get("reason", "").strip())
    return await _after(desk, store_id, errors, form)


async def _after(desk: Desk, store_id: str, errors: dict[str, str], form: dict[str, str]) -> Response[bytes]:
    if not errors:
        return desk.go(f"/stores/{path_part(store_id)}")
    return _show(desk, await _load(desk, store_id), errors=errors, form=form, status=422)


async def _load(desk: Desk, store_id: str) -> Json:
    store, macros, payments, requests, raised, changes = await asyncio.gather(
        desk.gateway.get(f"/v1/stores/{path_part(store_id)}"),
        load_menu(desk, "store"),
        sections.payments(desk, "store", store_id),
        sections.requests(desk, "store", store_id),
        sections.alerts(desk),
        sections.changes(desk, store_id, has_journal=True),
    )
    company_id = store["company"]["id"]
    company, contracts, documents = await asyncio.gather(
        sections.company(desk, company_id),
        sections.contracts(desk, company_id),
        sections.documents(desk, company_id),
    )
    standing = {
        block["target"]["id"]: block for block in store.get("blocks") or [] if not block.get("lifted_at")
    }
    terminals = {terminal["id"] for terminal in store.get("terminals") or []}
    return {
        "store": store,
        "standing": standing,
        "macros": macros,
        "payments": payments,
        "requests": requests,
        "alerts": sections.about(raised, {store_id, *terminals}),
        "company": company,
        "contracts": contracts,
        "documents": documents,
        "changes": changes,
    }


def _show(
    desk: Desk,
    record: Json,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    status: int = 200,
) -> Response[bytes]:
    template = "stores/record.html" if desk.wants_fragment else "stores/store.html"
    return desk.page(template, status=status, record=record, errors=errors or {}, form=form or {})


HANDLERS = (stores_page, store_page, block_store, unblock_store, *editing.HANDLERS)
