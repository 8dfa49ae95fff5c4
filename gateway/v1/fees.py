"""Grids of acquiring fees: consult, edit, approve, and what a draft would have cost."""

from typing import Annotated, Final

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from core.contracts import fees as ask
from core.contracts.desk_requests import ById, Nothing
from gateway.core_client import Caller, CoreClient
from gateway.v1.reading import body_id, path_id
from gateway.v1.writing import IdempotencyKey, optional_key, write

_TAGS: Final = ["Fees"]
Rows = Annotated[list[ask.FeeRow], msgspec.Meta(max_length=ask.FEE_ROWS_MAX)]
Reason = Annotated[str, msgspec.Meta(max_length=500)]
Revision = Annotated[
    int, msgspec.Meta(ge=1, description="The version’s `revision` as it was read; approving must name it")
]
Day = Annotated[
    str | None, QueryParameter(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A day in Paris, included")
]


class GridBody(msgspec.Struct, forbid_unknown_fields=True):
    """A grid and its first draft."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=120, pattern=r"\S")]
    effective_on: ask.DateText
    rows: Rows
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "EUR"


class CompanyBody(msgspec.Struct, forbid_unknown_fields=True):
    """Who shall pay by the grid."""

    company: Annotated[str, msgspec.Meta(max_length=40)]


class VersionBody(msgspec.Struct, forbid_unknown_fields=True):
    """When the next version shall begin."""

    effective_on: ask.DateText


class RowsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Every row of a draft, and when it shall begin."""

    effective_on: ask.DateText
    rows: Rows
    revision: Revision | None = None


class ActBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to do with a version, and why."""

    act: ask.FeeAct
    reason: Reason = ""
    revision: Revision | None = None


@get("/fee-grids", summary="List the grids", tags=_TAGS)
async def list_grids(caller: Caller, core: CoreClient) -> ask.FeeGridList:
    """Return every grid with its version in force and the one on its way."""
    return await core.ask(ask.FEE_GRIDS, Nothing(), ask.FeeGridList, caller=caller)


@get("/fee-grids/{grid_id:str}", summary="One grid", tags=_TAGS)
async def one_grid(grid_id: str, caller: Caller, core: CoreClient) -> ask.FeeGridDetail:
    """Return a grid with its versions and who pays by it."""
    body = ById(path_id("fee_grid", grid_id))
    return await core.ask(ask.FEE_GRID, body, ask.FeeGridDetail, caller=caller)


@post(
    "/fee-grids",
    summary="Make a grid",
    tags=_TAGS,
    status_code=201,
    responses={201: ResponseSpec(ask.FeeGridDetail, description="The grid with its draft")},
)
async def make_grid(
    data: GridBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Make a grid whose first version is a draft."""
    body = ask.MakeGrid(data.name, data.currency, data.effective_on, data.rows, optional_key(idempotency_key))
    return await write(core, caller, ask.FEE_GRID_MADE, body, 201)


@post(
    "/fee-grids/{grid_id:str}/companies",
    summary="Let a company pay by a grid",
    tags=_TAGS,
    status_code=200,
    responses={200: ResponseSpec(ask.FeeGridDetail, description="The grid")},
)
async def assign_grid(
    grid_id: str, data: CompanyBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """From now on this company pays by this grid, whatever it paid by before."""
    body = ask.AssignGrid(
        path_id("fee_grid", grid_id),
        body_id("company", data.company, "company"),
        optional_key(idempotency_key),
    )
    return await write(core, caller, ask.FEE_GRID_ASSIGNED, body, 200)


@post(
    "/fee-grids/{grid_id:str}/versions",
    summary="Begin the next version",
    tags=_TAGS,
    status_code=201,
    responses={201: ResponseSpec(ask.FeeVersionDetail, description="The draft")},
)
async def make_version(
    grid_id: str, data: VersionBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Begin a draft with the rows of the newest version."""
    body = ask.MakeVersion(path_id("fee_grid", grid_id), data.effective_on, optional_key(idempotency_key))
    return await write(core, caller, ask.FEE_VERSION_MADE, body, 201)


@get("/fee-versions/{version_id:str}", summary="One version", tags=_TAGS)
async def one_version(version_id: str, caller: Caller, core: CoreClient) -> ask.FeeVersionDetail:
    """Return a version with its rows, its history and its differences from the one in force."""
    body = ById(path_id("fee_version", version_id))
    return await core.ask(ask.FEE_VERSION, body, ask.FeeVersionDetail, caller=caller)


@post(
    "/fee-versions/{version_id:str}/rows",
    summary="Edit a draft",
    tags=_TAGS,
    status_code=200,
    responses={200: ResponseSpec(ask.FeeVersionDetail, description="The draft")},
)
async def edit_version(
    version_id: str, data: RowsBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Replace every row of a draft, and its date."""
    body = ask.EditVersion(
        path_id("fee_version", version_id),
        data.effective_on,
        data.rows,
        data.revision,
        optional_key(idempotency_key),
    )
    return await write(core, caller, ask.FEE_VERSION_EDITED, body, 200)


@post(
    "/fee-versions/{version_id:str}/acts",
    summary="Submit, approve, send back or withdraw",
    tags=_TAGS,
    status_code=200,
    responses={200: ResponseSpec(ask.FeeVersionDetail, description="The version")},
)
async def move_version(
    version_id: str, data: ActBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Move a version. Whoever made, edited or submitted it cannot approve it."""
    body = ask.MoveVersion(
        path_id("fee_version", version_id),
        data.act,
        data.reason.strip(),
        data.revision,
        optional_key(idempotency_key),
    )
    return await write(core, caller, ask.FEE_VERSION_MOVED, body, 200)


@get(
    "/fee-versions/{version_id:str}/preview",
    summary="What a version would have cost",
    tags=_TAGS,
    opt={"query": frozenset({"first", "last"})},
)
async def preview(
    version_id: str, caller: Caller, core: CoreClient, first: Day = None, last: Day = None
) -> ask.FeePreview:
    """Price captured payments under the version in force and under this one; last month without days."""
    body = ask.PreviewFees(path_id("fee_version", version_id), first, last)
    return await core.ask(ask.FEE_PREVIEW, body, ask.FeePreview, caller=caller)


HANDLERS: tuple[ControllerRouterHandler, ...] = (
    list_grids,
    one_grid,
    make_grid,
    assign_grid,
    make_version,
    one_version,
    edit_version,
    move_version,
    preview,
)
