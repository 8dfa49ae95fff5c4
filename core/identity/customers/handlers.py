"""Check a customer's session."""

import asyncpg

from core.contracts.desk import Principal
from core.identity.customers import store
from core.identity.customers.model import Customer
from core.identity.people.store import CUSTOMERS
from core.identity.sessions import SessionCheck
from core.values.clock import Clock


class CustomerHandlers:
    """Sessions of customers: who asks."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._check = SessionCheck(pool, clock, CUSTOMERS, store.find_signed_in)

    async def check(self, principal: Principal | None) -> Customer:
        """Return who asks, and note that the session is in use. Raises: SessionEnded."""
        return await self._check.check(principal)
