"""Activity of whole hours, with the same hours a week before beside them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from core.contracts.desk_views import Money, StoreRef
from core.contracts.reasons import Reason
from core.contracts.supervision import (
    ACTIVITY_DAYS_MAX,
    Activity,
    ActivityPoint,
    BrandActivity,
    ReadActivity,
    ReasonActivity,
    StoreActivity,
)
from core.db.queries import load_beside
from core.db.rows import uuid_or_none
from core.identity.api import Permission, SignedIn, require
from core.merchants.api import BRAND_NAMES
from core.supervision.activity.rules import (
    BOUNDS_MS,
    approval_rate,
    hours_between,
    percentile_ms,
    week_before,
)
from core.supervision.errors import FieldRefused
from core.values.clock import from_unix_us
from core.values.ids import encode_id
from core.values.timestamps import timestamp

YEAR_MIN: Final = 2000
STORES_MAX: Final = 12
REASONS_MAX: Final = 12
_SQL = load_beside(__file__)
_WITHIN: Final = tuple(f"within_{bound}ms" for bound in BOUNDS_MS)
_FIGURES: Final = ("approved", "declined", "unknown", "amount_minor", "timed", *_WITHIN)


async def activity(pool: asyncpg.Pool, caller: SignedIn, request: ReadActivity) -> Activity:
    """Return the activity of the caller's part of the estate. Raises: NotPermitted, FieldRefused."""
    scope = require(caller, Permission.TRANSACTIONS_READ)
    start, end = from_unix_us(request.from_us), from_unix_us(request.to_us)
    if start.year < YEAR_MIN:
        raise FieldRefused("from", "too_far", f"from {YEAR_MIN} on")
    if end <= start:
        raise FieldRefused("to", "too_small", "after from")
    if end - start > timedelta(days=ACTIVITY_DAYS_MAX):
        raise FieldRefused("from", "too_far", f"at most {ACTIVITY_DAYS_MAX} days")
    hours = hours_between(start, end)
    start = hours[0]
    narrowed = (uuid_or_none(request.store_id), request.brand)
    common = (scope.parameter(), scope.is_everything)
    async with pool.acquire() as connection:
        now_rows = await connection.fetch(_SQL.by_hour, *common, start, end, *narrowed)
        then_rows = await connection.fetch(
            _SQL.by_hour, *common, week_before(start), week_before(end), *narrowed
        )
        stores = await connection.fetch(_SQL.by_store, *common, start, end, *narrowed, STORES_MAX)
        brands = await connection.fetch(_SQL.by_brand, *common, start, end, *narrowed)
        reasons = await connection.fetch(_SQL.by_reason, *common, start, end, *narrowed, REASONS_MAX)
    return Activity(
        from_=timestamp(start),
        to=timestamp(end),
        total=_total(start, now_rows),
        total_week_before=_total(week_before(start), then_rows),
        hours=_points(hours, now_rows),
        week_before=_points([week_before(hour) for hour in hours], then_rows),
        stores=[
            StoreActivity(
                store=StoreRef(encode_id("store", row["id"].bytes), row["name"], row["department"]),
                **_counted(row),
            )
            for row in stores
        ],
        brands=[
            BrandActivity(brand=BRAND_NAMES.get(row["brand"], "other"), **_counted(row)) for row in brands
        ],
        reasons=[ReasonActivity(_code(row["reason"]), row["count"]) for row in reasons],
    )


def _points(hours: Sequence[datetime], rows: Sequence[asyncpg.Record]) -> list[ActivityPoint]:
    known = {row["at"]: row for row in rows}
    nothing = dict.fromkeys(_FIGURES, 0)
    return [_point(hour, known.get(hour, nothing)) for hour in hours]


def _total(start: datetime, rows: Sequence[asyncpg.Record]) -> ActivityPoint:
    return _point(start, {name: sum(row[name] for row in rows) for name in _FIGURES})


def _point(at: datetime, row: Any) -> ActivityPoint:
    within = [row[name] for name in _WITHIN]
    return ActivityPoint(
        at=timestamp(at),
        **_counted(row),
        latency_p50_ms=percentile_ms(0.50, row["timed"], within),
        latency_p95_ms=percentile_ms(0.95, row["timed"], within),
    )


def _counted(row: Any) -> dict[str, Any]:
    approved, declined, unknown = row["approved"], row["declined"], row["unknown"]
    return {
        "transactions": approved + declined + unknown,
        "approved": approved,
        "declined": declined,
        "unknown": unknown,
        "approval_rate": approval_rate(approved, declined),
        "amount": Money(row["amount_minor"], "EUR"),
    }


def _code(number: int) -> str:
    try:
        return Reason(number).name.lower()
    except ValueError:
        return str(number)
