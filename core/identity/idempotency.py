"""A write under a key happens once: the same body gets the first answer, another body is refused.

A call that brings no key acts each time, under a claim of its own that nothing keeps.

The key is claimed and committed before the effect. `WriteOnce` commits the answer with the effect: whoever takes over
from a call that is slow, or that died after its commit, finds the answer there. An effect that cannot be one
transaction goes through `once`, which keeps the answer after it: after TAKE_OVER_AFTER the next call does the work
again, so that such an effect must be harmless to repeat, with what it needs for that made from the claim
(`Claim.made_id`).
"""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from core.contracts import ids
from core.contracts.listing import Written
from core.contracts.refusals import Refused
from core.identity import store
from core.identity.errors import KeyReused, StillRunning
from core.values.clock import Clock, to_unix_us
from core.values.ids import uuid7

TAKE_OVER_AFTER: Final = timedelta(seconds=20)
WAIT_S_MAX: Final = 12.0
_LOOK_EVERY_S: Final = 0.1


class Keyed(Protocol):
    """A request under a key; each act has a type of request of its own (core.contracts.operation.refuse_twins)."""

    @property
    def idempotency_key(self) -> str:
        """The caller's own; empty acts each time."""
        ...


class Keyholder(Protocol):
    """Whoever calls: an agent, a merchant's program, a customer."""

    @property
    def principal_id(self) -> bytes:
        """Whose keys they are: another's are others, though they read the same."""
        ...


class Claim(NamedTuple):
    """A key that this call may act under; for a call that brought none, a drawn one that is good for it alone."""

    principal_id: bytes
    key: str
    claimed_at: datetime
    taken_over: bool

    def made_id(self) -> bytes:
        """Return a UUIDv7 that every call under this claim makes alike."""
        digest = hashlib.sha256(self.principal_id + self.key.encode()).digest()
        return uuid7(
            unix_ms=to_unix_us(self.claimed_at) // 1000,
            sequence=int.from_bytes(digest[:2], "big"),
            randomness=int.from_bytes(digest[2:10], "big"),
        )


class WriteOnce:
    """What a handler holds for its writes: effect and answer in one transaction, under the key of who calls."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def __call__(
        self,
        caller: Keyholder,
        body: Keyed,
        effect: Callable[[PoolConnectionProxy], Awaitable[bytes]],
    ) -> Written:
        """Run `effect` under the request's key in one transaction with its answer, or return its first answer.

        Shape: an empty key acts each time; the type of the request and what it holds tell a repeat from another
        write; `effect` returns the answer as it goes out, encoded.
        Raises: KeyReused, StillRunning, and what `effect` raises.
        """
        principal_id, key = caller.principal_id, body.idempotency_key

        async def in_transaction(_claim: Claim) -> Written:
            async with self._pool.acquire() as connection, connection.transaction():
                if not key:
                    return Written(await effect(connection))
                # The row stays locked until the commit: of two who took over, one acts and the other one reads.
                kept = await store.lock_key(connection, principal_id=principal_id, key=key)
                if kept is not None:
                    return Written(kept, replayed=True)
                result = await effect(connection)
                await store.keep_result(connection, principal_id=principal_id, key=key, result=result)
                return Written(result)

        return await _under_key(self._pool, self._clock, caller, body, in_transaction)


async def once(
    pool: asyncpg.Pool,
    clock: Clock,
    caller: Keyholder,
    body: Keyed,
    effect: Callable[[Claim], Awaitable[bytes]],
) -> Written:
    """Run `effect` under the request's key, or return what its first run answered; run it at once when the key is empty.

    A Refused effect has changed nothing: its key is free again. Any other error keeps the claim.
    Raises: KeyReused, StillRunning, and what `effect` raises.
    """

    async def then_keep(claim: Claim) -> Written:
        result = await effect(claim)
        if body.idempotency_key:
            await store.keep_result(
                pool, principal_id=caller.principal_id, key=body.idempotency_key, result=result
            )
        return Written(result)

    return await _under_key(pool, clock, caller, body, then_keep)


async def _under_key(
    pool: asyncpg.Pool,
    clock: Clock,
    caller: Keyholder,
    body: Keyed,
    act: Callable[[Claim], Awaitable[Written]],
) -> Written:
    """Claim the key and act, or return what stands under it; `act` keeps its own answer."""
    principal_id, key = caller.principal_id, body.idempotency_key
    path = f"{type(body).__module__}.{type(body).__name__}"
    if not key:
        return await act(Claim(principal_id, secrets.token_hex(16), clock.now(), taken_over=False))
    body_hash = hashlib.sha256(path.encode() + b"\0" + ids.encode(body)).digest()
    claim = await _claim(pool, clock, principal_id=principal_id, key=key, path=path, body_hash=body_hash)
    if isinstance(claim, bytes):
        return Written(claim, replayed=True)
    try:
        return await act(claim)
    except StillRunning:
        raise
    except Refused:
        await store.release_key(pool, principal_id=principal_id, key=key)
        raise


async def _claim(
    pool: asyncpg.Pool, clock: Clock, *, principal_id: bytes, key: str, path: str, body_hash: bytes
) -> Claim | bytes:
    waited_s = 0.0
    while True:
        now = clock.now()
        taken = await store.claim_key(
            pool, principal_id=principal_id, key=key, path=path, body_hash=body_hash, now=now
        )
        if taken is None:
            return Claim(principal_id, key, now, taken_over=False)
        if taken.body_hash != body_hash:
            raise KeyReused
        if taken.result is not None:
            return taken.result
        if now - taken.created_at >= TAKE_OVER_AFTER:
            return Claim(principal_id, key, taken.created_at, taken_over=True)
        if waited_s >= WAIT_S_MAX:
            raise StillRunning
        await asyncio.sleep(_LOOK_EVERY_S)
        waited_s += _LOOK_EVERY_S
