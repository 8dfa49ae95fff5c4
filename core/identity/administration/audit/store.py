"""Statements of the audit as typed functions."""

from datetime import datetime
from typing import NamedTuple

import asyncpg
import msgspec

from core.contracts.administration import ActionTarget, ActionView, ListActions
from core.contracts.ids import all_kinds
from core.contracts.references import PersonRef
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_or_none
from core.db.words import like_pattern
from core.identity.administration.audit.naming import Codes, codes_in, records_in
from core.identity.api import Permission, SignedIn
from core.runtime.manifest import Names
from core.runtime.naming import name_records
from core.values.ids import encode_id
from core.values.timestamps import timestamp

_SQL = load_beside(__file__)


class Mark(NamedTuple):
    """A number up to which the chain is whole, and the hash there; the very beginning is number 0."""

    seq: int
    hash: bytes
    at: datetime | None = None


BEGINNING = Mark(0, b"\x00")


class Stretch(NamedTuple):
    """What was found of the next links: the last that is whole, the first that is not."""

    whole: Mark | None
    broken_at: int | None


async def list_actions(
    connection: Connection,
    caller: SignedIn,
    request: ListActions,
    *,
    names: tuple[Names, ...],
    before: int | None,
) -> tuple[list[ActionView], list[str]]:
    """Return actions, newest first, one more than asked for, and which records in them lead the caller nowhere.

    A kind of `grant` takes every `grant.…`.
    """
    scope = caller.scope_of(Permission.AUDIT_READ)
    kind = like_pattern(request.kind).strip("%")
    rows = await connection.fetch(
        _SQL.actions,
        scope.is_everything,
        scope.parameter(),
        uuid_or_none(request.agent),
        kind if "." in kind or not kind else f"{kind}.%",
        request.target_kind,
        uuid_or_none(request.target),
        request.from_,
        request.to,
        like_pattern(request.query),
        before,
        request.limit + 1,
    )
    actions = [_action_of(row) for row in rows]
    return actions, await _name(connection, caller, scope, actions, names)


async def find_mark(connection: Connection) -> Mark:
    """Return how far the chain was checked."""
    row = await connection.fetchrow(_SQL.checked)
    return BEGINNING if row is None else Mark(row["seq"], row["hash"], row["at"])


async def find_newest(connection: Connection) -> Mark:
    """Return the newest link."""
    row = await connection.fetchrow(_SQL.newest)
    return BEGINNING if row is None else Mark(row["seq"], row["hash"])


async def stands(connection: Connection, mark: Mark) -> bool:
    """Return whether a mark is found where it was."""
    return mark.seq == 0 or bool(await connection.fetchval(_SQL.stands, mark.seq, mark.hash))


async def check_on(connection: Connection, mark: Mark, *, links_max: int) -> Stretch:
    """Recompute the links after a mark."""
    row = await connection.fetchrow(_SQL.check_on, mark.seq, mark.hash, links_max)
    assert row is not None
    whole = None if row["seq"] is None else Mark(row["seq"], row["hash"])
    return Stretch(whole, row["broken_at"])


async def keep_mark(connection: Connection, mark: Mark, now: datetime) -> None:
    """Note how far the chain is whole."""
    await connection.execute(_SQL.keep_checked, mark.seq, mark.hash, now)


def _action_of(row: asyncpg.Record) -> ActionView:
    kind, target = row["target_kind"], row["target_id"]
    public = encode_id(kind, target.bytes) if target is not None and kind in all_kinds() else None
    return ActionView(
        seq=row["seq"],
        at=timestamp(row["at"]),
        agent=PersonRef(
            encode_id("api_key" if row["is_key"] else "agent", row["agent_id"].bytes), row["agent_name"] or ""
        ),
        kind=row["kind"],
        target=ActionTarget(kind, public, None),
        facts=msgspec.json.decode(row["facts"]),
        ip=row["ip"],
    )


async def _name(
    connection: Connection,
    caller: SignedIn,
    scope: Scope,
    actions: list[ActionView],
    sources: tuple[Names, ...],
) -> list[str]:
    """Say in each action what its target and whatever its facts mention is called; return what leads nowhere."""
    is_english = caller.language == "en"
    mentioned = [records_in(action) for action in actions]
    named = await name_records(
        connection, set().union(*mentioned), sources, caller=caller, scope=scope, is_english=is_english
    )
    codes: Codes = {}
    if any(action.facts for action in actions):
        found = await connection.fetch(_SQL.names_of_codes, is_english)
        codes = {(row["kind"], row["type"], row["code"]): row["name"] for row in found}
    for action, of_it in zip(actions, mentioned, strict=True):
        action.names = {record.public: named.names[record] for record in of_it if record in named.names}
        action.target.label = action.names.get(action.target.id or "")
        request_type = next((named.types[record] for record in of_it if record in named.types), "")
        action.names |= codes_in(action, codes, request_type=request_type)
    return sorted(record.public for record in named.closed)
