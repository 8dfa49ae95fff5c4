"""Customers who are signed in, and the links that they are sent."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

SESSION_ABSOLUTE: Final = timedelta(hours=12)
SESSION_IDLE: Final = timedelta(minutes=30)
REMEMBERED_LIFE: Final = timedelta(days=30)


class Customer(msgspec.Struct, frozen=True):
    """A session and its customer as one row; `emails` are those that they proved, as orders hold them."""

    token_hash: bytes
    customer_id: bytes
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    email: str
    emails: tuple[str, ...]
    name: str
    locale: str
    customer_since: datetime
    disabled_at: datetime | None
    confirmed_at: datetime
    language: str = "fr"  # of this call; `locale` is what the customer chose for mail
    ip: str = ""

    @property
    def principal_id(self) -> bytes:
        """Who calls, as every kind of caller is named: keys and factors belong to it."""
        return self.customer_id

    @property
    def enrolling(self) -> bool:
        """A customer needs no second factor."""
        return False

    @property
    def idle(self) -> timedelta:
        """How long the session may go unused: one of a browser that is remembered ends when it ends."""
        life = self.expires_at - self.created_at
        return life if life > SESSION_ABSOLUTE else SESSION_IDLE


class StoredLink(msgspec.Struct, frozen=True):
    """A link by which a password is chosen; `customer_id` None: of somebody new."""

    token_hash: bytes
    email: str
    expires_at: datetime
    customer_id: bytes | None


class ProvedEmail(msgspec.Struct, frozen=True):
    """An address of a customer's."""

    id: bytes
    email: str
    is_main: bool
    proved_at: datetime
