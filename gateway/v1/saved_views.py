"""Saved views of lists."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from core.contracts import supervision as ask
from core.contracts.desk_requests import ById, Nothing
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import body_id, path_id
from gateway.v1.writing import IdempotencyKey, optional_key, write

Value = Annotated[str, msgspec.Meta(max_length=80)]
Role = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z_]{1,39}$")]
Viewed = Annotated[ask.ViewedList, QueryParameter(name="list", description="Which list the view is of")]


class ViewBody(msgspec.Struct, forbid_unknown_fields=True):
    """Filters as in the address of the list's page, each with its values; dates only where they belong to the view."""

    list_: ask.ViewedList = msgspec.field(name="list")
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    filters: Annotated[
        dict[str, Annotated[list[Value], msgspec.Meta(max_length=20)]], msgspec.Meta(max_length=20)
    ] = {}
    columns: Annotated[list[Value], msgspec.Meta(max_length=20)] = []
    shared_role: Role | None = None


class DefaultBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which view a list opens with; None: plainly."""

    list_: ask.ViewedList = msgspec.field(name="list")
    view: Annotated[str, msgspec.Meta(max_length=40)] | None


@get("/views", summary="Saved views of a list", tags=["Supervision"], opt={"query": frozenset({"list"})})
async def list_views(caller: Caller, core: CoreClient, viewed: Viewed) -> ask.ViewList:
    """Return one's own views and those shared with one's roles, by name."""
    return await core.ask(ask.VIEWS, ask.ListViews(viewed), ask.ViewList, caller=caller)


@post(
    "/views",
    summary="Save a view",
    tags=["Supervision"],
    status_code=201,
    responses={201: ResponseSpec(ask.SavedView, description="The view")},
)
async def add_view(
    data: ViewBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Keep filters and columns under a name, for oneself or for a role that one holds."""
    body = _saving(data, None, optional_key(idempotency_key))
    return await write(core, caller, ask.VIEW_SAVE, body, 201)


@put(
    "/views/{view_id:str}",
    summary="Change a view",
    tags=["Supervision"],
    responses={200: ResponseSpec(ask.SavedView, description="The view")},
)
async def change_view(
    view_id: str, data: ViewBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Put another state in place of one of one's own views."""
    body = _saving(data, path_id("view", view_id), optional_key(idempotency_key))
    return await write(core, caller, ask.VIEW_SAVE, body, 200)


@delete("/views/{view_id:str}", summary="Delete a view", tags=["Supervision"])
async def delete_view(view_id: str, caller: Caller, core: CoreClient) -> None:
    """Delete one of one's own views."""
    await core.ask(ask.VIEW_DELETE, ById(path_id("view", view_id)), Nothing, caller=caller)


@put("/default-views", summary="Choose how a list opens", tags=["Supervision"], status_code=204)
async def choose_default(data: DefaultBody, caller: Caller, core: CoreClient) -> None:
    """Open a list with a view from now on, or plainly."""
    chosen = None if data.view is None else body_id("view", data.view, "view")
    await core.ask(ask.VIEW_DEFAULT, ask.ChooseDefault(data.list_, chosen), Nothing, caller=caller)


def _saving(data: ViewBody, view_id: bytes | None, key: str) -> ask.SaveView:
    return ask.SaveView(
        list_=data.list_,
        name=data.name,
        filters=data.filters,
        columns=data.columns,
        shared_role=data.shared_role,
        id=view_id,
        idempotency_key=key,
    )


HANDLERS = (list_views, add_view, change_view, delete_view, choose_default)
