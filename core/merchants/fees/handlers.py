"""Grids of fees: consult, edit, submit, approve, and what a draft would have cost."""

from datetime import date

import asyncpg
import msgspec

from core.contracts import fees as ask
from core.contracts.desk import FieldProblem
from core.contracts.listing import Nothing, Written
from core.contracts.refusals import NotFound
from core.db.rows import Connection
from core.identity.api import (
    Permission,
    SignedIn,
    WriteOnce,
    record_action,
    refuse_if_stale,
    require_everywhere,
)
from core.merchants.fees import rules, store
from core.merchants.fees.errors import (
    EffectiveDatePast,
    EffectiveDateTaken,
    FeeActRefused,
    FeesRefused,
    GridNameTaken,
    GridWithoutVersion,
    SamePerson,
    VersionNotDraft,
    VersionPending,
)
from core.merchants.fees.rules import last_month, period_problem, row_problems
from core.merchants.fees.views import grid_detail, grid_list, version_detail
from core.values.clock import Clock, paris_date
from core.values.ids import encode_id


class FeeHandlers:
    """Operations on fees."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def grids(self, _caller: SignedIn, _request: Nothing) -> ask.FeeGridList:
        """Return every grid."""
        async with self._pool.acquire() as connection:
            return await grid_list(connection, self._today())

    async def grid(self, caller: SignedIn, request: ask.OneGrid) -> ask.FeeGridDetail:
        """Return one grid. Raises: NotFound."""
        scope = caller.scope_of(Permission.FEES_READ)
        async with self._pool.acquire() as connection:
            return await grid_detail(connection, scope, request.id, self._today())

    async def version(self, caller: SignedIn, request: ask.OneVersion) -> ask.FeeVersionDetail:
        """Return one version. Raises: NotFound."""
        async with self._pool.acquire() as connection:
            return await version_detail(connection, caller, request.id, self._today())

    async def make_grid(self, caller: SignedIn, request: ask.MakeGrid) -> Written:
        """Make a grid with a draft. Raises: FeesRefused, GridNameTaken, KeyReused."""
        scope = caller.scope_of(Permission.FEES_WRITE)
        effective_on = _checked(request.effective_on, request.rows)

        async def effect(connection: Connection) -> bytes:
            now = self._clock.now()
            grid_id = await store.add_grid(
                connection, name=request.name, currency=request.currency, agent_id=caller.agent_id, now=now
            )
            if grid_id is None:
                raise GridNameTaken
            version_id = await store.add_version(
                connection, grid_id=grid_id, effective_on=effective_on, agent_id=caller.agent_id, now=now
            )
            assert version_id is not None
            await store.put_rows(connection, version_id, request.rows)
            await self._note(connection, caller, version_id, "made", "")
            facts: dict[str, object] = {"name": request.name}
            await self._record(connection, caller, "fee_grid.made", "fee_grid", grid_id, facts)
            return msgspec.json.encode(await grid_detail(connection, scope, grid_id, self._today()))

        return await self._write(caller, request, effect)

    async def make_version(self, caller: SignedIn, request: ask.MakeVersion) -> Written:
        """Begin the next version of a grid. Raises: NotFound, FeesRefused, VersionPending, KeyReused."""
        effective_on = _date_of(request.effective_on, "effective_on")

        async def effect(connection: Connection) -> bytes:
            if not await store.lock_grid(connection, request.id):
                raise NotFound
            newest = await store.newest_version(connection, request.id)
            version_id = await store.add_version(
                connection,
                grid_id=request.id,
                effective_on=effective_on,
                agent_id=caller.agent_id,
                now=self._clock.now(),
            )
            if version_id is None:
                raise VersionPending(newest)
            if newest is not None:
                await store.copy_rows(connection, from_version=newest, to_version=version_id)
            await self._note(connection, caller, version_id, "made", "")
            await self._record(connection, caller, "fee_version.made", "fee_version", version_id, {})
            return await self._shown(connection, caller, version_id)

        return await self._write(caller, request, effect)

    async def edit_version(self, caller: SignedIn, request: ask.EditVersion) -> Written:
        """Replace the rows of a draft.

        Raises: NotFound, FeesRefused, VersionNotDraft, ChangedMeanwhile, KeyReused.
        """
        effective_on = _checked(request.effective_on, request.rows)

        async def effect(connection: Connection) -> bytes:
            row = await store.lock_version(connection, request.id)
            if row is None:
                raise NotFound
            if row["state"] != "draft":
                raise VersionNotDraft
            await _refuse_if_stale(connection, request, await store.list_events(connection, request.id))
            await store.put_rows(connection, request.id, request.rows)
            await store.set_date(connection, request.id, effective_on)
            await self._note(connection, caller, request.id, "edited", "")
            facts: dict[str, object] = {"effective_on": request.effective_on, "rows": len(request.rows)}
            await self._record(connection, caller, "fee_version.edited", "fee_version", request.id, facts)
            return await self._shown(connection, caller, request.id)

        return await self._write(caller, request, effect)

    async def move_version(self, caller: SignedIn, request: ask.MoveVersion) -> Written:
        """Submit, approve, send back or withdraw.

        Raises: NotPermitted, NotFound, FeesRefused, FeeActRefused, ChangedMeanwhile, SamePerson, EffectiveDatePast,
        EffectiveDateTaken, KeyReused.
        """
        # An agent without any right to it learns that, and not whether this version exists.
        require_everywhere(caller, rules.permission_of("", request.act))

        async def effect(connection: Connection) -> bytes:
            row = await store.lock_version(connection, request.id)
            if row is None:
                raise NotFound
            state = rules.TRANSITIONS.get((row["state"], request.act))
            if state is None or rules.has_begun(
                row["state"], effective_on=row["effective_on"], today=self._today()
            ):
                raise FeeActRefused(row["state"], request.act)
            require_everywhere(caller, rules.permission_of(row["state"], request.act))
            events = await store.list_events(connection, request.id)
            await _refuse_if_stale(connection, request, events)
            if request.act in ("submit", "approve") and row["effective_on"] < self._today():
                raise EffectiveDatePast
            if request.act == "approve":
                if rules.had_a_hand(events, encode_id("agent", caller.agent_id)):
                    raise SamePerson
                # The grid's lock keeps two approvals for one day from passing each other.
                await store.lock_grid(connection, row["grid_id"].bytes)
                if await store.is_date_taken(connection, row["grid_id"].bytes, row["effective_on"]):
                    raise EffectiveDateTaken
            await store.move_version(
                connection,
                request.id,
                state=state,
                act=request.act,
                agent_id=caller.agent_id,
                now=self._clock.now(),
            )
            await self._note(connection, caller, request.id, request.act, request.reason)
            facts: dict[str, object] = {"reason": request.reason, "effective_on": str(row["effective_on"])}
            kind = f"fee_version.{request.act}"
            await self._record(connection, caller, kind, "fee_version", request.id, facts)
            return await self._shown(connection, caller, request.id)

        return await self._write(caller, request, effect)

    async def assign(self, caller: SignedIn, request: ask.AssignGrid) -> Written:
        """Let a company pay by a grid from now on.

        Raises: NotFound, FeesRefused, GridWithoutVersion, KeyReused.
        """
        scope = caller.scope_of(Permission.FEES_WRITE)

        async def effect(connection: Connection) -> bytes:
            if not await store.lock_grid(connection, request.id):
                raise NotFound
            if not await store.holds_company(connection, scope, request.company):
                raise FeesRefused([FieldProblem("company", "not_found")])
            if await store.in_force(connection, request.id, self._today()) is None:
                raise GridWithoutVersion
            now = self._clock.now()
            await store.assign(connection, company_id=request.company, grid_id=request.id, now=now)
            facts: dict[str, object] = {"grid": encode_id("fee_grid", request.id)}
            await self._record(connection, caller, "company.fees_set", "company", request.company, facts)
            detail = await grid_detail(connection, scope, request.id, self._today())
            return msgspec.json.encode(detail)

        return await self._write(caller, request, effect)

    async def preview(self, caller: SignedIn, request: ask.PreviewFees) -> ask.FeePreview:
        """Price the payments of some days twice. Raises: NotFound, FeesRefused."""
        scope = caller.scope_of(Permission.FEES_READ)
        today = self._today()
        first, last = last_month(today)
        if request.first is not None or request.last is not None:
            first = _date_of(request.first or "", "first")
            last = _date_of(request.last or "", "last")
        problem = period_problem(first, last)
        if problem is not None:
            raise FeesRefused([problem])
        async with self._pool.acquire() as connection:
            row = await store.find_version(connection, request.id)
            if row is None:
                raise NotFound
            grid_id: bytes = row["grid_id"].bytes
            standing = await store.in_force(connection, grid_id, today)
            compared = None
            if standing is not None:
                old = await store.find_version(connection, standing[0])
                assert old is not None
                compared = store.version_summary(old, in_force_since=standing[1], today=today)
            brands = await store.preview(
                connection,
                scope,
                grid_id=grid_id,
                before=standing and standing[0],
                after=request.id,
                first=first,
                last=last,
                currency=row["currency"],
            )
            paying = await store.list_paying(connection, scope, grid_id)
        detail = store.version_summary(row, in_force_since=standing and standing[1], today=today)
        return ask.FeePreview(
            id=detail.id,
            currency=row["currency"],
            first=first.isoformat(),
            last=last.isoformat(),
            companies=len(paying),
            compared_with=compared,
            brands=brands,
            total=_total(brands),
        )

    def _today(self) -> date:
        return paris_date(self._clock.now())

    async def _shown(self, connection: Connection, caller: SignedIn, version_id: bytes) -> bytes:
        return msgspec.json.encode(await version_detail(connection, caller, version_id, self._today()))

    async def _note(
        self, connection: Connection, caller: SignedIn, version_id: bytes, act: str, reason: str
    ) -> None:
        now = self._clock.now()
        await store.add_event(
            connection, version_id, act=act, agent_id=caller.agent_id, reason=reason, now=now
        )

    async def _record(
        self,
        connection: Connection,
        caller: SignedIn,
        kind: str,
        target_kind: str,
        target_id: bytes,
        facts: dict[str, object],
    ) -> None:
        await record_action(
            connection,
            agent_id=caller.agent_id,
            at=self._clock.now(),
            kind=kind,
            target_kind=target_kind,
            target_id=target_id,
            facts=facts,
        )


def _checked(effective_on: str, rows: list[ask.FeeRow]) -> date:
    problems = row_problems(rows)
    if problems:
        raise FeesRefused(problems)
    return _date_of(effective_on, "effective_on")


async def _refuse_if_stale(
    connection: Connection, request: ask.EditVersion | ask.MoveVersion, events: list[ask.FeeEvent]
) -> None:
    """Raise ChangedMeanwhile when something happened to a version since it was read."""
    await refuse_if_stale(
        connection,
        target_kind="fee_version",
        target_id=request.id,
        read=request.revision,
        present=len(events),
    )


def _date_of(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FeesRefused([FieldProblem(field, "malformed", "YYYY-MM-DD")]) from error


def _total(brands: list[ask.FeeEffect]) -> ask.FeeEffect | None:
    if not brands:
        return None
    return ask.FeeEffect(
        brand="other",
        payments=sum(one.payments for one in brands),
        captured_minor=sum(one.captured_minor for one in brands),
        before_minor=sum(one.before_minor for one in brands),
        after_minor=sum(one.after_minor for one in brands),
        difference_minor=sum(one.difference_minor for one in brands),
        without_row_before=sum(one.without_row_before for one in brands),
        without_row_after=sum(one.without_row_after for one in brands),
    )
