"""Whatever passes on the bus passes again: what a network and a careless client may do at any time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nats.aio.client import Client
from nats.aio.msg import Msg

_REMEMBERED_MAX = 200_000
_HEARD_BY_EDGE = ("host.*", "edge.*.authorised")
_HEARD_BY_CORE = ("core.engine.>", "core.in.>", "core.terminals.>", "events.>")


@asynccontextmanager
async def repeating(edge: Client, core: Client, *, times: int) -> AsyncIterator[Counter[str]]:
    """Publish each message `times` more, with its own reply subject; count them by the first word of the subject."""
    counted: Counter[str] = Counter()
    seen: set[bytes] = set()

    async def again(message: Msg) -> None:
        # Our own repeats come back to us: a message is known by where it went and what it said.
        digest = hashlib.blake2b(message.subject.encode() + b"\0" + message.data, digest_size=12).digest()
        if digest in seen:
            return
        if len(seen) >= _REMEMBERED_MAX:
            seen.clear()
        seen.add(digest)
        counted[message.subject.split(".")[0]] += 1
        for _ in range(times):
            await core.publish(message.subject, message.data, reply=message.reply)

    subscriptions = [await edge.subscribe(subject, cb=again) for subject in _HEARD_BY_EDGE]
    subscriptions += [await core.subscribe(subject, cb=again) for subject in _HEARD_BY_CORE]
    await edge.flush()
    await core.flush()
    try:
        yield counted
    finally:
        for subscription in subscriptions:
            await subscription.unsubscribe()
