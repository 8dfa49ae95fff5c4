"""The list of terminals, one terminal's profile, and what a technician does: assign, move, activate, retire, set."""

from datetime import timedelta
from typing import Final

import asyncpg
import msgspec

from core.contracts.listing import Written
from core.contracts.refusals import NotFound
from core.contracts.terminals import (
    ActivateTerminal,
    AssignTerminal,
    ListTerminals,
    MoveTerminal,
    ReadProfile,
    RetireTerminal,
    SetTerminalOptions,
    TerminalPage,
    TerminalProfile,
)
from core.identity.api import (
    Permission,
    Scope,
    SignedIn,
    WriteOnce,
    refuse_if_stale,
    refuse_repeat_of_another,
    require,
)
from core.terminals import store as terminals
from core.terminals.assigning import rules, store
from core.terminals.assigning.changes import activate_on, record
from core.terminals.assigning.errors import FieldsRefused, ServiceMissing, TerminalRetired, TerminalTaken
from core.values.clock import Clock
from core.values.cursors import page_of, parts_in
from core.values.ids import decode_id
from core.values.revisions import revision_of

LATELY: Final = timedelta(days=90)
"""A store that nobody has equipped by then is no longer what somebody needs to do now."""


class AssigningHandlers:
    """Operations of technicians."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def list_terminals(self, caller: SignedIn, request: ListTerminals) -> TerminalPage:
        """Return terminals in the order of their numbers. Raises: CursorMalformed."""
        (after,) = parts_in(request.cursor, 1) or ("",)
        async with self._pool.acquire() as connection:
            found = await store.list_terminals(
                connection,
                caller.scope_of(Permission.DIRECTORY_READ),
                request,
                after=after,
                limit=request.limit + 1,
                now=self._clock.now(),
            )
            page, following = page_of(found, request.limit, lambda last: (last.terminal,))
            by_id = {decode_id("terminal", each.id): each for each in page}
            for block in await terminals.standing_blocks(connection, list(by_id)):
                by_id[decode_id("terminal", block.target.id)].block = block
        return TerminalPage(page, following)

    async def profile(self, caller: SignedIn, request: ReadProfile) -> TerminalProfile:
        """Return one terminal with its options and history. Raises: NotFound."""
        scope = caller.scope_of(Permission.DIRECTORY_READ)
        found = await store.find_profile(self._pool, scope, request.id, self._clock.now())
        if found is None:
            raise NotFound
        return found

    async def stores_to_equip(self, caller: SignedIn, *, limit: int) -> list[store.StoreToEquip]:
        """Return stores whose service has started and which have no terminal in service yet. Raises: NotPermitted."""
        scope = require(caller, Permission.TERMINALS_WRITE)
        since = self._clock.now() - LATELY
        return await store.stores_to_equip(self._pool, scope, since=since, limit=limit)

    async def assign(self, caller: SignedIn, request: AssignTerminal) -> Written:
        """Add a terminal to a service of a store; it takes payments once it is activated.

        Raises: NotFound, FieldsRefused, ServiceMissing, TerminalTaken, KeyReused.
        """
        scope = caller.scope_of(Permission.TERMINALS_WRITE)
        problems = rules.problems_of_terminal(
            terminal=request.terminal,
            service=request.service,
            model=request.model,
            serial=request.serial,
            dialect=request.dialect,
        )
        if problems:
            raise FieldsRefused(problems)
        now = self._clock.now()

        async def effect(connection: asyncpg.pool.PoolConnectionProxy) -> bytes:
            service_id = await self._service(connection, scope, request.store_id, request.service)
            if request.serial and await store.is_serial_taken(connection, request.serial):
                raise TerminalTaken("serial")
            made = await store.add_terminal(
                connection,
                store_id=request.store_id,
                service_id=service_id,
                terminal=request.terminal,
                model=request.model.strip(),
                dialect=request.dialect,
                now=now,
            )
            if made is None:
                raise TerminalTaken("terminal")
            await store.add_profile(connection, made, request.serial or None)
            facts: dict[str, str | int | bool | None] = {
                "terminal": request.terminal,
                "model": request.model,
                "serial": request.serial,
                "service": request.service,
            }
            await record(connection, caller, "terminal.assigned", made, facts, now)
            return await self._shown(connection, scope, made)

        return await self._write(caller, request, effect)

    async def move(self, caller: SignedIn, request: MoveTerminal) -> Written:
        """Put a terminal into another store or service; it signs on anew there.

        Raises: NotFound, ServiceMissing, TerminalRetired, KeyReused.
        """
        scope = caller.scope_of(Permission.TERMINALS_WRITE)
        now = self._clock.now()

        async def effect(connection: asyncpg.pool.PoolConnectionProxy) -> bytes:
            row = await store.lock_terminal(connection, scope, request.id)
            if row is None:
                raise NotFound
            if row["retired_at"] is not None:
                raise TerminalRetired
            service_id = await self._service(connection, scope, request.store_id, request.service)
            await store.move_terminal(
                connection, terminal_id=request.id, store_id=request.store_id, service_id=service_id
            )
            await store.want_reload(connection, request.id, now)
            facts: dict[str, str | int | bool | None] = {
                "from": f"{row['store_name']} · {row['service']}",
                "service": request.service,
                "reason": request.reason,
            }
            await record(connection, caller, "terminal.moved", request.id, facts, now)
            return await self._shown(connection, scope, request.id)

        return await self._write(caller, request, effect)

    async def activate(self, caller: SignedIn, request: ActivateTerminal) -> Written:
        """Put a terminal into service: its next sign-on is welcome.

        Raises: NotFound, ServiceNotActive, DoneByAnother, KeyReused.
        """
        scope = caller.scope_of(Permission.TERMINALS_WRITE)

        async def effect(connection: asyncpg.pool.PoolConnectionProxy) -> bytes:
            if not await activate_on(
                connection, caller, request.id, reason=request.reason, now=self._clock.now()
            ):
                await refuse_repeat_of_another(connection, caller, request.id, "terminal.activated")
            return await self._shown(connection, scope, request.id)

        return await self._write(caller, request, effect)

    async def retire(self, caller: SignedIn, request: RetireTerminal) -> Written:
        """Take a terminal out of service for good; activating it brings it back.

        Raises: NotFound, DoneByAnother, KeyReused.
        """
        scope = caller.scope_of(Permission.TERMINALS_WRITE)
        now = self._clock.now()

        async def effect(connection: asyncpg.pool.PoolConnectionProxy) -> bytes:
            row = await store.lock_terminal(connection, scope, request.id)
            if row is None:
                raise NotFound
            if row["retired_at"] is not None:
                await refuse_repeat_of_another(connection, caller, request.id, "terminal.retired")
            else:
                await store.set_active(connection, request.id, at=None)
                await store.set_retired(connection, request.id, at=now)
                await record(
                    connection, caller, "terminal.retired", request.id, {"reason": request.reason}, now
                )
            return await self._shown(connection, scope, request.id)

        return await self._write(caller, request, effect)

    async def set_options(self, caller: SignedIn, request: SetTerminalOptions) -> Written:
        """Set every option; the terminal is asked to take them.

        Raises: NotFound, FieldsRefused, TerminalRetired, ChangedMeanwhile, KeyReused.
        """
        scope = caller.scope_of(Permission.TERMINALS_WRITE)
        problems = rules.problems_of_options(request)
        if problems:
            raise FieldsRefused(problems)
        now = self._clock.now()

        async def effect(connection: asyncpg.pool.PoolConnectionProxy) -> bytes:
            row = await store.lock_terminal(connection, scope, request.id)
            if row is None:
                raise NotFound
            if row["retired_at"] is not None:
                raise TerminalRetired
            standing = store.options_of(row)
            await refuse_if_stale(
                connection,
                target_kind="terminal",
                target_id=request.id,
                read=request.revision,
                present=revision_of(standing),
            )
            before = msgspec.structs.asdict(standing)
            changed: dict[str, str | int | bool | None] = {
                name: f"{_word(value)} → {_word(getattr(request, name))}"
                for name, value in before.items()
                if getattr(request, name) != value
            }
            if changed:
                await store.set_options(connection, request.id, request, now)
                await record(connection, caller, "terminal.options", request.id, changed, now)
            return await self._shown(connection, scope, request.id)

        return await self._write(caller, request, effect)

    async def _service(
        self, connection: asyncpg.pool.PoolConnectionProxy, scope: Scope, store_id: bytes, service: str
    ) -> bytes:
        found = await store.find_service(connection, scope, store_id=store_id, service=service)
        if found is not None:
            return found["id"].bytes
        if not await store.may_see_store(connection, scope, store_id=store_id, service=service):
            raise NotFound
        raise ServiceMissing

    async def _shown(
        self, connection: asyncpg.pool.PoolConnectionProxy, scope: Scope, terminal_id: bytes
    ) -> bytes:
        found = await store.find_profile(connection, scope, terminal_id, self._clock.now())
        if found is None:
            raise NotFound
        return msgspec.json.encode(found)


def _word(value: object) -> str:
    match value:
        case None:
            return "–"
        case True:
            return "yes"
        case False:
            return "no"
        case other:
            return str(other)
