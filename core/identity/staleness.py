"""A page that was opened before a colleague's change must not write over it."""

from datetime import datetime

from core.contracts.desk import FieldProblem
from core.contracts.refusals import ChangedMeanwhile
from core.db.rows import Connection
from core.identity import store
from core.values.clock import PARIS


async def refuse_if_stale(
    connection: Connection,
    *,
    target_kind: str,
    target_id: bytes | None,
    read: int,
    present: int,
    code: str = "",
) -> None:
    """Raise ChangedMeanwhile, telling who changed it when, unless the revision that was read is the present one.

    The row must be locked by the caller. What has no identifier (`target_id` None) is known by its code.
    """
    if read == present:
        return
    if target_id is not None:
        shown = await find_last_change(connection, target_id, target_kind=target_kind)
    else:
        last = await store.find_last_change_by_code(connection, target_kind, code)
        shown = "" if last is None else name_and_moment(last["name"], last["at"])
    raise ChangedMeanwhile([FieldProblem("revision", "changed_meanwhile", shown)])


async def find_last_change(
    connection: Connection, target_id: bytes, *, target_kind: str | None = None
) -> str:
    """Return who changed something last and when, as both languages read it; empty when nobody did."""
    last = await store.find_last_change(connection, target_kind, target_id)
    return "" if last is None else name_and_moment(last["name"], last["at"])


def name_and_moment(name: str, at: datetime) -> str:
    """Return who and when, as both languages read it."""
    return f"{name}, {at.astimezone(PARIS):%d/%m %H:%M}"
