"""Accounts: the list, and one with its companies."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post

from portals.agent.record import sections
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.lists import Act, Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit

LIST = ListPage(
    "/accounts",
    "accounts.title",
    (
        Column("name", "accounts.name", "link"),
        Column("count", "accounts.companies", "count", "company_count"),
        Column("stores", "accounts.stores", "count", "store_count"),
    ),
    filters=(Filter("query", "words", "accounts.find"),),
    acts=(Act("/onboarding/new", "merchants.new", "merchants.register"),),
    none=("merchants.none", "find.none_text"),
    record="accounts/record.html",
    prefix="acc_",
)


@get("/accounts")
async def accounts_page(visit: Visit) -> Response[bytes]:
    """Show the list; `?open=` shows one beside it."""
    return await LIST.show(visit, _load)


@get("/accounts/{account_id:str}")
async def account_page(visit: Visit, account_id: str) -> Response[bytes]:
    """Show one account."""
    return _show(visit, await _load(visit, account_id))


@post("/accounts/{account_id:str}/edit", status_code=200)
async def rename_account(visit: Visit, account_id: str) -> Response[bytes]:
    """Rename it."""
    form = await visit.form()
    path = f"/v1/accounts/{path_part(account_id)}"
    if await form.patch(path, {"name": form["name"]}) is not None:
        return visit.done(f"/accounts/{path_part(account_id)}", "done.saved")
    record = await _load(visit, account_id)
    if form.status == 422:
        record["account"]["revision"] = form["revision"]
    return _show(visit, record, form)


async def _load(visit: Visit, account_id: str) -> Json:
    account, changes, standing = await asyncio.gather(
        visit.gateway.get(f"/v1/accounts/{path_part(account_id)}"),
        sections.changes(visit, account_id),
        sections.alerts(visit),
    )
    ids = [company["id"] for company in account["companies"][: sections.COMPANIES_SHOWN]]
    contracts, requests, companies = await asyncio.gather(
        asyncio.gather(*(sections.contracts(visit, one) for one in ids)),
        asyncio.gather(*(sections.requests(visit, "company", one) for one in ids)),
        asyncio.gather(*(sections.company(visit, one) for one in ids)),
    )
    stores = [store for company in companies for store in company.get("stores") or []]
    left_out = account["company_count"] - len(ids)
    return {
        "account": account,
        "left_out": left_out,
        "alerts": sections.about(standing, {store["id"] for store in stores}),
        "stores": stores,
        "counted": await sections.payments_by_store(visit, stores),
        "contracts": sections.together(contracts, left_out=left_out),
        "requests": sections.together(requests, left_out=left_out),
        "changes": changes,
    }


def _show(visit: Visit, record: Json, form: Form | None = None) -> Response[bytes]:
    return LIST.sheet(visit, record, record["account"]["name"], form)


HANDLERS = (accounts_page, account_page, rename_account)
