"""What supervision brings to the processes: exports, alerts that look, and the end of both."""

from typing import Final

from core.db.queries import load_beside
from core.runtime.jobs import Job
from core.runtime.manifest import Parts, Slice
from core.runtime.retention import Kept
from core.supervision.alerts.watch import Watch
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


SLICE: Final = Slice(
    "supervision",
    jobs=_jobs,
    kept=(
        Kept("export_job", _SQL.prune_exports, "GUICHET_KEEP_EXPORTS_DAYS", days=90, days_min=7),
        Kept("alert", _SQL.prune_alerts, "GUICHET_KEEP_ALERTS_DAYS", days=400, days_min=30),
        # Charts compare with the same hours of the last weeks, alert rules with what is usual then.
        Kept(
            "activity_minute",
            _SQL.prune_activity,
            "GUICHET_KEEP_ACTIVITY_DAYS",
            days=400,
            days_min=60,
            by_id=False,
        ),
    ),
)
