"""Companies: the list, one with its stores, creation with its duplicates, editing."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post

from portals.agent.companies import api_keys, contacts
from portals.agent.companies.saving import COMPANY_FIELDS, LEGAL_FORMS, duplicates_of
from portals.agent.record import sections
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.lists import Act, Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit

LIST = ListPage(
    "/companies",
    "companies.title",
    (
        Column("name", "companies.name", "link", "legal_name"),
        Column("siren", "SIREN", "digits"),
        Column("account", "companies.account", path="account.name"),
        Column("city", "companies.city"),
        Column("iban", "IBAN", "cell"),
        Column("count", "companies.stores", "count", "store_count"),
        Column("state", "column.state", "cell"),
    ),
    filters=(Filter("query", "words", "companies.find"),),
    acts=(Act("/companies/new", "companies.new", "merchants.edit"),),
    none=("merchants.none", "find.none_text"),
    record="companies/record.html",
    prefix="com_",
    template="companies/companies.html",
)


@get("/companies")
async def companies_page(visit: Visit) -> Response[bytes]:
    """Show the list; `?open=` shows one beside it."""
    return await LIST.show(visit, _load)


@get("/companies/new")
async def new_company(visit: Visit) -> Response[bytes]:
    """Show an empty form, in an account when one is named."""
    return await _form(visit, visit.filled({"account": visit.request.query_params.get("account", "")}))


@post("/companies/new", status_code=200)
async def create_company(visit: Visit) -> Response[bytes]:
    """Create it; whoever looks alike is shown first and asks for a reason."""
    form = await visit.form()
    fields = form.texts(*COMPANY_FIELDS)
    body: Json = {
        "company": fields,
        "account_name": form["account_name"],
        "not_duplicate_reason": form["not_duplicate_reason"],
    }
    if form["account"]:
        body["account"] = form["account"][:40]
    made = await form.post("/v1/companies", body)
    if made is not None:
        return visit.done(f"/companies/{path_part(made['id'])}", "done.company_made")
    asked = {name: fields[name] for name in ("siren", "vat", "iban", "postcode", "city")}
    found = await duplicates_of(visit, {**asked, "name": fields["legal_name"]})
    return await _form(visit, form, duplicates=found)


@get("/companies/{company_id:str}")
async def company_page(visit: Visit, company_id: str) -> Response[bytes]:
    """Show one company."""
    record = await _load(visit, company_id)
    return LIST.sheet(visit, record, record["company"]["legal_name"])


@get("/companies/{company_id:str}/edit")
async def edit_company(visit: Visit, company_id: str) -> Response[bytes]:
    """Show the form of a company."""
    return await _form(visit, visit.filled(await _fields_of(visit, company_id)), company_id)


@post("/companies/{company_id:str}/edit", status_code=200)
async def save_company(visit: Visit, company_id: str) -> Response[bytes]:
    """Write it; when somebody was faster, say who wrote what and keep what was typed."""
    form = await visit.form()
    saved = await form.patch(
        f"/v1/companies/{path_part(company_id)}",
        {"company": form.texts(*COMPANY_FIELDS)},
        fresh=lambda: _fields_of(visit, company_id),
    )
    if saved is None:
        return await _form(visit, form, company_id)
    return visit.done(f"/companies/{path_part(company_id)}", "done.saved")


@post("/companies/{company_id:str}/validate", status_code=200)
async def validate_company(visit: Visit, company_id: str) -> Response[bytes]:
    """Note the commercial validation."""
    await visit.form()
    await visit.gateway.post(f"/v1/companies/{path_part(company_id)}/validate", {})
    return visit.done(f"/companies/{path_part(company_id)}", "done.company_validated")


async def _fields_of(visit: Visit, company_id: str) -> Json:
    company = await visit.gateway.get(f"/v1/companies/{path_part(company_id)}")
    fields = {name: company.get(name) or "" for name in COMPANY_FIELDS}
    return fields | {"iban": (company.get("iban") or {}).get("value") or "", "revision": company["revision"]}


async def _load(visit: Visit, company_id: str) -> Json:
    company, documents, contracts, requests, standing, changes = await asyncio.gather(
        visit.gateway.get(f"/v1/companies/{path_part(company_id)}"),
        sections.documents(visit, company_id),
        sections.contracts(visit, company_id),
        sections.requests(visit, "company", company_id),
        sections.alerts(visit),
        sections.changes(visit, company_id),
    )
    stores = company.get("stores") or []
    counted, matters = await asyncio.gather(
        sections.payments_by_store(visit, stores), sections.matters(visit, "company", company_id)
    )
    return {
        "company": company,
        "documents": documents,
        "contracts": contracts,
        "requests": requests,
        "alerts": sections.about(standing, {store["id"] for store in stores}),
        "counted": counted,
        "matters": matters,
        "changes": changes,
    }


async def _form(
    visit: Visit, form: Form, company_id: str = "", *, duplicates: list[Json] | None = None
) -> Response[bytes]:
    account = None
    if not company_id and form["account"]:
        account = await visit.gateway.get(f"/v1/accounts/{path_part(form['account'])}")
    back = f"/companies/{path_part(company_id)}" if company_id else "/companies"
    return visit.page(
        "companies/form.html",
        company_id=company_id,
        account=account,
        form=form,
        duplicates=duplicates,
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
    *api_keys.HANDLERS,
)
