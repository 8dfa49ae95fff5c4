"""Alerts and their rules."""

from typing import Annotated, Final

import msgspec
from litestar import Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec

from core.contracts import supervision as ask
from core.contracts.desk_requests import ById, Nothing
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import Cursor, Limit, Revision, cursor_id, path_id
from gateway.v1.writing import IdempotencyKey, ReasonText, optional_key, write

SNOOZE_MINUTES_MAX: Final = 7 * 1440

RuleName = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Note = Annotated[str, msgspec.Meta(max_length=500)]


class RuleBody(msgspec.Struct, forbid_unknown_fields=True):
    """A rule: what it looks at, when it speaks and how loudly."""

    name: RuleName
    severity: ask.Severity
    terms: ask.RuleTerms
    enabled: bool = True
    revision: Revision | None = None


class AcknowledgeBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is known or done about it."""

    note: ReasonText


class SnoozeBody(msgspec.Struct, forbid_unknown_fields=True):
    """For how long it shall be quiet, and why."""

    minutes: Annotated[int, msgspec.Meta(ge=5, le=SNOOZE_MINUTES_MAX)]
    note: Note = ""


@get("/alert-rules", summary="Alert rules", tags=["Alerts"])
async def list_rules(caller: Caller, core: CoreClient) -> ask.AlertRuleList:
    """Return the rules whose whole area the caller sees, by name."""
    return await core.ask(ask.ALERT_RULES, Nothing(), ask.AlertRuleList, caller=caller)


@post(
    "/alert-rules",
    summary="Add an alert rule",
    tags=["Alerts"],
    status_code=201,
    responses={201: ResponseSpec(ask.AlertRule, description="The rule")},
)
async def add_rule(
    data: RuleBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Watch something more, within one's own scope."""
    body = _saving(data, None, optional_key(idempotency_key))
    return await write(core, caller, ask.ALERT_RULE_SAVE, body, 201)


@put(
    "/alert-rules/{alert_rule_id:str}",
    summary="Change an alert rule",
    tags=["Alerts"],
    responses={200: ResponseSpec(ask.AlertRule, description="The rule")},
)
async def change_rule(
    alert_rule_id: str,
    data: RuleBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Put another state in place; what stood by the old one is over.

    Refused when somebody else wrote after the revision that is named.
    """
    body = _saving(data, path_id("alert_rule", alert_rule_id), optional_key(idempotency_key))
    return await write(core, caller, ask.ALERT_RULE_SAVE, body, 200)


@delete("/alert-rules/{alert_rule_id:str}", summary="Delete an alert rule", tags=["Alerts"])
async def delete_rule(alert_rule_id: str, caller: Caller, core: CoreClient) -> None:
    """Stop watching; what the rule said stays in the history."""
    await core.ask(ask.ALERT_RULE_DELETE, ById(path_id("alert_rule", alert_rule_id)), Nothing, caller=caller)


@post("/alert-rules/preview", summary="Try an alert rule on last week", tags=["Alerts"], status_code=200)
async def preview_rule(data: ask.RuleTerms, caller: Caller, core: CoreClient) -> ask.RulePreview:
    """Say how often such a rule would have opened an alert in the last seven days. Nothing is kept."""
    return await core.ask(ask.ALERT_RULE_PREVIEW, data, ask.RulePreview, caller=caller)


@get(
    "/alerts",
    summary="Alerts, newest first",
    tags=["Alerts"],
    opt={"query": frozenset({"recovered", "limit", "cursor"})},
)
async def list_alerts(
    caller: Caller, core: CoreClient, recovered: bool = False, limit: Limit = 100, cursor: Cursor = None
) -> ask.AlertPage:
    """Return what stands, or what has recovered."""
    body = ask.ListAlerts(recovered, limit, cursor_id("alert", cursor))
    return await core.ask(ask.ALERTS, body, ask.AlertPage, caller=caller)


@get("/alerts/{alert_id:str}", summary="One alert", tags=["Alerts"])
async def one_alert(alert_id: str, caller: Caller, core: CoreClient) -> ask.AlertDetail:
    """Return an alert with its history."""
    return await core.ask(ask.ALERT, ById(path_id("alert", alert_id)), ask.AlertDetail, caller=caller)


@post(
    "/alerts/{alert_id:str}/acknowledge",
    summary="Take note of an alert",
    tags=["Alerts"],
    status_code=200,
    responses={200: ResponseSpec(ask.Alert, description="The alert")},
)
async def acknowledge(
    alert_id: str,
    data: AcknowledgeBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Say that somebody looks after it: the bell counts it no more."""
    body = ask.AnswerAlert(path_id("alert", alert_id), data.note, 0, optional_key(idempotency_key))
    return await write(core, caller, ask.ALERT_ACKNOWLEDGE, body, 200)


@post(
    "/alerts/{alert_id:str}/snooze",
    summary="Silence an alert for a while",
    tags=["Alerts"],
    status_code=200,
    responses={200: ResponseSpec(ask.Alert, description="The alert")},
)
async def snooze(
    alert_id: str, data: SnoozeBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Keep it quiet for some minutes; it speaks again afterwards if it still stands."""
    body = ask.AnswerAlert(path_id("alert", alert_id), data.note, data.minutes, optional_key(idempotency_key))
    return await write(core, caller, ask.ALERT_SNOOZE, body, 200)


def _saving(data: RuleBody, rule_id: bytes | None, key: str) -> ask.SaveAlertRule:
    return ask.SaveAlertRule(
        name=data.name,
        severity=data.severity,
        enabled=data.enabled,
        terms=data.terms,
        id=rule_id,
        revision=data.revision,
        idempotency_key=key,
    )


HANDLERS = (
    list_rules,
    add_rule,
    change_rule,
    delete_rule,
    preview_rule,
    list_alerts,
    one_alert,
    acknowledge,
    snooze,
)
