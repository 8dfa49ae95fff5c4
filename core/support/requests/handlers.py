"""Requests: look, write, assign, comment, move, change."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Final, NamedTuple

import asyncpg
import msgspec

from core.contracts.desk import FieldProblem
from core.contracts.desk_requests import PAGE_ROWS_MAX, Written
from core.contracts.desk_views import PersonRef
from core.contracts.refusals import NotFound
from core.contracts.requests import (
    AssignRequest,
    ChangeRequest,
    CommentRequest,
    ListRequests,
    MoveRequest,
    RequestDetail,
    RequestKey,
    RequestPage,
    RequestTypeView,
    StatusOfType,
)
from core.db.rows import Connection
from core.db.words import like_pattern
from core.identity.api import EVERYTHING, Permission, SignedIn, WriteOnce, record_action, require
from core.support.requests import rules, store, telling
from core.support.requests.errors import RequestClosed, RequestNotClosed, RequestRefused, StatusStanding
from core.support.requests.people import Person
from core.support.requests.store import Asking, Standing
from core.values.clock import Clock, paris_date
from core.values.cursors import encode_cursor
from core.values.ids import encode_id

_ALL: Final = ListRequests(box="all")


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
    """The door to requests."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._once = WriteOnce(pool, clock)

    async def requests(self, caller: SignedIn, request: ListRequests, locale: str) -> RequestPage:
        """Return a box of requests: late ones first, then by due date."""
        asking = asking_of(caller, self._clock.now(), locale)
        limit = min(request.limit, PAGE_ROWS_MAX)
        async with self._pool.acquire() as connection:
            found = await store.list_requests(
                connection,
                asking,
                request,
                pattern=like_pattern(request.query),
                closed=request.closed,
                limit=limit + 1,
            )
            counts = await store.count_boxes(connection, asking)
        page = found[:limit]
        cursor = None
        if len(found) > limit:
            rank, due, raw = page[-1].position
            cursor = encode_cursor(str(rank), due, encode_id("request", raw))
        return RequestPage([one.view for one in page], cursor, counts)

    async def request(self, caller: SignedIn, request: RequestKey, locale: str) -> RequestDetail:
        """Return one request with all that was said and done. Raises: NotFound."""
        asking = asking_of(caller, self._clock.now(), locale)
        async with self._pool.acquire() as connection:
            return await detail_of(connection, asking, await find(connection, asking, request))

    async def assign(self, caller: SignedIn, request: AssignRequest, locale: str) -> Written:
        """Give a request to somebody who may see it, take it, or give it back to its team.

        Raises: NotPermitted, NotFound, RequestClosed, RequestRefused, KeyReused.
        """

        async def act(on: Act) -> None:
            if on.standing.final:
                raise RequestClosed
            wished = caller.agent_id if request.me else request.assignee_id
            to = None
            if wished is not None:
                to = await self._person(on, wished, field="assignee")
            if wished == on.standing.assignee_id:
                return
            await store.assign(on.connection, on.standing.id, wished, on.now)
            facts = {"to": "" if to is None else to.name}
            await on.note("assigned", body=request.comment.strip(), facts=facts)
            if to is not None:
                await telling.tell_assigned(
                    on.connection, on.standing, to=to, by=caller.name, by_id=caller.agent_id, at=on.now
                )

        facts = {"assignee": "me" if request.me else _agent_text(request.assignee_id)}
        return await self._write(caller, locale, request, request.key, "request.assigned", facts, act)

    async def comment(self, caller: SignedIn, request: CommentRequest, locale: str) -> Written:
        """Say something and tell those who are mentioned. Raises: NotPermitted, NotFound, RequestRefused, KeyReused."""
        body = request.body.strip()
        if not 1 <= len(body) <= rules.BODY_MAX:
            raise RequestRefused(FieldProblem("body", "length", f"1 to {rules.BODY_MAX} characters"))

        async def act(on: Act) -> None:
            named = [(await self._person(on, one, field="mentions")).id for one in request.mentions]
            handles = {one.handle: one.id for one in await self._people(on)}
            told = list(dict.fromkeys([*named, *rules.mentioned(body, handles)]))
            told = [one for one in told if one != caller.agent_id]
            await store.touch(on.connection, on.standing.id, on.now)
            await on.note("comment", body=body)
            await telling.tell_mentioned(
                on.connection, on.standing, to=told, by=caller.name, body=body, at=on.now
            )
            await telling.tell_followers(
                on.connection,
                on.standing,
                but={caller.agent_id, *told},
                by=caller.name,
                kind="request_comment",
                at=on.now,
            )

        facts = {"mentions": str(len(request.mentions))}
        return await self._write(caller, locale, request, request.key, "request.commented", facts, act)

    async def move(self, caller: SignedIn, request: MoveRequest, locale: str) -> Written:
        """Change the status; a final one closes the request, another one opens it again.

        Raises: NotPermitted, NotFound, RequestClosed, RequestNotClosed, StatusStanding, RequestRefused, KeyReused.
        """

        async def act(on: Act) -> None:
            status = _status_for(request, on.standing, await self._type_of(on))
            if status.code == on.standing.view.status.code:
                raise StatusStanding
            await store.move(on.connection, on.standing.id, status, on.now)
            kind = "closed" if status.final else "reopened" if on.standing.final else "status"
            names = {"from": on.standing.view.status.code, "to": status.code}
            await on.note(kind, body=request.comment.strip(), facts=names)
            moved = await find(on.connection, await _whole(on), RequestKey(on.standing.id))
            await telling.tell_followers(
                on.connection,
                moved,
                but={caller.agent_id},
                by=caller.name,
                kind="request_closed" if status.final else "request_status",
                at=on.now,
            )

        facts = {"status": request.status or ("close" if request.close else "reopen")}
        return await self._write(caller, locale, request, request.key, "request.moved", facts, act)

    async def change(self, caller: SignedIn, request: ChangeRequest, locale: str) -> Written:
        """Change title, priority, date or queue. Raises: NotPermitted, NotFound, RequestClosed, RequestRefused, KeyReused."""

        async def act(on: Act) -> None:
            if on.standing.final:
                raise RequestClosed
            view = on.standing.view
            title = view.title if request.title is None else checked_title(request.title)
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
        return await self._write(caller, locale, request, request.key, "request.changed", facts, act)

    async def _write(
        self,
        caller: SignedIn,
        locale: str,
        request: AssignRequest | CommentRequest | MoveRequest | ChangeRequest,
        key: RequestKey,
        kind: str,
        facts: dict[str, str],
        act: Callable[[Act], Awaitable[None]],
    ) -> Written:
        now = self._clock.now()
        asking = asking_of(caller, now, locale)

        async def effect(connection: Connection) -> bytes:
            found = await find(connection, asking, key)
            await store.lock_request(connection, found.id)
            # Once more under the lock: somebody may have closed it meanwhile.
            standing = await find(connection, asking, key)
            on = Act(connection, caller, asking, now, standing)
            await act(on)
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

        return await self._once(caller, request, effect, key=request.idempotency_key, path=kind)

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


def asking_of(caller: SignedIn, now: datetime, locale: str) -> Asking:
    """Return where a caller sees requests. Raises: NotPermitted."""
    scope = require(caller, Permission.REQUESTS_USE)
    teams = sorted({grant.role for grant in caller.grants if Permission.REQUESTS_USE in grant.permissions})
    return Asking(scope, caller.agent_id, teams, locale, paris_date(now))


async def find(connection: Connection, asking: Asking, key: RequestKey) -> Standing:
    """Return a request that the asking one sees. Raises: NotFound."""
    if key.id is None and not key.code:
        raise NotFound
    found = await store.list_requests(connection, asking, _ALL, request_id=key.id, code=key.code or None)
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
    )


def checked_title(title: str) -> str:
    """Return a title without blanks around it. Raises: RequestRefused."""
    stripped = title.strip()
    if not rules.TITLE_MIN <= len(stripped) <= rules.TITLE_MAX:
        raise RequestRefused(
            FieldProblem("title", "length", f"{rules.TITLE_MIN} to {rules.TITLE_MAX} characters")
        )
    return stripped


def checked_date(text: str) -> date | None:
    """Return a date, None for no text. Raises: RequestRefused."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise RequestRefused(FieldProblem("due_on", "malformed", "YYYY-MM-DD")) from error


async def _whole(on: Act) -> Asking:
    # What the caller just did may have taken the request out of their sight: they are still told how it ended.
    teams = [one.code for one in await store.teams(on.connection, on.asking.locale)]
    return on.asking._replace(scope=EVERYTHING, teams=teams)


def _status_for(request: MoveRequest, standing: Standing, kind: RequestTypeView) -> StatusOfType:
    if request.reopen:
        if not standing.final:
            raise RequestNotClosed
        return rules.first_status(kind)
    if request.close:
        if standing.final:
            raise RequestClosed
        status = rules.final_status(kind, request.status)
        if status is None:
            finals = ", ".join(one.code for one in kind.statuses if one.final)
            raise RequestRefused(FieldProblem("status", "required", f"one of: {finals}"))
        return status
    for status in kind.statuses:
        if status.code == request.status:
            return status
    codes = ", ".join(one.code for one in kind.statuses)
    raise RequestRefused(FieldProblem("status", "unknown_value", f"one of: {codes}"))


def _agent_text(agent_id: bytes | None) -> str:
    return "" if agent_id is None else encode_id("agent", agent_id)
