"""One service at a store: options, limits, history; and the form that adds one."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from portals.agent.contracts.making import CODES, read_options
from portals.kit.formats import plain_amount, whole_number
from portals.kit.forms import Form, Wording
from portals.kit.gateway import Json
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import CARD_BRANDS

AMOUNTS = ("transaction_max_minor", "terminal_day_max_minor", "store_day_max_minor")


@get("/services/{service_id:str}")
async def service_page(visit: Visit, service_id: str) -> Response[bytes]:
    """Show one service."""
    found = await _load(visit, service_id)
    return _show(visit, found, visit.filled(_fields_of(visit, found)))


@get("/services")
async def services_page(visit: Visit) -> Response[bytes]:
    """Lead to the store whose services they are: the form that adds one stands there."""
    store = visit.request.query_params.get("store", "")
    return visit.go(f"/stores/{path_part(store)}" if store else "/stores")


@post("/services", status_code=200)
async def add_service(visit: Visit) -> Response[bytes]:
    """Add a service to a store; it waits for a contract."""
    form = await visit.form()
    made = await visit.gateway.post("/v1/services", form.texts("store", "kind", "reason"))
    return visit.done(f"/services/{made['id']}", "done.service_added")


@post("/services/{service_id:str}/options", status_code=200)
async def set_options(visit: Visit, service_id: str) -> Response[bytes]:
    """Write every option."""
    form = await visit.form()
    found = await _load(visit, service_id)
    return await _write(visit, found, form, "options", read_options(form, found["rules"], "opt."))


@post("/services/{service_id:str}/limits", status_code=200)
async def set_limits(visit: Visit, service_id: str) -> Response[bytes]:
    """Write every limit."""
    form = await visit.form()
    found = await _load(visit, service_id)
    limits: Json = {name: form.amount(name) for name in AMOUNTS}
    if not form["transaction_max_minor"]:
        form.error("transaction_max_minor", "services.amount_needed")
    limits["duplicate_window_s"] = whole_number(form["duplicate_window_s"])
    if form["duplicate_window_s"] and limits["duplicate_window_s"] is None:
        form.error("duplicate_window_s", "services.number_malformed")
    limits["brands"] = [brand for brand in CARD_BRANDS if form[f"brand.{brand}"]]
    if not limits["brands"]:
        form.error("brands", "services.choose_brands")
    return await _write(visit, found, form, "limits", limits)


async def _write(visit: Visit, found: Json, form: Form, what: str, values: Json) -> Response[bytes]:
    prefix = "opt." if what == "options" else ""

    async def fresh() -> Json:
        return _fields_of(visit, await _load(visit, found["id"]))

    saved = await form.post(
        f"/v1/services/{found['id']}/{what}",
        {what: values, "reason": form.reason(f"{what}_reason"), **form.revision},
        wording=Wording(field_of=lambda name: f"{prefix}{name.rsplit('.', 1)[-1]}", codes=CODES),
        record=f"/services/{found['id']}",
        fresh=fresh,
        step=what,
        judged=True,
    )
    if saved is not None:
        return await _saved(visit, found, form, what)
    if form.stale:
        return _show(visit, await _load(visit, found["id"]), form)
    form.fields = _fields_of(visit, found) | _typed_of(form)
    return _show(visit, found, form)


async def _saved(visit: Visit, found: Json, form: Form, what: str) -> Response[bytes]:
    """Show the service as saved; what was typed in the other part stands there yet, said to be unsaved."""
    typed, before = _typed_of(form), _fields_of(visit, found)
    other = "limits" if what == "options" else "options"
    changed = {
        name for name in _names(found, other) if (typed.get(name) or "") != str(before.get(name) or "")
    }
    flags = {f"opt.{rule['name']}" for rule in found["rules"] if rule["type"] == "flag"}
    changed -= {name for name in flags if bool(typed.get(name)) == bool(before.get(name))}
    if not changed and not form[f"{other}_reason"]:
        return visit.done(f"/services/{found['id']}", "done.saved")
    present = await _load(visit, found["id"])
    kept = {name: typed.get(name, "") for name in (*_names(found, other), f"{other}_reason")}
    form = visit.filled(_fields_of(visit, present) | kept)
    return _show(visit, present, form, saved=True, unsaved=other)


def _names(found: Json, what: str) -> tuple[str, ...]:
    """Return the fields of one part."""
    if what == "options":
        return tuple(f"opt.{rule['name']}" for rule in found["rules"])
    return (*AMOUNTS, "duplicate_window_s", *(f"brand.{brand}" for brand in CARD_BRANDS))


async def _load(visit: Visit, service_id: str) -> Json:
    return await visit.gateway.get(f"/v1/services/{path_part(service_id)}")


def _fields_of(visit: Visit, found: Json) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for rule in found["rules"]:
        value: Any = found["options"].get(rule["name"])
        if rule["type"] == "amount" and value is not None:
            value = plain_amount(int(value), found["currency"], visit.locale)
        fields[f"opt.{rule['name']}"] = value
    for name in AMOUNTS:
        value = found["limits"][name]
        fields[name] = "" if value is None else plain_amount(value, found["currency"], visit.locale)
    fields["duplicate_window_s"] = found["limits"]["duplicate_window_s"]
    return fields | {f"brand.{brand}": "1" for brand in found["limits"]["brands"]}


def _typed_of(form: Form) -> dict[str, Any]:
    """Return what was typed: a box that was unticked stays so."""
    return {f"brand.{brand}": "" for brand in CARD_BRANDS} | form.fields


def _show(
    visit: Visit, found: Json, form: Form, *, saved: bool = False, unsaved: str = ""
) -> Response[bytes]:
    return visit.page(
        "services/service.html", unsaved=unsaved, x=found, form=form, saved=saved, brands=CARD_BRANDS
    )


HANDLERS = (service_page, services_page, add_service, set_options, set_limits)
