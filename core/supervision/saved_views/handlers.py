"""Saved views: one's own, and those that a role shares."""

import asyncpg
import msgspec

from core.contracts.listing import Nothing, Written
from core.contracts.references import PersonRef
from core.contracts.refusals import NotFound
from core.contracts.supervision import (
    VIEWS_MAX,
    AddView,
    ChangeView,
    ChooseDefault,
    ListViews,
    RemoveView,
    SavedView,
    ViewedList,
    ViewList,
)
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.identity.api import Permission, SignedIn, WriteOnce, record_action, refuse_if_stale, require
from core.supervision.errors import FieldRefused, TooManyViews, ViewNameTaken
from core.supervision.saved_views.rules import problem_of
from core.values.clock import Clock
from core.values.ids import encode_id
from core.values.revisions import revision_of

_SQL = load_beside(__file__)
_NEEDS: dict[ViewedList, Permission] = {
    "transactions": Permission.TRANSACTIONS_READ,
    "terminals": Permission.DIRECTORY_READ,
}


class ViewHandlers:
    """Operations on saved views. A view holds no rows: what it shows is decided when a list is read with it."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def views(self, caller: SignedIn, request: ListViews) -> ViewList:
        """Return the caller's views of a list and those shared with the caller's roles, by name."""
        require(caller, _NEEDS[request.list_])
        return ViewList(await _list(self._pool, caller, viewed=request.list_))

    async def add(self, caller: SignedIn, request: AddView) -> Written:
        """Add a view.

        Raises: NotPermitted, FieldRefused, ViewNameTaken, TooManyViews, KeyReused.
        """
        return await self._save(caller, request, None)

    async def change(self, caller: SignedIn, request: ChangeView) -> Written:
        """Change one of the caller's own views.

        Raises: NotPermitted, NotFound, FieldRefused, ChangedMeanwhile, ViewNameTaken, KeyReused.
        """
        return await self._save(caller, request, request.id)

    async def _save(self, caller: SignedIn, request: AddView, changed: bytes | None) -> Written:
        require(caller, _NEEDS[request.list_])
        problem = problem_of(request.list_, request.name, request.filters, request.columns)
        if problem is not None:
            raise FieldRefused(*problem)
        if request.shared_role is not None and request.shared_role not in _roles(caller):
            raise FieldRefused("shared_role", "unknown_value", ", ".join(_roles(caller)))

        async def effect(connection: Connection) -> bytes:
            await connection.execute(_SQL.lock_owner, uuid_of(caller.agent_id))
            if isinstance(request, ChangeView):
                standing = await _list(connection, caller, view_id=request.id)
                if not standing or not standing[0].mine:
                    raise NotFound
                await refuse_if_stale(
                    connection,
                    target_kind="view",
                    target_id=request.id,
                    read=request.revision,
                    present=standing[0].revision,
                )
            view_id = await self._put(connection, caller, request, changed)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=self._clock.now(),
                kind="view.added" if changed is None else "view.changed",
                target_kind="view",
                target_id=view_id,
                facts={"list": request.list_, "name": request.name.strip(), "role": request.shared_role},
            )
            (made,) = await _list(connection, caller, view_id=view_id)
            return msgspec.json.encode(made)

        return await self._write(caller, request, effect)

    async def remove(self, caller: SignedIn, request: RemoveView) -> Nothing:
        """Delete one of the caller's own views. Raises: NotFound."""
        self._require_any(caller)
        async with self._pool.acquire() as connection, connection.transaction():
            name = await connection.fetchval(_SQL.delete_view, uuid_of(request.id), uuid_of(caller.agent_id))
            if name is None:
                raise NotFound
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=self._clock.now(),
                kind="view.deleted",
                target_kind="view",
                target_id=request.id,
                facts={"name": name},
            )
        return Nothing()

    async def choose_default(self, caller: SignedIn, request: ChooseDefault) -> Nothing:
        """Open a list with a view from now on, or with none. Raises: NotFound."""
        require(caller, _NEEDS[request.list_])
        async with self._pool.acquire() as connection, connection.transaction():
            if request.view is None:
                await connection.execute(_SQL.choose_no_default, uuid_of(caller.agent_id), request.list_)
            else:
                if not await _list(connection, caller, viewed=request.list_, view_id=request.view):
                    raise NotFound
                await connection.execute(
                    _SQL.choose_default, uuid_of(caller.agent_id), request.list_, uuid_of(request.view)
                )
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=self._clock.now(),
                kind="view.default_chosen",
                target_kind="view",
                target_id=request.view,
                facts={"list": request.list_},
            )
        return Nothing()

    async def _put(
        self, connection: Connection, caller: SignedIn, request: AddView, changed: bytes | None
    ) -> bytes:
        now, owner = self._clock.now(), uuid_of(caller.agent_id)
        name, filters = request.name.strip(), msgspec.json.encode(request.filters).decode()
        columns = list(dict.fromkeys(request.columns))
        if changed is None:
            (counted,) = await connection.fetch(_SQL.count_views, owner)
            if counted["views"] >= VIEWS_MAX:
                raise TooManyViews
            made = await connection.fetchval(
                _SQL.add_view, request.list_, owner, name, request.shared_role, filters, columns, now
            )
            if made is None:
                raise ViewNameTaken
            return made.bytes
        if (
            await connection.fetchval(_SQL.name_taken, owner, request.list_, name, uuid_of(changed))
            is not None
        ):
            raise ViewNameTaken
        made = await connection.fetchval(
            _SQL.change_view,
            uuid_of(changed),
            owner,
            name,
            request.shared_role,
            filters,
            columns,
            now,
            request.list_,
        )
        if made is None:
            raise NotFound
        return made.bytes

    def _require_any(self, caller: SignedIn) -> None:
        if not caller.may(Permission.DIRECTORY_READ):
            require(caller, Permission.TRANSACTIONS_READ)


async def _list(
    connection: Connection,
    caller: SignedIn,
    *,
    viewed: ViewedList | None = None,
    view_id: bytes | None = None,
) -> list[SavedView]:
    rows = await connection.fetch(
        _SQL.views, uuid_of(caller.agent_id), viewed, _roles(caller), uuid_or_none(view_id)
    )
    return [
        SavedView(
            id=encode_id("view", row["id"].bytes),
            list_=row["list"],
            name=row["name"],
            filters=msgspec.json.decode(row["filters"], type=dict[str, list[str]]),
            columns=row["columns"],
            shared_role=row["shared_role"],
            owner=PersonRef(encode_id("agent", row["owner_id"].bytes), row["owner_name"]),
            mine=row["owner_id"].bytes == caller.agent_id,
            default=row["is_default"],
            revision=revision_of(row["name"], row["filters"], row["columns"], row["shared_role"]),
        )
        for row in rows
    ]


def _roles(caller: SignedIn) -> list[str]:
    """Return the roles of the caller's grants: whom they may share with, and who shares with them."""
    return sorted({grant.role for grant in caller.grants})
