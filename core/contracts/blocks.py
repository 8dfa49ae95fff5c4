"""Blocks of stores, services and terminals. Operations, requests and public shapes."""

from typing import Annotated, Final

import msgspec

from core.contracts.ids import BlockedId, BlockId
from core.contracts.listing import Limit, Paged, Why
from core.contracts.operation import ACT, GET, POST, Operation, somewhere
from core.contracts.permissions import Permission
from core.contracts.references import PersonRef, TargetKind, Timestamp


class BlockTargetView(msgspec.Struct):
    """What a block stops, and the time zone of its store; the label is for people."""

    kind: TargetKind
    id: str
    label: str
    time_zone: str = ""


class Block(msgspec.Struct):
    """A block: who, when, why, and the same for its end."""

    id: str
    target: BlockTargetView
    reason: str
    blocked_by: PersonRef
    blocked_at: Timestamp
    lifted_at: Timestamp | None
    lifted_by: PersonRef | None
    lift_reason: str | None


class BlockList(msgspec.Struct):
    """Newest first."""

    data: list[Block]
    next_cursor: str | None = None


class ListBlocks(Paged, kw_only=True):
    """Blocks, standing and lifted."""

    target: Annotated[BlockedId, msgspec.Meta(description="Id of a store, service or terminal")] | None = None
    standing: bool | None = None
    limit: Limit = 100


class BlockedThing(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to block."""

    kind: TargetKind
    id: BlockedId


class MakeBlock(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to block and why."""

    target: BlockedThing
    reason: Why
    idempotency_key: str = ""


class LiftBlock(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why the block ends."""

    id: BlockId
    reason: Why
    idempotency_key: str = ""


_BLOCK: Final = "Refuse the target's payments from its next transaction on."
_LIFT: Final = "End a block: payments are possible again from the next transaction on."


_DIRECTORY_READ: Final = somewhere(Permission.DIRECTORY_READ)
_BLOCKS_WRITE: Final = somewhere(Permission.BLOCKS_WRITE)
BLOCKS = Operation(
    "blocks.list", ListBlocks, BlockList, _DIRECTORY_READ, http=GET("/blocks", "List blocks, newest first")
)
BLOCK = Operation(
    "blocks.make",
    MakeBlock,
    Block,
    _BLOCKS_WRITE,
    http=POST("/blocks", "Block", _BLOCK),
    audit=("block.made",),
)
LIFT = Operation(
    "blocks.lift",
    LiftBlock,
    Block,
    _BLOCKS_WRITE,
    http=ACT("/blocks/{id}/lift", "Lift a block", _LIFT),
    audit=("block.lifted",),
)
