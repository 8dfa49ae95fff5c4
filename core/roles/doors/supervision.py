"""Saved views, exports, alerts, activity."""

from functools import partial

from core.contracts import supervision as ask
from core.roles.doors.door import Doors, Parts, served
from core.supervision.api import AlertHandlers, ExportHandlers, ViewHandlers, activity, exports_folder


def doors(parts: Parts) -> Doors:
    """Return the subjects of this topic."""
    exports = ExportHandlers(parts.pool, parts.clock, exports_folder(parts.environment))
    views = ViewHandlers(parts.pool, parts.clock)
    alerts = AlertHandlers(parts.pool, parts.clock)
    return served(
        (ask.EXPORT, exports.ask),
        (ask.EXPORTS, exports.exports),
        (ask.ONE_EXPORT, exports.export),
        (ask.CANCEL_EXPORT, exports.cancel),
        (ask.EXPORT_CHUNK, exports.chunk),
        (ask.VIEWS, views.views),
        (ask.ADD_VIEW, views.add),
        (ask.CHANGE_VIEW, views.change),
        (ask.REMOVE_VIEW, views.remove),
        (ask.DEFAULT_VIEW, views.choose_default),
        (ask.RULES, alerts.rules),
        (ask.ADD_RULE, alerts.add_rule),
        (ask.CHANGE_RULE, alerts.change_rule),
        (ask.REMOVE_RULE, alerts.remove_rule),
        (ask.PREVIEW_RULE, alerts.preview),
        (ask.ALERTS, alerts.alerts),
        (ask.ONE_ALERT, alerts.alert),
        (ask.ACKNOWLEDGE, alerts.acknowledge),
        (ask.SNOOZE, alerts.snooze),
        (ask.ACTIVITY, partial(activity, parts.pool, parts.clock)),
    )
