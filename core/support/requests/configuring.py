"""Types of requests and their statuses, as the institution words them."""

import asyncpg
import msgspec

from core.contracts.desk import FieldProblem
from core.contracts.listing import Nothing, Written
from core.contracts.requests import RequestTypeList, RequestTypeView, SaveRequestType
from core.db.rows import Connection
from core.identity.api import SignedIn, WriteOnce, record_action, refuse_if_stale
from core.support.requests import store
from core.support.requests.errors import RequestRefused
from core.support.requests.rules import type_problems
from core.values.clock import Clock


class RequestTypes:
    """Operations on the configuration of requests."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def types(self, caller: SignedIn, _request: Nothing) -> RequestTypeList:
        """Return what requests can be made of, for whoever makes them."""
        async with self._pool.acquire() as connection:
            return RequestTypeList(
                await store.types(connection, caller.language), await store.teams(connection, caller.language)
            )

    async def save(self, caller: SignedIn, request: SaveRequestType) -> Written:
        """Make or change a type. Raises: ChangedMeanwhile, RequestRefused, KeyReused."""
        problems = type_problems(request)
        if problems:
            raise RequestRefused(*problems)
        now = self._clock.now()
        wish = RequestTypeView(
            code=request.code,
            name="",
            name_fr=request.name_fr,
            name_en=request.name_en,
            team=request.team,
            due_days=request.due_days,
            fields=request.fields,
            statuses=request.statuses,
            retired=request.retired,
        )

        async def effect(connection: Connection) -> bytes:
            await store.lock_types(connection)
            standing = await store.types(connection, caller.language, request.code)
            await refuse_if_stale(
                connection,
                target_kind="request_type",
                target_id=None,
                code=request.code,
                read=request.revision,
                present=standing[0].revision if standing else 0,
            )
            if request.team not in {one.code for one in await store.teams(connection, caller.language)}:
                raise RequestRefused(FieldProblem("team", "unknown_value"))
            clash = await store.put_type(connection, wish, now)
            if clash is not None:
                raise RequestRefused(
                    FieldProblem("statuses", "in_use", f"{clash}: requests have it, so what it means stays")
                )
            (made,) = await store.types(connection, caller.language, request.code)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="request_type.changed",
                target_kind="request_type",
                target_id=None,
                facts={
                    "code": request.code,
                    "team": request.team,
                    "statuses": ",".join(status.code for status in request.statuses),
                    "retired": request.retired,
                },
            )
            return msgspec.json.encode(made)

        return await self._write(caller, request, effect)
