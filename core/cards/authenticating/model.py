"""What the rules of authentications decide by, and what they decide."""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from core.contracts.cards import AuthenticationState

Liability: TypeAlias = Literal["issuer", "merchant"]
DecidedBy: TypeAlias = Literal["answer", "browser", "server", "deadline"]
DecidedState: TypeAlias = Literal[
    "authenticated", "attempted", "failed", "abandoned", "timed_out", "unavailable"
]


class Standing(msgspec.Struct, frozen=True):
    """How an authentication stands."""

    state: AuthenticationState
    acs_id: str
    directory_id: str
    expires_at: datetime


class Verdict(msgspec.Struct, frozen=True):
    """What an issuer's word decides; proof and ECI where it vouches."""

    state: DecidedState
    liability: Liability
    eci: str | None = None
    proof: str | None = None
