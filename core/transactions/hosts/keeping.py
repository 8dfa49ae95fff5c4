"""The engine's side: what a host says is kept before the host is answered."""

import asyncpg

from core.contracts.host_messages import HostMessageKind, HostSays, HostSaysKept
from core.transactions.hosts import store
from core.transactions.hosts.errors import AcquirerUnknown
from core.transactions.hosts.rules import date_of
from core.values.clock import from_unix_us, paris_date


async def keep(pool: asyncpg.Pool, says: HostSays) -> HostSaysKept:
    """Keep one message; durable when this returns. Raises: AcquirerUnknown."""
    host_date = None
    if says.kind == HostMessageKind.CUT_OVER:
        host_date = date_of(says.host_date, paris_date(from_unix_us(says.received_at_us)))
    known = await store.keep_message(pool, says, host_date)
    if known is None:
        raise AcquirerUnknown(says.acquirer)
    return HostSaysKept(known)
