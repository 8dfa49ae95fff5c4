"""Stores: made in a company, edited."""

from __future__ import annotations

from litestar import Response, get, post

from portals.agent.companies.saving import (
    STORE_FIELDS,
    duplicates_of,
    errors_of,
    fields_of,
    key_of,
)
from portals.kit.desk import Desk
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part
from portals.kit.stale import revision_of


@get("/stores/new")
async def new_store(desk: Desk) -> Response[bytes]:
    """Show an empty form in the company of `?company=`; its SIREN begins the SIRET."""
    of = desk.request.query_params.get("company", "")
    if not of:
        return desk.go("/companies")
    company = await _company(desk, of)
    start = {name: company.get(name) or "" for name in ("street", "postcode", "city")}
    return _form(desk, company=company, form={**start, "siret": company["siren"]})


@post("/stores/new", status_code=200)
async def create_store(desk: Desk) -> Response[bytes]:
    """Create it; whoever looks alike is shown first and asks for a reason."""
    form = await desk.form()
    fields = fields_of(form, STORE_FIELDS)
    body = {
        "company": form.get("company", "")[:40],
        "store": fields,
        "not_duplicate_reason": form.get("not_duplicate_reason", "").strip()[:500],
    }
    try:
        made = await desk.gateway.post("/v1/stores", body, idempotency_key=key_of(form))
    except GatewayProblem as problem:
        errors = errors_of(desk, problem)
        company = await _company(desk, form.get("company", ""))
        asked = {name: fields[name] for name in ("siret", "name", "postcode", "city")}
        found = [one for one in await duplicates_of(desk, asked) if one["id"] != company["id"]]
        return _form(desk, company=company, form=form, errors=errors, duplicates=found, status=422)
    return desk.go(f"/stores/{path_part(made['id'])}")


@get("/stores/{store_id:str}/edit")
async def edit_store(desk: Desk, store_id: str) -> Response[bytes]:
    """Show the form of a store."""
    store = await desk.gateway.get(f"/v1/stores/{path_part(store_id)}")
    return _form(desk, store=store, revision=store["revision"], form=_form_of(store))


@post("/stores/{store_id:str}/edit", status_code=200)
async def save_store(desk: Desk, store_id: str) -> Response[bytes]:
    """Write it; when somebody was faster, say who wrote what and keep what was typed."""
    form = await desk.form()
    body = {**revision_of(form), "store": fields_of(form, STORE_FIELDS)}
    try:
        await desk.gateway.patch(f"/v1/stores/{path_part(store_id)}", body, idempotency_key=key_of(form))
    except GatewayProblem as problem:
        errors = errors_of(desk, problem)
        store = await desk.gateway.get(f"/v1/stores/{path_part(store_id)}")
        if problem.code == "changed_meanwhile":
            present, revision = _form_of(store), store["revision"]
            return _form(desk, store=store, revision=revision, form=present, errors=errors, status=409)
        revision = form.get("revision", "")
        return _form(desk, store=store, revision=revision, form=form, errors=errors, status=422)
    return desk.go(f"/stores/{path_part(store_id)}")


def _form_of(store: Json) -> dict[str, str]:
    return {name: store.get(name) or "" for name in STORE_FIELDS}


async def _company(desk: Desk, company_id: str) -> Json:
    return await desk.gateway.get(f"/v1/companies/{path_part(company_id)}")


def _form(
    desk: Desk,
    *,
    company: Json | None = None,
    store: Json | None = None,
    revision: int | str = "",
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    duplicates: list[Json] | None = None,
    status: int = 200,
) -> Response[bytes]:
    record = store or company or {}
    back = f"/stores/{path_part(record['id'])}" if store else f"/companies/{path_part(record['id'])}"
    return desk.page(
        "stores/form.html",
        status=status,
        store_id=store["id"] if store else "",
        company_id=company["id"] if company else "",
        company_name=record.get("name") or record.get("legal_name") or "",
        revision=revision,
        form=form or {},
        errors=errors or {},
        duplicates=duplicates or [],
        action=f"{back}/edit" if store else f"/stores/new?company={path_part(record['id'])}",
        back=back,
    )


HANDLERS = (new_store, create_store, edit_store, save_store)
