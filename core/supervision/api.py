"""What supervision offers other slices and the processes."""

from datetime import datetime

from core.contracts.scope import Scope
from core.db.rows import Connection
from core.supervision.activity.handlers import activity
from core.supervision.alerts import store as _alerts
from core.supervision.alerts.handlers import AlertHandlers, whole_rules
from core.supervision.alerts.watch import Watch
from core.supervision.exports.folder import exports_folder
from core.supervision.exports.handlers import ExportHandlers
from core.supervision.exports.rules import RUNNING_MAX as EXPORTS_RUNNING_MAX
from core.supervision.exports.runner import Exporter
from core.supervision.saved_views.handlers import ViewHandlers

ALERTS_COUNTED_MAX = 100


async def open_alerts_count(connection: Connection, scope: Scope, now: datetime) -> int:
    """Return how many alerts of a part of the estate stand and nobody has taken note of, up to ALERTS_COUNTED_MAX.

    `scope` is what `require(caller, Permission.ALERTS_READ)` returned.
    """
    rows = await _alerts.list_alerts(
        connection, scope, await whole_rules(connection, scope), recovered=False, limit=ALERTS_COUNTED_MAX
    )
    return sum(
        row["acknowledged_at"] is None and (row["snoozed_until"] is None or row["snoozed_until"] <= now)
        for row in rows
    )


__all__ = [
    "ALERTS_COUNTED_MAX",
    "EXPORTS_RUNNING_MAX",
    "AlertHandlers",
    "ExportHandlers",
    "Exporter",
    "ViewHandlers",
    "Watch",
    "activity",
    "exports_folder",
    "open_alerts_count",
]
