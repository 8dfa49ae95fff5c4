"""Second factors, log ins under way, invitations."""

from datetime import datetime

import msgspec


class StoredFactor(msgspec.Struct, frozen=True):
    """A second factor as it is kept; `secret` is sealed."""

    id: bytes
    person_id: bytes
    kind: str
    name: str
    secret: bytes | None
    last_step: int
    credential_id: bytes | None
    public_key: bytes | None
    sign_count: int
    created_at: datetime
    confirmed_at: datetime | None
    last_used_at: datetime | None

    def __repr__(self) -> str:
        return f"StoredFactor(id={self.id.hex()}, kind={self.kind!r})"


class Arrival(msgspec.Struct, frozen=True):
    """Where somebody comes from; `device_hash` is that of a device known as theirs."""

    ip: str
    user_agent: str
    device_hash: bytes | None = None
    wants_device: bool = False


class PendingLogIn(msgspec.Struct, frozen=True):
    """A log in between its two steps."""

    token_hash: bytes
    person_id: bytes
    first_factor: str
    challenge: bytes | None
    arrival: Arrival


class OpenInvitation(msgspec.Struct, frozen=True):
    """An invitation that can be accepted."""

    token_hash: bytes
    agent_id: bytes
    email: str
    name: str
    locale: str
    expires_at: datetime
    resets_factors: bool
    password_hash: str


class StoredSession(msgspec.Struct, frozen=True):
    """A session as its owner is shown it."""

    token_hash: bytes
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    ip: str
