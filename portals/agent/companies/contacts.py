"""Contacts of an account, a company or a store: the form to add or to edit one, and its removal."""

from __future__ import annotations

from litestar import Response, get, post

from portals.agent.companies.saving import CONTACT_FIELDS
from portals.kit.desk import Desk
from portals.kit.forms import Form
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part

_PLACES = {"acc": "accounts", "com": "companies", "sto": "stores"}
_NOBODYS = "/companies"
"""Where an address leads that does not say whose contact it is."""


@get("/contacts/new")
async def new_contact(desk: Desk) -> Response[bytes]:
    """Show an empty form for somebody at `?of=`."""
    of = desk.request.query_params.get("of", "")
    return await _form(desk, of, desk.filled()) if of else desk.go(_NOBODYS)


@post("/contacts/new", status_code=200)
async def add_contact(desk: Desk) -> Response[bytes]:
    """Add somebody."""
    form = await desk.form()
    of = form["of"]
    body = {"of": of[:40], "contact": form.texts(*CONTACT_FIELDS)}
    if await form.post("/v1/contacts", body) is None:
        return await _form(desk, of, form)
    return desk.go(_address(of))


@get("/contacts/{contact_id:str}/edit")
async def edit_contact(desk: Desk, contact_id: str) -> Response[bytes]:
    """Show the form of somebody at `?of=`."""
    of = desk.request.query_params.get("of", "")
    if not of:
        return desk.go(_NOBODYS)
    return await _form(desk, of, desk.filled(await _contact(desk, of, contact_id)), contact_id)


@post("/contacts/{contact_id:str}/edit", status_code=200)
async def save_contact(desk: Desk, contact_id: str) -> Response[bytes]:
    """Write somebody."""
    form = await desk.form()
    of = form["of"]
    saved = await form.patch(
        f"/v1/contacts/{path_part(contact_id)}",
        {"contact": form.texts(*CONTACT_FIELDS)},
        fresh=lambda: _contact(desk, of, contact_id),
    )
    return await _form(desk, of, form, contact_id) if saved is None else desk.go(_address(of))


@get("/contacts/{contact_id:str}/remove")
async def page_of_removal(desk: Desk) -> Response[bytes]:
    """Lead to whom the contact belongs to: nothing is removed by opening an address."""
    of = desk.request.query_params.get("of", "")
    return desk.go(_address(of) if of else _NOBODYS)


@post("/contacts/{contact_id:str}/remove", status_code=200)
async def remove_contact(desk: Desk, contact_id: str) -> Response[bytes]:
    """Remove somebody; one who is gone already is no error."""
    form = await desk.form()
    try:
        await desk.gateway.delete(f"/v1/contacts/{path_part(contact_id)}")
    except GatewayProblem as problem:
        if problem.status != 404:
            raise
    return desk.go(_address(form["of"]))


def _address(of: str) -> str:
    place = _PLACES.get(of.partition("_")[0], "accounts")
    return f"/{place}/{path_part(of)}"


async def _owner(desk: Desk, of: str) -> Json:
    return await desk.gateway.get(f"/v1{_address(of)}")


async def _contact(desk: Desk, of: str, contact_id: str) -> Json:
    contacts = (await _owner(desk, of)).get("contacts") or []
    contact = next((one for one in contacts if one["id"] == contact_id), None)
    if contact is None:
        raise GatewayProblem(404, {"code": "not_found"})
    return contact


async def _form(desk: Desk, of: str, form: Form, contact_id: str = "") -> Response[bytes]:
    owner = await _owner(desk, of)
    return desk.page(
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
