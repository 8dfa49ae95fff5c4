"""Branding: the institution's face and its partners', and the style sheet and logo that pages wear."""

from __future__ import annotations

import base64
from typing import Final
from uuid import uuid4

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.types import ControllerRouterHandler

from portals.kit.desk import Desk
from portals.kit.entrance import OPEN
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part
from portals.kit.stale import Stale, revision_of, stale_of

LOGO_BYTES_MAX: Final = 40 * 1024
_TEXTS: Final = ("contact_email", "contact_phone", "contact_hours_fr", "contact_hours_en", "space_url")
_KEPT: Final = "public, max-age=31536000, immutable"
# An SVG of ours holds no script; should one ever, no browser runs it here.
_LOGO_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


@get("/brand/style.css", opt=OPEN)
async def brand_style(desk: Desk) -> Response[str]:
    """Return the colours of the host's face; the address changes with them."""
    brand = desk.kit.brands.of(desk.request.headers.get("host", ""))
    return Response(brand.style, media_type="text/css", headers={"cache-control": _KEPT})


@get("/brand/logo", opt=OPEN)
async def brand_logo(desk: Desk) -> Response[bytes]:
    """Return the logo of the host's face."""
    brand = desk.kit.brands.of(desk.request.headers.get("host", ""))
    if not brand.logo_type:
        return Response(b"", status_code=404)
    headers = {"cache-control": _KEPT, "content-security-policy": _LOGO_POLICY}
    return Response(brand.picture, media_type=brand.logo_type, headers=headers)


@get("/branding")
async def branding_page(desk: Desk) -> Response[bytes]:
    """Show every face; `?open=` shows one in the form, `?open=new` an empty one."""
    return await _show(desk, None, {})


@post("/branding")
async def save_brand(desk: Desk) -> Response[bytes]:
    """Save a face, or show what is wrong with it."""
    fields = await desk.form()
    body: Json = {"name": fields.get("name", "").strip(), **revision_of(fields)}
    body |= {name: fields.get(name, "").strip() for name in _TEXTS}
    body |= {
        name: fields[name].strip()
        for name in ("host", "account", "accent_light", "accent_dark")
        if fields.get(name, "").strip()
    }
    try:
        body |= await _logo_of(desk, fields)
        await desk.gateway.post(
            "/v1/brands", body, idempotency_key=fields.get("idempotency_key", "")[:255] or None
        )
    except _LogoTooLarge:
        return await _show(desk, fields, {"logo": desk.words("branding.e_too_large")}, status=422)
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        if stale := stale_of(problem, "/branding"):
            return await _show(desk, fields, {}, stale=stale, status=409)
        return await _show(desk, fields, _errors_of(desk, problem), status=problem.status)
    desk.kit.brands.forget()
    return desk.go("/branding?saved=1")


@post("/branding/{brand_id:str}/remove")
async def remove_brand(desk: Desk, brand_id: str) -> Response[bytes]:
    """Take a partner's face away."""
    await desk.form()
    await desk.gateway.delete(f"/v1/brands/{path_part(brand_id)}")
    desk.kit.brands.forget()
    return desk.go("/branding")


class _LogoTooLarge(Exception):
    """The file is above the bound; nothing of it is sent on."""


async def _logo_of(desk: Desk, fields: dict[str, str]) -> Json:
    file = (await desk.request.form()).get("logo")
    if isinstance(file, UploadFile):
        content = await file.read(LOGO_BYTES_MAX + 1)
        if len(content) > LOGO_BYTES_MAX:
            raise _LogoTooLarge
        if content:
            return {"logo": base64.b64encode(content).decode()}
    return {"logo": ""} if fields.get("logo_remove") == "1" else {}


def _errors_of(desk: Desk, problem: GatewayProblem) -> dict[str, str]:
    errors: dict[str, str] = {}
    for error in problem.errors:
        key = "logo" if error.field == "logo" and error.code == "malformed" else error.code
        words = desk.words.get(f"branding.e_{key}", "")
        errors[error.field] = words.format(detail=error.detail) if words else error.detail or problem.detail
    return errors or {"": problem.detail}


def _place(form: dict[str, str]) -> tuple[str, str]:
    return form.get("host", "").strip().lower(), form.get("account", "").strip()


def _place_of(brand: Json) -> tuple[str, str]:
    return brand["host"] or "", brand["account_id"] or ""


async def _show(
    desk: Desk,
    form: dict[str, str] | None,
    errors: dict[str, str],
    *,
    stale: Stale | None = None,
    status: int = 200,
) -> Response[bytes]:
    listed = await desk.gateway.get("/v1/brands")
    opened = desk.request.query_params.get("open", "")
    chosen = next((one for one in listed["data"] if one["id"] == opened), None)
    if stale is not None and form is not None:
        # Whoever saves again has been told what it replaces.
        chosen = next((one for one in listed["data"] if _place(form) == _place_of(one)), chosen)
        form = None if chosen else {**form, "revision": "0"}
        stale = stale._replace(address=f"/branding?open={chosen['id']}" if chosen else "/branding")
    if form is None and chosen is not None:
        form = {name: chosen[name] or "" for name in ("name", "host", *_TEXTS)}
        form |= {"account": chosen["account_id"] or "", "revision": str(chosen["revision"])}
        for theme in ("light", "dark"):
            form[f"accent_{theme}"] = chosen[theme]["accent"] if chosen[theme] else ""
    institution = next((one for one in listed["data"] if not one["host"] and not one["account_id"]), None)
    return desk.page(
        "branding/branding.html",
        status=status,
        brands=listed["data"],
        institution_brand=institution,
        chosen=chosen,
        # Who fills in an empty form has seen no face in that place: one that stands there by then is not replaced.
        form=form if form is not None else ({"revision": "0"} if opened in ("new", "institution") else None),
        opened=chosen["id"] if chosen and not stale else opened,
        stale=stale,
        key=uuid4().hex,
        partner=opened == "new" or bool(form and (form.get("host") or form.get("account"))),
        errors=errors,
        saved=desk.request.query_params.get("saved") == "1",
    )


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    brand_style,
    brand_logo,
    branding_page,
    save_brand,
    remove_brand,
)
