"""Branding: the institution's look and its partners'."""

from __future__ import annotations

import base64
from typing import Final

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.types import ControllerRouterHandler

from portals.kit.forms import Form, Stale, Wording
from portals.kit.gateway import Json
from portals.kit.lists import Act, Column, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit

LOGO_BYTES_MAX: Final = 40 * 1024
_TEXTS: Final = ("contact_email", "contact_phone", "contact_hours_fr", "contact_hours_en", "space_url")
_WORDING: Final = Wording(words={"logo.malformed": "branding.e_logo"}, codes="branding.e_")
LIST: Final = ListPage(
    "/branding",
    "branding.title",
    (
        Column("name", "branding.name", "cell"),
        Column("where", "branding.where", "cell"),
        Column("light num", "branding.accent_light", path="light.accent"),
        Column("dark num", "branding.accent_dark", path="dark.accent"),
        Column("changed", "branding.changed", "cell"),
    ),
    api="/v1/brands",
    rows=0,
    scrolls=True,
    leads_on=False,
    none=("branding.none", "branding.none_text"),
    none_act=Act("/branding?open=institution", "branding.institution"),
    template="branding/branding.html",
)


@get("/branding")
async def branding_page(visit: Visit) -> Response[bytes]:
    """Show every face; `?open=` shows one in the form, `?open=new` an empty one."""
    return await _show(visit)


@post("/branding")
async def save_brand(visit: Visit) -> Response[bytes]:
    """Save a face, or show what is wrong with it."""
    form = await visit.form()
    typed = form.fields
    body: Json = {"name": form["name"], **form.revision}
    body |= {name: form[name] for name in _TEXTS}
    body |= {name: form[name] for name in ("host", "account", "accent_light", "accent_dark") if form[name]}
    body |= await _logo_of(visit, form)
    if await form.post("/v1/brands", body, wording=_WORDING, record="/branding") is not None:
        visit.kit.brands.forget()
        return visit.done("/branding", "branding.saved")
    form.fields = typed
    return await _show(visit, form)


@post("/branding/{brand_id:str}/remove")
async def remove_brand(visit: Visit, brand_id: str) -> Response[bytes]:
    """Take a partner's face away."""
    await visit.form()
    removed = await visit.delete(f"/v1/brands/{path_part(brand_id)}", "/branding", "done.brand_removed")
    visit.kit.brands.forget()
    return removed


async def _logo_of(visit: Visit, form: Form) -> Json:
    file = (await visit.request.form()).get("logo")
    if isinstance(file, UploadFile):
        content = await file.read(LOGO_BYTES_MAX + 1)
        if len(content) > LOGO_BYTES_MAX:
            # Nothing of it is sent on.
            form.error("logo", "branding.e_too_large")
        elif content:
            return {"logo": base64.b64encode(content).decode()}
    return {"logo": ""} if form["logo_remove"] == "1" else {}


def _place_of(brand: Json) -> tuple[str, str]:
    return brand["host"] or "", brand["account_id"] or ""


async def _show(visit: Visit, form: Form | None = None) -> Response[bytes]:
    shown = await LIST.read(visit)
    opened = visit.request.query_params.get("open", "")
    chosen = next((one for one in shown.data if one["id"] == opened), None)
    if form is not None and form.stale is not None:
        # Whoever saves again has been told what it replaces.
        place = form["host"].lower(), form["account"]
        chosen = next((one for one in shown.data if _place_of(one) == place), chosen)
        form.fields = _fields_of(chosen) if chosen else {**form.fields, "revision": "0"}
        form.stale = Stale(form.stale.who, f"/branding?open={chosen['id']}" if chosen else "/branding")
    elif form is None and chosen is not None:
        form = visit.filled(_fields_of(chosen))
    elif form is None and opened in ("new", "institution"):
        # Who fills in an empty form has seen no face in that place: one that stands there by then is not replaced.
        form = visit.filled({"revision": "0"})
    institution = next((one for one in shown.data if not any(_place_of(one))), None)
    return LIST.draw(
        visit,
        shown,
        institution_brand=institution,
        chosen=chosen,
        form=form,
        opened=opened,
        partner=opened == "new" or (form is not None and bool(form["host"] or form["account"])),
    )


def _fields_of(brand: Json) -> dict[str, str]:
    fields = {name: brand[name] or "" for name in ("name", "host", *_TEXTS)}
    fields |= {"account": brand["account_id"] or "", "revision": str(brand["revision"])}
    return fields | {f"accent_{theme}": (brand[theme] or {}).get("accent", "") for theme in ("light", "dark")}


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    branding_page,
    save_brand,
    remove_brand,
)
