"""Companies: the list, one with its stores, creation with its duplicates, editing."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post

from portals.agent.companies import contacts
from portals.agent.companies.saving import (
    COMPANY_FIELDS,
    LEGAL_FORMS,
    duplicates_of,
    errors_of,
    fields_of,
    key_of,
)
from portals.agent.record import sections
from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part
from portals.kit.stale import revision_of

PAGE_ROWS = 50


@get("/companies")
async def companies_page(desk: Desk) -> Response[bytes]:
    """Show the list; `?open=` shows one beside it."""
    desk.require_session()
    query = desk.request.query_params
    parameters = [(name, query[name].strip()[:400]) for name in ("query", "cursor") if query.get(name)]
    opened = query.get("open", "")
    listed, record = await asyncio.gather(
        desk.gateway.get("/v1/companies", [*parameters, ("limit", str(PAGE_ROWS))]),
        _load(desk, opened) if opened.startswith("com_") else asyncio.sleep(0, None),
    )
    return desk.page(
        "companies/companies.html",
        companies=listed["data"],
        next_cursor=listed.get("next_cursor"),
        words_sought=query.get("query", ""),
        record=record,
    )


@get("/companies/new")
async def new_company(desk: Desk) -> Response[bytes]:
    """Show an empty form, in an account when one is named."""
    desk.require_session()
    account_id = desk.request.query_params.get("account", "")
    account = await desk.gateway.get(f"/v1/accounts/{path_part(account_id)}") if account_id else None
    return _form(desk, account=account)


@post("/companies/new", status_code=200)
async def create_company(desk: Desk) -> Response[bytes]:
    """Create it; whoever looks alike is shown first and asks for a reason."""
    desk.require_session()
    form = await desk.form()
    fields = fields_of(form, COMPANY_FIELDS)
    body: Json = {
        "company": fields,
        "account_name": form.get("account_name", "").strip()[:200],
        "not_duplicate_reason": form.get("not_duplicate_reason", "").strip()[:500],
    }
    if form.get("account"):
        body["account"] = form["account"][:40]
    try:
        made = await desk.gateway.post("/v1/companies", body, idempotency_key=key_of(form))
    except GatewayProblem as problem:
        errors = errors_of(desk, problem)
        asked = {name: fields[name] for name in ("siren", "vat", "iban", "postcode", "city")}
        found = await duplicates_of(desk, {**asked, "name": fields["legal_name"]})
        account = None
        if form.get("account"):
            account = await desk.gateway.get(f"/v1/accounts/{path_part(form['account'])}")
        return _form(desk, account=account, form=form, errors=errors, duplicates=found, status=422)
    return desk.go(f"/companies/{path_part(made['id'])}")


@get("/companies/{company_id:str}")
async def company_page(desk: Desk, company_id: str) -> Response[bytes]:
    """Show one company."""
    desk.require_session()
    record = await _load(desk, company_id)
    template = "companies/record.html" if desk.wants_fragment else "companies/company.html"
    return desk.page(template, record=record, errors={})


@get("/companies/{company_id:str}/edit")
async def edit_company(desk: Desk, company_id: str) -> Response[bytes]:
    """Show the form of a company."""
    desk.require_session()
    company = await desk.gateway.get(f"/v1/companies/{path_part(company_id)}")
    return _form(desk, company_id=company_id, revision=company["revision"], form=_form_of(company))


@post("/companies/{company_id:str}/edit", status_code=200)
async def save_company(desk: Desk, company_id: str) -> Response[bytes]:
    """Write it; when somebody was faster, say who wrote what and keep what was typed."""
    desk.require_session()
    form = await desk.form()
    body = {**revision_of(form), "company": fields_of(form, COMPANY_FIELDS)}
    try:
        await desk.gateway.patch(f"/v1/companies/{path_part(company_id)}", body, idempotency_key=key_of(form))
    except GatewayProblem as problem:
        errors = errors_of(desk, problem)
        revision, status = form.get("revision", ""), 422
        if problem.code == "changed_meanwhile":
            # The next save is an answer to what the page tells now.
            company = await desk.gateway.get(f"/v1/companies/{path_part(company_id)}")
            revision, form, status = company["revision"], _form_of(company), 409
        return _form(desk, company_id=company_id, revision=revision, form=form, errors=errors, status=status)
    return desk.go(f"/companies/{path_part(company_id)}")


@post("/companies/{company_id:str}/validate", status_code=200)
async def validate_company(desk: Desk, company_id: str) -> Response[bytes]:
    """Note the commercial validation."""
    desk.require_session()
    await desk.form()
    await desk.gateway.post(f"/v1/companies/{path_part(company_id)}/validate", {})
    return desk.go(f"/companies/{path_part(company_id)}")


def _form_of(company: Json) -> dict[str, str]:
    form = {name: company.get(name) or "" for name in COMPANY_FIELDS}
    return form | {"iban": (company.get("iban") or {}).get("value") or ""}


async def _load(desk: Desk, company_id: str) -> Json:
    company, documents, contracts, requests, standing, changes = await asyncio.gather(
        desk.gateway.get(f"/v1/companies/{path_part(company_id)}"),
        sections.documents(desk, company_id),
        sections.contracts(desk, company_id),
        sections.requests(desk, "company", company_id),
        sections.alerts(desk),
        sections.changes(desk, company_id),
    )
    stores = company.get("stores") or []
    return {
        "company": company,
        "documents": documents,
        "contracts": contracts,
        "requests": requests,
        "alerts": sections.about(standing, {store["id"] for store in stores}),
        "counted": await sections.payments_by_store(desk, stores),
        "changes": changes,
    }


def _form(
    desk: Desk,
    *,
    company_id: str = "",
    revision: int | str = "",
    account: Json | None = None,
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    duplicates: list[Json] | None = None,
    status: int = 200,
) -> Response[bytes]:
    back = f"/companies/{path_part(company_id)}" if company_id else "/companies"
    return desk.page(
        "companies/form.html",
        status=status,
        company_id=company_id,
        revision=revision,
        account=account,
        form=form or {},
        errors=errors or {},
        duplicates=duplicates or [],
        legal_forms=[(code, code) for code in LEGAL_FORMS],
        action=f"{back}/edit" if company_id else "/companies/new",
        back=back,
    )


HANDLERS = (
    companies_page,
    new_company,
    create_company,
    company_page,
    edit_company,
    save_company,
    validate_company,
    *contacts.HANDLERS,
)
