"""Internal requests."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import requests as ask
from core.contracts.desk_requests import Nothing
from core.contracts.texts import LINES
from core.values.request_codes import code_said
from gateway.core_client import Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.reading import Cursor, Limit, Words, body_id, cursor_parts
from gateway.v1.writing import IdempotencyKey, optional_key, write

Title = Annotated[str, msgspec.Meta(min_length=3, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=4_000), LINES]
Comment = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000), LINES]
Id = Annotated[str, msgspec.Meta(max_length=40)]
_DATE_MAX = 10


class RequestBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new request. It enters its type's queue; of what it is about, the narrowest brings the rest."""

    type: ask.Code
    title: Title
    details: Text = ""
    answers: Annotated[
        dict[str, Annotated[str, msgspec.Meta(max_length=2_000), LINES]], msgspec.Meta(max_length=20)
    ] = {}
    priority: ask.Priority = "normal"
    due_on: ask.Date | None = None
    company: Id | None = None
    store: Id | None = None
    terminal: Id | None = None
    transaction: Id | None = None
    contract: Id | None = None
    assignee: Id | None = None


class AssignBody(msgspec.Struct, forbid_unknown_fields=True):
    """An agent's id, `me`, or null to give the request back to its team."""

    assignee: Id | None
    comment: Text = ""


class CommentBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to say, and the ids of agents to tell; `@name` in the text tells too."""

    body: Comment
    mentions: Annotated[list[Id], msgspec.Meta(max_length=20)] = []


class StatusBody(msgspec.Struct, forbid_unknown_fields=True):
    """A status of the request's type."""

    status: ask.Code
    comment: Text = ""


class CloseBody(msgspec.Struct, forbid_unknown_fields=True):
    """The final status; it may be left out where the type has only one."""

    status: ask.Code | None = None
    comment: Text = ""


class ReopenBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why."""

    comment: Text = ""


class ChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays; an empty `due_on` takes the date away."""

    title: Title | None = None
    priority: ask.Priority | None = None
    due_on: Annotated[str, msgspec.Meta(pattern="^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")] | None = None
    team: ask.Code | None = None


class TypeBody(msgspec.Struct, forbid_unknown_fields=True):
    """A type of request: its queue, its days, what it asks, its statuses in order."""

    code: ask.Code
    name_fr: ask.Label
    name_en: ask.Label
    team: ask.Code
    statuses: Annotated[list[ask.StatusOfType], msgspec.Meta(min_length=2, max_length=ask.STATUSES_MAX)]
    due_days: Annotated[int, msgspec.Meta(ge=1, le=365)] | None = None
    fields: Annotated[list[ask.FieldOfType], msgspec.Meta(max_length=ask.FIELDS_MAX)] = []
    retired: bool = False


_DETAIL = ResponseSpec(ask.RequestDetail, description="The request as it stands now")
_FILTERS = frozenset(
    {"box", "closed", "late", "type", "company", "store", "priority", "query", "limit", "cursor"}
)


@get("/requests", summary="List requests, late ones first", tags=["Requests"], opt={"query": _FILTERS})
async def list_requests(
    caller: Caller,
    core: CoreClient,
    box: Annotated[
        ask.Box,
        QueryParameter(
            description="Given to me, to be taken, in my teams’ queues, written by me, all I may see"
        ),
    ] = "mine",
    closed: bool = False,
    late: bool = False,
    type_: Annotated[str | None, QueryParameter(name="type", max_length=40)] = None,
    company: Annotated[str | None, QueryParameter(description="A company’s id")] = None,
    store: Annotated[str | None, QueryParameter(description="A store’s id")] = None,
    priority: ask.Priority | None = None,
    words: Words = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ask.RequestPage:
    """Return a page of requests, and how many open ones stand in each box."""
    body = ask.ListRequests(
        box=box,
        closed=closed,
        late=late,
        type=type_,
        company_id=None if company is None else body_id("company", company, "company"),
        store_id=None if store is None else body_id("store", store, "store"),
        priority=priority,
        query=words,
        limit=limit,
        after=_after(cursor),
    )
    return await core.ask(ask.REQUESTS, body, ask.RequestPage, caller=caller)


@get("/requests/types", summary="Types of requests", tags=["Requests"])
async def list_types(caller: Caller, core: CoreClient) -> ask.RequestTypeList:
    """Return what requests can be made of, and the teams there are."""
    return await core.ask(ask.REQUEST_TYPES, Nothing(), ask.RequestTypeList, caller=caller)


@post(
    "/requests/types",
    summary="Make or change a type of request",
    tags=["Requests"],
    status_code=200,
    responses={200: ResponseSpec(ask.RequestTypeView, description="The type as it stands now")},
)
async def put_type(
    data: TypeBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Write a type under its code. Statuses that are left out stay on the requests that have them."""
    body = ask.PutRequestType(
        code=data.code,
        name_fr=data.name_fr,
        name_en=data.name_en,
        team=data.team,
        statuses=data.statuses,
        due_days=data.due_days,
        fields=data.fields,
        retired=data.retired,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.REQUEST_TYPE_PUT, body, 200)


@get("/requests/{request_id:str}", summary="One request", tags=["Requests"])
async def one_request(request_id: str, caller: Caller, core: CoreClient) -> ask.RequestDetail:
    """Return a request by its id or its code, with all that was said and done."""
    return await core.ask(ask.REQUEST, _key(request_id), ask.RequestDetail, caller=caller)


@post(
    "/requests",
    summary="Make a request",
    tags=["Requests"],
    status_code=201,
    responses={201: ResponseSpec(ask.RequestDetail, description="The request")},
)
async def make_request(
    data: RequestBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Write a request into the queue of its type's team."""

    def place(kind: str, text: str | None) -> bytes | None:
        return None if text is None else body_id("agent" if kind == "assignee" else kind, text, kind)

    body = ask.CreateRequest(
        type=data.type,
        title=data.title,
        details=data.details,
        answers=data.answers,
        priority=data.priority,
        due_on=data.due_on,
        company_id=place("company", data.company),
        store_id=place("store", data.store),
        terminal_id=place("terminal", data.terminal),
        transaction_id=place("transaction", data.transaction),
        contract_id=place("contract", data.contract),
        assignee_id=place("assignee", data.assignee),
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.REQUEST_CREATE, body, 201)


@post(
    "/requests/{request_id:str}/assign",
    summary="Assign or take",
    tags=["Requests"],
    status_code=200,
    responses={200: _DETAIL},
)
async def assign(
    request_id: str,
    data: AssignBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Give the request to somebody who may see it; they are told."""
    me = data.assignee == "me"
    body = ask.AssignRequest(
        key=_key(request_id),
        assignee_id=None if me or data.assignee is None else body_id("agent", data.assignee, "assignee"),
        me=me,
        comment=data.comment,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.REQUEST_ASSIGN, body, 200)


@post(
    "/requests/{request_id:str}/comments",
    summary="Comment",
    tags=["Requests"],
    status_code=200,
    responses={200: _DETAIL},
)
async def comment(
    request_id: str,
    data: CommentBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Add a comment and tell those who are mentioned, the author and the assignee."""
    body = ask.CommentRequest(
        key=_key(request_id),
        body=data.body,
        mentions=[body_id("agent", one, "mentions") for one in data.mentions],
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.REQUEST_COMMENT, body, 200)


@post(
    "/requests/{request_id:str}/status",
    summary="Change the status",
    tags=["Requests"],
    status_code=200,
    responses={200: _DETAIL},
)
async def change_status(
    request_id: str,
    data: StatusBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Put the request into a status of its type; a final one closes it."""
    body = ask.MoveRequest(
        _key(request_id),
        status=data.status,
        comment=data.comment,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.REQUEST_MOVE, body, 200)


@post(
    "/requests/{request_id:str}/close",
    summary="Close",
    tags=["Requests"],
    status_code=200,
    responses={200: _DETAIL},
)
async def close(
    request_id: str, data: CloseBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Put the request into a final status."""
    body = ask.MoveRequest(
        _key(request_id),
        status=data.status,
        close=True,
        comment=data.comment,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.REQUEST_MOVE, body, 200)


@post(
    "/requests/{request_id:str}/reopen",
    summary="Reopen",
    tags=["Requests"],
    status_code=200,
    responses={200: _DETAIL},
)
async def reopen(
    request_id: str,
    data: ReopenBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Put a closed request back to where its type begins."""
    body = ask.MoveRequest(
        _key(request_id),
        reopen=True,
        comment=data.comment,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.REQUEST_MOVE, body, 200)


@post(
    "/requests/{request_id:str}/change",
    summary="Change title, priority, date or queue",
    tags=["Requests"],
    status_code=200,
    responses={200: _DETAIL},
)
async def change(
    request_id: str,
    data: ChangeBody,
    caller: Caller,
    core: CoreClient,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Change what is given; what changed is kept with the request."""
    body = ask.ChangeRequest(
        key=_key(request_id),
        title=data.title,
        priority=data.priority,
        due_on=data.due_on,
        team=data.team,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.REQUEST_CHANGE, body, 200)


def _key(text: str) -> ask.RequestKey:
    if text.startswith("req_"):
        try:
            return ask.RequestKey(id=body_id("request", text, "id"))
        except Problem as error:
            raise Problem("not_found") from error
    code = code_said(text)
    if code is None:
        raise Problem("not_found")
    return ask.RequestKey(code=code)


def _after(cursor: str | None) -> tuple[int, str, bytes] | None:
    parts = cursor_parts(cursor, 3)
    if parts is None:
        return None
    rank, due, raw = parts
    if rank not in {"0", "1", "2"} or len(due) != _DATE_MAX:
        raise Problem.of_field("cursor")
    return int(rank), due, body_id("request", raw, "cursor")


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    list_requests,
    list_types,
    put_type,
    one_request,
    make_request,
    assign,
    comment,
    change_status,
    close,
    reopen,
    change,
)
