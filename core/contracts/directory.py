"""The directory: stores, and what is blocked in it. Operations and requests."""

from typing import Annotated, Final

import msgspec

from core.contracts.desk_views import Block, BlockList, StorePage, TargetKind
from core.contracts.ids import BlockedId, BlockId, StoreId
from core.contracts.listing import Limit, Paged, Why, Words
from core.contracts.merchants import StoreRecord
from core.contracts.operation import ACT, GET, POST, Operation, somewhere
from core.contracts.permissions import Permission


class ListStores(Paged, kw_only=True):
    """Stores by name, city, company, SIRET, postcode or acceptor number."""

    query: Words = ""


class OneStore(msgspec.Struct, kw_only=True):
    """A store with its services, terminals, standing blocks and contacts."""

    id: StoreId


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
STORES = Operation(
    "stores.list", ListStores, StorePage, _DIRECTORY_READ, http=GET("/stores", "Search stores")
)
STORE = Operation("stores.one", OneStore, StoreRecord, _DIRECTORY_READ, http=GET("/stores/{id}", "One store"))
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
