"""Alerts: what stands, one with its history, and the rules that open them."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Response, get, post

from portals.kit.desk import Desk
from portals.kit.formats import whole_number
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.records import path_part
from portals.kit.stale import Stale, revision_of, stale_of

PAGE_ROWS = 100
KINDS = (
    "decline_rate",
    "volume_drop",
    "store_silence",
    "terminal_silence",
    "host_link_down",
    "reversal_stuck",
)
PER = {
    "decline_rate": ("store", "area"),
    "volume_drop": ("area", "store"),
    "store_silence": ("store",),
    "terminal_silence": ("terminal",),
    "host_link_down": ("acquirer",),
    "reversal_stuck": ("acquirer",),
}
SEVERITIES = ("info", "warning", "critical")
SNOOZES = ("30", "120", "480", "1440")
NOTE_CHARACTERS_MIN = 3
_NUMBERS = ("threshold", "window_minutes", "volume_min")
_NEW = {
    "kind": "decline_rate",
    "severity": "warning",
    "threshold": "40",
    "window_minutes": "15",
    "volume_min": "20",
    "per": "store",
    "enabled": "1",
}


@get("/alerts")
async def alerts_page(desk: Desk) -> Response[bytes]:
    """Show what stands, or what has recovered."""
    recovered = desk.request.query_params.get("recovered") == "1"
    listed = await desk.gateway.get(
        "/v1/alerts", [("recovered", "true" if recovered else "false"), ("limit", str(PAGE_ROWS))]
    )
    return desk.page("alerts/alerts.html", alerts=listed["data"], recovered=recovered)


@get("/alerts/rules")
async def rules_page(desk: Desk) -> Response[bytes]:
    """Show the rules."""
    listed = await desk.gateway.get("/v1/alert-rules")
    return desk.page("alerts/rules.html", rules=listed["data"])


@get("/alerts/rules/new")
async def new_rule_page(desk: Desk) -> Response[bytes]:
    """Show the form of a new rule."""
    return _form(desk, "", dict(_NEW))


@get("/alerts/rules/{rule_id:str}")
async def rule_page(desk: Desk, rule_id: str) -> Response[bytes]:
    """Show the form of one rule."""
    return _form(desk, rule_id, _fields(await _rule(desk, rule_id)))


@post("/alerts/rules", status_code=200)
async def save_rule(desk: Desk) -> Response[bytes]:
    """Keep a rule, or try it on last week and keep nothing."""
    form = await desk.form()
    rule_id, key = form.get("id", ""), form.get("key", "")[:255] or None
    body, errors = _body(desk, form)
    if errors:
        return _form(desk, rule_id, form, errors=errors, status=422)
    try:
        if form.get("act") == "preview":
            preview = await desk.gateway.post("/v1/alert-rules/preview", body["terms"])
            return _form(desk, rule_id, form, preview=preview)
        if rule_id:
            path = f"/v1/alert-rules/{path_part(rule_id)}"
            await desk.gateway.patch(path, body | revision_of(form), idempotency_key=key)
        else:
            await desk.gateway.post("/v1/alert-rules", body, idempotency_key=key)
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        if stale := stale_of(problem, f"/alerts/rules/{path_part(rule_id)}"):
            return _form(desk, rule_id, _fields(await _rule(desk, rule_id)), stale=stale, status=409)
        named = {one.field.removeprefix("terms."): one.detail or problem.detail for one in problem.errors}
        return _form(desk, rule_id, form, errors=named or {"": problem.detail}, status=422)
    return desk.go("/alerts/rules")


@post("/alerts/rules/{rule_id:str}/delete", status_code=200)
async def delete_rule(desk: Desk, rule_id: str) -> Response[bytes]:
    """Delete a rule."""
    await desk.form()
    await desk.gateway.delete(f"/v1/alert-rules/{path_part(rule_id)}")
    return desk.go("/alerts/rules")


@get("/alerts/{alert_id:str}")
async def alert_page(desk: Desk, alert_id: str) -> Response[bytes]:
    """Show one alert with its history."""
    return await _show(desk, alert_id)


@post("/alerts/{alert_id:str}/acknowledge", status_code=200)
async def acknowledge(desk: Desk, alert_id: str) -> Response[bytes]:
    """Take note of an alert."""
    form = await desk.form()
    note = form.get("note", "").strip()
    if len(note) < NOTE_CHARACTERS_MIN:
        return await _show(desk, alert_id, form=form, errors={"note": desk.words("alerts.note_short")})
    return await _answer(desk, alert_id, "acknowledge", {"note": note}, form)


@post("/alerts/{alert_id:str}/snooze", status_code=200)
async def snooze(desk: Desk, alert_id: str) -> Response[bytes]:
    """Keep an alert quiet for a while."""
    form = await desk.form()
    minutes = form.get("minutes", "")
    body = {"minutes": int(minutes) if minutes in SNOOZES else 30, "note": form.get("note", "").strip()}
    return await _answer(desk, alert_id, "snooze", body, form)


async def _answer(desk: Desk, alert_id: str, act: str, body: Json, form: dict[str, str]) -> Response[bytes]:
    try:
        await desk.gateway.post(f"/v1/alerts/{path_part(alert_id)}/{act}", body)
    except GatewayProblem as problem:
        if problem.is_beyond_the_form:
            raise
        return await _show(desk, alert_id, form=form, errors={"": problem.detail})
    return desk.go(f"/alerts/{path_part(alert_id)}")


async def _show(
    desk: Desk,
    alert_id: str,
    *,
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response[bytes]:
    detail = await desk.gateway.get(f"/v1/alerts/{path_part(alert_id)}")
    return desk.page(
        "alerts/alert.html",
        status=422 if errors else 200,
        x=detail["alert"],
        history=detail["history"],
        form=form or {},
        errors=errors or {},
        snoozes=SNOOZES,
    )


async def _rule(desk: Desk, rule_id: str) -> Json:
    listed = await desk.gateway.get("/v1/alert-rules")
    rule = next((one for one in listed["data"] if one["id"] == rule_id), None)
    if rule is None:
        raise GatewayProblem(404, {"code": "not_found"})
    return rule


def _form(
    desk: Desk,
    rule_id: str,
    form: dict[str, str],
    *,
    errors: dict[str, str] | None = None,
    preview: Json | None = None,
    stale: Stale | None = None,
    status: int = 200,
) -> Response[bytes]:
    return desk.page(
        "alerts/rule.html",
        status=status,
        rule_id=rule_id,
        form=form,
        errors=errors or {},
        preview=preview,
        stale=stale,
        kinds=KINDS,
        pers=("store", "area", "terminal", "acquirer"),
        severities=SEVERITIES,
        key=form.get("key") or secrets.token_hex(16),
    )


def _fields(rule: Json) -> dict[str, str]:
    """Return a rule as the fields of its form."""
    terms = rule["terms"]
    fields = {name: str(terms[name]) for name in ("kind", "per", *_NUMBERS)}
    return {
        **fields,
        "revision": str(rule["revision"]),
        "name": rule["name"],
        "severity": rule["severity"],
        "enabled": "1" if rule["enabled"] else "",
        "departments": ", ".join(terms.get("departments") or ()),
        "quiet_from": terms.get("quiet_from") or "",
        "quiet_to": terms.get("quiet_to") or "",
        # What this form does not show stays as it is.
        "kept": ";".join(
            f"{name}={','.join(terms.get(name) or ())}" for name in ("stores", "companies", "services")
        ),
    }


def _body(desk: Desk, form: dict[str, str]) -> tuple[Json, dict[str, str]]:
    """Return the body of a rule, and what is wrong with its fields."""
    errors: dict[str, str] = {}
    terms: dict[str, Any] = {"kind": form.get("kind", "")}
    kind = terms["kind"] if terms["kind"] in PER else KINDS[0]
    # A kind that has one subject only needs no choice.
    chosen = form.get("per", "")
    terms["kind"], terms["per"] = kind, chosen if chosen in PER[kind] else PER[kind][0]
    for name in _NUMBERS:
        number = whole_number(form.get(name, "").strip(), 7)
        if number is None:
            errors[name] = desk.words("rules.number_missing")
        else:
            terms[name] = number
    codes = [code.strip().upper() for code in form.get("departments", "").split(",") if code.strip()]
    terms["departments"] = codes or None
    terms["quiet_from"] = form.get("quiet_from", "").strip() or None
    terms["quiet_to"] = form.get("quiet_to", "").strip() or None
    for part in form.get("kept", "").split(";"):
        name, _, values = part.partition("=")
        if name in ("stores", "companies", "services") and values:
            terms[name] = values.split(",")
    severity = form.get("severity", "")
    return {
        "name": form.get("name", "").strip(),
        "severity": severity if severity in SEVERITIES else "warning",
        "enabled": form.get("enabled") == "1",
        "terms": terms,
    }, errors


HANDLERS = (
    alerts_page,
    rules_page,
    new_rule_page,
    rule_page,
    save_rule,
    delete_rule,
    alert_page,
    acknowledge,
    snooze,
)
