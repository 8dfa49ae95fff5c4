"""Accounts: the list, and one with its companies."""

from __future__ import annotations

from litestar import Response, get, post

from portals.kit.desk import Desk
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.lists import Act, Column, Filter, ListPage
from portals.kit.records import path_part

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
async def accounts_page(desk: Desk) -> Response[bytes]:
    """Show the list; `?open=` shows one beside it."""
    return await LIST.show(desk, _load)


@get("/accounts/{account_id:str}")
async def account_page(desk: Desk, account_id: str) -> Response[bytes]:
    """Show one account."""
    return _show(desk, await _load(desk, account_id))


@post("/accounts/{account_id:str}/edit", status_code=200)
async def rename_account(desk: Desk, account_id: str) -> Response[bytes]:
    """Rename it."""
    form = await desk.form()
    path = f"/v1/accounts/{path_part(account_id)}"
    if await form.patch(path, {"name": form["name"][:200]}) is not None:
        return desk.go(f"/accounts/{path_part(account_id)}")
    record = await _load(desk, account_id)
    if form.status == 422:
        record["account"]["revision"] = form["revision"]
    return _show(desk, record, form)


async def _load(desk: Desk, account_id: str) -> Json:
    return {"account": await desk.gateway.get(f"/v1/accounts/{path_part(account_id)}")}


def _show(desk: Desk, record: Json, form: Form | None = None) -> Response[bytes]:
    template = "accounts/record.html" if desk.wants_fragment else "accounts/account.html"
    return desk.page(template, record=record, form=form)


HANDLERS = (accounts_page, account_page, rename_account)
