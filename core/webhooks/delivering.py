"""Messages leave: what is due is leased, signed, sent, and what became of it is written.

Each endpoint is asked by one task at a time, a few messages at once: one that is slow holds up itself alone. Those that
fail have places of their own, so that they take none from those that work.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

import asyncpg
import structlog

from core.contracts.webhooks import WebhookRight
from core.db.rows import Connection
from core.identity.api import Seal, list_holders
from core.notifications.api import add_notices
from core.values.clock import Clock
from core.values.ids import encode_id
from core.webhooks import store
from core.webhooks.model import Answered, Leased
from core.webhooks.rules import disabled_why, next_try
from core.webhooks.sending import REST_TIMEOUT_S, TIMEOUT_S, Sender
from core.webhooks.signing import headers_of

LEASE: Final = timedelta(seconds=60)
"""Well above what an attempt may take, with the time to write it down."""
LOOK_EVERY_S: Final = 1.0
AT_ONCE_MAX: Final = 8
"""Messages to one endpoint."""
ENDPOINTS_AT_ONCE_MAX: Final = 12
FAILING_AT_ONCE_MAX: Final = 4

_log = structlog.get_logger("core.webhooks")

assert LEASE.total_seconds() > 2 * (TIMEOUT_S + 2 * REST_TIMEOUT_S)


class Deliverer:
    """Delivers to the endpoints that work, or to those that fail."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        seal: Seal,
        open_sender: Callable[[], Sender],
        *,
        failing: bool,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._seal = seal
        self._open_sender = open_sender
        self._failing = failing
        self._places = FAILING_AT_ONCE_MAX if failing else ENDPOINTS_AT_ONCE_MAX
        self._tasks: dict[bytes, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Deliver until cancelled; what was leased then is due again by itself."""
        sender = self._open_sender()
        try:
            while True:
                taken = await self._take(sender)
                if self._tasks:
                    await asyncio.wait(
                        self._tasks.values(), timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED
                    )
                elif not taken:
                    await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await self._end()
            await sender.close()

    async def round(self) -> int:
        """Deliver what is due now, and return how many messages were tried."""
        sender = self._open_sender()
        try:
            taken = await self._take(sender)
            if self._tasks:
                await asyncio.wait(self._tasks.values())
        finally:
            await sender.close()
        return taken

    async def _take(self, sender: Sender) -> int:
        """Lease what is due for the free places, and set it going."""
        self._tasks = {endpoint: task for endpoint, task in self._tasks.items() if not task.done()}
        free = self._places - len(self._tasks)
        if free <= 0:
            return 0
        now = self._clock.now()
        leased = await store.lease(
            self._pool,
            now,
            until=now + LEASE,
            failing=self._failing,
            in_hand=list(self._tasks),
            endpoints=free,
            of_each=AT_ONCE_MAX,
        )
        by_endpoint = attrgetter("endpoint_id")
        for endpoint_id, batch in groupby(sorted(leased, key=by_endpoint), key=by_endpoint):
            self._tasks[endpoint_id] = asyncio.create_task(self._deliver_all(sender, list(batch)))
        return len(leased)

    async def _end(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _deliver_all(self, sender: Sender, batch: Sequence[Leased]) -> None:
        results = await asyncio.gather(
            *(self._deliver(sender, each) for each in batch), return_exceptions=True
        )
        for result in results:
            if isinstance(result, Exception):
                # The lease ends, and it is tried again.
                _log.warning("webhook_not_noted", error=type(result).__name__)

    async def _deliver(self, sender: Sender, leased: Leased) -> None:
        started_at, began = self._clock.now(), time.monotonic_ns()
        # Receivers hold it against their own clock, which no test clock moves.
        answered = await self._send(sender, leased, int(time.time()))
        duration_ms = (time.monotonic_ns() - began) // 1_000_000
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            await store.note_attempt(connection, leased, answered, at=started_at, duration_ms=duration_ms)
            if answered.outcome == "accepted":
                await store.note_delivered(connection, leased, now)
                return
            next_at = next_try(answered, tries=leased.tries, now=now)
            since = await store.note_not_delivered(connection, leased, answered, next_at=next_at, now=now)
            why = since and disabled_why(answered, failing_since=since, now=now)
            if why:
                await self._give_up(connection, leased.endpoint_id, why)

    async def _send(self, sender: Sender, leased: Leased, timestamp: int) -> Answered:
        secrets = [self._seal.unseal(leased.endpoint_id, each) for each in leased.sealed]
        known = [each for each in secrets if each is not None]
        if not known:
            _log.error(
                "webhook_secret_not_unsealed", endpoint=encode_id("webhook_endpoint", leased.endpoint_id)
            )
            return Answered("unsealable")
        body = store.body_of(kind=leased.kind, at=leased.at, facts=leased.facts)
        message_id = encode_id("webhook_event", leased.event_id)
        headers = headers_of(known, message_id=message_id, timestamp=timestamp, body=body)
        try:
            return await sender.send(leased.url, headers, body)
        except Exception:
            # A defect of ours counts as a try like any other, so that it ends as they do.
            _log.exception("webhook_broken", endpoint=encode_id("webhook_endpoint", leased.endpoint_id))
            return Answered("malformed")

    async def _give_up(self, connection: Connection, endpoint_id: bytes, why: str) -> None:
        """Disable an endpoint, and tell whoever may enable it."""
        now = self._clock.now()
        given_up = await store.give_up(connection, endpoint_id, now, why)
        if given_up is None:
            return
        public = encode_id("webhook_endpoint", endpoint_id)
        holders = await list_holders(connection, WebhookRight.WRITE)
        await add_notices(
            connection,
            agent_ids=[
                agent_id
                for agent_id, scope in holders
                if scope.sees(given_up.department, b"", given_up.company_id)
            ],
            kind="webhook_disabled",
            facts={"company": given_up.company, "url": given_up.url},
            link=f"/webhooks/{public}",
            at=now,
        )
        _log.warning("webhook_disabled", endpoint=public, why=why)
