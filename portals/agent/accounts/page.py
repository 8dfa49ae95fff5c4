"""Accounts: the list, and one with its companies."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post

from portals.agent.companies.saving import errors_of
from portals.agent.record import sections
from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part
from portals.kit.stale import revision_of

PAGE_ROWS = 50


@get("/accounts")
async def accounts_page(desk: Desk) -> Response[bytes]:
    """Show the list; `?open=` shows one beside it."""
    desk.require_session()
    query = desk.request.query_params
    parameters = [(name, query[name].strip()[:400]) for name in ("query", "cursor") if query.get(name)]
    opened = query.get("open", "")
    listed, record = await asyncio.gather(
        desk.gateway.get("/v1/accounts", [*parameters, ("limit", str(PAGE_ROWS))]),
        _load(desk, opened) if opened.startswith("acc_") else asyncio.sleep(0, None),
    )
    return desk.page(
        "accounts/accounts.html",
        accounts=listed["data"],
        next_cursor=listed.get("next_cursor"),
        words_sought=query.get("query", ""),
        record=record,
    )


@get("/accounts/{account_id:str}")
async def account_page(desk: Desk, account_id: str) -> Response[bytes]:
    """Show one account."""
    desk.require_session()
    return _show(desk, await _load(desk, account_id))


@post("/accounts/{account_id:str}/edit", status_code=200)
async def rename_account(desk: Desk, account_id: str) -> Response[bytes]:
    """Rename it."""
    desk.require_session()
    form = await desk.form()
    body = {**revision_of(form), "name": form.get("name", "").strip()[:200]}
    try:
        await desk.gateway.patch(f"/v1/accounts/{path_part(account_id)}", body)
    except GatewayProblem as problem:
        errors = errors_of(desk, problem)
        record = await _load(desk, account_id)
        if problem.code == "changed_meanwhile":
            return _show(desk, record, errors=errors, status=409)
        record["account"]["revision"] = form.get("revision", "")
        return _show(desk, record, errors=errors, form=form, status=422)
    return desk.go(f"/accounts/{path_part(account_id)}")


async def _load(desk: Desk, account_id: str) -> Json:
    account, changes = await asyncio.gather(
        desk.gateway.get(f"/v1/accounts/{path_part(account_id)}"), sections.changes(desk, account_id)
    )
    ids = [company["id"] for company in account["companies"][: sections.COMPANIES_SHOWN]]
    contracts, requests, companies = await asyncio.gather(
        asyncio.gather(*(sections.contracts(desk, one) for one in ids)),
        asyncio.gather(*(sections.requests(desk, "company", one) for one in ids)),
        asyncio.gather(*(sections.company(desk, one) for one in ids)),
    )
    stores = [store for company in companies for store in company.get("stores") or []]
    return {
        "account": account,
        "stores": stores,
        "counted": await sections.payments_by_store(desk, stores),
        "contracts": sections.together(contracts),
        "requests": sections.together(requests),
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
    template = "accounts/record.html" if desk.wants_fragment else "accounts/account.html"
    return desk.page(template, status=status, record=record, errors=errors or {}, form=form or {})


HANDLERS = (accounts_page, account_page, rename_account)
