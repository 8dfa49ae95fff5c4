"""Agents, their sessions, their rights."""

from datetime import datetime
from enum import Enum, StrEnum

import msgspec

from core.contracts.scope import Scope


class Role(StrEnum):
    """The job of an agent (MER-8)."""

    HOTLINE = "hotline"
    SHOP_SELLER = "shop_seller"
    TECHNICIAN = "technician"
    BACK_OFFICE = "back_office"
    SALES = "sales"
    LEGAL = "legal"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Right(Enum):
    """What a role may be allowed to do beyond looking."""

    REFUND = "refund"
    CANCEL = "cancel"
    BLOCK = "block"


class SignedIn(msgspec.Struct, frozen=True):
    """A session and its agent as one row."""

    token_hash: bytes
    agent_id: bytes
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    email: str
    name: str
    role: Role
    departments: list[str] | None
    locale: str
    disabled_at: datetime | None

    @property
    def scope(self) -> Scope:
        """What this agent sees."""
        return Scope(None if self.departments is None else tuple(self.departments))


class Credential(msgspec.Struct, frozen=True):
    """What a log in is checked against."""

    agent_id: bytes
    password_hash: str
    disabled_at: datetime | None

    def __repr__(self) -> str:
        return f"Credential(agent_id={self.agent_id.hex()})"


class Failures(msgspec.Struct, frozen=True):
    """Failed or running log ins of one subject within the window."""

    count: int
    oldest_at: datetime | None
