"""Stores: made in a company, edited."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from portals.agent.companies.saving import STORE_FIELDS, duplicates_of
from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.records import path_part
from portals.kit.visit import Visit


@get("/stores/new")
async def new_store(visit: Visit) -> Response[bytes]:
    """Show an empty form in the company of `?company=`; its SIREN begins the SIRET."""
    of = visit.request.query_params.get("company", "")
    if not of:
        return visit.go("/companies")
    company = await _company(visit, of)
    start = {name: company.get(name) or "" for name in ("street", "postcode", "city")}
    return _form(visit, visit.filled({**start, "siret": company["siren"]}), company=company)


@post("/stores/new", status_code=200)
async def create_store(visit: Visit) -> Response[bytes]:
    """Create it; whoever looks alike is shown first and asks for a reason."""
    form = await visit.form()
    fields = form.texts(*STORE_FIELDS)
    body = {
        "company": form["company"][:40],
        "store": fields,
        "not_duplicate_reason": form["not_duplicate_reason"],
    }
    made = await form.post("/v1/stores", body)
    if made is not None:
        return visit.done(f"/stores/{path_part(made['id'])}", "done.store_made")
    company = await _company(visit, form["company"])
    asked = {name: fields[name] for name in ("siret", "name", "postcode", "city")}
    found = [one for one in await duplicates_of(visit, asked) if one["id"] != company["id"]]
    return _form(visit, form, company=company, duplicates=found)


@get("/stores/{store_id:str}/edit")
async def edit_store(visit: Visit, store_id: str) -> Response[bytes]:
    """Show the form of a store."""
    store = await _store(visit, store_id)
    return _form(visit, visit.filled(_fields_of(store)), store=store)


@post("/stores/{store_id:str}/edit", status_code=200)
async def save_store(visit: Visit, store_id: str) -> Response[bytes]:
    """Write it; when somebody was faster, say who wrote what and keep what was typed."""
    form = await visit.form()
    if (
        await form.patch(f"/v1/stores/{path_part(store_id)}", {"store": form.texts(*STORE_FIELDS)})
        is not None
    ):
        return visit.done(f"/stores/{path_part(store_id)}", "done.saved")
    store = await _store(visit, store_id)
    if form.status == 409:
        form.fields = _fields_of(store)
    return _form(visit, form, store=store)


def _fields_of(store: Json) -> dict[str, Any]:
    return {name: store.get(name) or "" for name in STORE_FIELDS} | {"revision": store["revision"]}


async def _store(visit: Visit, store_id: str) -> Json:
    return await visit.gateway.get(f"/v1/stores/{path_part(store_id)}")


async def _company(visit: Visit, company_id: str) -> Json:
    return await visit.gateway.get(f"/v1/companies/{path_part(company_id)}")


def _form(
    visit: Visit,
    form: Form,
    *,
    company: Json | None = None,
    store: Json | None = None,
    duplicates: list[Json] | None = None,
) -> Response[bytes]:
    record = store or company or {}
    back = f"/stores/{path_part(record['id'])}" if store else f"/companies/{path_part(record['id'])}"
    return visit.page(
        "stores/form.html",
        form=form,
        store_id=store["id"] if store else "",
        company_id=company["id"] if company else "",
        company_name=record.get("name") or record.get("legal_name") or "",
        duplicates=duplicates,
        action=f"{back}/edit" if store else f"/stores/new?company={path_part(record['id'])}",
        back=back,
    )


HANDLERS = (new_store, create_store, edit_store, save_store)
