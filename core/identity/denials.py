"""What was asked for and not allowed stands in the audit too, and nobody can flood the chain with it."""

from datetime import datetime, timedelta
from typing import Final

import asyncpg
import structlog

from core.contracts.refusals import Denied
from core.identity import store
from core.identity.model import SignedIn
from core.identity.origin import CALLED_FROM
from core.values.clock import Clock

ONCE_A: Final = timedelta(minutes=1)
HELD_MAX: Final = 10_000

_log = structlog.get_logger("core.identity")


class _Held:
    """How often one agent was refused one operation since the last line about it."""

    def __init__(self, since: datetime) -> None:
        self.since = since
        self.count = 0
        self.ip = ""


class Denials:
    """Writes the first refusal of an agent, an operation and a right at once, and those of the next minute as one line with a count.

    What is held is in this process only: a crash loses how often within a minute, never whether.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._held: dict[tuple[bytes, str, str, str], _Held] = {}

    async def note(self, caller: SignedIn, denied: Denied, operation: str) -> None:
        """Write the refusal, or count it. What the database does not take is counted, and written with the next."""
        now = self._clock.now()
        key = (caller.agent_id, denied.problem.code, str(denied.problem.facts.get("right") or ""), operation)
        held = self._held.get(key)
        if held is None:
            if len(self._held) >= HELD_MAX:
                _log.warning("denial_unwritten", agent=caller.agent_id.hex(), code=key[1], right=key[2])
                return
            held = self._held[key] = _Held(now - ONCE_A)
        held.count += 1
        held.ip = CALLED_FROM.get()
        if now - held.since >= ONCE_A:
            await self._write(key, held, now)

    async def tell(self, *, all_of_it: bool = False) -> None:
        """Write what was counted and is due, and let go of what is quiet."""
        now = self._clock.now()
        for key, held in list(self._held.items()):
            if now - held.since < ONCE_A and not all_of_it:
                continue
            if held.count:
                await self._write(key, held, now)
            else:
                del self._held[key]

    async def _write(self, key: tuple[bytes, str, str, str], held: _Held, now: datetime) -> None:
        agent_id, code, right, operation = key
        # Taken before the wait: whoever is refused meanwhile counts towards the next line.
        count, since = held.count, held.since
        held.count, held.since = 0, now
        facts: dict[str, str | int] = {"code": code} if code != "not_permitted" else {}
        if right:
            facts["permission"] = right
        # Rows of the audit are never rewritten: the fact keeps the name that it had at first.
        facts |= {"door": operation, "count": count}
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await store.record_action(
                    connection,
                    agent_id=agent_id,
                    at=now,
                    kind="access.refused",
                    target_kind="agent",
                    target_id=agent_id,
                    facts=facts,
                    ip=held.ip,
                )
        except BaseException as error:
            held.count, held.since = held.count + count, since
            if not isinstance(error, Exception):
                # A stop cancels whoever writes, and writes itself what is held.
                raise
            # Whatever keeps the audit from taking it, the refusal itself is answered.
            _log.warning("denial_waits", error=type(error).__name__, agent=agent_id.hex(), code=code)
