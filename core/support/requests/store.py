"""Statements of requests as typed functions."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec

from core.contracts.references import CompanyRef, PersonRef, StoreRef, TerminalRef
from core.contracts.requests import (
    AnswerView,
    CodeName,
    FieldOfType,
    ListRequests,
    RequestEntryView,
    RequestTypeView,
    RequestView,
    StatusOfType,
    TeamView,
)
from core.contracts.scope import Scope
from core.db.queries import load_beside
from core.db.rows import Connection, uuid_of, uuid_or_none
from core.support.requests.people import Person, Place, StoredGrant, person_of
from core.values.clock import from_unix_us
from core.values.ids import encode_id
from core.values.revisions import revision_of
from core.values.timestamps import timestamp, timestamp_or_none

_SQL = load_beside(__file__)
_LATE_MAX: Final = timedelta(days=62)
_AHEAD_MAX: Final = timedelta(days=3)


class Asking(NamedTuple):
    """Who looks: where they see, who they are, which queues are theirs, in which language, on which day."""

    scope: Scope
    agent_id: bytes
    teams: list[str]
    locale: str
    today: date


class Standing(NamedTuple):
    """A request as it stands: what is shown in lists, and the rest."""

    id: bytes
    view: RequestView
    final: bool
    details: str
    answers: dict[str, str]
    due_on: date | None
    author_id: bytes
    assignee_id: bytes | None
    place: tuple[bytes, bytes | None] | None  # company, store
    terminal: TerminalRef | None
    transaction: str | None
    contract: str | None
    position: tuple[int, str, bytes]  # rank (late, open, closed), due date, id


class Found(NamedTuple):
    """The place that a reference stands for."""

    company_id: bytes
    store_id: bytes | None
    terminal_id: bytes | None


async def list_requests(
    connection: Connection,
    asking: Asking,
    wanted: ListRequests,
    *,
    pattern: str = "",
    request_id: bytes | None = None,
    code: str | None = None,
    closed: bool | None = None,
    after: tuple[int, date, bytes] | None = None,
    limit: int = 1,
) -> list[Standing]:
    """Return requests that the asking one sees: late ones first, then by due date."""
    rank, due, last = after or (None, None, None)
    rows = await connection.fetch(
        _SQL.list_requests,
        asking.scope.parameter(),
        uuid_of(asking.agent_id),
        asking.teams,
        uuid_or_none(request_id),
        code,
        wanted.box,
        closed,
        asking.today,
        wanted.late,
        wanted.type,
        uuid_or_none(wanted.company),
        uuid_or_none(wanted.store),
        wanted.priority,
        pattern,
        rank,
        due,
        uuid_or_none(last),
        limit,
    )
    return [_standing_of(row, asking) for row in rows]


async def count_boxes(connection: Connection, asking: Asking) -> dict[str, int]:
    """Return how many open requests stand in each box, and how many of one's own are late."""
    row = await connection.fetchrow(
        _SQL.count_boxes, asking.scope.parameter(), uuid_of(asking.agent_id), asking.teams, asking.today
    )
    return {} if row is None else dict(row)


async def lock_request(connection: Connection, request_id: bytes) -> None:
    """Keep others from writing to the request meanwhile."""
    await connection.fetchrow(_SQL.lock_request, uuid_of(request_id))


async def find_place(connection: Connection, scope: Scope, kind: str, raw: bytes) -> Found | None:
    """Return where a company, store, terminal, transaction or contract is; None out of scope."""
    arguments: tuple[Any, ...] = (scope.parameter(), uuid_of(raw))
    if kind == "transaction":
        # The day is in the id; a business date is near it, or older by what an advice may be late.
        day = from_unix_us(int.from_bytes(raw[:6], "big") * 1000).date()
        arguments = (*arguments, day - _LATE_MAX, day + _AHEAD_MAX)
    statement = {
        "company": _SQL.place_of_company,
        "store": _SQL.place_of_store,
        "terminal": _SQL.place_of_terminal,
        "transaction": _SQL.place_of_transaction,
        "contract": _SQL.place_of_contract,
    }[kind]
    row = await connection.fetchrow(statement, *arguments)
    if row is None:
        return None
    store_id, terminal_id = row["store_id"], row["terminal_id"]
    return Found(row["company_id"].bytes, store_id and store_id.bytes, terminal_id and terminal_id.bytes)


async def place_for(connection: Connection, place: tuple[bytes, bytes | None] | None) -> Place | None:
    """Return the stores by which it is decided who sees a request."""
    if place is None:
        return None
    company_id, store_id = place
    rows = await connection.fetch(_SQL.places_of_company, uuid_of(company_id))
    stores = [(row["department"], row["id"].bytes) for row in rows]
    if store_id is not None:
        stores = [one for one in stores if one[1] == store_id]
    return Place(company_id, stores, named=store_id is not None)


async def add_request(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write a new request."""
    await connection.execute(
        _SQL.add_request,
        uuid_of(row["id"]),
        row["code"],
        row["type"],
        row["status"],
        row["title"],
        row["details"],
        msgspec.json.encode(row["answers"]).decode(),
        row["priority"],
        row["team"],
        uuid_of(row["author_id"]),
        uuid_or_none(row["assignee_id"]),
        row["due_on"],
        uuid_or_none(row["company_id"]),
        uuid_or_none(row["store_id"]),
        uuid_or_none(row["terminal_id"]),
        uuid_or_none(row["contract_id"]),
        uuid_or_none(row["transaction_id"]),
        row["at"],
    )


async def assign(connection: Connection, request_id: bytes, agent_id: bytes | None, now: datetime) -> None:
    """Give a locked request to an agent, or back to its team."""
    await connection.execute(_SQL.assign_request, uuid_of(request_id), uuid_or_none(agent_id), now)


async def move(connection: Connection, request_id: bytes, status: StatusOfType, now: datetime) -> None:
    """Put a locked request into a status; a final one closes it, another opens it."""
    await connection.execute(_SQL.move_request, uuid_of(request_id), status.code, now, status.final)


async def change(
    connection: Connection,
    request_id: bytes,
    *,
    title: str,
    priority: str,
    due_on: date | None,
    team: str,
    now: datetime,
) -> None:
    """Change what may change of a locked request."""
    await connection.execute(_SQL.change_request, uuid_of(request_id), title, priority, due_on, team, now)


async def touch(connection: Connection, request_id: bytes, now: datetime) -> None:
    """Say that something happened to a locked request."""
    await connection.execute(_SQL.touch_request, uuid_of(request_id), now)


async def add_entry(
    connection: Connection,
    request_id: bytes,
    *,
    agent_id: bytes,
    at: datetime,
    kind: str,
    body: str = "",
    facts: dict[str, str] | None = None,
) -> None:
    """Append to what was said and done."""
    encoded = msgspec.json.encode(facts or {}).decode()
    await connection.execute(_SQL.add_entry, uuid_of(request_id), uuid_of(agent_id), at, kind, body, encoded)


async def entries(connection: Connection, request_id: bytes) -> list[RequestEntryView]:
    """Return what was said and done, oldest first."""
    return [
        RequestEntryView(
            id=row["id"].hex,
            kind=row["kind"],
            at=timestamp(row["at"]),
            by=PersonRef(encode_id("agent", row["agent_id"].bytes), row["agent_name"]),
            body=row["body"],
            facts=msgspec.json.decode(row["facts"], type=dict[str, str]),
        )
        for row in await connection.fetch(_SQL.entries, uuid_of(request_id))
    ]


async def types(connection: Connection, locale: str, code: str | None = None) -> list[RequestTypeView]:
    """Return every type with its statuses in order, or one."""
    statuses: dict[str, list[StatusOfType]] = {}
    for row in await connection.fetch(_SQL.statuses, code):
        statuses.setdefault(row["type"], []).append(
            StatusOfType(row["code"], row["name_fr"], row["name_en"], row["final"])
        )
    return [
        RequestTypeView(
            code=row["code"],
            name=_name(row, "name", locale),
            name_fr=row["name_fr"],
            name_en=row["name_en"],
            team=row["team"],
            due_days=row["due_days"],
            fields=msgspec.json.decode(row["fields"], type=list[FieldOfType]),
            statuses=statuses.get(row["code"], []),
            retired=row["retired"],
            revision=revision_of(
                *(row[name] for name in ("name_fr", "name_en", "team", "due_days", "fields", "retired")),
                statuses.get(row["code"], []),
            ),
        )
        for row in await connection.fetch(_SQL.types, code)
    ]


async def lock_types(connection: Connection) -> None:
    """Let one change of the configuration happen at a time."""
    await connection.fetchval(_SQL.lock_types)


async def put_type(connection: Connection, wish: RequestTypeView, now: datetime) -> str | None:
    """Write a type and its statuses; return a status in use that would open or close requests by itself."""
    codes = [status.code for status in wish.statuses]
    finals = [status.final for status in wish.statuses]
    if standing := await connection.fetchval(_SQL.final_in_use, wish.code, codes, finals):
        return standing
    await connection.execute(
        _SQL.put_type,
        wish.code,
        wish.name_fr,
        wish.name_en,
        wish.team,
        wish.due_days,
        msgspec.json.encode(wish.fields).decode(),
        wish.retired,
        now,
    )
    await connection.execute(_SQL.retire_statuses, wish.code, codes)
    await connection.execute(
        _SQL.put_statuses,
        wish.code,
        codes,
        [status.name_fr for status in wish.statuses],
        [status.name_en for status in wish.statuses],
        finals,
    )
    return None


async def teams(connection: Connection, locale: str) -> list[TeamView]:
    """Return the queues there are."""
    return [TeamView(row["code"], _name(row, "name", locale)) for row in await connection.fetch(_SQL.teams)]


async def people(connection: Connection) -> list[Person]:
    """Return every agent who works on requests."""
    return [
        person_of(
            agent_id=row["id"].bytes,
            name=row["name"],
            email=row["email"],
            locale=row["locale"],
            grants=msgspec.json.decode(row["grants"], type=list[StoredGrant]),
        )
        for row in await connection.fetch(_SQL.people)
    ]


async def named(connection: Connection, handles: list[str]) -> list[str]:
    """Return the names of the agents that stand behind these, before the @ of their addresses."""
    if not handles:
        return []
    return [row["name"] for row in await connection.fetch(_SQL.named_agents, handles)]


async def held_by_disabled(connection: Connection, *, limit: int) -> list[asyncpg.Record]:
    """Lock and return open requests whose assignee is disabled."""
    return await connection.fetch(_SQL.held_by_disabled, limit)


def answer_views(kind: RequestTypeView, answers: dict[str, str], locale: str) -> list[AnswerView]:
    """Return answers in the order of the fields; those to fields that are gone come last, under their code."""
    names = {field.code: field.name_en if locale == "en" else field.name_fr for field in kind.fields}
    known = [AnswerView(code, name, answers[code]) for code, name in names.items() if code in answers]
    return [*known, *(AnswerView(code, code, text) for code, text in answers.items() if code not in names)]


def _standing_of(row: asyncpg.Record, asking: Asking) -> Standing:
    company_id, store_id, terminal_id = row["company_id"], row["store_id"], row["terminal_id"]
    company = company_id and CompanyRef(encode_id("company", company_id.bytes), row["legal_name"])
    store = store_id and StoreRef(encode_id("store", store_id.bytes), row["store_name"], row["department"])
    assignee = row["assignee_id"]
    view = RequestView(
        id=encode_id("request", row["id"].bytes),
        code=row["code"],
        title=row["title"],
        type=CodeName(row["type"], _name(row, "type", asking.locale)),
        status=CodeName(row["status"], _name(row, "status", asking.locale)),
        team=CodeName(row["team"], _name(row, "team", asking.locale)),
        priority=row["priority"],
        company=company,
        store=store,
        author=PersonRef(encode_id("agent", row["author_id"].bytes), row["author_name"]),
        assignee=assignee and PersonRef(encode_id("agent", assignee.bytes), row["assignee_name"]),
        due_on=row["due_on"] and row["due_on"].isoformat(),
        late=row["rank"] == 0,
        created_at=timestamp(row["created_at"]),
        changed_at=timestamp(row["changed_at"]),
        closed_at=timestamp_or_none(row["closed_at"]),
    )
    transaction_id, contract_id = row["transaction_id"], row["contract_id"]
    return Standing(
        id=row["id"].bytes,
        view=view,
        final=row["final"],
        details=row["details"],
        answers=msgspec.json.decode(row["answers"], type=dict[str, str]),
        due_on=row["due_on"],
        author_id=row["author_id"].bytes,
        assignee_id=assignee and assignee.bytes,
        place=company_id and (company_id.bytes, store_id and store_id.bytes),
        terminal=terminal_id and TerminalRef(encode_id("terminal", terminal_id.bytes), row["terminal"]),
        transaction=transaction_id and encode_id("transaction", transaction_id.bytes),
        contract=contract_id and encode_id("contract", contract_id.bytes),
        position=(row["rank"], row["due"].isoformat(), row["id"].bytes),
    )


def _name(row: asyncpg.Record, name: str, locale: str) -> str:
    return row[f"{name}_{'en' if locale == 'en' else 'fr'}"]
