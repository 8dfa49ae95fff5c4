"""What the rules of cards decide by."""

from datetime import datetime

import msgspec

from core.contracts.cards import Purpose
from core.contracts.payment import SealedCard


class TypedCard(msgspec.Struct, frozen=True):
    """Of a sealed card what a rule may see; `expiry` is YYMM."""

    brand: int
    expiry: str


class Token(msgspec.Struct, frozen=True):
    """A token, and what its page was opened for."""

    company_id: bytes
    purpose: Purpose
    subject_id: bytes
    expires_at: datetime
    spent_at: datetime | None


class Use(msgspec.Struct, frozen=True):
    """Who wants to spend a token, and for what."""

    company_id: bytes
    purpose: Purpose
    subject_id: bytes


class StoredCard(msgspec.Struct, frozen=True):
    """A card that is kept. `frame` is the process that has the security code of `token_id`, empty once nobody has it."""

    id: bytes
    company_id: bytes
    sealed: SealedCard
    network_transaction_id: str | None = None
    released_at: datetime | None = None
    token_id: bytes = b""
    frame: str = ""
