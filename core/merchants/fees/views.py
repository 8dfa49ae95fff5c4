"""Grids and versions as the desk shows them."""

from datetime import date

from core.contracts import fees as ask
from core.contracts.refusals import NotFound
from core.contracts.scope import Scope
from core.db.rows import Connection
from core.identity.api import SignedIn
from core.merchants.fees import store
from core.merchants.fees.rules import TRANSITIONS, differences_of, had_a_hand, has_begun, permission_of
from core.values.ids import encode_id

_ACTS: tuple[ask.FeeAct, ...] = ("submit", "approve", "send_back", "withdraw")


async def grid_list(connection: Connection, today: date) -> ask.FeeGridList:
    """Return every grid with its version in force and the one on its way."""
    grids = await store.list_grids(connection, today)
    versions = await store.list_versions(connection, grids, today)
    return ask.FeeGridList(
        [
            ask.FeeGridSummary(
                id=encode_id("fee_grid", row["id"].bytes),
                name=row["name"],
                currency=row["currency"],
                companies=row["companies"],
                in_force=_one_of(versions[row["id"].bytes], row["force_id"]),
                pending=_one_of(versions[row["id"].bytes], row["pending_id"]),
            )
            for row in grids
        ]
    )


async def grid_detail(connection: Connection, scope: Scope, grid_id: bytes, today: date) -> ask.FeeGridDetail:
    """Return a grid with its versions. Raises: NotFound."""
    grids = await store.list_grids(connection, today, grid_id)
    if not grids:
        raise NotFound
    (row,) = grids
    versions = (await store.list_versions(connection, grids, today))[grid_id]
    return ask.FeeGridDetail(
        id=encode_id("fee_grid", grid_id),
        name=row["name"],
        currency=row["currency"],
        companies=row["companies"],
        in_force=_one_of(versions, row["force_id"]),
        pending=_one_of(versions, row["pending_id"]),
        versions=[summary for _, summary in versions],
        paying=await store.list_paying(connection, scope, grid_id),
    )


async def version_detail(
    connection: Connection, caller: SignedIn, version_id: bytes, today: date
) -> ask.FeeVersionDetail:
    """Return a version with its rows and its differences from the one in force. Raises: NotFound."""
    row = await store.find_version(connection, version_id)
    if row is None:
        raise NotFound
    standing = await store.in_force(connection, row["grid_id"].bytes, today)
    rows = await store.list_rows(connection, version_id)
    # Beside nothing in force every row is new, and whoever approves sees each.
    before = [] if standing is None else await store.list_rows(connection, standing[0])
    summary = store.version_summary(row, in_force_since=standing and standing[1], today=today)
    events = await store.list_events(connection, version_id)
    involved = had_a_hand(events, encode_id("agent", caller.agent_id))
    return ask.FeeVersionDetail(
        id=summary.id,
        version=summary.version,
        state=summary.state,
        effective_on=summary.effective_on,
        made_by=summary.made_by,
        made_at=summary.made_at,
        grid=encode_id("fee_grid", row["grid_id"].bytes),
        grid_name=row["grid_name"],
        currency=row["currency"],
        rows=rows,
        revision=len(events),
        events=events,
        differences=differences_of(before, rows),
        submitted_by=store.person(row["submitted_by"], row["submitted_by_name"]),
        approved_by=store.person(row["approved_by"], row["approved_by_name"]),
        acts=[
            ask.FeeActView(act, why is None, why)
            for act in _ACTS
            if (row["state"], act) in TRANSITIONS
            and caller.may(permission_of(row["state"], act))
            and not has_begun(row["state"], effective_on=row["effective_on"], today=today)
            for why in (_why_not(act, row["effective_on"], involved, today),)
        ],
    )


def _why_not(act: ask.FeeAct, effective_on: date, involved: bool, today: date) -> str | None:
    if act == "approve" and involved:
        return "fee_same_person"
    if act in ("submit", "approve") and effective_on < today:
        return "fee_date_past"
    return None


def _one_of(
    versions: list[tuple[bytes, ask.FeeVersionSummary]], wanted: object
) -> ask.FeeVersionSummary | None:
    raw = getattr(wanted, "bytes", None)
    return next((summary for version_id, summary in versions if version_id == raw), None)
