"""Sign-on, presence, the directory of terminals, blocks."""

from typing import Final

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from core.contracts.blocks import Block, BlockList, LiftBlock, ListBlocks, MakeBlock
from core.contracts.desk import FieldProblem
from core.contracts.listing import Written
from core.contracts.payment import Presence, SignOn, SignOnReply
from core.contracts.reasons import Reason
from core.contracts.refusals import NotFound, Refused
from core.contracts.states import BlockTarget
from core.contracts.terminals import OneTerminal, TerminalView
from core.db.rows import Connection
from core.identity.api import EVERYTHING, Permission, SignedIn, WriteOnce, find_doer, record_action
from core.terminals import store
from core.terminals.blocking import lift_on
from core.terminals.errors import AlreadyBlocked
from core.terminals.rules import refusal_of
from core.values.clock import Clock
from core.values.cursors import id_in, page_of
from core.values.ids import decode_id, encode_id

_TERMINALS_OF_STORE_MAX: Final = 200


class TerminalHandlers:
    """Operations on terminals and blocks."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._write = WriteOnce(pool, clock)

    async def sign_on(self, request: SignOn) -> SignOnReply:
        """Decide a sign-on; a welcome one is shown as connected."""
        known = await store.find_signing_on(self._pool, request.terminal)
        reason = refusal_of(request, known)
        if known is not None and reason is not Reason.NONE:
            await store.note_refused(self._pool, known.terminal_id, request, reason)
        if known is None or reason is not Reason.NONE:
            return SignOnReply(reason=int(reason), terminal_id=b"", dialect="", merchant_category="")
        await store.note_signed_on(self._pool, known.terminal_id, request)
        return SignOnReply(0, known.terminal_id, known.dialect, known.merchant_category)

    async def presence(self, batch: list[Presence]) -> None:
        """Note who is there and who is gone."""
        await store.note_presences(self._pool, batch)

    async def terminal(self, caller: SignedIn, request: OneTerminal) -> TerminalView:
        """Return one terminal. Raises: NotFound."""
        scope = caller.scope_of(Permission.DIRECTORY_READ)
        async with self._pool.acquire() as connection:
            found = await store.find_terminal(connection, scope, request.id, self._clock.now())
            if found is None:
                raise NotFound
            await self._add_blocks(connection, [found])
        return found

    async def terminals_of(
        self, caller: SignedIn, store_id: bytes, service_ids: list[bytes]
    ) -> tuple[list[TerminalView], list[Block]]:
        """Return a store's terminals, and the standing blocks of the store, its services and its terminals."""
        async with self._pool.acquire() as connection:
            terminals = await store.terminals_of(
                connection,
                caller.scope_of(Permission.DIRECTORY_READ),
                store_id,
                limit=_TERMINALS_OF_STORE_MAX,
                now=self._clock.now(),
            )
            await self._add_blocks(connection, terminals)
            targets = [store_id, *service_ids]
            blocks = await store.standing_blocks(connection, targets)
        return terminals, blocks + [one.block for one in terminals if one.block is not None]

    async def blocks(self, caller: SignedIn, request: ListBlocks) -> BlockList:
        """Return blocks, newest first."""
        found = await store.list_blocks(
            self._pool,
            caller.scope_of(Permission.DIRECTORY_READ),
            target_id=request.target,
            standing=request.standing,
            before=id_in("block", request.cursor),
            limit=request.limit + 1,
        )
        return BlockList(*page_of(found, request.limit, lambda last: (last.id,)))

    async def block(self, caller: SignedIn, request: MakeBlock) -> Written:
        """Block a store, service or terminal, effective at its next transaction.

        Raises: Refused for an id of another kind, NotFound, AlreadyBlocked, KeyReused.
        """
        scope = caller.scope_of(Permission.BLOCKS_WRITE)
        target_id = request.target.id
        if target_id.kind != request.target.kind:
            raise Refused("invalid_request", errors=[FieldProblem("target.id", "malformed")])
        kind = BlockTarget[request.target.kind.upper()]
        now = self._clock.now()

        async def effect(connection: PoolConnectionProxy) -> bytes:
            if not await store.lock_target(connection, scope, kind, target_id):
                raise NotFound
            made = await store.make_block(
                connection,
                kind=kind,
                target_id=target_id,
                reason=request.reason,
                agent_id=caller.agent_id,
                now=now,
            )
            if made is None:
                raise AlreadyBlocked(await find_doer(connection, target_id, "block.made"))
            await store.echo_block(connection, kind, target_id, now)
            await record_action(
                connection,
                agent_id=caller.agent_id,
                at=now,
                kind="block.made",
                target_kind=store.target_name(kind),
                target_id=target_id,
                facts={"block": encode_id("block", made), "reason": request.reason},
            )
            (block,) = await store.list_blocks(connection, EVERYTHING, block_id=made)
            return msgspec.json.encode(block)

        return await self._write(caller, request, effect)

    async def lift(self, caller: SignedIn, request: LiftBlock) -> Written:
        """End a block. Raises: NotFound, AlreadyLifted, KeyReused."""

        async def effect(connection: PoolConnectionProxy) -> bytes:
            block = await lift_on(
                connection, caller, request.id, reason=request.reason, now=self._clock.now()
            )
            return msgspec.json.encode(block)

        return await self._write(caller, request, effect)

    async def _add_blocks(self, connection: Connection, terminals: list[TerminalView]) -> None:
        by_id = {decode_id("terminal", terminal.id): terminal for terminal in terminals}
        for block in await store.standing_blocks(connection, list(by_id)):
            by_id[decode_id("terminal", block.target.id)].block = block
        for terminal_id, refusal in (await store.standing_refusals(connection, list(by_id))).items():
            by_id[terminal_id].refusal = refusal
