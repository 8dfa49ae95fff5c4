"""Requests: look, write, assign, comment, move, change."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec

from core.contracts.desk import FieldProblem
from core.contracts.listing import Written
from core.contracts.references import PersonRef
from core.contracts.refusals import NotFound, Overtaken
from core.contracts.requests import (
    AssignRequest,
    ChangeRequest,
    CloseRequest,
    CommentRequest,
    ListRequests,
    MoveRequest,
    OneRequest,
    ReopenRequest,
    RequestDetail,
    RequestKey,
    RequestPage,
    RequestTypeView,
    RequestView,
    StatusOfType,
)
from core.contracts.scope import Scope
from core.db.rows import Connection, uuid_of
from core.db.words import like_pattern
from core.identity.api import (
    EVERYTHING,
    DoneByAnother,
    Permission,
    SignedIn,
    WriteOnce,
    find_doer,
    record_action,
    refuse_if_stale,
)
from core.support.requests import notifying, rules, store
from core.support.requests.errors import (
    RequestClosed,
    RequestNotClosed,
    RequestRefused,
    StatusChanged,
    StatusStanding,
)
from core.support.requests.people import Person
from core.support.requests.store import Asking, Standing
from core.values.clock import Clock, paris_date
from core.values.cursors import CursorMalformed, id_of_part, page_of, parts_in
from core.values.ids import encode_id
from core.values.revisions import revision_of

_ALL: Final = ListRequests(box="all")
_RANKS: Final = ("0", "1", "2")  # late, open, closed


class Act(NamedTuple):
    """A change under way: its transaction, who does it, when, and the request as it stands, locked."""

    connection: Connection
    caller: SignedIn
    asking: Asking
    now: datetime
    standing: Standing

    async def note(self, kind: str, *, body: str = "", facts: dict[str, str] | None = None) -> None:
        """Append to what was said and done."""
        await store.add_entry(
            self.connection,
            self.standing.id,
            agent_id=self.caller.agent_id,
            at=self.now,
            kind=kind,
            body=body,
            facts=facts,
        )


class RequestHandlers:
    """Operations on requests."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._once = WriteOnce(pool, clock)

    async def requests(self, caller: SignedIn, request: ListRequests) -> RequestPage:
        """Return a box of requests: late ones first, then by due date. Raises: CursorMalformed."""
        asking = asking_of(caller, self._clock.now())
        async with self._pool.acquire() as connection:
            found = await store.list_requests(
                connection,
                asking,
                request,
                pattern=like_pattern(request.query),
                closed=request.closed,
                after=_after(request.cursor),
                limit=request.limit + 1,
            )
            counts = await store.count_boxes(connection, asking)
        page, cursor = page_of(found, request.limit, _position)
        return RequestPage([one.view for one in page], cursor, counts)

    async def request(self, caller: SignedIn, request: OneRequest) -> RequestDetail:
        """Return one request with all that was said and done. Raises: NotFound."""
        asking = asking_of(caller, self._clock.now())
        async with self._pool.acquire() as connection:
            return await detail_of(connection, asking, await find(connection, asking, request.id))

    async def assign(self, caller: SignedIn, request: AssignRequest) -> Written:
        """Give a request to somebody who may see it, take it, or give it back to its team.

        Raises: NotFound, RequestClosed, RequestRefused, DoneByAnother, KeyReused.
        """

        async def act(on: Act) -> None:
            if on.standing.final:
                raise RequestClosed
            wished = None if request.assignee is None else request.assignee or caller.agent_id
            to = None
            if wished is not None:
                to = await self._person(on, wished, field="assignee")
            lost = on.standing.assignee_id
            if wished == lost:
                return
            if lost not in (None, caller.agent_id, request.seen_assignee):
                # The caller's page was made before somebody else took it.
                raise DoneByAnother(await find_doer(on.connection, on.standing.id, "request.assigned"))
            await store.assign(on.connection, on.standing.id, wished, on.now)
            facts = {"to": "" if to is None else to.name}
            await on.note("assigned", body=request.comment, facts=facts)
            if to is not None:
                await notifying.tell_assigned(
                    on.connection, on.standing, to=to, by=caller.name, by_id=caller.agent_id, at=on.now
                )
            if lost is not None and lost != caller.agent_id:
                await notifying.tell_taken(
                    on.connection,
                    on.standing,
                    lost_by=lost,
                    to="" if to is None else to.name,
                    by=caller.name,
                    at=on.now,
                )

        facts = {"assignee": "" if request.assignee is None else request.assignee.text}
        return await self._write(caller, request, "request.assigned", facts, act)

    async def comment(self, caller: SignedIn, request: CommentRequest) -> Written:
        """Say something and tell those who are mentioned. Raises: NotFound, RequestRefused, KeyReused."""

        async def act(on: Act) -> None:
            named = [(await self._person(on, one, field="mentions")).id for one in request.mentions]
            handles = {one.handle: one.id for one in await self._people(on)}
            left_out = await store.named(on.connection, rules.not_among(request.body, handles))
            if left_out:
                # Kept as it stands, the comment would say that they know, and nobody would have told them.
                raise RequestRefused(FieldProblem("body", "mention_unseen", ", ".join(left_out)))
            mentioned_ids = list(dict.fromkeys([*named, *rules.mentioned(request.body, handles)]))
            mentioned_ids = [one for one in mentioned_ids if one != caller.agent_id]
            await store.touch(on.connection, on.standing.id, on.now)
            await on.note("comment", body=request.body)
            await notifying.tell_mentioned(
                on.connection, on.standing, to=mentioned_ids, by=caller.name, body=request.body, at=on.now
            )
            await notifying.tell_followers(
                on.connection,
                on.standing,
                but={caller.agent_id, *mentioned_ids},
                by=caller.name,
                kind="request_comment",
                at=on.now,
            )

        facts = {"mentions": str(len(request.mentions))}
        return await self._write(caller, request, "request.commented", facts, act)

    async def move(self, caller: SignedIn, request: MoveRequest) -> Written:
        """Change the status; a final one closes the request, another one opens it again.

        Raises: NotFound, RequestClosed, StatusChanged, StatusStanding, RequestRefused, KeyReused.
        """

        def named(standing: Standing, kind: RequestTypeView) -> StatusOfType:
            present = standing.view.status.code
            for status in kind.statuses:
                if status.code == request.status:
                    if present not in (request.seen_status, status.code):
                        raise RequestClosed if standing.final else StatusChanged
                    return status
            codes = ", ".join(one.code for one in kind.statuses)
            raise RequestRefused(FieldProblem("status", "unknown_value", f"one of: {codes}"))

        return await self._move(caller, request, request.status, named)

    async def close(self, caller: SignedIn, request: CloseRequest) -> Written:
        """Put a request into the final status that is named, or into the only one.

        Raises: NotFound, RequestClosed, RequestRefused, KeyReused.
        """

        def final(standing: Standing, kind: RequestTypeView) -> StatusOfType:
            if standing.final:
                raise RequestClosed
            status = rules.final_status(kind, request.status)
            if status is None:
                finals = ", ".join(one.code for one in kind.statuses if one.final)
                raise RequestRefused(FieldProblem("status", "required", f"one of: {finals}"))
            return status

        return await self._move(caller, request, request.status or "close", final)

    async def reopen(self, caller: SignedIn, request: ReopenRequest) -> Written:
        """Put a closed request back to where its type begins. Raises: NotFound, RequestNotClosed, KeyReused."""

        def first(standing: Standing, kind: RequestTypeView) -> StatusOfType:
            if not standing.final:
                raise RequestNotClosed
            return rules.first_status(kind)

        return await self._move(caller, request, "reopen", first)

    async def _move(
        self,
        caller: SignedIn,
        request: ReopenRequest,
        wish: str,
        status_for: Callable[[Standing, RequestTypeView], StatusOfType],
    ) -> Written:
        async def act(on: Act) -> None:
            status = status_for(on.standing, await self._type_of(on))
            if status.code == on.standing.view.status.code:
                raise StatusStanding
            await store.move(on.connection, on.standing.id, status, on.now)
            kind = "closed" if status.final else "reopened" if on.standing.final else "status"
            names = {"from": on.standing.view.status.code, "to": status.code}
            await on.note(kind, body=request.comment, facts=names)
            moved = await find(on.connection, await _whole(on), RequestKey(on.standing.id))
            await notifying.tell_followers(
                on.connection,
                moved,
                but={caller.agent_id},
                by=caller.name,
                kind="request_closed" if status.final else "request_status",
                at=on.now,
            )

        return await self._write(caller, request, "request.moved", {"status": wish}, act)

    async def change(self, caller: SignedIn, request: ChangeRequest) -> Written:
        """Change title, priority, date or queue.

        Raises: NotFound, RequestClosed, ChangedMeanwhile, RequestRefused, KeyReused.
        """

        async def act(on: Act) -> None:
            if on.standing.final:
                raise RequestClosed
            view = on.standing.view
            await refuse_if_stale(
                on.connection,
                target_kind="request",
                target_id=on.standing.id,
                read=request.revision,
                present=_revision_of(view),
            )
            title = request.title or view.title
            team = view.team.code if request.team is None else await self._team(on, request.team)
            due_on = on.standing.due_on if request.due_on is None else checked_date(request.due_on)
            if due_on is not None and due_on != on.standing.due_on and due_on < on.asking.today:
                raise RequestRefused(FieldProblem("due_on", "past", "today or later"))
            priority = request.priority or view.priority
            was = {
                "title": view.title,
                "priority": view.priority,
                "due_on": view.due_on or "",
                "team": view.team.code,
            }
            now = {
                "title": title,
                "priority": priority,
                "due_on": "" if due_on is None else due_on.isoformat(),
                "team": team,
            }
            changed = {name: f"{was[name]} → {now[name]}" for name in was if was[name] != now[name]}
            if changed:
                await store.change(
                    on.connection,
                    on.standing.id,
                    title=title,
                    priority=priority,
                    due_on=due_on,
                    team=team,
                    now=on.now,
                )
                await on.note("changed", facts=changed)

        facts = {name: value for name in ("priority", "due_on", "team") if (value := getattr(request, name))}
        return await self._write(caller, request, "request.changed", facts, act)

    async def _write(
        self,
        caller: SignedIn,
        request: AssignRequest | CommentRequest | ReopenRequest | ChangeRequest,
        kind: str,
        facts: dict[str, str],
        act: Callable[[Act], Awaitable[None]],
    ) -> Written:
        now = self._clock.now()
        asking = asking_of(caller, now)

        async def effect(connection: Connection) -> bytes:
            found = await find(connection, asking, request.id)
            await store.lock_request(connection, found.id)
            # Once more under the lock: somebody may have closed it meanwhile.
            standing = await find(connection, asking, request.id)
            on = Act(connection, caller, asking, now, standing)
            try:
                await act(on)
            except Overtaken as refusal:
                refusal.target_id = standing.id  # It may have been named by its code.
                raise
            after = await _whole(on)
            detail = await detail_of(
                connection, after, await find(connection, after, RequestKey(standing.id))
            )
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind=kind,
                target_kind="request",
                target_id=standing.id,
                facts={"code": standing.view.code, **facts},
            )
            return msgspec.json.encode(detail)

        return await self._once(caller, request, effect)

    async def _people(self, on: Act) -> list[Person]:
        return await people_for(on.connection, on.standing)

    async def _person(self, on: Act, agent_id: bytes, *, field: str) -> Person:
        for one in await self._people(on):
            if one.id == agent_id:
                return one
        raise RequestRefused(FieldProblem(field, "not_for_them", "somebody who may see this request"))

    async def _type_of(self, on: Act) -> RequestTypeView:
        (kind,) = await store.types(on.connection, on.asking.locale, on.standing.view.type.code)
        return kind

    async def _team(self, on: Act, team: str) -> str:
        if team not in {one.code for one in await store.teams(on.connection, on.asking.locale)}:
            raise RequestRefused(FieldProblem("team", "unknown_value"))
        return team


def asking_of(caller: SignedIn, now: datetime) -> Asking:
    """Return where a caller sees requests."""
    return Asking(
        caller.scope_of(Permission.REQUESTS_USE),
        caller.agent_id,
        _teams_of(caller),
        caller.language,
        paris_date(now),
    )


def who_sees(caller: SignedIn, _scope: Scope) -> tuple[Any, ...]:
    """Return by what a statement judges which requests a caller sees: where, who they are, which queues are theirs."""
    return (
        caller.scope_of(Permission.REQUESTS_USE).parameter(),
        uuid_of(caller.agent_id),
        _teams_of(caller),
    )


def _teams_of(caller: SignedIn) -> list[str]:
    return sorted({grant.role for grant in caller.grants if Permission.REQUESTS_USE in grant.permissions})


async def find(connection: Connection, asking: Asking, key: RequestKey) -> Standing:
    """Return a request that the asking one sees. Raises: NotFound."""
    request_id = key if key.code is None else None
    found = await store.list_requests(connection, asking, _ALL, request_id=request_id, code=key.code)
    if not found:
        raise NotFound
    return found[0]


async def people_for(connection: Connection, standing: Standing) -> list[Person]:
    """Return those who work on requests and see this one."""
    place = await store.place_for(connection, standing.place)
    return [
        one
        for one in await store.people(connection)
        if one.sees(place, team=standing.view.team.code)
        or (place is None and one.id in (standing.author_id, standing.assignee_id))
    ]


async def detail_of(connection: Connection, asking: Asking, standing: Standing) -> RequestDetail:
    """Return all of a request."""
    (kind,) = await store.types(connection, asking.locale, standing.view.type.code)
    return RequestDetail(
        request=standing.view,
        details=standing.details,
        answers=store.answer_views(kind, standing.answers, asking.locale),
        terminal=standing.terminal,
        transaction=standing.transaction,
        contract=standing.contract,
        entries=await store.entries(connection, standing.id),
        statuses=kind.statuses,
        people=[
            PersonRef(encode_id("agent", one.id), one.name) for one in await people_for(connection, standing)
        ],
        teams=await store.teams(connection, asking.locale),
        revision=_revision_of(standing.view),
    )


def _revision_of(view: RequestView) -> int:
    return revision_of(view.title, view.priority, view.due_on, view.team.code)


def checked_date(text: str) -> date | None:
    """Return a date, None for no text. Raises: RequestRefused."""
    try:
        return rules.day_of(text) if text else None
    except ValueError as error:
        raise RequestRefused(FieldProblem("due_on", "malformed", "YYYY-MM-DD")) from error


async def _whole(on: Act) -> Asking:
    # What the caller just did may have taken the request out of their sight: they are still told how it ended.
    teams = [one.code for one in await store.teams(on.connection, on.asking.locale)]
    return on.asking._replace(scope=EVERYTHING, teams=teams)


def _position(standing: Standing) -> tuple[str, str, str]:
    rank, due, raw = standing.position
    return str(rank), due, encode_id("request", raw)


def _after(cursor: str | None) -> tuple[int, date, bytes] | None:
    parts = parts_in(cursor, 3)
    if parts is None:
        return None
    rank, due, raw = parts
    try:
        return _RANKS.index(rank), date.fromisoformat(due), id_of_part("request", raw)
    except ValueError as error:
        raise CursorMalformed from error
