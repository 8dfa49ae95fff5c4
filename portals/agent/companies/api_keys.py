"""Keys of a company's own programs: the list, a new one that is shown this once, and its end."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post

from portals.kit.forms import Form
from portals.kit.gateway import Json
from portals.kit.records import path_part
from portals.kit.visit import Visit


@get("/companies/{company_id:str}/api-keys")
async def keys_page(visit: Visit, company_id: str) -> Response[bytes]:
    """Show the keys of a company."""
    return await _show(visit, company_id)


@post("/companies/{company_id:str}/api-keys", status_code=200)
async def make_key(visit: Visit, company_id: str) -> Response[bytes]:
    """Make a key, and show it this once."""
    form = await visit.form()
    made = await form.post("/v1/api-keys", {"company": company_id[:40], "name": form["name"]}, judged=True)
    if made is None:
        return await _show(visit, company_id, form)
    return await _show(visit, company_id, made=made)


@post("/companies/{company_id:str}/api-keys/{key_id:str}/revoke", status_code=200)
async def revoke_key(visit: Visit, company_id: str, key_id: str) -> Response[bytes]:
    """Let a key be good no longer."""
    form = await visit.form()
    revoked = await form.post(
        f"/v1/api-keys/{path_part(key_id)}/revoke", {"reason": form["reason"]}, judged=True
    )
    if revoked is None:
        return await _show(visit, company_id, form)
    return visit.done(f"/companies/{path_part(company_id)}/api-keys", "api_keys.revoked")


async def _show(
    visit: Visit, company_id: str, form: Form | None = None, *, made: Json | None = None
) -> Response[bytes]:
    company, keys = await asyncio.gather(
        visit.gateway.get(f"/v1/companies/{path_part(company_id)}"),
        visit.gateway.get("/v1/api-keys", [("company", path_part(company_id))]),
    )
    return visit.page("companies/api_keys.html", form=form, company=company, keys=keys["data"], made=made)


HANDLERS = (keys_page, make_key, revoke_key)
