"""What identity brings to the processes."""

from typing import Final

from core.db.queries import load_beside
from core.runtime.manifest import Slice
from core.runtime.retention import Kept

_SQL: Final = load_beside(__file__)

SLICE: Final = Slice(
    "identity",
    kept=(
        Kept("session", _SQL.prune_sessions, "GUICHET_KEEP_SESSIONS_DAYS", days=30, days_min=1, by_id=False),
    ),
)
