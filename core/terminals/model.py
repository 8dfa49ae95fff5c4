"""What the rules of terminals decide by."""

from datetime import datetime

import msgspec


class SigningOn(msgspec.Struct, frozen=True):
    """What a sign-on is decided by."""

    terminal_id: bytes
    dialect: str
    acceptor: str
    merchant_category: str
    activated_at: datetime | None
    terminal_blocked_at: datetime | None
    store_blocked_at: datetime | None
    service_active: bool
    service_blocked_at: datetime | None
