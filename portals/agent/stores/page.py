"""Stores: the list, and one with its services, its terminals, its blocks and the actions."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post

from portals.agent.blocks.actions import block, lift
from portals.agent.macros.menu import load_menu
from portals.agent.record import sections
from portals.agent.stores import editing
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.lists import Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit

LIST = ListPage(
    "/stores",
    "stores.title",
    (
        Column("name", "column.store", "cell"),
        Column("company", "stores.company", path="company.name"),
        Column("city", "companies.city"),
        Column("siret", "SIRET", "digits"),
        Column("department", "fact.department"),
        Column("count", "terminals.title", "count", "terminal_count"),
    ),
    filters=(Filter("query", "words", "stores.find"),),
    none=("stores.none", "find.none_text"),
    record="stores/record.html",
    prefix="sto_",
    template="stores/stores.html",
)


@get("/stores")
async def stores_page(visit: Visit) -> Response[bytes]:
    """Show the list; `?open=` shows one beside it."""
    return await LIST.show(visit, _load)


@get("/stores/{store_id:str}")
async def store_page(visit: Visit, store_id: str) -> Response[bytes]:
    """Show one store."""
    return _show(visit, await _load(visit, store_id))


@post("/stores/{store_id:str}/block", status_code=200)
async def block_store(visit: Visit, store_id: str) -> Response[bytes]:
    """Block the store, or the one service that the form names."""
    form = await visit.form()
    service_id = form["service_id"]
    done = await block(form, "service" if service_id else "store", service_id or store_id)
    return await _after(visit, store_id, form, "service" if service_id else "store", done=done)


@post("/stores/{store_id:str}/unblock", status_code=200)
async def unblock_store(visit: Visit, store_id: str) -> Response[bytes]:
    """Lift the block that the form names."""
    form = await visit.form()
    return await _after(visit, store_id, form, "lifted", done=await lift(form))


async def _after(visit: Visit, store_id: str, form: Form, act: str, *, done: bool) -> Response[bytes]:
    if done:
        return visit.done(f"/stores/{path_part(store_id)}", f"done.block_{act}")
    return _show(visit, await _load(visit, store_id), form)


async def _load(visit: Visit, store_id: str) -> Json:
    store, macros, payments, requests, raised, changes = await asyncio.gather(
        visit.gateway.get(f"/v1/stores/{path_part(store_id)}"),
        load_menu(visit, "store"),
        sections.payments(visit, "store", store_id),
        sections.requests(visit, "store", store_id),
        sections.alerts(visit),
        sections.changes(visit, store_id, has_journal=True),
    )
    company_id = store["company"]["id"]
    company, contracts, documents, matters = await asyncio.gather(
        sections.company(visit, company_id),
        sections.contracts(visit, company_id),
        sections.documents(visit, company_id),
        sections.matters(visit, "store", store_id),
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
        "matters": matters,
        "company": company,
        "contracts": contracts,
        "documents": documents,
        "changes": changes,
    }


def _show(visit: Visit, record: Json, form: Form | None = None) -> Response[bytes]:
    return LIST.sheet(visit, record, record["store"]["name"], form)


HANDLERS = (stores_page, store_page, block_store, unblock_store, *editing.HANDLERS)
