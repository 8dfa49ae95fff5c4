"""Blocks of a store, a service or a terminal."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from core.contracts import desk_requests as ask
from core.contracts.desk_views import Block, BlockList, TargetKind
from core.contracts.states import BlockTarget
from gateway.core_client import Caller, CoreClient
from gateway.problems import Problem
from gateway.v1.reading import Cursor, Limit, body_id, cursor_id, path_id
from gateway.v1.writing import IdempotencyKey, ReasonText, optional_key, write

_TARGETS = {"sto": "store", "svc": "service", "ter": "terminal"}


class TargetBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to block."""

    kind: TargetKind
    id: Annotated[str, msgspec.Meta(max_length=40)]


class BlockBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to block and why."""

    target: TargetBody
    reason: ReasonText


class LiftBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why the block ends."""

    reason: ReasonText


@post(
    "/blocks",
    summary="Block",
    tags=["Blocks"],
    status_code=201,
    responses={201: ResponseSpec(Block, description="The block")},
)
async def make_block(
    data: BlockBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """Refuse the target's payments from its next transaction on."""
    body = ask.MakeBlock(
        target_kind=int(BlockTarget[data.target.kind.upper()]),
        target_id=body_id(data.target.kind, data.target.id, "target.id"),
        reason=data.reason,
        idempotency_key=optional_key(idempotency_key),
    )
    return await write(core, caller, ask.BLOCK, body, 201)


@post(
    "/blocks/{block_id:str}/lift",
    summary="Lift a block",
    tags=["Blocks"],
    status_code=200,
    responses={200: ResponseSpec(Block, description="The block, ended")},
)
async def lift_block(
    block_id: str, data: LiftBody, caller: Caller, core: CoreClient, idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    """End a block: payments are possible again from the next transaction on."""
    body = ask.LiftBlock(
        id=path_id("block", block_id), reason=data.reason, idempotency_key=optional_key(idempotency_key)
    )
    return await write(core, caller, ask.LIFT, body, 200)


@get(
    "/blocks",
    summary="List blocks, newest first",
    tags=["Blocks"],
    opt={"query": frozenset({"target", "standing", "limit", "cursor"})},
)
async def list_blocks(
    caller: Caller,
    core: CoreClient,
    target: Annotated[str | None, QueryParameter(description="Id of a store, service or terminal")] = None,
    standing: bool | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> BlockList:
    """Return blocks, standing and lifted."""
    target_id = None
    if target is not None:
        kind = _TARGETS.get(target.partition("_")[0])
        if kind is None:
            raise Problem.of_field("target")
        target_id = body_id(kind, target, "target")
    body = ask.ListBlocks(target_id, standing, limit, cursor_id("block", cursor))
    return await core.ask(ask.BLOCKS, body, BlockList, caller=caller)
