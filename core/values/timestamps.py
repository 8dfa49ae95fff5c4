"""Times as text: RFC 3339, UTC, milliseconds."""

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """Return `2026-11-22T10:15:00.123Z`; the rest of the microseconds is cut, not rounded."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def timestamp_or_none(moment: datetime | None) -> str | None:
    """Return the text of a moment that may be absent."""
    return None if moment is None else timestamp(moment)
