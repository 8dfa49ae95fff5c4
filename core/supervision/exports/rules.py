"""Pure decisions on exports."""

from datetime import datetime, timedelta
from typing import Final

from core.contracts.permissions import Permission
from core.contracts.scope import Scope
from core.contracts.transaction_filter import TransactionFilter
from core.supervision.exports.model import Job
from core.supervision.rules import covers
from core.transactions.desk.rules import bounds_of_times
from core.values.clock import PARIS, to_unix_us
from core.values.ids import lowest_id

EXPORT_RIGHTS: Final = (Permission.TRANSACTIONS_READ, Permission.TRANSACTIONS_EXPORT)
"""Both are held wherever rows are exported from."""
KEPT_FOR: Final = timedelta(hours=24)
LEASE: Final = timedelta(seconds=60)
"""A running export says every two seconds how far it is; silent for so long, its worker is taken for dead."""

RUNNING_MAX: Final = 2
RUNS_MAX: Final = 5
ROWS_MAX: Final = 5_000_000


def shared(one: Scope, other: Scope) -> Scope:
    """Return the areas of two scopes that lie whole within the other one: where both certainly hold."""
    within = [area for area in one.areas if covers(other, Scope((area,)))]
    within += [area for area in other.areas if covers(one, Scope((area,)))]
    return Scope(tuple(dict.fromkeys(within)))


def id_bounds(wanted: TransactionFilter, until: datetime) -> tuple[bytes, bytes]:
    """Return the lowest id of the filter's times, and the one to stay below."""
    low, high = bounds_of_times(wanted)
    return low, min(high, lowest_id(to_unix_us(until)))


def suffix_of(job: Job) -> str:
    """Return how the file's name ends."""
    return ".xlsx" if job.format == "xlsx" else ".csv.gz" if job.compressed else ".csv"


def media_type_of(job: Job) -> str:
    """Return what the browser is told that it gets."""
    if job.format == "xlsx":
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return "application/gzip" if job.compressed else "text/csv; charset=utf-8"


def file_name_of(job: Job) -> str:
    """Return the name that the file has for its reader: what, and when it was asked for, in Paris."""
    return f"transactions-{job.created_at.astimezone(PARIS):%Y-%m-%d-%H%M}{suffix_of(job)}"
