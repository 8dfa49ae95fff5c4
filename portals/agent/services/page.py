"""One service at a store: options, limits, history; and the form that adds one."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from portals.agent.contracts.making import new_key, read_amount, read_options, say
from portals.kit.desk import Desk
from portals.kit.formats import plain_amount
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.reasons import says_why
from portals.kit.records import path_part
from portals.kit.stale import Stale, revision_of, stale_of

BRANDS = ("cb", "visa", "mastercard", "amex", "other")
AMOUNTS = ("transaction_max_minor", "terminal_day_max_minor", "store_day_max_minor")


@get("/services/{service_id:str}")
async def service_page(desk: Desk, service_id: str) -> Response[bytes]:
    """Show one service."""
    found = await _load(desk, service_id)
    saved = desk.request.query_params.get("saved") == "1"
    return _show(desk, found, _form_of(desk, found), {}, saved=saved)


@get("/services")
async def services_page(desk: Desk) -> Response[bytes]:
    """Lead to the store whose services they are: the form that adds one stands there."""
    store = desk.request.query_params.get("store", "")
    return desk.go(f"/stores/{path_part(store)}" if store else "/stores")


@post("/services", status_code=200)
async def add_service(desk: Desk) -> Response[bytes]:
    """Add a service to a store; it waits for a contract."""
    form = await desk.form()
    body = {name: form.get(name, "").strip() for name in ("store", "kind", "reason")}
    made = await desk.gateway.post("/v1/services", body)
    return desk.go(f"/services/{made['id']}?saved=1")


@post("/services/{service_id:str}/options", status_code=200)
async def set_options(desk: Desk, service_id: str) -> Response[bytes]:
    """Write every option."""
    form = await desk.form()
    found = await _load(desk, service_id)
    errors: dict[str, str] = {}
    options = read_options(desk, found["rules"], form, "opt.", errors)
    return await _write(desk, found, form, errors, "options", options)


@post("/services/{service_id:str}/limits", status_code=200)
async def set_limits(desk: Desk, service_id: str) -> Response[bytes]:
    """Write every limit."""
    form = await desk.form()
    found = await _load(desk, service_id)
    errors: dict[str, str] = {}
    limits: Json = {name: read_amount(desk, form.get(name, "").strip(), name, errors) for name in AMOUNTS}
    if limits["transaction_max_minor"] is None:
        errors.setdefault("transaction_max_minor", desk.words("services.amount_needed"))
    window = form.get("duplicate_window_s", "").strip()
    if window and not (window.isascii() and window.isdigit()):
        errors["duplicate_window_s"] = desk.words("services.number_malformed")
    limits["duplicate_window_s"] = int(window) if window.isascii() and window.isdigit() else None
    limits["brands"] = [brand for brand in BRANDS if form.get(f"brand.{brand}")]
    if not limits["brands"]:
        errors["brands"] = desk.words("services.choose_brands")
    return await _write(desk, found, form, errors, "limits", limits)


async def _write(
    desk: Desk, found: Json, form: dict[str, str], errors: dict[str, str], what: str, values: Json
) -> Response[bytes]:
    reason = form.get(f"{what}_reason", "").strip()
    if not says_why(reason):
        errors[f"{what}_reason"] = desk.words("action.reason_short")
    if not errors:
        try:
            await desk.gateway.post(
                f"/v1/services/{found['id']}/{what}",
                {what: values, "reason": reason, **revision_of(form)},
                idempotency_key=f"{form['idempotency_key']}{what}" if form.get("idempotency_key") else None,
            )
        except GatewayProblem as problem:
            if problem.is_beyond_the_form:
                raise
            if stale := stale_of(problem, f"/services/{found['id']}"):
                present = await _load(desk, found["id"])
                return _show(desk, present, _form_of(desk, present), {}, stale=stale, status=409)
            prefix = "opt." if what == "options" else ""
            for one in problem.errors:
                field = f"{prefix}{one.field.rsplit('.', 1)[-1]}"
                errors[field] = say(desk, one.code, one.detail or problem.detail)
            errors = errors or {"": problem.detail}
        else:
            return await _saved(desk, found, form, what)
    return _show(desk, found, _form_of(desk, found) | _typed_of(form), errors, status=422)


async def _saved(desk: Desk, found: Json, form: dict[str, str], what: str) -> Response[bytes]:
    """Show the service as saved; what was typed in the other part stands there yet, said to be unsaved."""
    typed, before = _typed_of(form), _form_of(desk, found)
    other = "limits" if what == "options" else "options"
    changed = {
        name for name in _names(found, other) if (typed.get(name) or "") != str(before.get(name) or "")
    }
    flags = {f"opt.{rule['name']}" for rule in found["rules"] if rule["type"] == "flag"}
    changed -= {name for name in flags if bool(typed.get(name)) == bool(before.get(name))}
    if not changed and not form.get(f"{other}_reason", "").strip():
        return desk.go(f"/services/{found['id']}?saved=1")
    present = await _load(desk, found["id"])
    kept = {name: typed.get(name, "") for name in (*_names(found, other), f"{other}_reason")}
    return _show(desk, present, _form_of(desk, present) | kept, {}, saved=True, unsaved=other)


def _names(found: Json, what: str) -> tuple[str, ...]:
    """Return the fields of one part."""
    if what == "options":
        return tuple(f"opt.{rule['name']}" for rule in found["rules"])
    return (*AMOUNTS, "duplicate_window_s", *(f"brand.{brand}" for brand in BRANDS))


async def _load(desk: Desk, service_id: str) -> Json:
    return await desk.gateway.get(f"/v1/services/{path_part(service_id)}")


def _form_of(desk: Desk, found: Json) -> dict[str, Any]:
    form: dict[str, Any] = {}
    for rule in found["rules"]:
        value: Any = found["options"].get(rule["name"])
        if rule["type"] == "amount" and value is not None:
            value = plain_amount(int(value), found["currency"], desk.locale)
        form[f"opt.{rule['name']}"] = value
    for name in AMOUNTS:
        value = found["limits"][name]
        form[name] = "" if value is None else plain_amount(value, found["currency"], desk.locale)
    form["duplicate_window_s"] = found["limits"]["duplicate_window_s"]
    return form | {f"brand.{brand}": "1" for brand in found["limits"]["brands"]}


def _typed_of(form: dict[str, str]) -> dict[str, Any]:
    """Return what was typed: a box that was unticked stays so."""
    return {f"brand.{brand}": "" for brand in BRANDS} | dict(form)


def _show(
    desk: Desk,
    found: Json,
    form: dict[str, Any],
    errors: dict[str, str],
    *,
    saved: bool = False,
    unsaved: str = "",
    stale: Stale | None = None,
    status: int = 200,
) -> Response[bytes]:
    return desk.page(
        "services/service.html",
        status=status,
        unsaved=unsaved,
        x=found,
        form=form,
        errors=errors,
        stale=stale,
        saved=saved,
        brands=BRANDS,
        key=new_key(),
    )


HANDLERS = (service_page, services_page, add_service, set_options, set_limits)
