"""Reading rows of attempts by their keys, where one that cannot be read must not keep the others from being read."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog

UNREADABLE: Final = (ValueError, OverflowError, LookupError, TypeError, msgspec.DecodeError)
"""What reading raises for what a row holds: PostgreSQL has moments that Python has not. Never the way to it."""

_log = structlog.get_logger("core.reading")


async def read_each(
    fetch: Callable[[list[UUID], list[date]], Awaitable[list[Any]]], keys: Sequence[tuple[UUID, date]]
) -> dict[UUID, Any]:
    """Return the rows of some attempts by id: all at once, and one by one when that fails.

    Attempts that cannot be read are absent, and logged.
    """
    if not keys:
        return {}
    try:
        rows = await fetch([key for key, _ in keys], [day for _, day in keys])
    except (ValueError, OverflowError):
        rows = []
        for key, day in dict(keys).items():
            try:
                rows += await fetch([key], [day])
            except (ValueError, OverflowError) as error:
                _log.error("attempt_unreadable", trace_id=key.hex, error=f"{type(error).__name__}: {error}")
    return {row["id"]: row for row in rows}
