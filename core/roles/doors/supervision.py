"""Saved views, exports, alerts, activity."""

from core.contracts import supervision as ask
from core.contracts.desk_requests import ById, Nothing
from core.roles.doors.door import Door, Doors, Parts
from core.supervision.api import AlertHandlers, ExportHandlers, ViewHandlers, activity, exports_folder


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    pool = parts.pool
    exports = ExportHandlers(pool, parts.clock, exports_folder(parts.environment))
    views = ViewHandlers(pool, parts.clock)
    alerts = AlertHandlers(pool, parts.clock)
    return {
        ask.EXPORT_ASK: Door(ask.AskExport, True, lambda who, body, _locale: exports.ask(who, body)),
        ask.EXPORTS: Door(ask.ListExports, True, lambda who, body, _locale: exports.exports(who, body)),
        ask.EXPORT: Door(ById, True, lambda who, body, _locale: exports.export(who, body)),
        ask.EXPORT_CANCEL: Door(ById, True, lambda who, body, _locale: exports.cancel(who, body)),
        ask.EXPORT_CHUNK: Door(ask.ReadChunk, True, lambda who, body, _locale: exports.chunk(who, body)),
        ask.VIEWS: Door(ask.ListViews, True, lambda who, body, _locale: views.views(who, body)),
        ask.VIEW_SAVE: Door(ask.SaveView, True, lambda who, body, _locale: views.save(who, body)),
        ask.VIEW_DELETE: Door(ById, True, lambda who, body, _locale: views.delete(who, body)),
        ask.VIEW_DEFAULT: Door(
            ask.ChooseDefault, True, lambda who, body, _locale: views.choose_default(who, body)
        ),
        ask.ALERT_RULES: Door(Nothing, True, lambda who, _body, _locale: alerts.rules(who)),
        ask.ALERT_RULE_SAVE: Door(
            ask.SaveAlertRule, True, lambda who, body, _locale: alerts.save_rule(who, body)
        ),
        ask.ALERT_RULE_DELETE: Door(ById, True, lambda who, body, _locale: alerts.delete_rule(who, body)),
        ask.ALERT_RULE_PREVIEW: Door(
            ask.RuleTerms, True, lambda who, body, _locale: alerts.preview(who, body)
        ),
        ask.ALERTS: Door(ask.ListAlerts, True, lambda who, body, _locale: alerts.alerts(who, body)),
        ask.ALERT: Door(ById, True, lambda who, body, _locale: alerts.alert(who, body)),
        ask.ALERT_ACKNOWLEDGE: Door(
            ask.AnswerAlert, True, lambda who, body, _locale: alerts.answer(who, body)
        ),
        ask.ALERT_SNOOZE: Door(ask.AnswerAlert, True, lambda who, body, _locale: alerts.answer(who, body)),
        ask.ACTIVITY: Door(ask.ReadActivity, True, lambda who, body, _locale: activity(pool, who, body)),
    }
