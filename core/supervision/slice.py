"""What supervision brings to the processes: views, exports, alerts that look, activity, and the end of these."""

from functools import partial
from typing import Final

from core.contracts import supervision as ask
from core.db.queries import load_beside
from core.runtime.jobs import Job
from core.runtime.manifest import Names, Parts, Served, Slice, serves
from core.runtime.retention import RetentionRule
from core.supervision import home
from core.supervision.alerts.watch import Watch
from core.supervision.api import AlertHandlers, ExportHandlers, ViewHandlers, activity
from core.supervision.exports.folder import exports_folder
from core.supervision.exports.rules import RUNNING_MAX
from core.supervision.exports.runner import Exporter

EXPORT_EVERY_S: Final = 1.0
EXPIRE_EVERY_S: Final = 60.0
WATCH_EVERY_S: Final = 15.0
_SQL: Final = load_beside(__file__)


def _jobs(parts: Parts) -> list[Job]:
    exporter = Exporter(parts.pool, parts.clock, exports_folder(parts.environment))
    return [
        *(Job(f"export-{number}", EXPORT_EVERY_S, exporter.round) for number in range(1, RUNNING_MAX + 1)),
        Job("export-expiry", EXPIRE_EVERY_S, exporter.clean),
        Job("alerts", WATCH_EVERY_S, Watch(parts.pool, parts.clock).round),
    ]


def _operations(parts: Parts) -> list[Served]:
    exports = ExportHandlers(parts.pool, parts.clock, exports_folder(parts.environment))
    views = ViewHandlers(parts.pool, parts.clock)
    alerts = AlertHandlers(parts.pool, parts.clock)
    return [
        serves(ask.EXPORT, exports.ask),
        serves(ask.EXPORTS, exports.exports),
        serves(ask.ONE_EXPORT, exports.export),
        serves(ask.CANCEL_EXPORT, exports.cancel),
        serves(ask.EXPORT_CHUNK, exports.chunk),
        serves(ask.VIEWS, views.views),
        serves(ask.ADD_VIEW, views.add),
        serves(ask.CHANGE_VIEW, views.change),
        serves(ask.REMOVE_VIEW, views.remove),
        serves(ask.DEFAULT_VIEW, views.choose_default),
        serves(ask.RULES, alerts.rules),
        serves(ask.ADD_RULE, alerts.add_rule),
        serves(ask.CHANGE_RULE, alerts.change_rule),
        serves(ask.REMOVE_RULE, alerts.remove_rule),
        serves(ask.PREVIEW_RULE, alerts.preview),
        serves(ask.ALERTS, alerts.alerts),
        serves(ask.ONE_ALERT, alerts.alert),
        serves(ask.ACKNOWLEDGE, alerts.acknowledge),
        serves(ask.SNOOZE, alerts.snooze),
        serves(ask.ACTIVITY, partial(activity, parts.pool, parts.clock)),
    ]


SLICE: Final = Slice(
    "supervision",
    operations=_operations,
    home={"alerts": home.alerts},
    jobs=_jobs,
    retention=(
        RetentionRule("export_job", _SQL.prune_exports, "GUICHET_KEEP_EXPORTS_DAYS", days=90, days_min=7),
        RetentionRule("alert", _SQL.prune_alerts, "GUICHET_KEEP_ALERTS_DAYS", days=400, days_min=30),
        # Charts compare with the same hours of the last weeks, alert rules with what is usual then.
        RetentionRule(
            "activity_minute",
            _SQL.prune_activity,
            "GUICHET_KEEP_ACTIVITY_DAYS",
            days=400,
            days_min=60,
            by_id=False,
        ),
    ),
    names=Names(frozenset({"alert", "alert_rule", "view"}), _SQL.record_names),
)
