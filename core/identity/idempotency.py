"""A write under a key happens once: the same body gets the first answer, another body is refused.

A call that brings no key acts each time, under a claim of its own that nothing keeps.

The key is claimed and committed before the effect, and the answer is kept with the effect or after it. A call that
died in between leaves its claim; after TAKE_OVER_AFTER the next call does the work again. So an effect must be
harmless to repeat, with what it needs for that made from the claim (`Claim.made_id`).
"""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import asyncpg
import msgspec

from core.contracts.desk_requests import Written
from core.contracts.refusals import Refused
from core.identity import store
from core.identity.errors import KeyReused, StillRunning
from core.values.clock import Clock, to_unix_us
from core.values.ids import uuid7

TAKE_OVER_AFTER: Final = timedelta(seconds=20)
WAIT_S_MAX: Final = 12.0
_LOOK_EVERY_S: Final = 0.1


class Claim(NamedTuple):
    """A key that this call may act under; for a call that brought none, a drawn one that is good for it alone."""

    agent_id: bytes
    key: str
    claimed_at: datetime
    taken_over: bool

    def made_id(self) -> bytes:
        """Return a UUIDv7 that every call under this claim makes alike."""
        digest = hashlib.sha256(self.agent_id + self.key.encode()).digest()
        return uuid7(
            unix_ms=to_unix_us(self.claimed_at) // 1000,
            sequence=int.from_bytes(digest[:2], "big"),
            randomness=int.from_bytes(digest[2:10], "big"),
        )


async def once(
    pool: asyncpg.Pool,
    clock: Clock,
    *,
    agent_id: bytes,
    key: str,
    path: str,
    body: msgspec.Struct,
    effect: Callable[[Claim], Awaitable[bytes]],
) -> Written:
    """Run `effect` under the key, or return what its first run answered; run it at once when the key is empty.

    A Refused effect has changed nothing: its key is free again. Any other error keeps the claim.
    Raises: KeyReused, StillRunning, and what `effect` raises.
    """
    if not key:
        alone = Claim(agent_id, secrets.token_hex(16), clock.now(), taken_over=False)
        return Written(await effect(alone))
    body_hash = hashlib.sha256(path.encode() + b"\0" + msgspec.msgpack.encode(body)).digest()
    claim = await _claim(pool, clock, agent_id=agent_id, key=key, path=path, body_hash=body_hash)
    if isinstance(claim, bytes):
        return Written(claim, replayed=True)
    try:
        result = await effect(claim)
    except StillRunning:
        raise
    except Refused:
        await store.release_key(pool, agent_id=agent_id, key=key)
        raise
    await store.keep_result(pool, agent_id=agent_id, key=key, result=result)
    return Written(result)


async def _claim(
    pool: asyncpg.Pool, clock: Clock, *, agent_id: bytes, key: str, path: str, body_hash: bytes
) -> Claim | bytes:
    waited_s = 0.0
    while True:
        now = clock.now()
        taken = await store.claim_key(
            pool, agent_id=agent_id, key=key, path=path, body_hash=body_hash, now=now
        )
        if taken is None:
            return Claim(agent_id, key, now, taken_over=False)
        if taken.body_hash != body_hash:
            raise KeyReused
        if taken.result is not None:
            return taken.result
        if now - taken.created_at >= TAKE_OVER_AFTER:
            return Claim(agent_id, key, taken.created_at, taken_over=True)
        if waited_s >= WAIT_S_MAX:
            raise StillRunning
        await asyncio.sleep(_LOOK_EVERY_S)
        waited_s += _LOOK_EVERY_S
