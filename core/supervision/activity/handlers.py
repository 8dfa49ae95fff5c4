"""Activity of whole hours, with the same hours a week before beside them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from core.contracts.reasons import Reason
from core.contracts.references import StoreRef
from core.contracts.states import Brand
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
from core.identity.api import Permission, SignedIn
from core.merchants.api import BRAND_NAMES
from core.supervision.activity.rules import (
    BOUNDS_MS,
    hours_between,
    percentile_ms,
    week_before,
)
from core.supervision.errors import FieldRefused
from core.transactions.figures import tallies, together
from core.values.clock import Clock
from core.values.ids import encode_id
from core.values.timestamps import timestamp

YEAR_MIN: Final = 2000
USUAL_SPAN: Final = timedelta(hours=24)
STORES_MAX: Final = 12
REASONS_MAX: Final = 12
_SQL = load_beside(__file__)
_WITHIN: Final = tuple(f"within_{bound}ms" for bound in BOUNDS_MS)


async def activity(pool: asyncpg.Pool, clock: Clock, caller: SignedIn, request: ReadActivity) -> Activity:
    """Return the activity of the caller's part of the estate. Raises: FieldRefused."""
    scope = caller.scope_of(Permission.TRANSACTIONS_READ)
    end = request.to or clock.now()
    if (request.from_ or end).year < YEAR_MIN:
        raise FieldRefused("from", "too_far", f"from {YEAR_MIN} on")
    start = request.from_ or end - USUAL_SPAN
    if end <= start:
        raise FieldRefused("to", "too_small", "after from")
    if end - start > timedelta(days=ACTIVITY_DAYS_MAX):
        raise FieldRefused("from", "too_far", f"at most {ACTIVITY_DAYS_MAX} days")
    hours = hours_between(start, end)
    start = hours[0]
    brand = None if request.brand is None else Brand[request.brand.upper()]
    narrowed = (uuid_or_none(request.store), brand)
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
                store=StoreRef(encode_id("store", of[0]["id"].bytes), of[0]["name"], of[0]["department"]),
                **together(of).shown(),
            )
            for of in _by(stores, "id").values()
        ],
        brands=[
            BrandActivity(brand=BRAND_NAMES.get(brand, "other"), **tally.shown())
            for brand, tally in tallies(brands, "brand").items()
        ],
        reasons=[ReasonActivity(_code(row["reason"]), row["count"]) for row in reasons],
    )


def _points(hours: Sequence[datetime], rows: Sequence[asyncpg.Record]) -> list[ActivityPoint]:
    known = _by(rows, "at")
    return [_total(hour, known.get(hour, ())) for hour in hours]


def _total(at: datetime, rows: Sequence[asyncpg.Record]) -> ActivityPoint:
    timed = sum(row["timed"] for row in rows)
    within = [sum(row[name] for row in rows) for name in _WITHIN]
    return ActivityPoint(
        at=timestamp(at),
        **together(rows).shown(),
        latency_p50_ms=percentile_ms(0.50, timed, within),
        latency_p95_ms=percentile_ms(0.95, timed, within),
    )


def _by(rows: Sequence[asyncpg.Record], column: str) -> dict[Any, list[asyncpg.Record]]:
    """Return the rows of each value of a column, in the order in which each first comes."""
    found: dict[Any, list[asyncpg.Record]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def _code(number: int) -> str:
    try:
        return Reason(number).name.lower()
    except ValueError:
        return str(number)
