"""Alerts: what stands, one with its history, and the rules that open them."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from portals.kit.formats import whole_number
from portals.kit.forms import Form, Wording
from portals.kit.gateway import GatewayProblem, Json
from portals.kit.lists import Act, Column, Filter, ListPage
from portals.kit.records import path_part
from portals.kit.visit import Visit
from portals.kit.vocabulary import ALERT_KINDS, ALERT_SEVERITIES

PER = {
    "decline_rate": ("store", "area"),
    "volume_drop": ("area", "store"),
    "store_silence": ("store",),
    "terminal_silence": ("terminal",),
    "host_link_down": ("acquirer",),
    "reversal_stuck": ("acquirer",),
}
SNOOZES = ("30", "120", "480", "1440")
NOTE_CHARACTERS_MIN = 3
_WORDING = Wording(field_of=lambda name: name.removeprefix("terms."))
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


def _alerts(since: str, moment: str, none: tuple[str, str], none_act: Act | None = None) -> ListPage:
    return ListPage(
        "/alerts",
        "alerts.title",
        (
            Column("state", "alerts.state", "cell"),
            Column("rule", "alerts.rule", "link", "rule_name"),
            Column("subject", "alerts.subject", "cell"),
            Column("what", "alerts.what", "cell"),
            Column("since", since, "ago", moment, "time_zone"),
        ),
        rows=100,
        filters=(Filter("recovered", options=("1",)),),
        none=none,
        none_act=none_act,
        asks=lambda _, kept: [("recovered", "true" if kept else "false")],
        template="alerts/alerts.html",
    )


LIST = _alerts(
    "alerts.since",
    "opened_at",
    ("alerts.none", "alerts.none_text"),
    Act("/alerts?recovered=1", "alerts.recovered"),
)
RECOVERED = _alerts("alerts.until", "recovered_at", ("alerts.none_recovered", "alerts.none_recovered_text"))
RULES = ListPage(
    "/alerts/rules",
    "rules.title",
    (
        Column("rule", "rules.name", "cell"),
        Column("what", "rules.kind", "cell"),
        Column("per", "rules.per", "cell"),
        Column("threshold num", "rules.threshold", "cell"),
        Column("window num", "rules.window", "text", "terms.window_minutes"),
        Column("where", "rules.departments", "cell"),
        Column("quiet", "rules.quiet", "cell"),
        Column("state", "alerts.state", "cell"),
        Column("standing", "rules.standing", "count"),
    ),
    api="/v1/alert-rules",
    css="watched",
    rows=0,
    acts=(Act("/alerts/rules/new", "rules.new", "alerts.write", primary=True),),
    none=("rules.none", "rules.none_text"),
    template="alerts/rules.html",
)


@get("/alerts")
async def alerts_page(visit: Visit) -> Response[bytes]:
    """Show what stands, or what has recovered."""
    recovered = visit.request.query_params.get("recovered") == "1"
    return await (RECOVERED if recovered else LIST).show(visit)


@get("/alerts/rules")
async def rules_page(visit: Visit) -> Response[bytes]:
    """Show the rules."""
    return await RULES.show(visit)


@get("/alerts/rules/new")
async def new_rule_page(visit: Visit) -> Response[bytes]:
    """Show the form of a new rule."""
    return _form(visit, "", visit.filled(dict(_NEW)))


@get("/alerts/rules/{rule_id:str}")
async def rule_page(visit: Visit, rule_id: str) -> Response[bytes]:
    """Show the form of one rule."""
    return _form(visit, rule_id, visit.filled(await _fields(visit, rule_id)))


@post("/alerts/rules", status_code=200)
async def save_rule(visit: Visit) -> Response[bytes]:
    """Keep a rule, or try it on last week and keep nothing."""
    form = await visit.form()
    rule_id, body = form["id"], _body(form)
    if form["act"] == "preview":
        preview = await form.post(
            "/v1/alert-rules/preview", body["terms"], wording=_WORDING, keyed=False, judged=True
        )
        return _form(visit, rule_id, form, preview=preview)
    saved = await form.save(
        "/v1/alert-rules",
        path_part(rule_id) if rule_id else "",
        body,
        wording=_WORDING,
        record=f"/alerts/rules/{path_part(rule_id)}",
        fresh=lambda: _fields(visit, rule_id),
        judged=True,
    )
    if saved is None:
        return _form(visit, "" if form.is_orphan else rule_id, form)
    return visit.done("/alerts/rules", "done.rule_saved", name=body["name"])


@post("/alerts/rules/{rule_id:str}/delete", status_code=200)
async def delete_rule(visit: Visit, rule_id: str) -> Response[bytes]:
    """Delete a rule."""
    await visit.form()
    return await visit.delete(f"/v1/alert-rules/{path_part(rule_id)}", "/alerts/rules", "done.rule_deleted")


@get("/alerts/{alert_id:str}")
async def alert_page(visit: Visit, alert_id: str) -> Response[bytes]:
    """Show one alert with its history."""
    return await _show(visit, alert_id)


@post("/alerts/{alert_id:str}/acknowledge", status_code=200)
async def acknowledge(visit: Visit, alert_id: str) -> Response[bytes]:
    """Take note of an alert."""
    form = await visit.form()
    if len(form["note"]) < NOTE_CHARACTERS_MIN:
        form.error("note", "alerts.note_short")
    return await _answer(visit, alert_id, "acknowledge", {"note": form["note"]}, form)


@post("/alerts/{alert_id:str}/snooze", status_code=200)
async def snooze(visit: Visit, alert_id: str) -> Response[bytes]:
    """Keep an alert quiet for a while."""
    form = await visit.form()
    body = {"minutes": int(form.choice("minutes", SNOOZES, "30")), "note": form["note"]}
    return await _answer(visit, alert_id, "snooze", body, form)


async def _answer(visit: Visit, alert_id: str, act: str, body: Json, form: Form) -> Response[bytes]:
    if await form.post(f"/v1/alerts/{path_part(alert_id)}/{act}", body) is None:
        return await _show(visit, alert_id, form)
    return visit.done(f"/alerts/{path_part(alert_id)}", f"done.alert_{act}")


async def _show(visit: Visit, alert_id: str, form: Form | None = None) -> Response[bytes]:
    detail = await visit.gateway.get(f"/v1/alerts/{path_part(alert_id)}")
    return visit.page(
        "alerts/alert.html", x=detail["alert"], history=detail["history"], form=form, snoozes=SNOOZES
    )


async def _rule(visit: Visit, rule_id: str) -> Json:
    listed = await visit.gateway.get("/v1/alert-rules")
    rule = next((one for one in listed["data"] if one["id"] == rule_id), None)
    if rule is None:
        raise GatewayProblem(404, {"code": "not_found"})
    return rule


def _form(visit: Visit, rule_id: str, form: Form, *, preview: Json | None = None) -> Response[bytes]:
    return visit.page(
        "alerts/rule.html",
        rule_id=rule_id,
        form=form,
        preview=preview,
        kinds=ALERT_KINDS,
        pers=("store", "area", "terminal", "acquirer"),
        severities=ALERT_SEVERITIES,
    )


async def _fields(visit: Visit, rule_id: str) -> dict[str, str]:
    """Return a rule as the fields of its form."""
    rule = await _rule(visit, rule_id)
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


def _body(form: Form) -> Json:
    """Return the body of a rule; what is wrong with its fields is noted."""
    kind = form.choice("kind", ALERT_KINDS, ALERT_KINDS[0])
    # A kind that has one subject only needs no choice.
    terms: dict[str, Any] = {"kind": kind, "per": form.choice("per", PER[kind], PER[kind][0])}
    for name in _NUMBERS:
        terms[name] = whole_number(form[name], 7)
        if terms[name] is None:
            form.error(name, "rules.number_missing")
    codes = [code.strip().upper() for code in form["departments"].split(",") if code.strip()]
    terms["departments"] = codes or None
    terms["quiet_from"] = form["quiet_from"] or None
    terms["quiet_to"] = form["quiet_to"] or None
    for part in form["kept"].split(";"):
        name, _, values = part.partition("=")
        if name in ("stores", "companies", "services") and values:
            terms[name] = values.split(",")
    return {
        "name": form["name"],
        "severity": form.choice("severity", ALERT_SEVERITIES, "warning"),
        "enabled": form["enabled"] == "1",
        "terms": terms,
    }


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
