"""Contacts of an account, a company or a store: the form to add or to edit one, and its removal."""

from __future__ import annotations

from litestar import Response, get, post

from portals.agent.companies.saving import CONTACT_FIELDS
from portals.kit.forms import Form
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part
from portals.kit.visit import Visit

_PLACES = {"acc": "accounts", "com": "companies", "sto": "stores"}
_NOBODYS = "/companies"
"""Where an address leads that does not say whose contact it is."""


@get("/contacts/new")
async def new_contact(visit: Visit) -> Response[bytes]:
    """Show an empty form for somebody at `?of=`."""
    of = visit.request.query_params.get("of", "")
    return await _form(visit, of, visit.filled()) if of else visit.go(_NOBODYS)


@post("/contacts/new", status_code=200)
async def add_contact(visit: Visit) -> Response[bytes]:
    """Add somebody."""
    form = await visit.form()
    of = form["of"]
    body = {"of": of[:40], "contact": form.texts(*CONTACT_FIELDS)}
    if await form.post("/v1/contacts", body) is None:
        return await _form(visit, of, form)
    return visit.done(_address(of), "done.contact_saved")


@get("/contacts/{contact_id:str}/edit")
async def edit_contact(visit: Visit, contact_id: str) -> Response[bytes]:
    """Show the form of somebody at `?of=`."""
    of = visit.request.query_params.get("of", "")
    if not of:
        return visit.go(_NOBODYS)
    return await _form(visit, of, visit.filled(await _contact(visit, of, contact_id)), contact_id)


@post("/contacts/{contact_id:str}/edit", status_code=200)
async def save_contact(visit: Visit, contact_id: str) -> Response[bytes]:
    """Write somebody."""
    form = await visit.form()
    of = form["of"]
    saved = await form.patch(
        f"/v1/contacts/{path_part(contact_id)}",
        {"contact": form.texts(*CONTACT_FIELDS)},
        fresh=lambda: _contact(visit, of, contact_id),
    )
    if saved is None:
        return await _form(visit, of, form, contact_id)
    return visit.done(_address(of), "done.contact_saved")


@get("/contacts/{contact_id:str}/remove")
async def page_of_removal(visit: Visit) -> Response[bytes]:
    """Lead to whom the contact belongs to: nothing is removed by opening an address."""
    of = visit.request.query_params.get("of", "")
    return visit.go(_address(of) if of else _NOBODYS)


@post("/contacts/{contact_id:str}/remove", status_code=200)
async def remove_contact(visit: Visit, contact_id: str) -> Response[bytes]:
    """Remove somebody."""
    form = await visit.form()
    path = f"/v1/contacts/{path_part(contact_id)}"
    return await visit.delete(path, _address(form["of"]), "done.contact_removed")


def _address(of: str) -> str:
    place = _PLACES.get(of.partition("_")[0], "accounts")
    return f"/{place}/{path_part(of)}"


async def _owner(visit: Visit, of: str) -> Json:
    return await visit.gateway.get(f"/v1{_address(of)}")


async def _contact(visit: Visit, of: str, contact_id: str) -> Json:
    contacts = (await _owner(visit, of)).get("contacts") or []
    contact = next((one for one in contacts if one["id"] == contact_id), None)
    if contact is None:
        raise GatewayProblem(404, {"code": "not_found"})
    return contact


async def _form(visit: Visit, of: str, form: Form, contact_id: str = "") -> Response[bytes]:
    owner = await _owner(visit, of)
    return visit.page(
        "companies/contact_form.html",
        of=of,
        owner_name=owner.get("name") or owner.get("legal_name") or "",
        contact_id=contact_id,
        form=form,
        # The address says whose contact it is: it stays in the browser after a refusal, and may be opened again.
        action=f"/contacts/{f'{path_part(contact_id)}/edit' if contact_id else 'new'}?of={path_part(of)}",
        back=_address(of),
    )


HANDLERS = (new_contact, add_contact, edit_contact, save_contact, page_of_removal, remove_contact)
