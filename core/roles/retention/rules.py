"""How long each kind of row is kept, and what may not be configured away."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NamedTuple


class RetentionMisconfigured(Exception):
    """A setting is no number of days that may be; the message names it."""


class Kept(NamedTuple):
    """One kind of row: `statement` removes a batch of it; `by_id` when its cutoff is an id, else a moment."""

    name: str
    setting: str
    days: int
    days_min: int
    statement: str
    by_id: bool = True


DAYS_MAX: Final = 3_650
KEPT: Final = (
    # Twelve months back from any day, and one to look it up.
    Kept("terminal_event", "GUICHET_KEEP_TERMINAL_EVENTS_DAYS", 400, 32, "terminal_events"),
    Kept("session", "GUICHET_KEEP_SESSIONS_DAYS", 30, 1, "sessions", by_id=False),
    Kept("mail", "GUICHET_KEEP_MAIL_DAYS", 400, 30, "mail"),
    Kept("notice", "GUICHET_KEEP_NOTICES_DAYS", 180, 7, "notices"),
    Kept("export_job", "GUICHET_KEEP_EXPORTS_DAYS", 90, 7, "exports"),
    Kept("alert", "GUICHET_KEEP_ALERTS_DAYS", 400, 30, "alerts"),
    # Charts compare with the same hours of the last weeks, alert rules with what is usual then.
    Kept("activity_minute", "GUICHET_KEEP_ACTIVITY_DAYS", 400, 60, "activity", by_id=False),
)


def ages(environment: Mapping[str, str]) -> dict[str, timedelta]:
    """Return how long each is kept. Raises: RetentionMisconfigured."""
    found: dict[str, timedelta] = {}
    for kept in KEPT:
        text = environment.get(kept.setting, "") or str(kept.days)
        # At most five digits: `int` of a longer text is nobody's number of days.
        if not (text.isascii() and text.isdigit() and len(text) <= 5):
            raise RetentionMisconfigured(f"{kept.setting} is not a number of days")
        days = int(text)
        if not kept.days_min <= days <= DAYS_MAX:
            raise RetentionMisconfigured(f"{kept.setting} takes {kept.days_min} to {DAYS_MAX} days")
        found[kept.name] = timedelta(days=days)
    return found
