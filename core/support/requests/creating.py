"""A new request: its type's questions answered, its place within the writer's scope."""

from datetime import date
from typing import Final

import asyncpg
import msgspec

from core.contracts.desk import FieldProblem
from core.contracts.listing import Written
from core.contracts.refusals import Faults
from core.contracts.requests import CreateRequest, RequestKey, RequestTypeView
from core.db.ids import new_id
from core.db.rows import Connection
from core.identity.api import EVERYTHING, SignedIn, WriteOnce, record_action
from core.support.requests import notifying, rules, store
from core.support.requests.errors import RequestRefused
from core.support.requests.handlers import asking_of, checked_date, detail_of, find, people_for
from core.support.requests.store import Asking, Found
from core.values.clock import Clock
from core.values.request_codes import code_of

_REFERENCES: Final = ("transaction", "terminal", "contract", "store", "company")
"""The narrowest first: it brings the others with it."""


class RequestCreation:
    """Operations on new requests."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def create(self, caller: SignedIn, request: CreateRequest) -> Written:
        """Write a request into its team's queue. Raises: RequestRefused, KeyReused."""
        now = self._clock.now()
        asking = asking_of(caller, now)

        async def effect(connection: Connection) -> bytes:
            made_id = new_id(self._clock)
            kind, place, due_on = await _checked(connection, asking, request)
            await store.add_request(
                connection,
                {
                    "id": made_id,
                    "code": code_of(made_id),
                    "type": kind.code,
                    "status": rules.first_status(kind).code,
                    "title": request.title,
                    "details": request.details,
                    "answers": {code: text for code, text in request.answers.items() if text},
                    "priority": request.priority,
                    "team": kind.team,
                    "author_id": caller.agent_id,
                    "assignee_id": None,
                    "due_on": due_on,
                    "company_id": place and place.company_id,
                    "store_id": place and place.store_id,
                    "terminal_id": place and place.terminal_id,
                    "contract_id": request.contract,
                    "transaction_id": request.transaction,
                    "at": now,
                },
            )
            whole = asking._replace(scope=EVERYTHING)
            standing = await find(connection, whole, RequestKey(made_id))
            await store.add_entry(
                connection, made_id, agent_id=caller.agent_id, at=now, kind="created", facts={}
            )
            if request.assignee is not None:
                people = {one.id: one for one in await people_for(connection, standing)}
                to = people.get(request.assignee)
                if to is None:
                    raise RequestRefused(
                        FieldProblem("assignee", "not_for_them", "somebody who may see this request")
                    )
                await store.assign(connection, made_id, to.id, now)
                await store.add_entry(
                    connection,
                    made_id,
                    agent_id=caller.agent_id,
                    at=now,
                    kind="assigned",
                    facts={"to": to.name},
                )
                await notifying.tell_assigned(
                    connection, standing, to=to, by=caller.name, by_id=caller.agent_id, at=now
                )
            detail = await detail_of(connection, whole, await find(connection, whole, RequestKey(made_id)))
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="request.created",
                target_kind="request",
                target_id=made_id,
                facts={"code": detail.request.code, "type": kind.code},
            )
            return msgspec.json.encode(detail)

        return await self._write(caller, request, effect)


async def _checked(
    connection: Connection, asking: Asking, request: CreateRequest
) -> tuple[RequestTypeView, Found | None, date | None]:
    """Return the type, the place and the day of a new request. Raises: RequestRefused, with all that is wrong."""
    faults = Faults()
    found = await store.types(connection, asking.locale, request.type)
    kind = found[0] if found and not found[0].retired else None
    if kind is None:
        faults.note("type", "unknown_value")
        faults.read(lambda: checked_date(request.due_on or ""))
    else:
        faults.found += rules.answer_problems(kind.fields, request.answers)
    due_on = None if kind is None else faults.read(lambda: _due_on(kind, request, asking.today))
    place = await _place_for(connection, asking, request, faults)
    if kind is None or faults.found:
        raise RequestRefused(*faults.found)
    return kind, place, due_on


async def _place_for(
    connection: Connection, asking: Asking, request: CreateRequest, faults: Faults
) -> Found | None:
    """Return where it is about, None for nowhere; what is wrong with its references is noted."""
    place: Found | None = None
    for kind in _REFERENCES:
        raw = getattr(request, kind)
        if raw is None:
            continue
        found = await store.find_place(connection, asking.scope, kind, raw)
        if found is None:
            faults.note(kind, "unknown", "nothing stands under this id for you")
        elif place is not None and found.company_id != place.company_id:
            faults.note(kind, "contradicts", "it belongs to another company")
        elif place is None or place.store_id is None:
            place = found
        elif found.store_id not in (None, place.store_id):
            faults.note(kind, "contradicts", "it belongs to another store")
    return place


def _due_on(kind: RequestTypeView, request: CreateRequest, today: date) -> date | None:
    checked_date(request.due_on or "")
    wished = rules.due_on(kind, wished=request.due_on, today=today)
    if request.due_on and wished is not None and wished < today:
        raise RequestRefused(FieldProblem("due_on", "past", "today or later"))
    return wished
